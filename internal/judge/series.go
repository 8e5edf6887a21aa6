package judge

import "math"

// Series is the state of one series between two points: its last count, and a memory that is zero for all but a few.
// It is a value; Next returns the state that follows.
//
//	0 ≤ Left ≤ 3
//	Mark, Counted, Since and Until are 0 while Cause is CauseNone
//	Mark > Last.Value while Cause is CauseDip or CauseFall
//	Fell and Zero are 0 while Cause is CauseNone and Left is 0
//	OtherAt is 0 while Other is 0
//	Leap and Peak are 0 unless Wary
type Series struct {
	Last Point
	Memory
}

// Cause is why a series remembers a mark.
type Cause uint8

const (
	CauseNone    Cause = iota
	CauseDip           // it fell by no more than jitter
	CauseFall          // it fell, but not deep, and nothing proves a reset
	CauseRestart       // its process restarted: its counts may be handed over late
	CauseGone          // a scrape lacked it: Last is the tombstone
)

// Memory is what a series remembers while something unusual is open. The fields are exported to be saved.
type Memory struct {
	Cause   Cause
	Left    uint8   // scrapes whose growth adds nothing to Lo
	Zero    bool    // it fell to 0
	Gapped  bool    // it was missing, or no count, since Last
	Mark    float64 // the highest value before the fall, or the last one before the restart
	Counted float64 // growth since the mark
	Fell    float64 // by how much it fell below the mark
	Lost    float64 // fell unproven before, and has not come back
	Other   float64 // where another copy of the series was seen last; 0: nowhere
	OtherAt int64   // when, Unix milliseconds
	Since   int64   // when the mark was read, Unix milliseconds
	Until   int64   // of CauseRestart: when the mark is forgotten, Unix milliseconds
	Wary    bool    // it fell, but not deep, and nothing says of which process: two may answer in turn
	Leap    float64 // since then, the largest growth of one step in Lo
	Peak    float64 // where it stood before that fall, once the mark is forgotten, until it is above
}

// patience is for how many further scrapes, or intervals, an old value is remembered.
const patience = 3

// Ordinary reports whether the series remembers nothing: Last is all of its state.
func (s *Series) Ordinary() bool {
	return s.Cause == CauseNone && s.Left == 0 && !s.Gapped && s.Lost == 0 && s.Other == 0 && !s.Wary
}

// Next judges the step from s to c, the point after it. The evidence is of the scrape that holds c.
func (s Series) Next(r *Rules, c Point, e *Evidence) (Series, Step) {
	if !Countable(c.Value) {
		s.Gapped = true
		return s, gap(c)
	}
	t := turn{Series: s, r: r, e: e, c: c, ms: c.Time - s.Last.Time}
	step := t.judge()
	if s.Gapped {
		step.Doubt |= Gapped
	}
	step.To = c.Time
	if step.Reach == 0 {
		step.Reach = step.From
	}
	t.Last, t.Gapped = c, false
	return t.Series, step
}

// Vanish judges the first scrape that lacks the series, at a time; of a tombstone, the first scrape of another process.
// After a restart the old value is kept for a while, and what was counted before the end is unknown; else the series
// leaves a tombstone, for the life of its process.
func (s Series) Vanish(at int64, e *Evidence) (Series, Step) {
	step := Step{Verdict: Gap, Doubt: Gapped, From: at, To: at, Reach: at, Hi: math.Inf(1)}
	t := turn{Series: s, e: e, c: Point{Time: at}}
	if e.Restarted() {
		t.remember(CauseRestart)
	} else {
		if e.Fate == FateGoesOn {
			step.Hi = e.Pace.Makes(e.Interval)
		}
		t.forget()
		t.Cause = CauseGone
	}
	t.Gapped = true
	return t.Series, step
}

// turn is one step of a series while it is judged.
type turn struct {
	Series
	r  *Rules
	e  *Evidence
	c  Point
	ms int64
}

// judge decides by the fate of the family; what proves itself comes first.
func (t *turn) judge() Step {
	p, c := t.Last, t.c
	fell := c.Value < p.Value
	switch {
	case recreated(t.r, p, c, t.e.Pace) && (fell || !t.e.Stands):
		t.Memory = Memory{}
		return t.anew(c.Value)
	case t.handedOver():
		return t.handed()
	}
	switch t.e.Fate {
	case FateOwn:
		t.Memory = Memory{}
		if t.e.Denied {
			s := t.anew(max(0, c.Value-p.Value))
			s.Doubt = Unproven
			return s
		}
		return t.anew(c.Value)
	case FateAnew:
		return t.restarted(max(0, c.Value-p.Value))
	case FateMixed:
		if t.dropped() {
			s := t.restarted(0)
			s.Lo, s.Doubt = 0, Unproven
			return s
		}
		return t.wentOn(Masked)
	case FateRestored:
		return t.restored()
	case FateOutlives:
		if t.dropped() {
			return t.fall()
		}
		return t.wentOn(0)
	case FateGuessed:
		return t.guessed()
	case FateMoved, FateMovedFar:
		return t.moved()
	case FateOther:
		t.Memory = Memory{}
		return Step{Verdict: First, Doubt: Unproven, From: c.Time, Hi: math.Inf(1)}
	}
	if fell {
		return t.fall()
	}
	return t.rise()
}

