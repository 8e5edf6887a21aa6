package judge

import (
	"fmt"
	"strings"
)

// Verdict says what happened to a series between two points, or before its first one.
type Verdict uint8

const (
	First         Verdict = iota // no earlier point and no known birth: a baseline, no growth
	BornProven                   // a first point whose series is known to have begun at 0 while we watched
	BornByAbsence                // a first point of a series that the scrape before, of the same process, did not hold
	Returned                     // back after it was missing from scrapes
	Grew                         // c ≥ p
	ResetProven                  // began again at 0, known from a start time
	ResetDropped                 // c < p, and nothing else is known
	Jitter                       // a decrease too small for a reset: rounding, or an unsynchronised client
	Gap                          // no count: NaN, a stale marker, an infinite or negative value
)

var verdicts = [...]string{"first", "born, proven", "born, by absence", "returned", "grew", "reset, proven", "reset, dropped",
	"jitter", "gap"}

func (v Verdict) String() string {
	if int(v) < len(verdicts) {
		return verdicts[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// Flags are the doubts a value carries.
type Flags uint8

const (
	// MaskedResetPossible: the process restarted and the series may have restarted with it, although it did not fall.
	MaskedResetPossible Flags = 1 << iota
	// GlitchSuspected: the series fell to 0 and came back to at least where it was.
	GlitchSuspected
	// Gapped: the series was missing in between.
	Gapped
	// Unproven: the reset is concluded from the drop alone.
	Unproven
	// FellToZero: the series fell to 0, or is there still. The next point is to be judged by [Rules.AfterZero].
	FellToZero
	// NotACount: the value is infinite or negative.
	NotACount
	// Guessed: no start time is known, the restart is concluded from the many counters that fell. Set by callers of
	// [RestartEvidence.Judge].
	Guessed
)

var flags = [...]string{"masked reset possible", "glitch suspected", "gapped", "unproven", "fell to zero", "not a count", "guessed"}

// String lists the flags, separated by commas; it is empty where there is none.
func (f Flags) String() string {
	var set []string
	for i, name := range flags {
		if f&(1<<i) != 0 {
			set = append(set, name)
		}
	}
	return strings.Join(set, ", ")
}

// Step is the growth between two consecutive accepted points of a series, or from its birth to its first point.
type Step struct {
	Verdict Verdict
	Flags   Flags
	// The increase is Add − Sub, exactly: current and previous value where it grew, current value and 0 where it began
	// at 0, 0 and 0 where nothing is counted. Adding the two to an exact sum loses nothing; Value rounds.
	Add, Sub float64
	// Lo and Hi bound the true increase; Hi may be +Inf.
	Lo, Hi float64
	// The increase happened in (From, To], Unix milliseconds. From == To: no time was observed. After a proven reset
	// From is the new start; what happened in the Lost milliseconds between the previous point and it nobody saw.
	From, To int64
	Lost     int64
	// Keep: the value of the previous point stays the baseline, see Baseline.
	Keep bool
}

// Value is the increase, rounded to a float64.
func (s Step) Value() float64 { return s.Add - s.Sub }

// Baseline is the point to judge the next one against, p and c being the two points of s. After a jitter, or a fall
// to 0, that is the old value as the high-water mark, seen again now; after a gap it is the old point.
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
