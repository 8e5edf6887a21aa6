package parse

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/histogram"
)

// same reports whether s and o, of one series, say the same.
func (s *Sample) same(o *Sample) bool {
	return s.Family == o.Family && s.Role == o.Role && sameFloat(s.Value, o.Value) &&
		s.Time.Equal(o.Time) && s.Start.Equal(o.Start) &&
		sameHistogram(s.Histogram, o.Histogram) && sameExemplar(s.Exemplar, o.Exemplar)
}

// sameFloat compares the bits: NaN equals NaN, 0 differs from −0.
func sameFloat(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

func sameHistogram(a, b *histogram.Histogram) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	return sameFloat(a.Count, b.Count) && sameFloat(a.Sum, b.Sum) &&
		slices.Equal(a.Bounds, b.Bounds) && slices.EqualFunc(a.Counts, b.Counts, sameFloat) &&
		a.Exponential == b.Exponential && a.Schema == b.Schema &&
		sameFloat(a.ZeroThreshold, b.ZeroThreshold) && sameFloat(a.ZeroCount, b.ZeroCount) &&
		slices.EqualFunc(a.Positive, b.Positive, sameBucket) && slices.EqualFunc(a.Negative, b.Negative, sameBucket)
}

func sameBucket(a, b histogram.Bucket) bool {
	return a.Index == b.Index && sameFloat(a.Count, b.Count)
}

func sameExemplar(a, b *exemplar.Exemplar) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	return a.HasTs == b.HasTs && a.Ts == b.Ts && sameFloat(a.Value, b.Value) && labels.Equal(a.Labels, b.Labels)
}
