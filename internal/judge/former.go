package judge

import "math"

// The rules of this file are the first edition's. Package aggregate still calls them.

// Life is what is known of the process behind a series between two points.
type Life uint8

const (
	LifeUnknown Life = iota // nothing: no start time at both points
	LifeUnmoved             // it did not restart: its start is known at both points and the same
	LifeReset               // it restarted, and the series with it: another one of its family fell
	LifeMasked              // it restarted, but nothing in the family fell: the series may count something that outlives it
)

// Next judges the step from p, the baseline, to c, the point after it. What the two say of their own start is taken
// from them; life is what the caller knows of the process, start when its present incarnation began (Unix
// milliseconds, 0: unknown), which dates the step after a proven reset.
func (r *Rules) Next(p, c Point, life Life, start int64) Step {
	if Plain(p, c, life) {
		d := c.Value - p.Value
		return Step{Verdict: Grew, Add: c.Value, Sub: p.Value, Lo: d, Hi: d, From: p.Time, To: c.Time}
	}
	return r.judge(p, c, life, start)
}

// Plain tells that nothing happened from p to c but growth, or rest: Next has nothing to judge, its verdict is Grew and
// its increase c − p without a doubt. That is so for nearly every step, and known faster than a Step is made.
func Plain(p, c Point, life Life) bool {
	d := c.Value - p.Value
	return d >= 0 && d <= math.MaxFloat64 && p.Value >= 0 && p.Start == c.Start && life <= LifeUnmoved
}

// AfterZero judges as Next does, where p is the last point before the series fell to 0: that it did is said already,
// what follows is growth from 0. Unless it comes back to p or above, which is suspected to be a glitch of the source:
// while the process is known to live on, or the count is not its own, that is growth since p.
func (r *Rules) AfterZero(p, c Point, life Life, start int64) Step {
	s := r.judge(p, c, life, start)
	switch dropped := s.Verdict == Reset && s.Doubt&Unproven != 0; {
	case dropped:
		keep := s.Doubt & FellToZero // 0 still
		return Step{Verdict: Grew, Doubt: keep, Add: c.Value, Lo: c.Value, Hi: c.Value, From: p.Time, To: c.Time, Keep: keep != 0}
	case s.Verdict == Grew, s.Verdict == Jitter:
		s.Doubt |= Glitch
		s.Hi = c.Value
		if r.Owner != OwnerExternal && r.Life(p, c, life) != LifeUnmoved {
			s.Verdict, s.Add, s.Sub, s.Keep = Grew, c.Value, 0, false
		}
	}
	return s
}

func (r *Rules) judge(p, c Point, life Life, start int64) Step {
	switch {
	case !countable(c.Value):
		return keepOver(c)
	case !countable(p.Value):
		return first(c)
	}
	life = r.Life(p, c, life)
	switch fell := c.Value < p.Value; {
	case life == LifeReset, life == LifeMasked && fell:
		return reset(p, c, start)
	case !fell:
		return r.grew(p, c, life)
	case p.Value-c.Value <= fallen(life)*p.Value:
		return Step{Verdict: Jitter, From: p.Time, To: c.Time, Keep: true}
	}
	s := Step{Verdict: Reset, Doubt: Unproven, Add: c.Value, Hi: math.Inf(1), From: p.Time, To: c.Time}
	if r.Owner == OwnerExternal {
		s.Add = 0
	}
	if c.Value == 0 {
		// Nothing is lost by keeping p: whatever comes next below it counts in full. What comes next above it will not
		// count p again.
		s.Doubt |= FellToZero
		s.Keep = true
	}
	return s
}

// Life joins what the caller knows of the process, what the series says of its own start, and the owner: what the step
// from p to c is judged by. Where several series are one object (a histogram), one of them speaks for all.
func (r *Rules) Life(p, c Point, life Life) Life {
	switch r.Owner {
	case OwnerProcess:
		if life == LifeMasked {
			life = LifeReset
		}
	case OwnerExternal:
		if life > LifeUnmoved {
			life = LifeUnknown
		}
	}
	if !p.started() || !c.started() {
		return life
	}
	switch (RestartEvidence{PrevStart: p.Start, Start: c.Start, PrevTime: p.Time, Fell: fell(p, c), Common: 1}).Judge(r) {
	case RestartProven:
		return LifeReset
	case RestartUnmoved:
		if life == LifeUnknown {
			return LifeUnmoved
		}
	}
	return life
}

func fell(p, c Point) int {
	if c.Value < p.Value {
		return 1
	}
	return 0
}

func fallen(life Life) float64 {
	if life == LifeUnmoved {
		return jitter
	}
	return blindJitter
}

func (r *Rules) grew(p, c Point, life Life) Step {
	d := c.Value - p.Value
	s := Step{Verdict: Grew, Add: c.Value, Sub: p.Value, Lo: d, Hi: d, From: p.Time, To: c.Time}
	// A start that is new, and later than p, proves nothing (p had none to compare with) but is reason for doubt.
	if life == LifeMasked || !p.started() && c.started() && c.Start > p.Time && c.Start < c.Time {
		s.Doubt, s.Hi = Masked, math.Inf(1)
	}
	return s
}

