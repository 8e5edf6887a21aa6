package counter

import (
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/judge"
)

// Step is the growth between two accepted points, or from a birth to the first point.
type Step struct {
	Verdict  Verdict
	Doubt    Doubt
	Growth   promfold.Estimate
	From, To time.Time     // the growth happened in (From, To]
	Back     float64       // of Growth.Lo of the steps until From, this much is not certain any more: two processes may answer in turn
	Lost     time.Duration // between the last point of a process and the start of the next
	Baseline Point         // judge the next point against this one
}

// public returns the public form of a step, after which the next point is judged against base.
func public(s judge.Step, base reading) Step {
	v := s.Value()
	return Step{
		Verdict: Verdict(s.Verdict), Doubt: Doubt(s.Doubt & judge.Public),
		Growth: promfold.Estimate{Value: v, Lo: min(s.Lo, v), Hi: s.Hi}, Back: s.Back,
		From: at(s.From), To: at(s.To), Lost: span(s.Lost), Baseline: base.public(),
	}
}
