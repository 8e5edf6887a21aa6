package layout

import (
	"math"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
)

// Member is one instance's part of a fleet.
type Member struct {
	Name         string
	Distribution *Distribution
}

// WorstMember is the member with the greatest quantile: where a fleet hurts. Its merged distribution does not show
// this, and a mean of quantiles hides it.
type WorstMember struct {
	Name     string
	Estimate promfold.Estimate // of this member alone
	Share    float64           // its part of all members' observations

	// The greatest of the members' true quantiles lies in [Lo, Hi]: the greatest Lo of any and the greatest Hi of any.
	Lo, Hi float64

	// Certain: no other member's quantile can be greater, as every other Hi is at most this member's Lo.
	Certain bool
	Members int // how many have observations
}

// Worst returns the member with the greatest q-quantile. Ties go to the member whose interval reaches further up, then
// to the one with more observations, then to the first name. Members without observations have no quantile. It returns
// false if no member has one, and for a q outside [0, 1].
func Worst(q float64, members []Member) (WorstMember, bool) {
	l, ok := levelOf(q)
	if !ok {
		return WorstMember{}, false
	}
	w := worst{next: math.Inf(-1), least: math.Inf(1), surest: math.Inf(-1)}
	w.Hi = math.Inf(-1)
	for _, m := range members {
		if m.Distribution != nil && !m.Distribution.empty() {
			w.take(m, l)
		}
	}
	if !w.found {
		return WorstMember{}, false
	}
	w.Lo = max(w.surest, w.least)
	w.Share = w.n / w.total.Float64()
	w.Certain = w.next <= w.Estimate.Lo
	return w.WorstMember, true
}

// worst is the search for the worst member.
type worst struct {
	WorstMember
	found  bool
	n      float64 // observations of the worst member
	total  exact.Sum
	next   float64 // greatest Hi of the others
	least  float64 // least Lo of any
	surest float64 // greatest Lo of those that have observations for certain
}

func (w *worst) take(m Member, l level) {
	e, ok := m.Distribution.quantile(l)
	n := m.Distribution.Count()
	if n > 0 {
		w.Members++
		w.total.Add(n)
	}
	w.Hi, w.least = max(w.Hi, e.Hi), min(w.least, e.Lo)
	if m.Distribution.certain() {
		w.surest = max(w.surest, e.Lo)
	}
	switch {
	case !ok || w.found && !w.worse(m.Name, e, n):
		w.next = max(w.next, e.Hi)
	default:
		if w.found {
			w.next = max(w.next, w.Estimate.Hi)
		}
		w.Name, w.Estimate, w.n, w.found = m.Name, e, n, true
	}
}

// worse reports whether a member is worse than the worst so far.
func (w *worst) worse(name string, e promfold.Estimate, n float64) bool {
	switch {
	case e.Value != w.Estimate.Value:
		return e.Value > w.Estimate.Value
	case e.Hi != w.Estimate.Hi:
		return e.Hi > w.Estimate.Hi
	case n != w.n: // before names, which should not matter
		return n > w.n
	}
	return name < w.Name
}
