package oracle_test

import (
	"math"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser/posrange"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	ours "github.com/promfold/promfold/histogram"
	fold "github.com/promfold/promfold/internal/layout"
)

// Each line of the table of differences in the documentation of package histogram: what PromQL answers, and what we do.

func bucketQuantile(q float64, buckets ...promql.Bucket) float64 {
	v, _, _, _, _, _ := promql.BucketQuantile(q, buckets)
	return v
}

func distributionOf(t *testing.T, bounds []float64, cumulative ...float64) *fold.Distribution {
	t.Helper()
	l, err := fold.NewLayout(bounds)
	require.NoError(t, err)
	d := new(fold.Distribution)
	require.NoError(t, d.Add(l, cumulative, math.NaN()))
	return d
}

func nativeDistribution(t *testing.T, n fold.Native) *fold.Distribution {
	t.Helper()
	d := new(fold.Distribution)
	require.NoError(t, d.AddNative(&n))
	return d
}

func histogramQuantile(q float64, n fold.Native) float64 {
	v, _ := promql.HistogramQuantile(q, reference(&n), "", posrange.PositionRange{})
	return v
}

func answer(t *testing.T, d *fold.Distribution, q float64) promfold.Estimate {
	t.Helper()
	e, ok := d.Quantile(q)
	require.True(t, ok)
	return e
}

var inf = math.Inf(1)

func TestDifferencesOfClassicQuantiles(t *testing.T) {
	assert.True(t, math.IsNaN(bucketQuantile(0, promql.Bucket{UpperBound: 1}, promql.Bucket{UpperBound: 2, Count: 5}, promql.Bucket{UpperBound: inf, Count: 5})))
	assert.Equal(t, 1.0, answer(t, distributionOf(t, []float64{1, 2}, 0, 5, 5), 0).Value)

	assert.InDelta(t, 10, bucketQuantile(.07, promql.Bucket{UpperBound: 1, Count: 7}, promql.Bucket{UpperBound: 10, Count: 7}, promql.Bucket{UpperBound: 100, Count: 100}, promql.Bucket{UpperBound: inf, Count: 100}), 1e-9)
	assert.Equal(t, 1.0, answer(t, distributionOf(t, []float64{1, 10, 100}, 7, 7, 100, 100), .07).Value)

	assert.Equal(t, 1.0, bucketQuantile(1, promql.Bucket{UpperBound: 1, Count: 6e12}, promql.Bucket{UpperBound: 2, Count: 6e12 + 1}, promql.Bucket{UpperBound: inf, Count: 6e12 + 1}))
	assert.Equal(t, 2.0, answer(t, distributionOf(t, []float64{1, 2}, 6e12, 6e12+1, 6e12+1), 1).Value)

	assert.InDelta(t, .9, bucketQuantile(.5, promql.Bucket{UpperBound: 1, Count: 5}, promql.Bucket{UpperBound: 2, Count: 3}, promql.Bucket{UpperBound: inf, Count: 9}), 1e-15)
	var d ours.Distribution
	assert.ErrorIs(t, d.Add(&ours.Histogram{Bounds: []float64{1, 2}, Counts: []float64{5, 3}, Count: 9}), ours.ErrInvalid)

	assert.Equal(t, .5, bucketQuantile(.5, promql.Bucket{UpperBound: 1, Count: 2}, promql.Bucket{UpperBound: 1, Count: 2}, promql.Bucket{UpperBound: inf, Count: 4}))
	assert.ErrorIs(t, d.Add(&ours.Histogram{Bounds: []float64{1, 1}, Counts: []float64{2, 2}, Count: 4}), ours.ErrInvalid)

	assert.True(t, math.IsNaN(bucketQuantile(.5, promql.Bucket{UpperBound: 1, Count: 5})))
	require.NoError(t, d.Add(&ours.Histogram{Bounds: []float64{1}, Counts: []float64{5}, Count: 5}))
	e, ok := d.Quantile(.5)
	assert.True(t, ok)
	assert.Equal(t, .5, e.Value)
}

func TestDifferencesOfFloorsAndLevels(t *testing.T) {
	assert.Equal(t, .5, bucketQuantile(.5, promql.Bucket{UpperBound: 1, Count: 4}, promql.Bucket{UpperBound: 2, Count: 4}, promql.Bucket{UpperBound: inf, Count: 4}))
	signed, err := new(fold.Set).Of([]float64{1, 2}, true)
	require.NoError(t, err)
	var d fold.Distribution
	require.NoError(t, d.Add(signed, []float64{4, 4, 4}, 0))
	assert.Equal(t, promfold.Estimate{Value: 1, Lo: math.Inf(-1), Hi: 1}, answer(t, &d, .5))

	for q, want := range map[float64]float64{-.1: math.Inf(-1), 1.1: inf} {
		assert.Equal(t, want, bucketQuantile(q, promql.Bucket{UpperBound: 1, Count: 4}, promql.Bucket{UpperBound: inf, Count: 4}))
		_, ok := d.Quantile(q)
		assert.False(t, ok)
	}
	_, ok := d.Quantile(math.NaN())
	assert.False(t, ok)
}

