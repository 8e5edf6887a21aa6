package judge

import "math"

// rise judges a value that did not fall, of a process that goes on as far as known.
func (t *turn) rise() Step {
	p, c := t.Last.Value, t.c.Value
	d := c - p
	fast := !t.Ordinary() && t.e.Pace.Exceeded(d, t.ms)
	switch {
	case t.Cause == CauseGone:
		return t.returned()
	case t.Left > 0 && (t.Cause == CauseDip || t.Cause == CauseFall) && c >= t.Mark:
		return t.regained(fast)
	case t.Other > p && c >= t.Other && (t.e.Back || fast):
		return t.otherCopy()
	}
	s := t.grown()
	if t.open() {
		s.Hi, s.Doubt = math.Inf(1), Masked
	}
	if t.e.Copies || t.e.Open {
		s.Lo, s.Hi, s.Doubt = 0, math.Inf(1), s.Doubt|Unproven
	}
	if t.Lost > 0 && fast {
		s.Lo, s.Hi, s.Doubt = t.less(d), math.Inf(1), s.Doubt|Unproven
	}
	if t.Left > 0 {
		s.Lo, s.Doubt = 0, s.Doubt|Unproven
		if !t.bounded() {
			s.Hi = math.Inf(1)
		}
	}
	if t.Peak > p && c >= t.Peak {
		s.Lo, s.Hi, s.Doubt = min(s.Lo, c-t.Peak), math.Inf(1), s.Doubt|Unproven
		t.Lost, t.Peak = max(0, t.Lost-(t.Peak-p)), 0
	}
	if t.Wary {
		t.Leap = max(t.Leap, s.Lo)
	}
	t.pass(d)
	return s
}

// open reports whether more may have been counted than what shows: a restart may hide, or the series may have begun
// again though nothing proves it.
func (t *turn) open() bool {
	p, c := t.Last, t.c
	if t.e.Open {
		return true
	}
	if t.stands() {
		return false
	}
	fresh := p.Start == 0 && c.created(t.r) && c.Start > p.Time
	moved := p.created(t.r) && c.created(t.r) && c.Start-p.Start > t.r.startTolerance()
	return t.e.Hidden || fresh || moved
}

// bounded reports whether growth below the mark is all there was: the fall was jitter of a process that lives on.
func (t *turn) bounded() bool { return t.Cause == CauseDip && t.e.Stands }

// less returns what of a sudden growth is more than what fell unproven before: a part that was missing may have come
// back. If it can have come back as a whole, it is remembered no longer.
func (t *turn) less(grown float64) float64 {
	if grown < t.Lost {
		return 0
	}
	grown -= t.Lost
	t.Lost = 0
	return grown
}

// pass lets one more scrape go by that did not regain what is remembered.
func (t *turn) pass(grown float64) {
	if t.Cause != CauseNone {
		t.Counted += grown
	}
	if t.Left > 0 {
		if t.Left--; t.Left == 0 {
			if t.Cause != CauseDip {
				t.Lost += t.Fell
			}
			t.Fell, t.Zero = 0, false
			if t.Wary && t.Mark > t.c.Value {
				t.Peak = max(t.Peak, t.Mark)
			}
			if t.Cause == CauseDip || t.Cause == CauseFall {
				t.forget()
			}
		}
	}
	if t.Cause == CauseRestart && (t.c.Value >= t.Mark || t.c.Time > t.Until) {
		t.forget()
	}
	if t.Other > t.Last.Value && t.c.Value >= t.Other {
		t.Other, t.OtherAt, t.Left, t.Fell, t.Zero = 0, 0, 0, 0, false // outgrown
	}
}

// forget drops the mark.
func (t *turn) forget() {
	t.Cause, t.Mark, t.Counted, t.Fell, t.Since, t.Until = CauseNone, 0, 0, 0, 0, 0
}

