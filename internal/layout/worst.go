package layout

import (
	"math"

	"github.com/promfold/promfold/internal/exact"
)

// Member is one instance's part of a fleet.
type Member struct {
	Name         string
	Distribution *Distribution
}

// WorstMember is the member with the greatest quantile (of equals the one with more observations): where a fleet hurts, which its merged distribution does not
// show and a mean of quantiles hides.
type WorstMember struct {
	Name     string
	Estimate Estimate // of this member alone
	Share    float64  // its part of all members' observations

	// The greatest of the members' true quantiles lies in [Lo, Hi]: the greatest Lo of any and the greatest Hi of any.
	Lo, Hi float64

	// Certain: every other member's Hi is at most this one's Lo. Otherwise another one may be worse.
	Certain bool
	Members int // how many had observations
}

// Worst returns the member with the greatest q-quantile; of equals the one whose interval reaches further up, then
// the one with the least name. Members without observations have none. There is no answer if no member has one; a q
// outside [0, 1] is a [*LevelError].
func Worst(q float64, members []Member) (WorstMember, bool, error) {
	l, err := parseLevel(q)
	if err != nil {
		return WorstMember{}, false, err
	}
	var w WorstMember
	var total exact.Sum
	var next float64 // greatest Hi of those that are not the worst
	found := false
	for _, m := range members {
		if m.Distribution == nil || m.Distribution.Count() == 0 {
			continue
		}
		e, ok := m.Distribution.quantile(l)
		total.Add(e.N)
		if w.Members++; w.Members == 1 {
			w.Lo, w.Hi, next = e.Lo, e.Hi, math.Inf(-1)
		}
		w.Lo, w.Hi = max(w.Lo, e.Lo), max(w.Hi, e.Hi)
		switch {
		case !ok || found && !worse(m.Name, e, w):
			next = max(next, e.Hi)
		default:
			if found {
				next = max(next, w.Estimate.Hi)
			}
			w.Name, w.Estimate, found = m.Name, e, true
		}
	}
	if !found {
		return WorstMember{}, false, nil
	}
	w.Share = w.Estimate.N / total.Float64()
	w.Certain = next <= w.Estimate.Lo
	return w, true, nil
}

// worse tells whether a member with estimate e is worse than w.
func worse(name string, e Estimate, w WorstMember) bool {
	switch {
	case e.Value != w.Estimate.Value:
		return e.Value > w.Estimate.Value
	case e.Hi != w.Estimate.Hi:
		return e.Hi > w.Estimate.Hi
	case e.N != w.Estimate.N: // before names, which should not matter
		return e.N > w.Estimate.N
	}
	return name < w.Name
}
