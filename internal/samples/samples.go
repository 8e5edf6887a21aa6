package samples

import (
	"errors"
	"fmt"
	"time"

	prom "github.com/prometheus/prometheus/model/histogram"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/parse"
)

// Lines returns samples as [AppendLines] does. A delta is refused.
func Lines(list []parse.Sample) ([]lines.Sample, error) {
	for i := range list {
		if list[i].Delta {
			return nil, fmt.Errorf("sample %d is a delta: %w", i, errors.ErrUnsupported)
		}
	}
	return AppendLines(nil, list), nil
}

// AppendLines appends samples in the form that [lines.Reader.ReadSamples] takes,
// which also finds what is wrong with them. They share the labels, families,
// bounds and counts of the samples. Name, Role, Bound and Delta are not looked at.
func AppendLines(dst []lines.Sample, samples []parse.Sample) []lines.Sample {
	for i := range samples {
		s := &samples[i]
		x := lines.Sample{Family: (*lines.Family)(s.Family), Labels: s.Labels, Value: s.Value, Time: lines.NoTime, Start: millis(s.Start), Exemplar: s.Exemplar}
		if !s.Time.IsZero() {
			x.Time = s.Time.UnixMilli()
		}
		if h := s.Histogram; h != nil {
			if h.Exponential {
				x.Native = nativeOf(h)
			}
			if !h.Exponential || len(h.Bounds) > 0 {
				x.Classic = &lines.Classic{Bounds: h.Bounds, Counts: h.Counts, Count: h.Count, Sum: h.Sum}
			}
		}
		dst = append(dst, x)
	}
	return dst
}

// Limits returns the limits among the options.
func Limits(o *parse.Options) lines.Limits {
	return lines.Limits{
		Body: o.MaxBody, Lines: o.MaxLines, Line: o.MaxLine, Labels: o.MaxLabels, Buckets: o.MaxBuckets,
		Fallback: o.Fallback, OpenMetrics2: o.OpenMetrics2, RequireWhole: o.RequireWhole, Exemplars: exemplarBytes(o),
	}
}

// exemplarBytes bounds what is kept of the exemplars of one instance: 2,000 of
// the usual size.
func exemplarBytes(o *parse.Options) int {
	if o.IncludeExemplars {
		return 256 << 10
	}
	return 0
}

// millis returns t in Unix milliseconds, 0 if it is zero.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func nativeOf(h *histogram.Histogram) *prom.FloatHistogram {
	f := &prom.FloatHistogram{Schema: h.Schema, ZeroThreshold: h.ZeroThreshold, ZeroCount: h.ZeroCount, Count: h.Count, Sum: h.Sum}
	f.PositiveSpans, f.PositiveBuckets = spansOf(h.Positive)
	f.NegativeSpans, f.NegativeBuckets = spansOf(h.Negative)
	return f
}

// spansOf returns buckets as runs of neighbours and their counts.
func spansOf(buckets []histogram.Bucket) (spans []prom.Span, counts []float64) {
	next := int32(0)
	for _, b := range buckets {
		if n := len(spans); n > 0 && b.Index == next {
			spans[n-1].Length++
		} else {
			spans = append(spans, prom.Span{Offset: b.Index - next, Length: 1})
		}
		counts = append(counts, b.Count)
		next = b.Index + 1
	}
	return spans, counts
}
