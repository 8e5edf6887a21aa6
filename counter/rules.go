package counter

import (
	"math"
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/judge"
)

// Rules judge steps; the zero value has the defaults.
type Rules struct {
	Owner          Owner
	BoundBirths    bool          // births known by absence alone count 0, with the value as Hi
	WrapBits       uint8         // the counter wraps at 2^WrapBits; 0 if it does not
	StartTolerance time.Duration // between two readings of one start; default 2 s, negative: none
	ClockSkew      time.Duration // between the clock of starts and that of scrapes; default 60 s, negative: none; so much after Since, a birth is not certain
}

// engine returns the engine's form of r.
func (r Rules) engine() judge.Rules {
	return judge.Rules{Owner: judge.Owner(r.Owner), BoundBirths: r.BoundBirths, WrapBits: r.WrapBits,
		StartTolerance: tolerance(r.StartTolerance), ClockSkew: tolerance(r.ClockSkew)}
}

// tolerance returns d in milliseconds, rounded away from 0, which means the default.
func tolerance(d time.Duration) int64 {
	switch {
	case d > 0:
		return int64((d-1)/time.Millisecond) + 1
	case d < 0:
		return -1
	}
	return 0
}

// Judge returns the step from p to the later point c, for callers that keep the points. It knows these two alone: a
// [Tracker] also remembers what a series fell from. Where c is no count, not later than
// p, or of a process that started earlier, the step is a Gap.
func (r Rules) Judge(p, c Point) Step {
	engine, a, b := r.engine(), p.reading(), c.reading()
	if b.Time <= a.Time {
		return public(judge.Step{Verdict: judge.Gap, From: b.Time, To: b.Time}, a)
	}
	if !a.counts() {
		_, s := judge.Begin(&engine, b.Point, &judge.Arrival{Since: b.Time})
		return public(s, b)
	}
	_, s, _, err := judgeNext(&engine, judge.Series{Last: a.Point}, a.process, b, judge.Pace{}, b.Time-a.Time, 0)
	switch {
	case err != nil, s.Verdict == judge.Gap:
		return public(judge.Step{Verdict: judge.Gap, From: b.Time, To: b.Time}, a)
	case s.Verdict == judge.Jitter: // the high-water mark, read again now
		b.Value = a.Value
	}
	return public(s, b)
}

// Increase returns the growth over points in order of time, as a [Tracker] counts it from the first point on; false if
// no time was observed. Points that a Tracker refuses are passed over.
func (r Rules) Increase(points []Point) (promfold.Estimate, bool) {
	t := Tracker{Rules: r}
	for _, p := range points {
		_, _ = t.Observe(p) // what is refused changes nothing
	}
	g := grow(t.steps, math.MinInt64)
	return g.estimate, g.span > 0
}
