package histogram

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/promfold/promfold/internal/layout"
)

// ErrInvalid is wrapped by the error of counts that cannot be a histogram; the message names the bound and the problem.
var ErrInvalid = errors.New("not a histogram")

// Histogram is one reading of a histogram by classic buckets, exponential ones, or both. Both are one histogram then,
// of which the exponential buckets are used. Without buckets, all observations are in one up to +Inf.
//
// Counts are numbers of observations; they need not be integers.
type Histogram struct {
	Bounds []float64 // classic: ascending upper bounds; the last may be +Inf
	Counts []float64 // classic: observations up to each bound

	Exponential   bool // Schema, ZeroThreshold, ZeroCount, Positive and Negative are set
	Schema        int32
	ZeroThreshold float64
	ZeroCount     float64
	Positive      []Bucket // by ascending index; missing buckets are empty
	Negative      []Bucket

	// Count is the number of observations. A bucket up to +Inf says it, too, and may stand alone: then Count may be 0
	// or NaN. If the two differ, the bucket decides and intervals hold both.
	Count float64
	Sum   float64 // of the observations; NaN if unknown
}

// Bucket is one exponential bucket and its own count. Positive bucket i of a schema holds the observations in
// (2^((i−1)·2^−schema), 2^(i·2^−schema)], negative bucket i the same below zero.
type Bucket struct {
	Index int32
	Count float64
}

// Validate returns an error that wraps [ErrInvalid] if h cannot be a histogram: bounds that are NaN, doubled or out of
// order, counts that fall with the bound, buckets that hold more than Count, a schema that does not exist.
func (h *Histogram) Validate() error {
	if h == nil {
		return invalid(errors.New("there is no reading"))
	}
	if len(h.Bounds) != len(h.Counts) {
		return invalid(fmt.Errorf("%d counts for %d bounds", len(h.Counts), len(h.Bounds)))
	}
	if h.endsInInf() && (h.Count < 0 || math.IsInf(h.Count, 1)) {
		return invalid(fmt.Errorf("count %v is not a number of observations", h.Count))
	}
	if !h.Exponential || len(h.Bounds) > 0 {
		l, err := layout.NewLayout(h.Bounds)
		if err != nil {
			return invalid(err)
		}
		if err := l.Check(h.cumulative()); err != nil {
			return invalid(err)
		}
	}
	if !h.Exponential {
		return nil
	}
	return refused(h.native().Validate())
}

func invalid(err error) error { return fmt.Errorf("%w: %w", ErrInvalid, err) }

// refused is invalid unless err is nil.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return invalid(err)
}

// endsInInf reports whether the last bound is +Inf.
func (h *Histogram) endsInInf() bool {
	n := len(h.Bounds)
	return n > 0 && math.IsInf(h.Bounds[n-1], 1)
}

// cumulative returns the counts of classic buckets, the last of them up to +Inf.
func (h *Histogram) cumulative() []float64 {
	if h.endsInInf() {
		return h.Counts
	}
	return append(slices.Clip(h.Counts), h.Count)
}

// total returns the number of observations that Count says, or the bucket up to +Inf if Count says nothing.
func (h *Histogram) total() float64 {
	if h.endsInInf() && !(h.Count > 0) {
		return h.Counts[len(h.Counts)-1]
	}
	return h.Count
}

// native returns the exponential buckets of h.
func (h *Histogram) native() *layout.Native {
	return &layout.Native{
		Schema: h.Schema, ZeroThreshold: h.ZeroThreshold, ZeroCount: h.ZeroCount, Count: h.Count, Sum: h.Sum,
		Positive: toBuckets(h.Positive), Negative: toBuckets(h.Negative),
	}
}

func toBuckets(buckets []Bucket) []layout.Bucket {
	all := make([]layout.Bucket, len(buckets))
	for i, b := range buckets {
		all[i] = layout.Bucket(b)
	}
	return all
}

// fromNative returns a native histogram to expose.
func fromNative(n *layout.Native) *Histogram {
	return &Histogram{
		Exponential: true, Schema: n.Schema, ZeroThreshold: n.ZeroThreshold, ZeroCount: n.ZeroCount,
		Positive: fromBuckets(n.Positive), Negative: fromBuckets(n.Negative),
		Count: n.Count, Sum: n.Sum,
	}
}

func fromBuckets(buckets []layout.Bucket) []Bucket {
	var all []Bucket
	for _, b := range buckets {
		all = append(all, Bucket(b))
	}
	return all
}
