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
	Staleness time.Duration // a series is alive so long after its last point; default 3 of its own intervals, the median of 8

	series  judge.Series // from the first count on
	process int64        // the start of the process at the last count, Unix milliseconds; 0: unknown
	pace    judge.Pace
	habits  judge.Habits
	counted bool // there was a count

	steps []taken // in the order of To
	total exact.Sum
	kept  int64 // steps that end at or before it are forgotten; 0: none are
	lived int64 // start of the process that was read first; 0: unknown
	began int64 // when it came to life as far as known: birth, or first count
	born  bool  // began is a birth
	gone  bool

	// The last accepted point and its step: the same point again gets the same answer.
	last   reading
	step   Step
	points int
	spaces [8]int64 // the last spacings of points, by turns

	_ [0]func()
}

// taken is a step that was taken, and the point after it that the next is judged against.
type taken struct {
	judge.Step
	base  reading
	still bool // the process restarted in it, and the value stands where it was: no pace of 0
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
	rules := t.Rules.engine()
	next, s, habits, err := t.judge(&rules, c)
	if err != nil {
		return Step{}, err
	}
	t.habits = habits
	return t.accept(c, next, s), nil
}

// judge judges the step to c, and returns the state after it.
func (t *Tracker) judge(r *judge.Rules, c reading) (judge.Series, judge.Step, judge.Habits, error) {
	if t.counted {
		return judgeNext(r, t.series, t.process, c, t.pace, t.interval(), t.habits)
	}
	a := judge.Arrival{Since: c.Time, Start: c.process, Clock: r.Unset()}
	if !t.Since.IsZero() {
		a.Since = millis(t.Since)
	}
	a.FirstRound = c.Time <= a.Since
	next, s := judge.Begin(r, c.Point, &a)
	return next, s, t.habits, nil
}

// judgeNext judges the step from a series, read from a process, to c, by the rules of a body that has one counter, which
// showed habits. It returns those after the step, too. The error is ErrProcess.
func judgeNext(r *judge.Rules, series judge.Series, process int64, c reading, pace judge.Pace, interval int64, habits judge.Habits) (judge.Series, judge.Step, judge.Habits, error) {
	body := judge.Body{Rules: r, PrevTime: series.Last.Time, Time: c.Time, PrevStart: process, Start: c.process}
	family := judge.Family{Owner: r.Owner, Habits: habits}
	body.Add(&family, &series, c.Point, pace)
	decision := body.Decide()
	if decision.Restart == judge.RestartOther && c.process < process {
		return series, judge.Step{}, habits, fmt.Errorf("%w: at %v, not at %v", ErrProcess, at(c.process), at(process))
	}
	e := decision.Of(&family)
	e.Pace, e.Interval = pace, interval
	next, s := series.Next(r, c.Point, &e)
	return next, s, habits.After(&decision, &family), nil
}

// accept goes on to c.
func (t *Tracker) accept(c reading, next judge.Series, s judge.Step) Step {
	if t.points > 0 {
		t.spaces[t.points%len(t.spaces)] = c.Time - t.last.Time
	}
	t.points++
	t.last, t.gone = c, false
	if s.Verdict == judge.Gap {
		if t.counted {
			t.series = next
		}
		t.step = public(s, reading{t.series.Last, t.process})
		return t.step
	}
	if !t.counted {
		t.began, t.born, t.counted = s.From, s.Verdict == judge.Born, true
		if c.process <= c.Time {
			t.lived = c.process
		}
	}
	still := c.process != t.process && s.Value() == 0
	if !still {
		t.pace = t.pace.After(s)
	}
	t.series, t.process = next, c.process
	t.steps = append(t.steps, taken{s, reading{next.Last, c.process}, still})
	t.total.AddDiff(s.Add, s.Sub)
	t.step = public(s, reading{next.Last, c.process})
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

// interval returns the median of the last 8 spacings of points, in milliseconds; of one point, the time since its birth;
// 0 if it is unknown.
func (t *Tracker) interval() int64 {
	if t.points < 2 {
		return t.last.Time - t.began
	}
	n := min(t.points-1, len(t.spaces))
	list := t.spaces
	if n < len(list) { // they stand from 1 on
		copy(list[:n], t.spaces[1:n+1])
	}
	slices.Sort(list[:n])
	return list[(n-1)/2]
}

// patience returns how long after its last point the series counts as alive, in milliseconds; false if nothing says.
func (t *Tracker) patience() (int64, bool) {
	if t.Staleness > 0 {
		return t.Staleness.Milliseconds(), true
	}
	n := t.interval()
	return 3 * n, n > 0
}

// alive reports whether the series is alive at a time, as far as known.
func (t *Tracker) alive(ms int64) bool {
	if t.last.Time > ms {
		return true
	}
	limit, known := t.patience()
	return !t.gone && (!known || ms-t.last.Time <= limit)
}
