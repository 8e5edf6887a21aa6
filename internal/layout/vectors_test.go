package layout

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
)

var inf = math.Inf(1)

func layout(t testing.TB, bounds ...float64) *Layout {
	t.Helper()
	l, err := NewLayout(bounds)
	require.NoError(t, err)
	return l
}

// dist is the distribution of one histogram: bounds without +Inf, and one cumulative count more than bounds.
func dist(t testing.TB, bounds []float64, cumulative ...float64) *Distribution {
	t.Helper()
	d := new(Distribution)
	require.NoError(t, d.Add(layout(t, bounds...), cumulative, 0))
	return d
}

func merged(parts ...*Distribution) *Distribution {
	d := new(Distribution)
	for _, p := range parts {
		d.Merge(p)
	}
	return d
}

func quantile(t testing.TB, d *Distribution, q float64) promfold.Estimate {
	t.Helper()
	e, ok := d.Quantile(q)
	require.True(t, ok)
	return e
}

// bounds is quantile, with an interval also where there is no estimate.
func bounds(d *Distribution, q float64) (promfold.Estimate, bool) {
	l, _ := levelOf(q)
	return d.quantile(l)
}

func TestMixedLayoutsHaveAnInterval(t *testing.T) {
	a := dist(t, []float64{.1, .5, 1}, 900, 1000, 1000, 1000)
	b := dist(t, []float64{.25, 2.5}, 50, 90, 100)
	e := quantile(t, merged(a, b), .95)
	assert.Equal(t, .1, e.Lo)
	assert.Equal(t, .5, e.Hi)
	assert.InDelta(t, .465, e.Value, 5e-4)
}

// Prometheus intersects the bounds of histograms with custom buckets: here only +Inf is left.
func TestEnvelopeDoesNotCollapse(t *testing.T) {
	a := dist(t, []float64{1, 2}, 5, 10, 10)
	b := dist(t, []float64{1.5, 2.5}, 5, 10, 10)
	e := quantile(t, merged(a, b), .5)
	assert.InDelta(t, 1.2, e.Value, 1e-15)
	e.Value = 0
	assert.Equal(t, promfold.Estimate{Lo: 0, Hi: 1.5}, e)
}

func TestJudgeSeesResetsThatNoCumulativeCountShows(t *testing.T) {
	p, c := []float64{10, 20}, []float64{25, 30}
	assert.Equal(t, Reset, Judge(nil, p, c, false, false))
	dst := make([]float64, 2)
	assert.Equal(t, Torn, Judge(dst, p, c, false, true))
	assert.Equal(t, []float64{10, 10}, dst)
	assert.Equal(t, Reset, Judge(dst, p, c, true, true))
}

// Judged bucket by bucket this reset gives the increases 10, 20, 20 for le = 1, 2, +Inf.
func TestJudgeResetsJointly(t *testing.T) {
	assert.Equal(t, Reset, Judge(nil, []float64{10, 90, 100}, []float64{20, 20, 20}, false, true))
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name              string
		p, c              []float64
		restarted, stable bool
		want              Verdict
		dst               []float64
	}{
		{"grew", []float64{1, 2, 3}, []float64{1, 2, 4}, false, false, Grew, nil},
		{"same", []float64{1, 2, 3}, []float64{1, 2, 3}, false, true, Grew, nil},
		{"restarted though nothing fell", []float64{1, 2, 3}, []float64{2, 4, 6}, true, false, Reset, nil},
		{"count fell", []float64{1, 2, 3}, []float64{1, 2, 2}, false, true, Reset, nil},
		{"first bucket fell", []float64{5, 6, 7}, []float64{4, 8, 9}, false, false, Reset, nil},
		{"torn below", []float64{5, 6, 7}, []float64{4, 8, 9}, false, true, Torn, []float64{0, 2, 2}},
		{"torn above the count", []float64{5, 6, 7}, []float64{6, 9, 9}, false, true, Torn, []float64{1, 2, 2}},
		{"falls with le", []float64{1, 2, 3}, []float64{2, 1, 3}, false, true, Invalid, nil},
		{"falls with le though restarted", []float64{1, 2, 3}, []float64{2, 1, 3}, true, true, Invalid, nil},
		{"NaN", []float64{1, 2, 3}, []float64{1, math.NaN(), 3}, false, true, Invalid, nil},
		{"negative", []float64{1, 2, 3}, []float64{-1, 2, 3}, false, true, Invalid, nil},
		{"infinite", []float64{1, 2, 3}, []float64{1, 2, inf}, false, true, Invalid, nil},
		{"no counts", nil, nil, true, true, Invalid, nil},
		{"other length", []float64{1, 2}, []float64{1, 2, 3}, false, true, Invalid, nil},
		// 0.1+0.2 and 0.3 differ: only exact differences tell.
		{"falls by less than rounding", []float64{0.1, 0.4}, []float64{0.1 + 0x1p-55, 0.4}, false, false, Reset, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			dst := make([]float64, len(c.c))
			assert.Equal(t, c.want, Judge(dst, c.p, c.c, c.restarted, c.stable))
			if c.dst != nil {
				assert.Equal(t, c.dst, dst)
			} else {
				assert.Equal(t, make([]float64, len(c.c)), dst, "written without need")
			}
		})
	}
}

func TestLevel(t *testing.T) {
	for _, c := range []struct {
		q    float64
		n    uint64
		want float64
	}{
		{0, 100, 1}, {.07, 100, 7}, {.29, 100, 29}, {.5, 3, 2}, {.999, 1000, 999}, {1, 7, 7},
		{.1, 10, 1}, {.1, 11, 2}, {5e-324, 1 << 53, 1}, {math.Nextafter(1, 0), 1 << 53, 1 << 53},
		{0.3333333333333333, 3, 1}, {1e-20, 1e15, 1}, {1.5e-15, 4e15, 6}, {1.2345678901234567e-10, 1e10, 2},
	} {
		l, ok := levelOf(c.q)
		require.True(t, ok)
		assert.Equal(t, c.want, l.rank(float64(c.n), true), "%v of %d", c.q, c.n)
	}
	for _, q := range []float64{-1e-300, 1.0000000000000002, math.NaN(), inf, -inf} {
		_, ok := levelOf(q)
		assert.False(t, ok)
		_, ok = dist(t, []float64{1}, 1, 1).Quantile(q)
		assert.False(t, ok)
	}
}
