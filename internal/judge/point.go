package judge

import "math"

// Point is one reading of a cumulative series.
type Point struct {
	Time  int64   // when it was read, Unix milliseconds
	Value float64 // the count; a NaN (a stale marker is one), an infinite or a negative value is a gap
	Start int64   // when the series began at 0 (created timestamp), Unix milliseconds; 0 or equal to Time: unknown
}

// started reports whether the start of p's series is known. A start equal to the timestamp is what producers write who
// do not know it (OpenTelemetry's data model, "unknown start time").
func (p Point) started() bool { return p.Start != 0 && p.Start != p.Time }

// created reports whether p's start is a date that proves something. Some clients compute one for each scrape: a start
// within the tolerance of p's own time says nothing, and no series begins in the future.
func (p Point) created(r *Rules) bool { return p.Start != 0 && p.Start < p.Time-r.startTolerance() }

// Countable reports whether a counter can have a value.
func Countable(x float64) bool { return x >= 0 && x <= math.MaxFloat64 }
