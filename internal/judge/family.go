package judge

import "math"

// Family gathers what the series of one family did between two scrapes, all its lines, followed or not.
type Family struct {
	Owner  Owner  // as it was said
	Habits Habits // as they were seen

	fell, kept float64 // sums of the previous values that fell by more than jitter, and of those that did not
	witness    bool    // one of them shows that no restart hides in the step

	// Of those whose own pace is not known, the one that stood highest for the time of its step: its value, and the
	// milliseconds.
	highest float64
	ms      int64
}

func (f *Family) add(p, c, jitter float64) {
	if p-c > jitter*p {
		f.fell += p
	} else {
		f.kept += p
	}
}

// Watch takes in a counter whose own pace is not known. What is usual for its metric may show that no restart hides, see
// Usually.
func (f *Family) Watch(p, c Point) {
	ms := max(0, c.Time-p.Time)
	if p.Value > 0 && (f.highest == 0 || p.Value/float64(ms) > f.highest/float64(f.ms)) {
		f.highest, f.ms = p.Value, ms
	}
}

// Usually returns the family as seen by who knows that pace as the usual one of its counters.
func (f Family) Usually(p Pace) Family {
	f.witness = f.witness || p.Witness(f.highest, f.ms)
	return f
}

// anew reports whether the family began anew at a restart: at least as much fell as did not. So what is assumed to have
// vanished is at most what was seen to have.
func (f *Family) anew() bool { return f.fell > 0 && f.fell >= f.kept }

// Habits is what proven restarts showed of a family so far. The zero value is nothing.
type Habits uint8

const (
	sawAnew Habits = 1 << iota
	sawGoOn
)

// After returns the habits after one more scrape.
func (h Habits) After(d *Decision, f *Family) Habits {
	switch {
	case d.Restart == RestartRestored:
		return h | sawGoOn
	case d.Restart != RestartProven || f.fell+f.kept == 0:
		return h
	case f.anew():
		return h | sawAnew
	}
	return h | sawGoOn
}

// Outlived returns the habits after counts were handed over late (see [HandedOver]): they went on.
func (h Habits) Outlived() Habits { return h | sawGoOn }

// own reports whether the process counts: it was said, or the family was seen to begin anew at a proven restart, and
// never to go on. What was seen is less than what was said: a series that did not fall may have gone on after all.
func (f *Family) own() bool {
	return f.Owner == OwnerProcess || f.Owner == OwnerUnknown && f.Habits == sawAnew
}

// Fate is what a scrape means for the series of one family.
type Fate uint8

const (
	FateGoesOn   Fate = iota // the process lives on, or nothing shows that it does not: each series stands for itself
	FateAnew                 // the process restarted and, as was seen, the family with it
	FateOwn                  // the process restarted and, as was said, the family with it
	FateMixed                // the process restarted, and most of the family, or all of it, did not fall
	FateRestored             // the process restarted and read its counts back
	FateGuessed              // no start time tells, and most counters fell deep
	FateMoved                // the clock of the process was set, or another process answered
	FateMovedFar             // the same, by more than clocks differ
	FateOther                // another process answered, whose counters are not compared with the old ones
	FateOutlives             // the process restarted, but it only shows what something else counts
)

// Evidence is what a scrape says of the series of one family. The zero value says that the process is known to live on
// and nothing else.
type Evidence struct {
	Fate     Fate
	Start    int64 // when the present process began, Unix milliseconds; 0: unknown
	Interval int64 // between scrapes, in milliseconds; 0: unknown
	Pace     Pace  // of the series, or of its family

	Deep   bool // what fell in this body fell deep
	Grew   bool // most of what moved in this body grew
	Leapt  bool // most of what fell may have risen by as much in one step
	Back   bool // the body is back where it was before it fell deep
	Hidden bool // a restart may hide in growth
	Open   bool // nothing that grew has an upper bound
	Copies bool // two processes may answer in turn, and this is the higher one
	Stands bool // the start of the process is known and unmoved
	Known  bool // both starts are known
	Own    bool // the process counts, as was said or seen
	Denied bool // it was said that the process counts, and it may have gone on from what was there
}

// Of returns what the decision means for a family. The caller adds the pace of each series, and the interval.
func (d *Decision) Of(f *Family) Evidence {
	e := Evidence{Own: f.own(), Start: d.start, Deep: d.deep, Grew: d.grew, Leapt: d.leapt, Back: d.back, Known: d.known, Open: d.Blind, Copies: d.Restart == RestartCopies}
	e.Stands = d.Restart == RestartUnmoved
	switch d.Restart {
	case RestartUnknown, RestartCopies:
		e.Hidden = !d.witnessed && !f.witness
	case RestartProven, RestartRestored:
		e.Fate, e.Denied = d.restarted(f), d.denied
		e.Hidden = !f.witness
	case RestartGuessed:
		e.Fate, e.Hidden = FateGuessed, true
	case RestartMoved:
		e.Fate = FateMoved
		if d.far {
			e.Fate = FateMovedFar
		}
	case RestartOther:
		e.Fate = FateOther
	}
	if f.Owner == OwnerExternal && e.Fate == FateGuessed {
		e.Fate = FateOutlives
	}
	return e
}

// restarted returns the fate of a family whose process restarted.
func (d *Decision) restarted(f *Family) Fate {
	switch {
	case f.Owner == OwnerExternal:
		return FateOutlives
	case d.Restart == RestartRestored && (d.evident || f.Owner != OwnerProcess):
		return FateRestored
	case f.Owner == OwnerProcess:
		return FateOwn
	case f.own(), f.anew():
		return FateAnew
	}
	return FateMixed
}

// Restarted reports whether the series' process is known to be another one than before: a tombstone is of the past.
func (e *Evidence) Restarted() bool {
	switch e.Fate {
	case FateGoesOn, FateOutlives, FateGuessed, FateMoved:
		return false
	}
	return true
}

// Plain reports whether all growth under e is simply growth, so that the caller may take c − p for a series that has no
// memory and did Rise.
func (e *Evidence) Plain() bool {
	return e.Fate == FateGoesOn && !e.Hidden && !e.Open && !e.Copies
}

// Rise reports whether the value did not fall from p to c and the series did not begin again: the growth is c − p if the
// evidence is Plain. It is small enough to be inlined.
func Rise(p, c Point) bool {
	d := c.Value - p.Value
	return d >= 0 && d <= math.MaxFloat64 && p.Value >= 0 && p.Start == c.Start
}
