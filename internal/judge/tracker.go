package judge

import (
	"fmt"

	"github.com/promfold/promfold/internal/exact"
)

// Tracker follows one series. It keeps the steps, not the points; Forget limits them. The zero value is ready; Rules
// and the fields below are set before the first point. A Tracker is not safe for concurrent use.
type Tracker struct {
	Rules Rules
	// Since is when watching began, Unix milliseconds: a series that says it began later is counted from 0.
	// 0: the first point.
	Since int64
	// Staleness is how long, in milliseconds, after its last point the series counts as alive.
	// 0: five times the mean interval of its points, at least 1 min.
	Staleness int64

	steps []Step // in the order of To, without gaps
	total exact.Sum
	kept  int64 // steps that end at or before it are forgotten
	began int64 // when it came to life as far as known: birth, or first count
	born  bool  // began is a birth
	gone  bool

	// The last accepted point and what was said of it: a repetition must say the same.
	last   reading
	step   Step
	points int64
	first  int64 // time of the first point

	baseline
	gapped bool // the last point was no count
}

// LateError refuses a point that is older than the last accepted one.
type LateError struct{ Time, Last int64 } // Unix milliseconds

func (e *LateError) Error() string {
	return fmt.Sprintf("counter: late point: %d is before %d", e.Time, e.Last)
}

// ConflictError refuses another value, or start, for the time of the last accepted point, which stands.
type ConflictError struct{ Accepted, Refused Point }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("counter: conflict at %d: have %v, got %v", e.Accepted.Time, e.Accepted.Value, e.Refused.Value)
}

// OtherError refuses a point of a process that started earlier than the one being followed: another instance answered,
// as happens behind a load balancer. It needs a Tracker of its own.
type OtherError struct{ Start, Other int64 } // Unix milliseconds

func (e *OtherError) Error() string {
	return fmt.Sprintf("counter: another instance: process started at %d, not at %d", e.Other, e.Start)
}

// Observe takes the next point and says what happened since the one before. The same point again is answered the same
// and changes nothing, as does one that is refused: with a *LateError if it is older, a *ConflictError if it differs
// from the accepted point of its time.
func (t *Tracker) Observe(p Point) (Step, error) { return t.ObserveProcess(p, 0) }

// ObserveProcess is Observe with the start of the process the point was read from (process_start_time_seconds),
// Unix milliseconds; 0: unknown. A point of an earlier process is refused with an *OtherError.
func (t *Tracker) ObserveProcess(p Point, process int64) (Step, error) {
	return t.observe(reading{Point: p, process: process})
}

// ObserveUint is ObserveProcess for a 64-bit counter. All its points should come this way.
func (t *Tracker) ObserveUint(p UintPoint, process int64) (Step, error) {
	return t.observe(reading{Point: p.Point(), exact: p.Value, whole: true, process: process})
}

func (t *Tracker) observe(c reading) (Step, error) {
	if t.points > 0 {
		switch {
		case c.Time < t.last.Time:
			return Step{}, &LateError{c.Time, t.last.Time}
		case c.same(t.last):
			return t.step, nil
		case c.Time == t.last.Time:
			return Step{}, &ConflictError{t.last.Point, c.Point}
		}
	}
	since := t.Since
	if since == 0 {
		since = c.Time
	}
	s, err := t.judge(&t.Rules, c, since)
	if err != nil {
		return Step{}, err
	}
	if t.gapped && s.Verdict != Gap {
		s.Flags |= Gapped
	}
	t.accept(c, s)
	return s, nil
}

func (t *Tracker) accept(c reading, s Step) {
	if t.points++; t.points == 1 {
		t.first = c.Time
	}
	t.last, t.step, t.gone, t.gapped = c, s, false, false
	if s.Verdict == Gap {
		t.gapped = t.state != noBaseline
		return
	}
	if t.state == noBaseline {
		t.began, t.born = s.From, s.Verdict == BornProven
	}
	t.move(c, s)
	t.steps = append(t.steps, s)
	t.total.AddDiff(s.Add, s.Sub)
}

// Gone says that the series ended after its last point. A further point brings it back.
func (t *Tracker) Gone() { t.gone = t.points > 0 }

// Last is the last accepted point; false before the first.
func (t *Tracker) Last() (Point, bool) { return t.last.Point, t.points > 0 }

// Total is all growth since the first point, or the birth: the exact sum, rounded once. It does not depend on Forget
// and never falls.
func (t *Tracker) Total() float64 { return t.total.Float64() }

// Forget drops the steps that ended at or before a time, Unix milliseconds. Windows that start earlier are refused
// from then on.
func (t *Tracker) Forget(before int64) {
	if before <= t.kept {
		return
	}
	t.kept = before
	n := ended(t.steps, before)
	t.steps = t.steps[:copy(t.steps, t.steps[n:])]
}

// ended is how many of the steps ended at or before a time.
func ended(steps []Step, at int64) int {
	lo, hi := 0, len(steps)
	for lo < hi {
		if mid := int(uint(lo+hi) / 2); steps[mid].To > at {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// interval is the mean time between points, in milliseconds; 0 if there was one point only.
func (t *Tracker) interval() int64 {
	if t.points < 2 {
		return 0
	}
	return (t.last.Time - t.first) / (t.points - 1)
}

// stale tells if the series had ended, as far as known, at a time.
func (t *Tracker) stale(at int64) bool {
	return at-t.last.Time > or(t.Staleness, max(5*t.interval(), 60_000))
}
