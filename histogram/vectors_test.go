package histogram_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/layout"
)

func quantile(t testing.TB, d *histogram.Distribution, q float64) promfold.Estimate {
	t.Helper()
	e, ok := d.Quantile(q)
	require.True(t, ok)
	return e
}

// Summed by le these are 2.5.
func TestMixedLayouts(t *testing.T) {
	d := of([]float64{.1, .5, 1}, 900, 1000, 1000, 1000)
	d.Merge(of([]float64{.25, 2.5}, 50, 90, 100))
	e := quantile(t, d, .95)
	assert.Equal(t, []float64{.1, .5}, []float64{e.Lo, e.Hi})
	assert.InDelta(t, .465, e.Value, 5e-4)
}

// The common bounds of these are +Inf alone.
func TestCustomBucketsAreNotIntersected(t *testing.T) {
	d := of([]float64{1, 2}, 5, 10, 10)
	d.Merge(of([]float64{1.5, 2.5}, 5, 10, 10))
	e := quantile(t, d, .5)
	assert.Equal(t, []float64{0, 1.5}, []float64{e.Lo, e.Hi})
	assert.InDelta(t, 1.2, e.Value, 1e-12)
	h, ok := d.Histogram()
	require.True(t, ok)
	assert.Equal(t, []float64{inf}, h.Bounds)
	assert.Equal(t, []float64{20}, h.Counts)
}

func TestSlowInstanceShows(t *testing.T) {
	bounds := []float64{.1, .25, .5, 1, 2.5, 5}
	a := of(bounds, 9990, 10000, 10000, 10000, 10000, 10000, 10000)
	b := of(bounds, 0, 1, 5, 20, 80, 100, 100)
	merged := a.Clone()
	merged.Merge(b)
	for _, c := range []struct{ q, a, b, merged float64 }{
		{.5, .0501, 1.75, .0506}, {.99, .0991, 4.875, .2227}, {.999, .1, 4.9875, 3.7375},
	} {
		assert.InDelta(t, c.a, value(a, c.q), 5e-5)
		assert.InDelta(t, c.b, value(b, c.q), 5e-5)
		assert.InDelta(t, c.merged, value(merged, c.q), 5e-5)
	}
	le := []float64{.1, 1, 10}
	assert.InDelta(t, 9.1, value(of(le, 90, 90, 100, 100), .99), 1e-9)
	assert.InDelta(t, .991, value(of(le, 0, 100, 100, 100), .99), 1e-9)
	assert.InDelta(t, .91, value(of(le, 90, 100, 100, 100), .99), 1e-9, "max by (le) is below both")
}

func TestDifferencesFromTheField(t *testing.T) {
	assert.Equal(t, 1.0, value(of([]float64{1, 2}, 0, 5, 5), 0), "the least observation has rank 1")
	assert.Equal(t, 1.0, value(of([]float64{1, 10, 100}, 7, 7, 100, 100), .07), "0.07 of 100 is 7")
	assert.Equal(t, 2.0, value(of([]float64{1, 2}, 6e12, 6e12+1, 6e12+1), 1), "no count is dropped")
	var d histogram.Distribution
	require.NoError(t, d.Add(&histogram.Histogram{Exponential: true, Positive: []histogram.Bucket{{0, 90}, {7, 10}}, Count: 100}))
	assert.Equal(t, 1.0, value(&d, .9))
}

func TestFloor(t *testing.T) {
	h := &histogram.Histogram{Bounds: []float64{1, 2}, Counts: []float64{4, 4}, Count: 4}
	for _, c := range []struct {
		signed bool
		want   promfold.Estimate
	}{{false, promfold.Estimate{Value: .5, Lo: 0, Hi: 1}}, {true, promfold.Estimate{Value: 1, Lo: -inf, Hi: 1}}} {
		d := histogram.Distribution{Signed: c.signed}
		require.NoError(t, d.Add(h))
		assert.Equal(t, c.want, quantile(t, &d, .5))
	}
	e := quantile(t, of([]float64{0, 1}, 4, 4, 4), .5)
	assert.Equal(t, promfold.Estimate{Value: 0, Lo: -inf, Hi: 0}, e, "a bound that is not positive takes the floor away")
}

func TestAboveEveryBound(t *testing.T) {
	assert.Equal(t, promfold.Estimate{Value: 2, Lo: 2, Hi: inf}, quantile(t, of([]float64{1, 2}, 1, 2, 4), .9))
	var d histogram.Distribution
	require.NoError(t, d.Add(&histogram.Histogram{Count: 4, Sum: 8}))
	_, ok := d.Quantile(.5)
	assert.False(t, ok, "no finite bound, no estimate")
	mean, ok := d.Mean()
	assert.True(t, ok)
	assert.Equal(t, 2.0, mean)
}

func TestMeanOfEqualValuesIsExact(t *testing.T) {
	var d histogram.Distribution
	for range 3 {
		d.Observe([]float64{1}, .1)
	}
	mean, ok := d.Mean()
	assert.True(t, ok)
	assert.Equal(t, .1, mean)
}

// The fleet fills a Distribution with what no Histogram holds: bounds on counts, and quantiles of summaries.
func TestEngine(t *testing.T) {
	d := of([]float64{1, 2}, 10, 20, 20)
	d.Engine.AddUnknown(inf, false)
	assert.Equal(t, promfold.Estimate{Value: 1, Lo: 0, Hi: inf}, quantile(t, d, .5))
	assert.Equal(t, inf, quantile(t, d.Clone(), .5).Hi)

	var filled layout.Distribution
	require.NoError(t, filled.AddSummary(&layout.Summary{Count: 5, Sum: 10, Quantiles: []layout.SummaryQuantile{{Level: .5, Value: 3}}}))
	var empty histogram.Distribution
	empty.Engine.Merge(&filled)
	assert.Equal(t, promfold.Estimate{Value: 3, Lo: 3, Hi: 3}, quantile(t, &empty, .5))
}

// Classic and native buckets together: at the bounds that both have.
func TestExposedMix(t *testing.T) {
	d := of([]float64{.5, 1, 3, 4}, 1, 2, 3, 4, 5)
	require.NoError(t, d.Add(native(0, 1, 10, 20, 30))) // (1, 2], (2, 4], (4, 8]
	h, ok := d.Histogram()
	require.True(t, ok)
	require.NoError(t, h.Validate())
	assert.Equal(t, []float64{.5, 1, 4, inf}, h.Bounds)
	assert.Equal(t, []float64{1, 2, 34, 65}, h.Counts)
	assert.Equal(t, 65.0, h.Count)
	var again histogram.Distribution
	require.NoError(t, again.Add(h))
	assert.Equal(t, d.Count(), again.Count())
}
