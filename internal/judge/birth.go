package judge

import "math"

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
		return gap(c)
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
