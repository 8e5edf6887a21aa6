package parse

import (
	"math"

	prom "github.com/prometheus/prometheus/model/histogram"

	"github.com/promfold/promfold/histogram"
)

// fromNative converts a native histogram. One with custom buckets gets classic
// bounds, in which the last bucket is up to +Inf. One that the engine cannot
// decode gets a schema that package histogram refuses.
func fromNative(f *prom.FloatHistogram) *histogram.Histogram {
	if f == nil {
		return &histogram.Histogram{Exponential: true, Schema: math.MinInt32, Count: math.NaN(), Sum: math.NaN()}
	}
	h := &histogram.Histogram{Count: f.Count, Sum: f.Sum}
	if f.UsesCustomBuckets() && fromCustom(h, f) {
		return h
	}
	h.Exponential, h.Schema = true, f.Schema
	h.ZeroThreshold, h.ZeroCount = f.ZeroThreshold, f.ZeroCount
	h.Positive = fromSpans(f.PositiveSpans, f.PositiveBuckets)
	h.Negative = fromSpans(f.NegativeSpans, f.NegativeBuckets)
	return h
}

// fromSpans returns the buckets with their indexes, without the empty ones.
func fromSpans(spans []prom.Span, counts []float64) []histogram.Bucket {
	var buckets []histogram.Bucket
	var index int32
	for _, s := range spans {
		index += s.Offset
		for n := s.Length; n > 0 && len(counts) > 0; n-- {
			if counts[0] != 0 {
				buckets = append(buckets, histogram.Bucket{Index: index, Count: counts[0]})
			}
			counts = counts[1:]
			index++
		}
	}
	return buckets
}

// fromCustom sets the classic form of custom buckets, whose indexes count the
// bounds from 0. It returns false if a bucket has no bound.
func fromCustom(h *histogram.Histogram, f *prom.FloatHistogram) bool {
	n := len(f.CustomValues)
	for n > 0 && math.IsInf(f.CustomValues[n-1], 1) {
		n--
	}
	counts := make([]float64, n+1)
	for _, b := range fromSpans(f.PositiveSpans, f.PositiveBuckets) {
		if b.Index < 0 || int(b.Index) > n {
			return false
		}
		counts[b.Index] += b.Count
	}
	for i := 1; i <= n; i++ {
		counts[i] += counts[i-1]
	}
	// What is in no bucket was NaN. A classic histogram counts it up to +Inf.
	counts[n] = max(counts[n], f.Count)
	h.Bounds, h.Counts = append(append(h.Bounds, f.CustomValues[:n]...), math.Inf(1)), counts
	return true
}
