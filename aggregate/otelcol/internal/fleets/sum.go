package fleets

import (
	"math"
	"sort"

	"github.com/promfold/promfold/histogram"
)

// sumOf returns a + b in the buckets of b, so that what follows is in buckets
// that stay. At bounds that only b has, a counts as little as it can; the count
// is exact. a may be nil. One with explicit bounds and one with exponential
// buckets have no sum: the result is b.
func sumOf(a, b *histogram.Histogram) *histogram.Histogram {
	if a == nil || a.Exponential != b.Exponential {
		return b
	}
	x := *b
	x.Count, x.Sum = a.Count+b.Count, a.Sum+b.Sum
	if !b.Exponential {
		x.Counts = make([]float64, len(b.Counts))
		for i, bound := range b.Bounds {
			x.Counts[i] = upTo(a, bound) + b.Counts[i]
		}
		return &x
	}
	x.Schema = min(a.Schema, b.Schema)
	x.ZeroThreshold, x.ZeroCount = math.Max(a.ZeroThreshold, b.ZeroThreshold), a.ZeroCount+b.ZeroCount
	x.Positive = merge(coarser(a.Positive, a.Schema-x.Schema), coarser(b.Positive, b.Schema-x.Schema))
	x.Negative = merge(coarser(a.Negative, a.Schema-x.Schema), coarser(b.Negative, b.Schema-x.Schema))
	if a.ZeroThreshold != b.ZeroThreshold {
		x.Positive = intoZero(&x, x.Positive)
		x.Negative = intoZero(&x, x.Negative)
	}
	return &x
}

// upTo returns the observations up to the greatest bound that is not above x.
func upTo(h *histogram.Histogram, x float64) float64 {
	i := sort.SearchFloat64s(h.Bounds, x)
	if i == len(h.Bounds) || h.Bounds[i] != x {
		i--
	}
	if i < 0 {
		return 0
	}
	return h.Counts[i]
}

// coarser returns buckets of a schema that is lower by steps.
func coarser(list []histogram.Bucket, steps int32) (made []histogram.Bucket) {
	if steps == 0 {
		return list
	}
	for _, b := range list {
		b.Index = (b.Index-1)>>min(steps, 31) + 1
		if n := len(made); n > 0 && made[n-1].Index == b.Index {
			made[n-1].Count += b.Count
			continue
		}
		made = append(made, b)
	}
	return made
}

// merge adds buckets of one schema.
func merge(a, b []histogram.Bucket) []histogram.Bucket {
	var made []histogram.Bucket
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].Index < b[0].Index:
			made, a = append(made, a[0]), a[1:]
		case a[0].Index > b[0].Index:
			made, b = append(made, b[0]), b[1:]
		default:
			made = append(made, histogram.Bucket{Index: a[0].Index, Count: a[0].Count + b[0].Count})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(made, a...), b...)
}

// intoZero moves the buckets that begin inside the zero bucket there.
func intoZero(h *histogram.Histogram, list []histogram.Bucket) []histogram.Bucket {
	for len(list) > 0 && math.Exp2(float64(list[0].Index-1)*math.Exp2(-float64(h.Schema))) < h.ZeroThreshold {
		h.ZeroCount += list[0].Count
		list = list[1:]
	}
	return list
}