func TestDifferencesOfNativeQuantiles(t *testing.T) {
	n := fold.Native{Positive: []fold.Bucket{{Index: 0, Count: 90}, {Index: 7, Count: 10}}, Count: 100}
	assert.InDelta(t, 64, histogramQuantile(.9, n), 1e-9)
	assert.Equal(t, 1.0, answer(t, nativeDistribution(t, n), .9).Value)

	n = fold.Native{Positive: []fold.Bucket{{Index: 1, Count: 3}}, Count: 4, Sum: math.NaN()}
	assert.True(t, math.IsNaN(histogramQuantile(1, n)))
	e := answer(t, nativeDistribution(t, n), 1)
	assert.Equal(t, []float64{2, inf}, []float64{e.Value, e.Hi})

	n = fold.Native{Positive: []fold.Bucket{{Index: 1, Count: 1}, {Index: 1025, Count: 9}}, Count: 10, Sum: inf}
	assert.Equal(t, inf, histogramQuantile(.9, n))
	e = answer(t, nativeDistribution(t, n), .9)
	assert.Equal(t, []float64{math.MaxFloat64, math.MaxFloat64, inf}, []float64{e.Value, e.Lo, e.Hi})

	n = fold.Native{ZeroCount: 1, Positive: []fold.Bucket{{Index: 2, Count: 3}}, Count: 4}
	v, _ := promql.HistogramFraction(0, 1, reference(&n), "", posrange.PositionRange{})
	assert.Equal(t, .25, v)
	share, ok := nativeDistribution(t, n).Share(0, 1)
	assert.True(t, ok)
	assert.Equal(t, promfold.Estimate{}, share)
}

func TestDifferencesOfWhatIsCounted(t *testing.T) {
	n := fold.Native{Positive: []fold.Bucket{{Index: 1, Count: 4}}, Count: 5, Sum: math.NaN()}
	v, _ := promql.HistogramFraction(math.Inf(-1), inf, reference(&n), "", posrange.PositionRange{})
	assert.Equal(t, .8, v)
	share, ok := nativeDistribution(t, n).Share(math.Inf(-1), inf)
	assert.True(t, ok)
	assert.Equal(t, 1.0, share.Value)
	// As PromQL has it for the same observations in classic buckets.
	assert.Equal(t, 1.0, promql.BucketFraction(math.Inf(-1), inf, promql.Buckets{{UpperBound: 2, Count: 4}, {UpperBound: inf, Count: 5}}))

	n = fold.Native{Positive: []fold.Bucket{{Index: 1, Count: 6}}, Count: 5}
	assert.False(t, math.IsNaN(histogramQuantile(.5, n)))
	assert.Error(t, new(fold.Distribution).AddNative(&n))
}

func TestDifferencesOfMerging(t *testing.T) {
	custom := func(bounds ...float64) fold.Native {
		l, err := fold.NewLayout(bounds)
		require.NoError(t, err)
		return fold.Native{Custom: l, Positive: []fold.Bucket{{Index: 0, Count: 5}, {Index: 1, Count: 5}}, Count: 10}
	}
	a, b := custom(1, 2), custom(1.5, 2.5)
	sum, _, _, err := reference(&a).Add(reference(&b))
	require.NoError(t, err)
	v, _ := promql.HistogramQuantile(.5, sum, "", posrange.PositionRange{})
	assert.Equal(t, inf, v, "of the one bucket that is left")
	d := nativeDistribution(t, a)
	d.Merge(nativeDistribution(t, b))
	e := answer(t, d, .5)
	assert.InDelta(t, 1.2, e.Value, 1e-15)
	assert.Equal(t, []float64{0, 1.5}, []float64{e.Lo, e.Hi})

	// Counts of different layouts, summed by le.
	v = bucketQuantile(.95, promql.Bucket{UpperBound: .1, Count: 900}, promql.Bucket{UpperBound: .25, Count: 50}, promql.Bucket{UpperBound: .5, Count: 1000},
		promql.Bucket{UpperBound: 1, Count: 1000}, promql.Bucket{UpperBound: 2.5, Count: 90}, promql.Bucket{UpperBound: inf, Count: 1100})
	assert.Equal(t, 2.5, v)
	d = distributionOf(t, []float64{.1, .5, 1}, 900, 1000, 1000, 1000)
	d.Merge(distributionOf(t, []float64{.25, 2.5}, 50, 90, 100))
	e = answer(t, d, .95)
	assert.InDelta(t, .465, e.Value, 5e-4)
	assert.Equal(t, []float64{.1, .5}, []float64{e.Lo, e.Hi})

	// No cumulative bucket fell, so that nothing is seen when each is judged by itself.
	p, c := []float64{10, 20}, []float64{25, 30}
	assert.Equal(t, fold.Reset, fold.Judge(nil, p, c, false, false))
	before := &histogram.FloatHistogram{Schema: histogram.CustomBucketsSchema, CustomValues: []float64{1}, Count: 20, PositiveSpans: []histogram.Span{{Length: 2}}, PositiveBuckets: []float64{10, 10}}
	after := &histogram.FloatHistogram{Schema: histogram.CustomBucketsSchema, CustomValues: []float64{1}, Count: 30, PositiveSpans: []histogram.Span{{Length: 2}}, PositiveBuckets: []float64{25, 5}}
	assert.True(t, after.DetectReset(before), "the reference sees it where the buckets are one sample")
}
