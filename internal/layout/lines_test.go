package layout

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	for _, le := range []string{"", "NaN", "nan", "one", "1 ", "1e999"} {
		_, err := ParseBound(le)
		assert.Error(t, err, le)
	}
}

func TestLayoutErrors(t *testing.T) {
	var bad *LayoutError
	for _, bounds := range [][]float64{{math.NaN()}, {1, 1}, {2, 1}, {inf, inf}, {-inf}, {0, math.Copysign(0, -1)}} {
		_, err := NewLayout(bounds)
		assert.ErrorAs(t, err, &bad, "%v", bounds)
	}
}

func TestFloorOfALayout(t *testing.T) {
	positive, err := NewLayout([]float64{1, 2})
	require.NoError(t, err)
	assert.Equal(t, 0.0, positive.Floor())
	assert.Equal(t, 3, positive.Len())
	assert.Equal(t, inf, positive.Bound(2))
	signed, err := NewSignedLayout([]float64{1, 2})
	require.NoError(t, err)
	assert.Equal(t, -inf, signed.Floor())
	assert.False(t, positive.Equal(signed))
	zero, err := NewLayout([]float64{0, 1})
	require.NoError(t, err)
	assert.Equal(t, -inf, zero.Floor())
}

func TestLines(t *testing.T) {
	var layouts Layouts
	var s Lines
	s.Bucket(inf, 10)
	s.Bucket(.5, 9)
	s.Bucket(.1, 4)
	s.Count(10)
	s.Sum(3)
	h, err := s.Histogram(&layouts)
	require.NoError(t, err)
	assert.Equal(t, []float64{.1, .5, inf}, h.Layout.bounds)
	assert.Equal(t, []float64{4, 9, 10}, h.Counts)
	assert.Equal(t, 3.0, h.Sum)
	assert.False(t, h.Mismatch)

	first := h.Layout
	s.Reset()
	s.Bucket(.1, 1)
	s.Bucket(.5, 2)
	s.Count(5)
	h, err = s.Histogram(&layouts)
	require.NoError(t, err)
	assert.Same(t, first, h.Layout)
	assert.Equal(t, []float64{1, 2, 5}, h.Counts, "filled from the count")
	assert.True(t, math.IsNaN(h.Sum))
}

// The golden output of one gateway ends with a +Inf bucket of 9 and a count of 2.
func TestLinesReportThatInfIsNotTheCount(t *testing.T) {
	var s Lines
	s.Bucket(1, 3)
	s.Bucket(inf, 9)
	s.Count(2)
	h, err := s.Histogram(new(Layouts))
	require.NoError(t, err)
	assert.True(t, h.Mismatch)
	assert.Equal(t, []float64{3, 9}, h.Counts)
}

func TestLinesRefused(t *testing.T) {
	var layout *LayoutError
	var count *CountError
	for _, c := range []struct {
		name   string
		les    []float64
		counts []float64
		count  float64 // NaN: none
		as     any
	}{
		{"NaN bound", []float64{math.NaN(), inf}, []float64{1, 1}, 1, &layout},
		{"same bound twice", []float64{1, 1, inf}, []float64{1, 1, 1}, 1, &layout},
		{"two spellings of +Inf", []float64{1, inf, inf}, []float64{1, 1, 1}, 1, &layout},
		{"zero twice", []float64{0, math.Copysign(0, -1)}, []float64{1, 1}, 1, &layout},
		{"falls with le", []float64{1, 2, inf}, []float64{2, 1, 3}, 3, &count},
		{"count below the buckets", []float64{1, 2}, []float64{1, 4}, 3, &count},
		{"no total", []float64{1, 2}, []float64{1, 4}, math.NaN(), &count},
		{"nothing", nil, nil, math.NaN(), &count},
		{"NaN count", []float64{1, inf}, []float64{math.NaN(), 1}, 1, &count},
	} {
		var s Lines
		for i := range c.les {
			s.Bucket(c.les[i], c.counts[i])
		}
		if !math.IsNaN(c.count) {
			s.Count(c.count)
		}
		_, err := s.Histogram(new(Layouts))
		assert.ErrorAs(t, err, c.as, c.name)
		assert.NotEmpty(t, err.Error())
	}
}

// A union of raw cumulative buckets has the counts {1: 5, 2: 3, +Inf: 13}: that falls with le.
func TestUnionOfCumulativeBucketsIsNotMade(t *testing.T) {
	d := merged(dist(t, []float64{1}, 5, 10), dist(t, []float64{2}, 3, 3))
	rows := d.Rows(nil, nil)
	assert.Equal(t, []Row{
		{Lower: 0, Upper: 1, Count: 6.5, Lo: 5, Hi: 8},
		{Lower: 1, Upper: 2, Count: 1.5, Lo: 0, Hi: 8},
		{Lower: 2, Upper: inf, Count: 5, Lo: 0, Hi: 5},
	}, rows)
	h, ok := d.Classic()
	require.True(t, ok)
	assert.Equal(t, []float64{inf}, h.Layout.bounds)
	assert.Equal(t, []float64{13}, h.Counts)

	var s Lines
	s.Bucket(1, 5)
	s.Bucket(2, 3)
	s.Bucket(inf, 13)
	_, err := s.Histogram(new(Layouts))
	assert.Error(t, err)
}

func TestRowsAddUp(t *testing.T) {
	l := layout(t, .5, 1, 2)
	d := merged(dist(t, []float64{.5, 2}, 10, 30, 35), dist(t, []float64{1}, 7, 9))
	rows := d.Rows(nil, l)
	require.Len(t, rows, 4)
	total := 0.0
	for _, r := range rows {
		total += r.Count
		assert.LessOrEqual(t, r.Lo, r.Count)
		assert.LessOrEqual(t, r.Count, r.Hi)
	}
	assert.Equal(t, d.Count(), total)
	assert.Equal(t, 0.0, rows[0].Lower)
	exact := dist(t, []float64{.5, 2}, 10, 30, 35).Rows(nil, layout(t, .5, 2))
	assert.Equal(t, []Row{{0, .5, 10, 10, 10}, {.5, 2, 20, 20, 20}, {2, inf, 5, 5, 5}}, exact)
	negative := dist(t, []float64{-1, 1}, 1, 2, 3).Rows(nil, l)
	assert.Equal(t, -inf, negative[0].Lower)
}

func TestInternDoesNotAllocateForKnownBounds(t *testing.T) {
	var layouts Layouts
	bounds := []float64{1, 2, inf}
	first, err := layouts.Intern(bounds, false)
	require.NoError(t, err)
	signed, err := layouts.Intern(bounds, true)
	require.NoError(t, err)
	assert.NotSame(t, first, signed)
	same, err := layouts.Intern(slices.Clone(bounds[:2]), false)
	require.NoError(t, err)
	assert.Same(t, first, same)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = layouts.Intern(bounds, false) }))
}