// regained judges a value that is back at the mark or above it. What lies above the mark grew since it was read,
// whatever happened: the low values were of a copy that lags, or the series fell and made up for it.
func (t *turn) regained(fast bool) Step {
	over := t.c.Value - t.Mark
	s := Step{Verdict: Grew, Add: t.c.Value, Sub: min(t.c.Value, t.Mark+t.Counted), Lo: over, Hi: math.Inf(1), From: t.Last.Time, Reach: t.Since}
	switch {
	case t.bounded():
		s.Hi = t.c.Value - t.Last.Value
	case t.Zero:
		s.Doubt = Unproven | Glitch
	default:
		s.Doubt = Unproven
	}
	if t.Lost > 0 && fast {
		s.Lo, s.Hi = t.less(over), math.Inf(1)
	}
	if t.open() {
		s.Hi = math.Inf(1)
	}
	if math.IsInf(s.Hi, 1) {
		s.Seen = t.seen(t.Last.Value, s.Sub)
	}
	t.Left, t.Zero = 0, false
	t.forget()
	return s
}

// otherCopy judges a value that is back where another copy of the series was: it grew from there. Nothing of it is
// certain, unless the process is known to live on.
func (t *turn) otherCopy() Step {
	s := Step{Verdict: Grew, Doubt: Unproven, Add: t.c.Value, Sub: t.Other, Hi: math.Inf(1), Seen: t.seen(t.Last.Value, t.Other), From: t.Last.Time}
	if t.e.Stands {
		s.Lo, s.Reach = s.Value(), t.OtherAt
	}
	if t.Zero {
		s.Doubt |= Glitch
	}
	t.Lost = max(0, t.Lost-(t.Other-t.Last.Value))
	t.see()
	t.Left = max(t.Left, 1) - 1
	t.Zero = false
	t.forget()
	return s
}

// fall judges a value that fell, while nothing proves a reset.
func (t *turn) fall() Step {
	p, c := t.Last.Value, t.c.Value
	inf := math.Inf(1)
	s := Step{Verdict: Reset, Doubt: Unproven, Hi: inf, From: t.Last.Time}
	if grown, ok := t.wrapped(); ok {
		return t.wrap(grown)
	}
	switch {
	case !t.dropped():
		if t.e.Stands {
			s.Hi = 0
		}
		s.Verdict, s.Doubt = Jitter, 0
		t.remember(CauseDip)
	case t.r.Owner == OwnerExternal, !t.e.Deep && !(t.Cause == CauseGone && 2*c <= p): // one that was away is not of the body's evidence
		t.takeBack(&s)
		t.remember(CauseFall)
	default:
		t.lower(&s)
	}
	t.Zero = t.Zero || c == 0 && p > 0
	return s
}

// takeBack takes back what an unproven fall shows to be uncertain. Where no start time tells, two processes may
// answer in turn: then the series rose above the fallen value because the higher one answered. Where one tells, a reading
// of twice as much may have been wrong, as those of kernels are at times, or of less if the rest of the body grew: else the
// body is that of a copy that lags. That step was at most the largest so far: a fall that this does not explain takes
// nothing back. Without a start a deep fall is more often a restart: the falls of most
// other counters have to be explained, too.
func (t *turn) takeBack(s *Step) {
	if t.e.Known || t.stands() {
		if fell := t.Last.Value - t.c.Value; (fell >= t.c.Value || t.e.Grew) && t.e.Pace.Known && explains(t.e.Pace.Makes(t.ms), fell) {
			s.Back = fell
		}
		return
	}
	fell, leap := t.Last.Value-t.c.Value, t.Leap
	if !t.Wary {
		if leap = 0; t.e.Pace.Known {
			leap = t.e.Pace.Makes(t.ms)
		}
	}
	if !explains(leap, fell) || t.e.Deep && !t.e.Leapt {
		return
	}
	t.Wary, t.Leap = true, 0
	s.Back = min(2*leap, fell)
}

