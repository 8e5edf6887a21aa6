package growth

import (
	"math"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
)

// Steps are what the objects of an instance did in one scrape. They are scratch:
// valid until the next scrape is judged.
type Steps struct {
	Plain   []Plain  // counters that grew, or rested: nearly all
	Odd     []Odd    // counters of which there is more to say
	Hists   []Hist   // histograms that changed
	Gauges  []Gauged // gauges of which a line was looked at
	dirty   []uint32
	walk    walk
	Gone    []Gone // objects that vanished
	before  point
	Refused int       // readings that were not taken: a gap that repeats, no histogram
	scratch []float64 // of the buckets
}

func (s *Steps) reset() {
	s.Plain, s.Odd, s.Hists, s.Gauges, s.Gone, s.Refused = s.Plain[:0], s.Odd[:0], s.Hists[:0], s.Gauges[:0], s.Gone[:0], 0
	s.scratch = s.scratch[:0]
}

// Gauged is a line of a gauge, and whether its value is another than before.
type Gauged struct {
	Object uint32
	Moved  bool
}

// Plain is a counter's growth from Before to Now.
type Plain struct {
	Object      uint32
	Before, Now float64
}

// Gone is an object that vanished, and what may have been counted since it was
// seen last.
type Gone struct {
	Sinks []Sink
	Kind  Kind
	Step  judge.Step
}

// Odd is a counter's step with its verdict.
type Odd struct {
	Object uint32
	judge.Step
	Now   float64 // the value just read
	Quirk Quirk   // Doubled, or none
}

// Hist is a histogram's step, all of its parts judged as one.
type Hist struct {
	Object uint32
	Origin Origin
	Notes  []HistNote // what to say of it; empty for plain growth

	// Layout and, of each bucket up to its bound, what it grew from and to: of a
	// histogram that is followed by classic buckets.
	Layout      *layout.Layout
	Before, Now []float64
	// Increase is what each native bucket grew by, and Count what all of them
	// grew from and to; Layout is nil.
	Increase *layout.Native
	Count    [2]float64

	// Sum is what the sum grew from and to; NoSum says that this is not known.
	Sum   [2]float64
	NoSum bool

	// Read is what was read of the classic buckets, Native of the native ones,
	// CountRead of the count, and SumRead of the sum; NaN if there is none.
	Read      []float64
	Native    *layout.Native
	CountRead float64
	SumRead   float64
}

// HistNote is what happened to a histogram.
type HistNote struct {
	judge.Step
	Quirk Quirk
}

// Quirk is what can be out of the ordinary besides verdict and doubt: nearly
// always of a histogram.
type Quirk uint8

// The quirks.
const (
	NoQuirk Quirk = iota
	NoSum
	Torn
	NewLayout
	Malformed
	Doubled  // the series stands in the body several times, with different values
	Negative // a sum fell while the count did not: some observations are negative
	Uneven   // the count and the last bucket differ
	// Relabelled: the target of the instance had other labels in the scrape before.
	Relabelled
)

// Origin says where a histogram's step begins.
type Origin uint8

// The origins.
const (
	Nowhere  Origin = iota // nothing is added, and what it had is not known
	Reading                // the reading before
	Zero                   // 0: all of it is added
	Baseline               // this reading: nothing of it is added
)

// Of returns what the count or the sum grew from and to, and what was read of
// it.
func (x *Hist) Of(part Part) (from, to, read float64) {
	switch n := len(x.Now); {
	case part == SumOf:
		return x.Sum[0], x.Sum[1], x.SumRead
	case x.Increase != nil:
		return x.Count[0], x.Count[1], x.CountRead
	case n > 0:
		return x.Before[n-1], x.Now[n-1], x.CountRead
	}
	return 0, 0, x.CountRead
}

// OfSum returns the step of the sum that goes with the note's step of the count:
// its verdict is the histogram's.
func (n *HistNote) OfSum(grown [2]float64, read float64) judge.Step {
	s := n.Step
	s.Sub, s.Add = grown[0], grown[1]
	value := s.Value()
	switch {
	case n.Step.Lo == n.Step.Hi:
		s.Lo, s.Hi = value, value
	case s.Verdict == judge.First || s.Verdict == judge.Born && s.Doubt&judge.Unproven != 0:
		s.Lo, s.Hi = 0, max(0, read)
	default:
		if s.Lo = value; n.Step.Lo < n.Step.Value() {
			s.Lo = min(0, value)
		}
		s.Hi = math.Inf(1)
	}
	return s
}
