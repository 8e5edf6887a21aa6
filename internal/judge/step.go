package judge

import "math"

// Step is the growth between two consecutive accepted points of a series, or from its birth to its first point.
type Step struct {
	Verdict Verdict
	Doubt   Doubt
	// Add − Sub is the increase, exactly: current and previous value where the series grew, current value and 0 where it
	// began at 0, 0 and 0 where nothing is counted. An exact sum of the two loses nothing; Value rounds.
	Add, Sub float64
	// Lo and Hi bound the true increase; Hi may be +Inf. Where a high-water mark is regained, Lo holds all growth above the
	// mark: of the time since Reach, and perhaps more than Value, which leaves out what was counted below the mark.
	Lo, Hi float64
	// Back is how much of the Lo of the steps until From is not certain any more: it counts in a sum of steps that
	// holds them, too, which it does not make negative.
	Back float64
	// Seen is growth that was read in this step but is not in Value, as the series may have counted it earlier; it is 0
	// unless Hi is +Inf. The upper bound of a rate counts it.
	Seen float64
	// The increase happened in (From, To], Unix milliseconds. From == To: no time was observed. After a proven reset From
	// is the new start; growth in the Lost milliseconds between the previous point and From was not observed.
	From, To int64
	Lost     int64
	// Reach is since when the growth in Lo may have happened, Unix milliseconds: From, or earlier.
	Reach int64
}

// Value returns the increase, rounded to a float64.
func (s Step) Value() float64 { return s.Add - s.Sub }

// Sure reports whether time was observed and the increase is at least the value: such a step shows a pace. Where nothing
// was counted because the series fell, it shows none.
func (s Step) Sure() bool {
	return s.To > s.From && s.Reach >= s.From && s.Lo == s.Value() && (s.Lo > 0 || s.Verdict == Grew && s.Doubt&Unproven == 0)
}

// gap is a reading that is no count: the next step covers its time.
func gap(c Point) Step {
	s := Step{Verdict: Gap, From: c.Time, To: c.Time, Reach: c.Time}
	if !math.IsNaN(c.Value) {
		s.Doubt = NotACount
	}
	return s
}
