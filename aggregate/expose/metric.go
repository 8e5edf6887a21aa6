package expose

import (
	"maps"
	"math"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/histogram"
)

// metric is one series as a family of the given type has it.
func metric(s *aggregate.Series, t dto.MetricType) *dto.Metric {
	m := &dto.Metric{Label: pairs(s.Labels)}
	var began *timestamppb.Timestamp
	if !s.Start.IsZero() {
		began = timestamppb.New(s.Start)
	}
	switch t {
	case dto.MetricType_COUNTER:
		m.Counter = &dto.Counter{Value: &s.Value, CreatedTimestamp: began}
		if len(s.Exemplars) > 0 {
			m.Counter.Exemplar = exemplarOf(&s.Exemplars[0])
		}
	case dto.MetricType_GAUGE:
		m.Gauge = &dto.Gauge{Value: &s.Value}
	case dto.MetricType_HISTOGRAM:
		m.Histogram = histogramOf(s.Histogram)
		m.Histogram.CreatedTimestamp = began
		putExemplars(m.Histogram, s.Exemplars)
	case dto.MetricType_SUMMARY:
		m.Summary = summaryOf(s)
		m.Summary.CreatedTimestamp = began
	default:
		m.Untyped = &dto.Untyped{Value: &s.Value}
	}
	return m
}

func summaryOf(s *aggregate.Series) *dto.Summary {
	x := &dto.Summary{SampleCount: ptr(uint64(0)), SampleSum: ptr(0.0)}
	if h := s.Histogram; h != nil {
		x.SampleCount, x.SampleSum = ptr(whole(h.Count)), &h.Sum
	}
	for _, q := range slices.Sorted(maps.Keys(s.Quantiles)) {
		x.Quantile = append(x.Quantile, &dto.Quantile{Quantile: ptr(q), Value: ptr(s.Quantiles[q])})
	}
	return x
}

// histogramOf has native buckets or classic ones. A sum that is not known is
// NaN.
func histogramOf(h *histogram.Histogram) *dto.Histogram {
	x := &dto.Histogram{SampleSum: ptr(math.NaN()), SampleCount: ptr(uint64(0))}
	switch {
	case h == nil:
		return x
	case h.Exponential:
		putNative(x, h)
	default:
		for i, bound := range h.Bounds {
			n := whole(h.Counts[i])
			x.Bucket = append(x.Bucket, &dto.Bucket{UpperBound: ptr(bound), CumulativeCount: &n})
			x.SampleCount = &n
		}
	}
	x.SampleSum = &h.Sum
	return x
}

// putExemplars puts each exemplar at the bucket it is in; native buckets have a
// list of their own.
func putExemplars(x *dto.Histogram, list []exemplar.Exemplar) {
	for i := range list {
		e := &list[i]
		at := slices.IndexFunc(x.Bucket, func(b *dto.Bucket) bool { return e.Value <= b.GetUpperBound() })
		switch {
		case at >= 0:
			x.Bucket[at].Exemplar = exemplarOf(e)
		case x.Schema != nil:
			x.Exemplars = append(x.Exemplars, exemplarOf(e))
		}
	}
}

// putNative writes native buckets: only protobuf shows them.
func putNative(x *dto.Histogram, h *histogram.Histogram) {
	x.Schema, x.ZeroThreshold = &h.Schema, &h.ZeroThreshold
	if fractional(h) {
		x.ZeroCountFloat, x.SampleCountFloat = &h.ZeroCount, &h.Count
		x.PositiveSpan, x.PositiveCount = spans(h.Positive, func(_, n float64) float64 { return n })
		x.NegativeSpan, x.NegativeCount = spans(h.Negative, func(_, n float64) float64 { return n })
	} else {
		x.ZeroCount, x.SampleCount = ptr(whole(h.ZeroCount)), ptr(whole(h.Count))
		x.PositiveSpan, x.PositiveDelta = spans(h.Positive, growth)
		x.NegativeSpan, x.NegativeDelta = spans(h.Negative, growth)
	}
	if h.ZeroThreshold == 0 && len(x.PositiveSpan)+len(x.NegativeSpan) == 0 {
		// Tells an empty one from a classic histogram.
		x.PositiveSpan = []*dto.BucketSpan{{Offset: ptr(int32(0)), Length: ptr(uint32(0))}}
	}
}

// fractional reports whether some count is no whole number.
func fractional(h *histogram.Histogram) bool {
	part := func(n float64) bool { return n != float64(whole(n)) }
	return part(h.ZeroCount) || part(h.Count) ||
		slices.ContainsFunc(slices.Concat(h.Positive, h.Negative), func(b histogram.Bucket) bool { return part(b.Count) })
}

// growth is by how much a bucket differs from the one before it.
func growth(before, n float64) int64 {
	count := func(x float64) int64 { return int64(min(whole(x), math.MaxInt64)) }
	return count(n) - count(before)
}

// spans are runs of neighbouring buckets, and what the format has of each
// bucket's count and that before it.
func spans[T any](buckets []histogram.Bucket, of func(before, n float64) T) (list []*dto.BucketSpan, counts []T) {
	next, before := int32(0), 0.0
	for i, b := range buckets {
		if i == 0 || b.Index != next {
			list = append(list, &dto.BucketSpan{Offset: ptr(b.Index - next), Length: ptr(uint32(0))})
		}
		*list[len(list)-1].Length++
		counts = append(counts, of(before, b.Count))
		next, before = b.Index+1, b.Count
	}
	return list, counts
}

// whole is a count as the formats have it, without a fraction.
func whole(x float64) uint64 {
	if x >= 1<<63 {
		return 1 << 63
	}
	return uint64(max(0, x))
}

// pairs are the labels except for the metric's name, in their order.
func pairs(ls labels.Labels) []*dto.LabelPair {
	var list []*dto.LabelPair
	ls.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel {
			list = append(list, &dto.LabelPair{Name: ptr(l.Name), Value: ptr(l.Value)})
		}
	})
	return list
}
