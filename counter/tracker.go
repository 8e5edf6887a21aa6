package counter

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
)

// The reasons for which a Tracker refuses a point or a window.
var (
	ErrLate      = errors.New("older than the last accepted point")
	ErrConflict  = errors.New("another value was accepted for the same time")
	ErrProcess   = errors.New("read from another process, which started earlier")
	ErrForgotten = errors.New("window starts before the steps that are kept")
)

// Tracker follows one series; the zero value is ready and its fields are set before the first point. It keeps the
// steps, not the points: [Tracker.Forget] limits them. A Tracker is not safe for concurrent use.
type Tracker struct {
	Rules     Rules
	Since     time.Time     // a series born later counts from 0; default the first point
	Staleness time.Duration // how long after its last point a series counts as alive; default 3 mean intervals

	steps []taken // in the order of To
	total exact.Sum
	kept  int64 // steps that end at or before it are forgotten; 0: none are
	began int64 // when it came to life as far as known: birth, or first count
	born  bool  // began is a birth
	gone  bool

	// The last accepted point and its step: the same point again gets the same answer.
	last   reading
	step   Step
	points int64
	first  int64 // time of the first point

	baseline
	gapped bool // the last point was no count

	_ [0]func()
}

// taken is a step that was taken, and the baseline after it.
type taken struct {
	judge.Step
	base reading
}

// Observe takes the next point; a refused point changes nothing. The same point again gets the same step. The error is
// ErrLate, ErrConflict or ErrProcess.
func (t *Tracker) Observe(p Point) (Step, error) {
	c := p.reading()
	if t.points > 0 {
		switch {
		case c.Time < t.last.Time:
			return Step{}, fmt.Errorf("%w: %v is before %v", ErrLate, at(c.Time), at(t.last.Time))
		case c.same(t.last):
			return t.step, nil
		case c.Time == t.last.Time:
			return Step{}, fmt.Errorf("%w: %v at %v, not %v", ErrConflict, t.last.Value, at(c.Time), c.Value)
		}
	}
	since := c.Time
	if !t.Since.IsZero() {
		since = millis(t.Since)
	}
	rules := t.Rules.engine()
	s, err := t.judge(&rules, c, since)
	if err != nil {
		return Step{}, err
	}
	if t.gapped && s.Verdict != judge.Gap {
		s.Doubt |= judge.Gapped
	}
	return t.accept(c, s), nil
}

func (t *Tracker) accept(c reading, s judge.Step) Step {
	if t.points++; t.points == 1 {
		t.first = c.Time
	}
	t.last, t.gone, t.gapped = c, false, false
	if s.Verdict == judge.Gap {
		t.gapped = t.state != noBaseline
		t.step = public(s, t.base)
		return t.step
	}
	if t.state == noBaseline {
		t.began, t.born = s.From, s.Verdict == judge.Born && s.Doubt&judge.Unproven == 0
	}
	t.move(c, s)
	t.steps = append(t.steps, taken{s, t.base})
	t.total.AddDiff(s.Add, s.Sub)
	t.step = public(s, t.base)
	return t.step
}

// Last returns the last accepted point.
func (t *Tracker) Last() (Point, bool) {
	if t.points == 0 {
		return Point{}, false
	}
	return t.last.public(), true
}

// Gone says that the series ended after its last point. A further point brings it back.
func (t *Tracker) Gone() { t.gone = t.points > 0 }

// Forget drops the steps that ended at or before a time. Windows that start earlier are refused from then on.
func (t *Tracker) Forget(before time.Time) {
	ms := millis(before)
	if ms <= t.kept && t.kept != 0 {
		return
	}
	t.kept = ms
	t.steps = slices.Delete(t.steps, 0, ended(t.steps, ms))
}

// Total returns all growth since the first point, or the birth; it never falls. It does not depend on Forget.
func (t *Tracker) Total() float64 { return t.total.Float64() }

// Window returns what was tracked in (start, end]. The error is ErrForgotten if start is before the steps that are
// kept; an empty window is an error, too.
func (t *Tracker) Window(start, end time.Time) (Window, error) {
	s, e := millis(start), millis(end)
	switch {
	case s >= e:
		return Window{}, fmt.Errorf("empty window (%v, %v]", start, end)
	case t.kept != 0 && s < t.kept:
		return Window{}, fmt.Errorf("%w: %v, kept from %v", ErrForgotten, start, at(t.kept))
	}
	return Window{start: s, end: e, steps: t.steps[ended(t.steps, s):ended(t.steps, e)], t: t}, nil
}

// ended returns how many of the steps ended at or before a time.
func ended(steps []taken, ms int64) int {
	n, _ := slices.BinarySearchFunc(steps, ms, func(s taken, ms int64) int {
		if s.To <= ms {
			return -1
		}
		return 1
	})
	return n
}

// interval returns the mean time between points, in milliseconds; of one point only, the time since its birth.
func (t *Tracker) interval() int64 {
	if t.points < 2 {
		return t.first - t.began
	}
	return (t.last.Time - t.first) / (t.points - 1)
}

// stale reports whether the series had ended, as far as known, at a time.
func (t *Tracker) stale(ms int64) bool {
	limit := 3 * t.interval()
	if t.Staleness > 0 {
		limit = t.Staleness.Milliseconds()
	}
	return ms-t.last.Time > limit
}