// dropped reports whether the value fell by more than jitter.
func (t *turn) dropped() bool {
	p := t.Last.Value
	part := blindJitter
	if t.e.Known {
		part = jitter
	}
	return p-t.c.Value > part*p
}

// stands reports whether the series' own start is known at both points and did not move.
func (t *turn) stands() bool {
	p, c := t.Last.Start, t.c.Start
	return p != 0 && t.c.created(t.r) && max(p-c, c-p) <= t.r.startTolerance()
}

// anew counts c from 0. What was counted after the last point and before the end is unknown.
func (t *turn) anew(lo float64) Step {
	s := Step{Verdict: Reset, Add: t.c.Value, Lo: lo, Hi: math.Inf(1), From: t.Last.Time}
	start := t.e.Start
	if t.c.created(t.r) {
		start = t.c.Start
	}
	// A start outside (p, c) is a clock's error, and no date.
	if t.Last.Time < start && start < t.c.Time {
		s.From, s.Lost = start, start-t.Last.Time
	}
	return s
}

// restarted counts c from 0 in a family that mostly began anew. One that did not fall may have gone on: then its growth
// is lo.
func (t *turn) restarted(lo float64) Step {
	fell := t.dropped()
	if fell {
		lo = t.c.Value
	}
	if fell || t.Cause == CauseRestart && t.c.Value < t.Mark {
		t.remember(CauseRestart)
		t.Counted += t.c.Value
	} else {
		t.Memory = Memory{}
	}
	s := t.anew(lo)
	s.Reach = t.Last.Time // who knows whether it began with the process, or with something that restarted before it
	return s
}

// wentOn counts on over a restart, where the value did not fall by more than jitter.
func (t *turn) wentOn(d Doubt) Step {
	s := Step{Verdict: Jitter, From: t.Last.Time}
	t.keepOver()
	if t.c.Value < t.Last.Value {
		t.remember(CauseDip)
	} else {
		s = t.rise()
	}
	s.Doubt |= d
	if t.e.Hidden || t.e.Fate != FateOutlives {
		s.Hi = math.Inf(1)
	}
	return s
}

// keepOver keeps the value of before an earlier restart over this one, too, and reports whether there is one.
func (t *turn) keepOver() bool {
	if t.Cause != CauseRestart || t.c.Value >= t.Mark || !t.e.Restarted() {
		return false
	}
	t.Until += t.c.Time - t.Last.Time
	return true
}

// restored counts on from counts that the process read back: c − p, or 0 where it fell.
func (t *turn) restored() Step {
	if !t.keepOver() {
		t.Memory = Memory{}
	}
	s := t.grown()
	if t.c.Value < t.Last.Value {
		s = Step{Verdict: Reset, From: t.Last.Time}
	}
	s.Doubt, s.Hi = Masked|Unproven, math.Inf(1)
	return s
}

// grown is growth without a doubt.
func (t *turn) grown() Step {
	d := t.c.Value - t.Last.Value
	return Step{Verdict: Grew, Add: t.c.Value, Sub: t.Last.Value, Lo: d, Hi: d, From: t.Last.Time}
}

// moved counts growth between clocks that differ no more than clocks do, and nothing between others.
func (t *turn) moved() Step {
	if t.dropped() {
		t.Memory = Memory{}
		return Step{Verdict: First, Doubt: Unproven, From: t.c.Time, Hi: math.Inf(1)}
	}
	s := t.wentOn(Masked)
	s.Lo, s.Hi = 0, t.c.Value
	if t.e.Fate == FateMovedFar {
		s.Add, s.Sub = 0, 0
	}
	return s
}

// remember keeps the last value as a mark, or the mark there is if it stands for something higher.
func (t *turn) remember(why Cause) {
	m := Memory{Cause: why, Mark: t.Last.Value, Since: t.Last.Time, Lost: t.Lost, Other: t.Other, OtherAt: t.OtherAt, Left: t.Left, Wary: t.Wary, Leap: t.Leap, Peak: t.Peak}
	falls := func(c Cause) bool { return c == CauseDip || c == CauseFall }
	if (t.Cause == why || falls(t.Cause) && falls(why)) && t.Mark >= m.Mark {
		m.Cause = max(why, t.Cause)
		m.Mark, m.Since, m.Counted, m.Fell, m.Zero = t.Mark, t.Since, t.Counted, t.Fell, t.Zero
	}
	m.Fell += max(0, t.Last.Value-t.c.Value)
	switch why {
	case CauseRestart:
		interval := t.e.Interval
		if interval <= 0 {
			interval = t.c.Time - t.Last.Time
		}
		m.Until = t.c.Time + patience*interval
		m.Lost, m.Other, m.OtherAt, m.Left, m.Wary, m.Leap, m.Peak = 0, 0, 0, 0, false, 0, 0
	default:
		m.Left = patience
	}
	t.Memory = m
}