// reset is proven: c began at 0 after p, and what was counted between p and the end before is lost.
func reset(p, c Point, start int64) Step {
	s := Step{Verdict: Reset, Add: c.Value, Lo: c.Value, Hi: math.Inf(1), From: p.Time, To: c.Time}
	if c.started() {
		start = c.Start
	}
	// A start outside (p, c) is a clock's error, and no date.
	if p.Time < start && start < c.Time {
		s.From, s.Lost = start, start-p.Time
	}
	return s
}

// RestartEvidence is what two consecutive scrapes of an instance, or two points of a series, know of its start.
type RestartEvidence struct {
	PrevStart, Start int64 // start times in the earlier and the later one, Unix milliseconds; 0: none, or several
	PrevTime         int64 // time of the earlier one, Unix milliseconds
	Fell, Common     int   // how many counters fell, of how many that are not 0 in both
}

// Judge weighs the evidence under the tolerances of r. A start time that is missing from one of the two scrapes is
// no evidence; one in the future is as good as any to tell two processes apart.
func (e RestartEvidence) Judge(r *Rules) Restart {
	switch {
	case e.PrevStart == 0 && e.Start == 0:
		if e.Fell > 0 && 2*e.Fell >= e.Common {
			return RestartGuessed
		}
		return RestartUnknown
	case e.PrevStart == 0 || e.Start == 0:
		return RestartUnknown
	}
	switch moved, tolerance := e.Start-e.PrevStart, r.startTolerance(); {
	case moved < -tolerance:
		return RestartOther
	case moved <= tolerance:
		return RestartUnmoved
	case e.Fell > 0 || e.Start > e.PrevTime-r.clockSkew():
		return RestartProven
	}
	return RestartMoved
}

// Life is the life of the series of a family, fell telling if at least one of the family's series fell.
func (k Restart) Life(fell bool) Life {
	switch k {
	case RestartUnmoved:
		return LifeUnmoved
	case RestartProven, RestartGuessed:
		if fell {
			return LifeReset
		}
		return LifeMasked
	}
	return LifeUnknown
}

// Appearance is what is known of a series when a scrape holds it that the one before did not.
type Appearance struct {
	Since    int64 // since when the instance is watched, Unix milliseconds: what was born before is not growth
	Start    int64 // when the present incarnation of the process began, Unix milliseconds; 0: unknown
	Previous int64 // the last complete scrape of the same incarnation, Unix milliseconds; 0: none
	// Churned: 20 % or more of the lines came or went since then, so that a missing line proves nothing.
	Churned bool
	// Evicted: lines of this incarnation that went have been forgotten, and this may be one of them.
	Evicted bool
	// Tombstone is the last point of the series in this incarnation, nil if it was never there.
	Tombstone *Point
	// Life is that of the process since the tombstone.
	Life Life
}

// Appear judges the first point of a series, or the first after the series was missing.
func (r *Rules) Appear(c Point, a Appearance) Step {
	if !countable(c.Value) {
		return keepOver(c)
	}
	if a.Tombstone != nil {
		return r.returned(*a.Tombstone, c, a)
	}
	if birth, ok := r.birth(c, a); ok {
		return Step{Verdict: Born, Add: c.Value, Lo: c.Value, Hi: c.Value, From: birth, To: c.Time}
	}
	// What knows its birth, and could not prove it, existed at the scrape before whatever that held.
	if absent := a.Start != 0 && a.Previous != 0 && a.Previous < c.Time && !a.Churned && !a.Evicted; !absent || c.dated() {
		return first(c)
	}
	s := Step{Verdict: Born, Doubt: Unproven, Add: c.Value, Hi: c.Value, From: a.Previous, To: c.Time}
	if r.BoundBirths {
		s.Add = 0
	}
	return s
}

// dated tells if the start of p's series is known and is a date: one in the future is not.
func (p Point) dated() bool { return p.started() && p.Start < p.Time }

// birth is when c's series began at 0, if that is known to be within the time watched and not counted yet.
func (r *Rules) birth(c Point, a Appearance) (int64, bool) {
	if c.dated() {
		return c.Start, c.Start > a.Since && (!a.Evicted || c.Start > a.Previous)
	}
	if r.Owner == OwnerExternal || a.Evicted || a.Start <= a.Since || a.Start >= c.Time {
		return 0, false
	}
	// It began with the process, or later; later than the scrape that did not hold it, if that means anything.
	if !a.Churned && a.Start < a.Previous && a.Previous < c.Time {
		return a.Previous, true
	}
	return a.Start, true
}

// returned judges c as a step from the tombstone p.
func (r *Rules) returned(p, c Point, a Appearance) Step {
	s := r.judge(p, c, a.Life, a.Start)
	s.Doubt |= Gapped
	if s.Verdict == Grew {
		s.Verdict = Returned
		if !p.started() || !c.started() { // else its own start is the same, and it never began again
			s.Doubt |= Masked
			s.Hi = math.Inf(1)
		}
	}
	return s
}

// Baseline returns the point to judge the next one against; p and c are the two points of s. After a jitter, or a fall
// to 0, that is the old value as the high-water mark, read again now. After a gap it is the old point.
func (s Step) Baseline(p, c Point) Point {
	switch {
	case !s.Keep:
		return c
	case s.Verdict == Gap:
		return p
	}
	p.Time = c.Time
	if c.started() {
		p.Start = c.Start
	}
	return p
}

func first(c Point) Step {
	return Step{Verdict: First, Hi: c.Value, From: c.Time, To: c.Time}
}

func keepOver(c Point) Step {
	s := gap(c)
	s.Keep, s.Reach = true, 0
	return s
}
