package fleets

import (
	"fmt"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/promfold/promfold/histogram"
)

// The scales that a fleet knows. A finer one is made coarser, which is exact; a
// coarser one is refused.
const (
	minScale = -4
	maxScale = 8
)

// classic returns a point with explicit bounds.
func classic(p pmetric.HistogramDataPoint) (*histogram.Histogram, error) {
	bounds, counts := p.ExplicitBounds().AsRaw(), p.BucketCounts().AsRaw()
	h := &histogram.Histogram{Count: float64(p.Count()), Sum: math.NaN()}
	if p.HasSum() {
		h.Sum = p.Sum()
	}
	if len(counts) == 0 {
		h.Bounds, h.Counts = []float64{math.Inf(1)}, []float64{h.Count}
		return h, h.Validate()
	}
	if len(counts) != len(bounds)+1 {
		return nil, fmt.Errorf("%d bounds need %d counts, not %d", len(bounds), len(bounds)+1, len(counts))
	}
	h.Bounds, h.Counts = append(bounds, math.Inf(1)), make([]float64, len(counts))
	all := 0.0
	for i, n := range counts {
		all += float64(n)
		h.Counts[i] = all
	}
	return h, h.Validate()
}

// exponential returns a point with exponential buckets.
func exponential(p pmetric.ExponentialHistogramDataPoint) (*histogram.Histogram, error) {
	h := &histogram.Histogram{
		Exponential: true, Schema: min(p.Scale(), maxScale), ZeroThreshold: p.ZeroThreshold(), ZeroCount: float64(p.ZeroCount()),
		Count: float64(p.Count()), Sum: math.NaN(),
	}
	if h.Schema < minScale {
		return nil, fmt.Errorf("scale %d is below %d", h.Schema, minScale)
	}
	if p.HasSum() {
		h.Sum = p.Sum()
	}
	steps := p.Scale() - h.Schema
	h.Positive, h.Negative = buckets(p.Positive(), steps), buckets(p.Negative(), steps)
	return h, h.Validate()
}

// buckets returns the buckets that are not empty, made coarser by so many
// steps. Bucket i of OpenTelemetry begins at base^i, that of Prometheus ends
// there.
func buckets(b pmetric.ExponentialHistogramDataPointBuckets, steps int32) (list []histogram.Bucket) {
	for i, n := range b.BucketCounts().All() {
		if n == 0 {
			continue
		}
		index := (b.Offset()+int32(i))>>min(steps, 31) + 1
		if k := len(list); k > 0 && list[k-1].Index == index {
			list[k-1].Count += float64(n)
			continue
		}
		list = append(list, histogram.Bucket{Index: index, Count: float64(n)})
	}
	return list
}

// writeClassic writes a histogram with explicit bounds.
func writeClassic(p pmetric.HistogramDataPoint, h *histogram.Histogram) {
	p.SetCount(count(h.Count))
	if !math.IsNaN(h.Sum) {
		p.SetSum(h.Sum)
	}
	before := 0.0
	for i, bound := range h.Bounds {
		if !math.IsInf(bound, 1) {
			p.ExplicitBounds().Append(bound)
		}
		p.BucketCounts().Append(count(h.Counts[i] - before))
		before = h.Counts[i]
	}
	if n := len(h.Bounds); n == 0 || !math.IsInf(h.Bounds[n-1], 1) {
		p.BucketCounts().Append(count(h.Count - before))
	}
}

// writeExponential writes a histogram with exponential buckets.
func writeExponential(p pmetric.ExponentialHistogramDataPoint, h *histogram.Histogram) {
	p.SetCount(count(h.Count))
	if !math.IsNaN(h.Sum) {
		p.SetSum(h.Sum)
	}
	p.SetScale(h.Schema)
	p.SetZeroThreshold(h.ZeroThreshold)
	p.SetZeroCount(count(h.ZeroCount))
	writeBuckets(p.Positive(), h.Positive)
	writeBuckets(p.Negative(), h.Negative)
}

func writeBuckets(to pmetric.ExponentialHistogramDataPointBuckets, list []histogram.Bucket) {
	if len(list) == 0 {
		return
	}
	first, last := list[0].Index, list[len(list)-1].Index
	to.SetOffset(first - 1)
	counts := make([]uint64, last-first+1)
	for _, b := range list {
		counts[b.Index-first] = count(b.Count)
	}
	to.BucketCounts().FromRaw(counts)
}

// count returns a number of observations, which a fleet keeps as a float.
func count(x float64) uint64 {
	if !(x > 0) {
		return 0
	}
	return uint64(math.Round(x))
}

// timeOf returns a timestamp as milliseconds, 0 if there is none.
func timeOf(t pcommon.Timestamp) int64 { return int64(t / 1e6) }
