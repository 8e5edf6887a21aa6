// Package histogram merges histograms of any layout and answers quantiles with bounds that hold for any mix of buckets.
package histogram

import "errors"

// ErrInvalid is wrapped by the error of counts that cannot be a histogram; the
// message names the bound and the problem.
var ErrInvalid = errors.New("not a histogram")

// Histogram is one reading of a histogram by classic buckets, exponential ones,
// or both.
type Histogram struct {
	Bounds []float64 // classic: ascending upper bounds; the last may be +Inf
	Counts []float64 // classic: observations up to each bound

	Exponential   bool // Schema, ZeroThreshold, ZeroCount, Positive and Negative are set
	Schema        int32
	ZeroThreshold float64
	ZeroCount     float64
	Positive      []Bucket // by ascending index
	Negative      []Bucket

	Count float64
	Sum   float64 // NaN if unknown
}

// Bucket is one exponential bucket and its own count.
type Bucket struct {
	Index int32
	Count float64
}