// lower counts c from 0 after a deep fall, or from where the lower copy was seen last. The old value is remembered as
// the other copy's.
func (t *turn) lower(s *Step) {
	t.takeBack(s)
	s.Add = t.c.Value
	if t.Other > 0 && t.c.Value >= t.Other {
		s.Sub, s.Verdict = t.Other, Grew
	}
	fell := t.Fell + max(0, t.Last.Value-t.c.Value)
	t.forget()
	t.Left, t.Fell = patience, fell
	t.see()
}

// see remembers the last value as that of another copy. One at 0 is none: from there, all is growth.
func (t *turn) see() {
	if t.Other, t.OtherAt = t.Last.Value, t.Last.Time; t.Other == 0 {
		t.OtherAt = 0
	}
}

// guessed counts everything from 0, and nothing of it is certain.
func (t *turn) guessed() Step {
	s := Step{Verdict: Reset, Doubt: Unproven | Guessed, Hi: math.Inf(1), From: t.Last.Time}
	zero := t.c.Value == 0 && t.Last.Value > 0
	t.lower(&s)
	t.Zero = zero
	return s
}

// wrapped returns the growth of a counter that wraps, and whether it did: growth by less than half of its range.
func (t *turn) wrapped() (float64, bool) {
	if t.r.WrapBits == 0 {
		return 0, false
	}
	size := math.Ldexp(1, int(t.r.WrapBits))
	grown := size - t.Last.Value + t.c.Value
	return grown, t.Last.Value < size && grown < size/2
}

// wrap counts over the end of the counter's range.
func (t *turn) wrap(grown float64) Step {
	s := Step{Verdict: Grew, Add: grown, Lo: grown, Hi: grown, From: t.Last.Time}
	if !t.e.Stands && !t.stands() {
		s.Lo, s.Hi, s.Doubt = 0, math.Inf(1), Unproven
	}
	t.pass(grown)
	return s
}

// handedOver reports whether the counts of before a restart came back: at least as much, and faster than the series grew.
func (t *turn) handedOver() bool {
	if t.Cause != CauseRestart || t.c.Time > t.Until || t.c.Value < t.Mark || t.r.Owner == OwnerProcess || t.e.Fate == FateOther {
		return false
	}
	if t.Gapped && t.e.Start != 0 { // away since the restart: it would have to be born in the new process
		return t.e.Pace.Exceeded(t.c.Value, max(t.c.Time-t.e.Start, 0))
	}
	return t.c.Value > t.Last.Value && t.e.Pace.Exceeded(t.c.Value-t.Last.Value, t.ms)
}

// handed counts c from the value of before the restart, less what was counted since.
func (t *turn) handed() Step {
	s := Step{Verdict: Grew, Doubt: Unproven | HandedOver, Add: t.c.Value, Sub: min(t.c.Value, t.Mark+t.Counted), Hi: math.Inf(1), From: t.Last.Time}
	if t.Gapped { // the new process may have counted it from 0
		s.Seen = t.seen(0, s.Sub)
	} else {
		s.Seen = t.seen(t.Last.Value, s.Sub)
	}
	t.forget()
	return s
}

// returned judges a value that did not fall since scrapes lacked the series. It may have been cleared while it was away.
func (t *turn) returned() Step {
	s := t.grown()
	s.Verdict = Returned
	if t.open() {
		s.Hi = math.Inf(1)
	} else if !t.stands() {
		s.Doubt, s.Hi = Masked, t.c.Value+t.e.Pace.Makes(t.ms)
	}
	t.forget()
	return s
}

// burst is by how much a series may be faster than it ever was without a better explanation.
const burst = 16

// seen returns how much of a rise from p to c is seen growth that may be older: the part up to old, which is not in the
// value. It returns 0 if the rise is by far too fast for a series whose pace is known.
func (t *turn) seen(p, old float64) float64 {
	if t.e.Pace.Most > 0 && t.c.Value-p > burst*t.e.Pace.Makes(t.ms) {
		return 0
	}
	return old - p
}
