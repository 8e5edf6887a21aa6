package parse

import (
	"math"
	"testing"

	prom "github.com/prometheus/prometheus/model/histogram"
	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/histogram"
)

func TestFromNative(t *testing.T) {
	inf := math.Inf(1)
	for name, tc := range map[string]struct {
		native prom.FloatHistogram
		want   histogram.Histogram
	}{
		"custom": {
			prom.FloatHistogram{Schema: prom.CustomBucketsSchema, Count: 6, Sum: 7, CustomValues: []float64{1, 2, 4}, PositiveSpans: []prom.Span{{Offset: 1, Length: 1}, {Offset: 1, Length: 1}}, PositiveBuckets: []float64{2, 4}},
			histogram.Histogram{Bounds: []float64{1, 2, 4, inf}, Counts: []float64{0, 2, 2, 6}, Count: 6, Sum: 7},
		},
		"custom, with observations of NaN": {
			prom.FloatHistogram{Schema: prom.CustomBucketsSchema, Count: 6, CustomValues: []float64{1}, PositiveSpans: []prom.Span{{Length: 2}}, PositiveBuckets: []float64{2, 3}},
			histogram.Histogram{Bounds: []float64{1, inf}, Counts: []float64{2, 6}, Count: 6},
		},
		"custom, that says +Inf": {
			prom.FloatHistogram{Schema: prom.CustomBucketsSchema, Count: 2, CustomValues: []float64{1, inf}, PositiveSpans: []prom.Span{{Length: 2}}, PositiveBuckets: []float64{1, 1}},
			histogram.Histogram{Bounds: []float64{1, inf}, Counts: []float64{1, 2}, Count: 2},
		},
		"custom, a bucket without a bound": { // which package histogram refuses
			prom.FloatHistogram{Schema: prom.CustomBucketsSchema, Count: 2, CustomValues: []float64{1}, PositiveSpans: []prom.Span{{Offset: 2, Length: 1}}, PositiveBuckets: []float64{1}},
			histogram.Histogram{Exponential: true, Schema: prom.CustomBucketsSchema, Positive: []histogram.Bucket{{Index: 2, Count: 1}}, Count: 2},
		},
		"exponential": {
			prom.FloatHistogram{Schema: 3, ZeroThreshold: 0.5, ZeroCount: 1, Count: 9, Sum: -2, PositiveSpans: []prom.Span{{Offset: -1, Length: 2}, {Offset: 3, Length: 2}}, PositiveBuckets: []float64{1, 2, 0, 3},
				NegativeSpans: []prom.Span{{Offset: 7, Length: 1}}, NegativeBuckets: []float64{2}},
			histogram.Histogram{Exponential: true, Schema: 3, ZeroThreshold: 0.5, ZeroCount: 1, Count: 9, Sum: -2,
				Positive: []histogram.Bucket{{Index: -1, Count: 1}, {Index: 0, Count: 2}, {Index: 5, Count: 3}}, Negative: []histogram.Bucket{{Index: 7, Count: 2}}},
		},
		"spans without buckets": {
			prom.FloatHistogram{PositiveSpans: []prom.Span{{Offset: math.MaxInt32, Length: math.MaxUint32}}},
			histogram.Histogram{Exponential: true},
		},
	} {
		assert.Equal(t, &tc.want, fromNative(&tc.native), name)
	}
	assert.False(t, sameHistogram(fromNative(nil), &histogram.Histogram{Exponential: true}))
}
