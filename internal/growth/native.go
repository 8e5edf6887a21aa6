package growth

import (
	"github.com/prometheus/prometheus/model/histogram"

	"github.com/promfold/promfold/internal/layout"
)

// nativeOf returns a native histogram as it was read, or nil if it cannot be
// one.
func nativeOf(h *histogram.FloatHistogram) *layout.Native {
	if h == nil {
		return nil
	}
	n := &layout.Native{
		Schema: h.Schema, ZeroThreshold: h.ZeroThreshold, ZeroCount: h.ZeroCount, Count: h.Count, Sum: h.Sum,
		Positive: bucketsOf(h.PositiveSpans, h.PositiveBuckets), Negative: bucketsOf(h.NegativeSpans, h.NegativeBuckets),
	}
	if h.UsesCustomBuckets() {
		l, err := layout.NewLayout(h.CustomValues)
		if err != nil {
			return nil
		}
		n.Schema, n.Custom = 0, l
	}
	if n.Validate() != nil {
		return nil
	}
	return n
}

// bucketsOf lists those that are populated.
func bucketsOf(spans []histogram.Span, counts []float64) []layout.Bucket {
	list := make([]layout.Bucket, 0, len(counts))
	index := int32(0)
	for _, s := range spans {
		index += s.Offset
		for range min(int(s.Length), len(counts)) {
			if counts[0] != 0 {
				list = append(list, layout.Bucket{Index: index, Count: counts[0]})
			}
			index++
			counts = counts[1:]
		}
	}
	return list
}
