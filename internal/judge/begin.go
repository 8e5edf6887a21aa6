package judge

import "math"

// Arrival is what is known of a series when a scrape holds it that the one before did not.
type Arrival struct {
	Since    int64 // since when the instance is watched, Unix milliseconds: what was born before is no growth
	Start    int64 // when the present process began, Unix milliseconds; 0: unknown
	Previous int64 // the last complete scrape of the same process, which lacked the series, Unix milliseconds; 0: none
	Interval int64 // between scrapes, in milliseconds; 0: unknown
	Clock    Clock // that wrote the starts
	After    int64 // the present process is proven to have begun after it, Unix milliseconds; 0: nothing is proven

	FirstRound bool // the series was there when watching began
	Unmoved    bool // the start is known, and the same as at the previous scrape
	Restarted  bool // this is the first scrape of a process that took the place of another
	Vanishing  bool // a fifth of the lines vanished in one of the last two scrapes: absence proves nothing
	Evicted    bool // lines of this process that went have been forgotten, and this may be one of them

	// Before is the state of the series after it vanished (see [Series.Vanish]): in the life of this process, or at the
	// restart that began it. Nil otherwise.
	Before *Series
	// Evidence is that of the scrape; nil if there was none before.
	Evidence *Evidence
}

// Begin judges the first point of a series, or the first after scrapes lacked it.
func Begin(r *Rules, c Point, a *Arrival) (Series, Step) {
	if !Countable(c.Value) {
		return Series{}, gap(c)
	}
	if b := a.Before; b != nil {
		t := turn{Series: *b, r: r, e: a.Evidence, c: c, ms: c.Time - b.Last.Time}
		if b.Cause != CauseRestart || t.handedOver() {
			next, s := b.Next(r, c, a.Evidence)
			if b.Cause == CauseRestart {
				s.Verdict = Returned
			}
			return next, s
		}
	}
	s := Step{Verdict: First, Hi: c.Value, From: c.Time, To: c.Time, Reach: c.Time}
	if a.FirstRound {
		s.Hi = 0
	}
	if birth, owned, ok := birth(r, c, a); ok {
		s = Step{Verdict: Born, Add: c.Value, Hi: c.Value, From: birth, To: c.Time, Reach: max(birth-a.Clock.Off, min(a.After, birth))}
		// Later than the scrape that lacked it, if absence means anything.
		if !a.Vanishing && birth < a.Previous && a.Previous < c.Time {
			s.From = a.Previous
		}
		if owned && s.Reach >= a.Since { // no clock can be so wrong that it began before
			s.Lo = c.Value
		}
		if a.Restarted {
			s.Hi = math.Inf(1)
		}
	} else if absent(r, c, a) {
		s = Step{Verdict: Born, Doubt: Unproven, Add: c.Value, Hi: c.Value, From: a.Previous, To: c.Time, Reach: a.Previous}
		if r.BoundBirths {
			s.Add = 0
		}
	}
	return Series{Last: c}, s
}

// birth returns when c's series began at 0, if that is known to be within the time watched and not counted yet, and
// whether all of c was counted since.
func birth(r *Rules, c Point, a *Arrival) (at int64, owned, ok bool) {
	if c.created(r) {
		at = min(a.Clock.Date(c.Start), c.Time)
		return at, true, at > a.Since && (!a.Evicted || at > a.Previous)
	}
	if at = max(a.Clock.Date(a.Start), a.After); r.Owner == OwnerExternal || a.Evicted || a.Start == 0 || at <= a.Since || at >= c.Time {
		return 0, false, false
	}
	return at, r.Owner == OwnerProcess || a.Evidence != nil && a.Evidence.Own, true
}

// absent reports whether the series was born since the previous scrape, because that lacked it. What knows its own
// start, and could not prove its birth, existed at the previous scrape whatever that held.
func absent(r *Rules, c Point, a *Arrival) bool {
	known := a.Unmoved && a.Start != 0 && c.Time-a.Start >= 2*a.Interval
	return known && a.Previous != 0 && a.Previous < c.Time && !a.Vanishing && !a.Evicted && !c.created(r)
}
