package histogram_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/histogram"
)

func classic(bounds []float64, cumulative ...float64) *histogram.Histogram {
	n := len(bounds)
	return &histogram.Histogram{Bounds: bounds, Counts: cumulative[:n], Count: cumulative[n], Sum: cumulative[n]}
}

func native(schema int32, first int32, counts ...float64) *histogram.Histogram {
	h := &histogram.Histogram{Exponential: true, Schema: schema}
	for i, n := range counts {
		h.Positive = append(h.Positive, histogram.Bucket{Index: first + int32(i), Count: n})
		h.Count += n
		h.Sum += n
	}
	return h
}

func both(n, c *histogram.Histogram) *histogram.Histogram {
	h := *n
	h.Bounds, h.Counts = c.Bounds, c.Counts
	return &h
}

// Rows of the growth, at these bounds, as estimates.
func TestGrowth(t *testing.T) {
	for _, c := range []struct {
		name      string
		prev, cur *histogram.Histogram
		restarted bool
		reset     bool
		at        []float64
		rows      []string
	}{
		{"grew", classic([]float64{1}, 10, 20), classic([]float64{1}, 12, 25), false, false, []float64{1}, []string{"2", "3"}},
		{"nothing", classic([]float64{1}, 10, 20), classic([]float64{1}, 10, 20), false, false, []float64{1}, []string{"0", "0"}},
		{"the count fell", classic([]float64{1}, 10, 20), classic([]float64{1}, 5, 6), false, true, []float64{1}, []string{"5", "1"}},
		{"all buckets at once", classic([]float64{1, 2}, 10, 90, 100), classic([]float64{1, 2}, 20, 20, 20), false, true, []float64{1, 2}, []string{"20", "0", "0"}},
		{"restarted though nothing fell", classic([]float64{1}, 1, 2), classic([]float64{1}, 3, 4), true, true, []float64{1}, []string{"3", "1"}},
		{"torn", classic([]float64{1}, 8, 24), classic([]float64{1}, 80, 95), false, false, []float64{1}, []string{"71 [71, 80]", "0 [0, 15]"}},
		{"no cumulative count fell", classic([]float64{1}, 10, 20), classic([]float64{1}, 25, 30), false, false, []float64{1}, []string{"10 [10, 25]", "0 [0, 5]"}},
		{"cleared, perhaps", classic([]float64{1}, 10, 100010), classic([]float64{1}, 100050, 100060), false, false, []float64{inf}, []string{"50 [50, 100060]"}},
		{"a bucket appears when it is hit", classic([]float64{1}, 110, 110), classic([]float64{1, 5}, 110, 120, 120), false, false, []float64{1}, []string{"0", "10"}},
		{"other bounds", classic([]float64{1, 2, 4}, 1, 2, 3, 4), classic([]float64{2, 3, 4}, 3, 5, 6, 8), false, false, []float64{2, 4}, []string{"1", "2", "1"}},
		{"other bounds and a smaller count", classic([]float64{1}, 10, 10), classic([]float64{2}, 7, 7), false, true, []float64{2}, []string{"7", "0"}},
		{"no bound in common", classic([]float64{1}, 10, 10), classic([]float64{2}, 12, 12), false, false, []float64{inf}, []string{"2"}},
		{"one bucket", classic(nil, 3), classic([]float64{1}, 4, 5), false, false, []float64{inf}, []string{"2"}},

		{"native grew", native(0, 1, 1, 2), native(0, 1, 1, 5, 1), false, false, []float64{2, 4}, []string{"0", "3", "1"}},
		{"native reset", native(0, 1, 5, 1), native(0, 1, 1, 9), false, true, []float64{2, 4}, []string{"1", "9", "0"}},
		{"native restarted", native(0, 1, 1, 1), native(0, 1, 2, 2), true, true, []float64{2, 4}, []string{"2", "2", "0"}},
		{"coarser", native(1, 1, 1, 2, 3), native(0, 1, 3, 6), false, false, []float64{2, 4}, []string{"0", "3", "0"}},
		{"finer", native(0, 1, 3, 3), native(1, 1, 2, 2, 4), false, false, []float64{2, 4}, []string{"1", "1", "0"}},
		{"finer after a reset", native(0, 1, 3, 3), native(1, 1, 1, 1), false, true, []float64{2, 4}, []string{"2", "0", "0"}},

		{"native preferred", both(native(0, 1, 1, 2), classic([]float64{9}, 0, 3)), both(native(0, 1, 1, 3), classic([]float64{9}, 0, 4)), false, false, []float64{2, 4}, []string{"0", "1", "0"}},
		{"text after protobuf", both(native(0, 1, 1, 2), classic([]float64{3}, 2, 3)), classic([]float64{3}, 2, 5), false, false, []float64{3}, []string{"0", "2"}},
		{"only counts in common", native(0, 1, 1, 2), classic([]float64{3}, 2, 5), false, false, []float64{inf}, []string{"2"}},
		{"of another kind, reset", classic([]float64{3}, 2, 5), native(0, 1, 1, 2), false, true, []float64{2}, []string{"1", "2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d histogram.Distribution
			reset, err := d.AddGrowth(c.prev, c.cur, c.restarted)
			require.NoError(t, err)
			assert.Equal(t, c.reset, reset)
			rows := d.Rows(c.at...)
			for i, want := range c.rows {
				assert.Equal(t, want, rows[i].Count.String(), "row %d", i)
			}
			sum, ok := d.Sum()
			assert.True(t, ok)
			want := c.cur.Sum
			if !reset {
				want -= c.prev.Sum
			}
			assert.Equal(t, want, sum)
		})
	}
}

