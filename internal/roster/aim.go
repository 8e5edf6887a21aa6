package roster

import (
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
)

// Aim is a target at a moment, and how many of the instances that it should
// lead to answer.
type Aim struct {
	Name     string
	Labels   labels.Labels // as it was described
	Balanced bool
	Failed   bool
	Expected int  // instances that should be there
	Live     int  // of them, those that answer
	Unmet    int  // of them, those that never answered
	Unsaid   bool // how many there are is not known, nor whether all were met
	Unclear  int  // scrapes that could not be attributed
}

// Matters reports whether the target shows in a coverage.
func (a *Aim) Matters() bool { return a.Expected > 0 || a.Failed || a.Unclear > 0 || a.Unsaid }

// Answers reports whether it is an address that leads to one instance, which is present.
func (a *Aim) Answers() bool {
	return *a == Aim{Name: a.Name, Labels: a.Labels, Expected: 1, Live: 1}
}

// Missed returns how many instances have to be allowed for that never answered.
func (a *Aim) Missed() int {
	if a.Unsaid {
		return max(1, a.Unmet)
	}
	return a.Unmet
}

// Lacks names what the target lacks, or returns "".
func (a *Aim) Lacks() string { return a.tell(a.Expected - a.Live) }

// Never names what of the target never answered, or returns "".
func (a *Aim) Never() string { return a.tell(a.Unmet) }

func (a *Aim) tell(n int) string {
	switch {
	case n <= 0:
		return ""
	case a.Balanced:
		return fmt.Sprintf("%s (%d of %d)", a.Name, n, a.Expected)
	}
	return a.Name
}

// Seen is what a fleet sees at a moment of those behind an address.
type Seen[B, I any] struct {
	Answered func(I) (met, present bool) // it answered until then; it is present
	Counts   func(I) bool                // no other address speaks for it
	Behind   func(B) Pool
}

// Pool is what a fleet sees behind a balancer.
type Pool struct {
	Live     int  // instances that answer
	Met      int  // instances that ever did
	Silent   bool // nobody answers there any more
	Expected int  // instances that should be there; 0: not known
	Unclear  int  // scrapes that could not be attributed
	Unsaid   bool // how many there are is not known, nor whether all were met
}

// Aims appends the addresses that matter to a coverage at a moment. One answers if
// an instance that is present is behind it; of a balancer, as many as there are
// live instances. Of several addresses of one process one is expected, unless the
// program named them all.
func (b *Book[B, I]) Aims(list []Aim, e int64, addresses []Address[B, I], seen *Seen[B, I]) []Aim {
	for i := range addresses {
		a := &addresses[i]
		x := Aim{Name: a.Name, Balanced: a.Balanced, Failed: a.Failed(e)}
		if a.Entry != nil {
			x.Labels = a.Entry.Labels
		}
		met, present := false, false
		for _, in := range a.Behind {
			m, p := seen.Answered(in)
			met, present = met || m, present || p
		}
		switch {
		case a.Balanced:
			x.look(a.Entry, len(a.Behind), present, seen.Behind(a.Balancer))
		case b.Expects(a, e, seen.Counts):
			x.Expected = 1
			if present {
				x.Live = 1
			}
			if !met {
				x.Unmet = 1
			}
		}
		if x.Matters() {
			list = append(list, x)
		}
	}
	return list
}

// look fills in what is behind a balancer, at an address that leads to so many
// instances.
func (a *Aim) look(t *Entry, known int, present bool, p Pool) {
	a.Unclear = p.Unclear
	if t == nil || t.Gone {
		return
	}
	a.Unsaid = p.Unsaid
	if a.Live, a.Expected = p.Live, p.Expected; a.Expected == 0 && !present {
		a.Expected = 1 // at least
	}
	met := a.Live // whoever took the place of one that died may not have been met yet
	if p.Silent {
		met = max(p.Met, known)
	}
	a.Unmet = max(0, a.Expected-met)
}
