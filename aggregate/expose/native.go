package expose

import (
	"math"

	dto "github.com/prometheus/client_model/go"

	"github.com/promfold/promfold/internal/layout"
)

// putNative writes native buckets into a histogram: only protobuf shows them.
func putNative(h *dto.Histogram, n *layout.Native) {
	h.Schema, h.ZeroThreshold = &n.Schema, &n.ZeroThreshold
	h.ZeroCount, h.SampleCount = ptr(whole(n.ZeroCount)), ptr(whole(n.Count))
	h.PositiveSpan, h.PositiveDelta = spans(n.Positive)
	h.NegativeSpan, h.NegativeDelta = spans(n.Negative)
	if n.ZeroThreshold == 0 && len(h.PositiveSpan)+len(h.NegativeSpan) == 0 {
		// Tells an empty one from a classic histogram.
		h.PositiveSpan = []*dto.BucketSpan{{Offset: ptr(int32(0)), Length: ptr(uint32(0))}}
	}
}

// spans are runs of neighbouring buckets, and by how much each bucket differs
// from the one before it.
func spans(buckets []layout.Bucket) (list []*dto.BucketSpan, deltas []int64) {
	next, before := int32(0), int64(0)
	for i, b := range buckets {
		if i == 0 || b.Index != next {
			list = append(list, &dto.BucketSpan{Offset: ptr(b.Index - next), Length: ptr(uint32(0))})
		}
		*list[len(list)-1].Length++
		count := int64(min(whole(b.Count), math.MaxInt64))
		deltas = append(deltas, count-before)
		next, before = b.Index+1, count
	}
	return list, deltas
}
