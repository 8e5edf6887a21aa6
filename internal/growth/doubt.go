package growth

import (
	"math"

	"github.com/promfold/promfold/internal/judge"
)

// Growth that was attributed without proof may be another process': it counts in
// the value, by 0 in the lower bound, and has no upper bound. A chain of readings
// of two processes may be shorter than what both of them counted. Where both read
// the same, the other one may have counted all of it.

// Doubtful returns the step of plain growth that may be another process'; false
// if there was nothing to count.
func (p *Plain) Doubtful() (judge.Step, bool) {
	s := judge.Step{Verdict: judge.Grew, Doubt: judge.Unproven, Add: p.Now, Sub: p.Before, Hi: math.Inf(1)}
	if p.Now == p.Before {
		s.Hi = p.Now
	}
	return s, p.Now != p.Before || p.Now > 0
}

// Doubt makes all growth that is not plain doubtful.
func (s *Steps) Doubt() {
	for i := range s.Odd {
		x := &s.Odd[i]
		if doubt(&x.Step); x.Value() == 0 && (x.Verdict == judge.Grew || x.Verdict == judge.Jitter) {
			x.Hi, x.Step.Doubt = max(x.Hi, x.Now), x.Step.Doubt|judge.Unproven
		}
	}
	for i := range s.Hists {
		s.Hists[i].doubt()
	}
}

func doubt(s *judge.Step) {
	if s.Value() != 0 {
		s.Lo, s.Hi, s.Doubt = min(0, s.Lo), math.Inf(1), s.Doubt|judge.Unproven
	}
}

// doubt lets a histogram's notes take all it grew by out of the lower bound, once.
func (x *Hist) doubt() {
	from, to, _ := x.Of(CountOf)
	plain := Plain{Before: from, Now: to}
	step, ok := plain.Doubtful()
	if !ok {
		return
	}
	if len(x.Notes) == 0 {
		x.Notes = append(x.Notes, HistNote{Step: step})
		return
	}
	for i := range x.Notes {
		n := &x.Notes[i]
		n.Lo = n.Value()
		if i == 0 {
			n.Lo, n.Hi, n.Doubt = n.Value()-step.Value(), max(n.Hi, n.Value()+step.Hi), n.Doubt|judge.Unproven
		}
	}
}