// {0, 1} {1, 1} {1, 2}: in between a bucket was ahead of the count. Over both steps one observation came, and the
// bucket up to 1 has it.
func TestGrowthTelescopesOverTornReadings(t *testing.T) {
	var d histogram.Distribution
	readings := []*histogram.Histogram{classic([]float64{1}, 0, 1), classic([]float64{1}, 1, 1), classic([]float64{1}, 1, 2)}
	for i, cur := range readings[1:] {
		reset, err := d.AddGrowth(readings[i], cur, false)
		require.NoError(t, err)
		assert.False(t, reset)
	}
	assert.Equal(t, []float64{1, 0}, counts(d.Rows(1)))
	over, ok := d.Over(1)
	assert.True(t, ok)
	assert.LessOrEqual(t, over.Lo, 0.0)
	assert.Equal(t, 0.0, over.Value)
}

// The sum is no evidence of a reset: it falls when values are negative, which shows that there is no floor.
func TestFallingSum(t *testing.T) {
	prev, cur := classic([]float64{1}, 1, 2), classic([]float64{1}, 3, 4)
	prev.Sum, cur.Sum = 5, -5
	var d histogram.Distribution
	reset, err := d.AddGrowth(prev, cur, false)
	require.NoError(t, err)
	assert.False(t, reset)
	sum, ok := d.Sum()
	assert.True(t, ok)
	assert.Equal(t, -10.0, sum)
	e, ok := d.Quantile(.5)
	assert.True(t, ok)
	assert.Equal(t, []float64{-inf, 1}, []float64{e.Lo, e.Hi})
}

func TestGrowthOfAnUnknownSum(t *testing.T) {
	prev, cur := classic([]float64{1}, 1, 2), classic([]float64{1}, 3, 4)
	cur.Sum = nan
	var d histogram.Distribution
	_, err := d.AddGrowth(prev, cur, false)
	require.NoError(t, err)
	_, ok := d.Sum()
	assert.False(t, ok)
	_, ok = d.Mean()
	assert.False(t, ok)
	assert.Equal(t, 2.0, d.Count())
}
