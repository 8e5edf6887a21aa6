package judge

// Step is the growth between two consecutive accepted points of a series, or from its birth to its first point.
type Step struct {
	Verdict Verdict
	Doubt   Doubt
	// Add − Sub is the increase, exactly: current and previous value where the series grew, current value and 0 where it
	// began at 0, 0 and 0 where nothing is counted. An exact sum of the two loses nothing; Value rounds.
	Add, Sub float64
	// Lo and Hi bound the true increase; Hi may be +Inf.
	Lo, Hi float64
	// The increase happened in (From, To], Unix milliseconds. From == To: no time was observed. After a proven reset From
	// is the new start; growth in the Lost milliseconds between the previous point and From was not observed.
	From, To int64
	Lost     int64
	// Keep reports that the value of the previous point stays the baseline, see Baseline.
	Keep bool
}

// Value returns the increase, rounded to a float64.
func (s Step) Value() float64 { return s.Add - s.Sub }

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
