package judge

import "math"

// Life is what is known of the process behind a series between two points.
type Life uint8

const (
	LifeUnknown Life = iota // nothing: no start time at both points
	LifeUnmoved             // it did not restart: its start is known at both points and the same
	LifeReset               // it restarted, and the series with it: another one of its family fell
	LifeMasked              // it restarted, but nothing in the family fell: the series may count something that outlives it
)

// Rules judge steps. The zero value has the defaults. Rules are never changed by their methods.
type Rules struct {
	Owner       Owner
	BoundBirths bool  // a birth that only absence shows counts 0, with the value as Hi
	WrapBits    uint8 // the counter wraps at 2^WrapBits; 0 if it does not
	// StartTolerance is how far, in milliseconds, two readings of the same start may be apart. 0: 2 s; negative: none.
	StartTolerance int64
	// ClockSkew is how far, in milliseconds, the clock that wrote a start may be behind the one that wrote the times of
	// scrapes. 0: 60 s; negative: none.
	ClockSkew int64
}

// A series may fall by these parts of its value without a reset: when its start is known and did not move, and when no
// start is known.
const (
	jitter      = 1e-3
	blindJitter = 1e-6
)

func or(x, standard int64) int64 {
	switch {
	case x == 0:
		return standard
	case x < 0:
		return 0
	}
	return x
}

func (r *Rules) startTolerance() int64 { return or(r.StartTolerance, 2_000) }
func (r *Rules) clockSkew() int64      { return or(r.ClockSkew, 60_000) }

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
		return gap(c)
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

func first(c Point) Step {
	return Step{Verdict: First, Hi: c.Value, From: c.Time, To: c.Time}
}

func gap(c Point) Step {
	s := Step{Verdict: Gap, From: c.Time, To: c.Time, Keep: true} // the next count covers the time
	if !math.IsNaN(c.Value) {
		s.Doubt = NotACount
	}
	return s
}
