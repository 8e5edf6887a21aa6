package layout

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
)

func TestParseBound(t *testing.T) {
	for le, want := range map[string]float64{
		"1": 1, "1.0": 1, "1e0": 1, "+Inf": inf, "Inf": inf, "inf": inf, "0.1": .1, "1e-1": .1, "-0": 0, "-2.5": -2.5,
	} {
		b, err := ParseBound(le)
		require.NoError(t, err, le)
		assert.Equal(t, want, b, le)
		assert.False(t, math.Signbit(b) && b == 0, le)
	}
	for _, le := range []string{"", "NaN", "nan", "one", "1 ", "1e999", "1.136e-05...1.292e-05"} {
		_, err := ParseBound(le)
		assert.EqualError(t, err, fmt.Sprintf("bucket bound %q is not a number", le))
	}
}

func TestLayoutErrors(t *testing.T) {
	for _, c := range []struct {
		bounds []float64
		want   string
	}{
		{[]float64{math.NaN()}, "bucket bound NaN is not a number"},
		{[]float64{1, 1}, "bucket bound 1 occurs twice"},
		{[]float64{2, 1}, "bucket bound 1 is out of order"},
		{[]float64{inf, inf}, "bucket bound +Inf occurs twice"},
		{[]float64{-inf}, "bucket bound -Inf holds nothing"},
		{[]float64{0, math.Copysign(0, -1)}, "bucket bound 0 occurs twice"},
	} {
		_, err := NewLayout(c.bounds)
		assert.EqualError(t, err, c.want)
	}
}

func TestFloorOfALayout(t *testing.T) {
	positive, err := NewLayout([]float64{1, 2})
	require.NoError(t, err)
	assert.Equal(t, 0.0, positive.Floor())
	assert.Equal(t, 3, positive.Len())
	assert.Equal(t, inf, positive.Bound(2))
	signed, err := newLayout([]float64{1, 2}, true)
	require.NoError(t, err)
	assert.Equal(t, -inf, signed.Floor())
	assert.NotZero(t, positive.compare(signed))
	zero, err := NewLayout([]float64{0, 1})
	require.NoError(t, err)
	assert.Equal(t, -inf, zero.Floor())
}

// A union of raw cumulative buckets has the counts {1: 5, 2: 3, +Inf: 13}: that falls with le.
func TestUnionOfCumulativeBucketsIsNotMade(t *testing.T) {
	d := merged(dist(t, []float64{1}, 5, 10), dist(t, []float64{2}, 3, 3))
	assert.Equal(t, []Row{
		{0, 1, promfold.Estimate{Value: 6.5, Lo: 5, Hi: 8}},
		{1, 2, promfold.Estimate{Value: 1.5, Lo: 0, Hi: 8}},
		{2, inf, promfold.Estimate{Value: 5, Lo: 0, Hi: 5}},
	}, d.Rows(nil))
	h, ok := d.Classic()
	require.True(t, ok)
	assert.Equal(t, []float64{inf}, h.Layout.bounds)
	assert.Equal(t, []float64{13}, h.Counts)
}

func TestRowsAddUp(t *testing.T) {
	d := merged(dist(t, []float64{.5, 2}, 10, 30, 35), dist(t, []float64{1}, 7, 9))
	rows := d.Rows([]float64{.5, 1, 2})
	require.Len(t, rows, 4)
	total := 0.0
	for _, r := range rows {
		total += r.Count.Value
		assert.LessOrEqual(t, r.Count.Lo, r.Count.Value)
		assert.LessOrEqual(t, r.Count.Value, r.Count.Hi)
	}
	assert.Equal(t, d.Count(), total)
	assert.Equal(t, 0.0, rows[0].Lower)
	exactly := func(n float64) promfold.Estimate { return promfold.Estimate{Value: n, Lo: n, Hi: n} }
	rows = dist(t, []float64{.5, 2}, 10, 30, 35).Rows([]float64{.5, 2})
	assert.Equal(t, []Row{{0, .5, exactly(10)}, {.5, 2, exactly(20)}, {2, inf, exactly(5)}}, rows)
	negative := dist(t, []float64{-1, 1}, 1, 2, 3).Rows([]float64{.5, 1, 2})
	assert.Equal(t, -inf, negative[0].Lower)
	assert.Nil(t, d.Rows([]float64{2, 1}))
	assert.Nil(t, new(Distribution).Rows(nil))
	assert.Equal(t, []Row{{0, 1, promfold.Estimate{}}, {1, inf, promfold.Estimate{}}}, new(Distribution).Rows([]float64{1}))
}

func TestSetKeepsOneLayoutForEqualBounds(t *testing.T) {
	var set Set
	bounds := []float64{0, 1, 2, inf}
	assert.Nil(t, set.Find(bounds, false))
	first, err := set.Of(bounds, false)
	require.NoError(t, err)
	assert.Same(t, first, set.Find(bounds, false))
	for _, same := range [][]float64{bounds, bounds[:3], {math.Copysign(0, -1), 1, 2}} {
		l, err := set.Of(same, false)
		require.NoError(t, err)
		assert.Same(t, first, l)
	}
	_, err = set.Of([]float64{1, 1}, false)
	assert.Error(t, err)
	positive, err := set.Of(bounds[1:], false)
	require.NoError(t, err)
	signed, err := set.Of(bounds[1:], true)
	require.NoError(t, err)
	assert.NotSame(t, positive, signed)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = set.Of(bounds, false) }))
}

func TestCommonBounds(t *testing.T) {
	a, b := layout(t, 1, 2, 3), layout(t, .5, 2, 3)
	assert.Same(t, a, Common(a, a))
	both := Common(a, b)
	assert.Equal(t, []float64{2, 3, inf}, both.Bounds())
	assert.Equal(t, []float64{2, 3, 4}, a.At(nil, both, []float64{1, 2, 3, 4}))
	assert.Equal(t, []float64{inf}, Common(a, layout(t, 9)).Bounds())
}
