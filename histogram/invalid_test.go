package histogram_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/histogram"
)

var inf, nan = math.Inf(1), math.NaN()

// told is all that a distribution tells.
func told(d *histogram.Distribution) string {
	sum, ok := d.Sum()
	text := fmt.Sprint(d.Count(), sum, ok, d.Rows(), d.Rows(1, 2, 3))
	for _, q := range []float64{0, .3, .5, .9, .99, 1} {
		e, ok := d.Quantile(q)
		text += fmt.Sprint(" ", e, ok)
	}
	if h, ok := d.Histogram(); ok {
		text += fmt.Sprintf("%+v", *h)
	}
	return text
}

var malformed = []struct {
	name, message string
	h             *histogram.Histogram
}{
	{"nothing", "there is no reading", nil},
	{"doubled after parsing", "bucket bound 1 occurs twice", &histogram.Histogram{Bounds: []float64{1, 1}, Counts: []float64{1, 1}, Count: 1}},
	{"zero twice", "bucket bound 0 occurs twice", &histogram.Histogram{Bounds: []float64{math.Copysign(0, -1), 0}, Counts: []float64{1, 1}, Count: 1}},
	{"+Inf twice", "bucket bound +Inf occurs twice", &histogram.Histogram{Bounds: []float64{inf, inf}, Counts: []float64{1, 1}}},
	{"NaN bound", "bucket bound NaN is not a number", &histogram.Histogram{Bounds: []float64{nan}, Counts: []float64{1}, Count: 1}},
	{"−Inf", "bucket bound -Inf holds nothing", &histogram.Histogram{Bounds: []float64{-inf}, Counts: []float64{1}, Count: 1}},
	{"order", "bucket bound 1 is out of order", &histogram.Histogram{Bounds: []float64{2, 1}, Counts: []float64{1, 1}, Count: 1}},
	{"falls with le", "count 1 of bucket 2 is less than the count 2 of bucket 1", &histogram.Histogram{Bounds: []float64{1, 2}, Counts: []float64{2, 1}, Count: 3}},
	{"count below the buckets", "count 3 of bucket +Inf is less than the count 4 of bucket 1", &histogram.Histogram{Bounds: []float64{1}, Counts: []float64{4}, Count: 3}},
	{"no total", "count NaN of bucket +Inf is not a number of observations", &histogram.Histogram{Bounds: []float64{1}, Counts: []float64{4}, Count: nan}},
	{"negative", "count -1 of bucket 1 is not a number of observations", &histogram.Histogram{Bounds: []float64{1}, Counts: []float64{-1}, Count: 3}},
	{"negative count", "count -1 is not a number of observations", &histogram.Histogram{Bounds: []float64{inf}, Counts: []float64{1}, Count: -1}},
	{"infinite", "count +Inf of bucket +Inf is not a number of observations", &histogram.Histogram{Count: inf}},
	{"lengths", "1 counts for 2 bounds", &histogram.Histogram{Bounds: []float64{1, 2}, Counts: []float64{1}, Count: 1}},
	{"schema", "schema 9 is not in [-4, 8]", &histogram.Histogram{Exponential: true, Schema: 9}},
	{"zero threshold", "zero threshold NaN is not a bound", &histogram.Histogram{Exponential: true, ZeroThreshold: nan}},
	{"more in buckets", "count 1 is less than the 2 observations in buckets", &histogram.Histogram{Exponential: true, ZeroCount: 2, Count: 1}},
	{"bucket twice", "bucket 1 occurs twice", &histogram.Histogram{Exponential: true, Positive: []histogram.Bucket{{1, 1}, {1, 1}}, Count: 2}},
	{"bucket order", "negative bucket 1 is out of order", &histogram.Histogram{Exponential: true, Negative: []histogram.Bucket{{2, 1}, {1, 1}}, Count: 2}},
	{"bucket beyond", "bucket 1026 holds no number", &histogram.Histogram{Exponential: true, Positive: []histogram.Bucket{{1026, 1}}, Count: 1}},
	{"bucket count", "count -1 of bucket 1 is not a number of observations", &histogram.Histogram{Exponential: true, Positive: []histogram.Bucket{{1, -1}}, Count: 1}},
	{"classic beside exponential", "bucket bound NaN is not a number", &histogram.Histogram{Exponential: true, Bounds: []float64{nan}, Counts: []float64{0}}},
}

// What cannot be a histogram is refused aloud and changes nothing, wherever it stands.
func TestMalformed(t *testing.T) {
	good := &histogram.Histogram{Bounds: []float64{1, 2}, Counts: []float64{3, 4}, Count: 5, Sum: 6}
	for _, c := range malformed {
		t.Run(c.name, func(t *testing.T) {
			want := "not a histogram: " + c.message
			d := of([]float64{1}, 3, 4)
			was := told(d)
			assert.EqualError(t, c.h.Validate(), want)
			assert.ErrorIs(t, c.h.Validate(), histogram.ErrInvalid)
			assert.EqualError(t, d.Add(c.h), want)
			for _, restarted := range []bool{false, true} {
				_, err := d.AddGrowth(good, c.h, restarted)
				assert.EqualError(t, err, want)
			}
			_, err := d.AddGrowth(c.h, good, false)
			assert.EqualError(t, err, want)
			assert.Equal(t, was, told(d))
			reset, err := d.AddGrowth(c.h, good, true)
			assert.NoError(t, err, "after a restart what was before does not matter")
			assert.True(t, reset)
		})
	}
}

func TestWellFormed(t *testing.T) {
	for _, h := range []histogram.Histogram{
		{}, {Exponential: true}, {Count: 3, Sum: nan},
		{Bounds: []float64{1, inf}, Counts: []float64{1, 2}},
		{Bounds: []float64{1, inf}, Counts: []float64{1, 2}, Count: nan},
		{Bounds: []float64{1}, Counts: []float64{1}, Count: 2, Exponential: true, ZeroCount: 2},
		{Bounds: []float64{-1, 0, 1}, Counts: []float64{.5, 1, 1.5}, Count: 2},
	} {
		assert.NoError(t, h.Validate(), "%+v", h)
		assert.NoError(t, new(histogram.Distribution).Add(&h), "%+v", h)
	}
}

// One gateway's page ends with a +Inf bucket of 9 and a count of 2. The bucket decides, intervals hold both.
func TestInfIsNotTheCount(t *testing.T) {
	d := new(histogram.Distribution)
	require.NoError(t, d.Add(&histogram.Histogram{Bounds: []float64{1, inf}, Counts: []float64{3, 9}, Count: 2}))
	assert.Equal(t, 9.0, d.Count())
	assert.Equal(t, "9 [0, 9]", d.Rows(inf)[0].Count.String())
	over, _ := d.Over(1)
	assert.Equal(t, "0.666667 [0, 1]", over.String())

	d.Reset()
	require.NoError(t, d.Add(&histogram.Histogram{Bounds: []float64{1, inf}, Counts: []float64{3, 9}, Count: 10}))
	assert.Equal(t, "9 [9, 10]", d.Rows(inf)[0].Count.String())
	e, ok := d.Quantile(.2)
	assert.True(t, ok)
	assert.Equal(t, []float64{0, 1}, []float64{e.Lo, e.Hi})

	d.Reset() // the difference stays: growth is exact
	_, err := d.AddGrowth(&histogram.Histogram{Bounds: []float64{1, inf}, Counts: []float64{3, 9}, Count: 2},
		&histogram.Histogram{Bounds: []float64{1, inf}, Counts: []float64{3, 11}, Count: 4}, false)
	require.NoError(t, err)
	assert.Equal(t, "2", d.Rows(inf)[0].Count.String())
	_, err = d.AddGrowth(&histogram.Histogram{Bounds: []float64{inf}, Counts: []float64{4}, Count: 4},
		&histogram.Histogram{Bounds: []float64{inf}, Counts: []float64{6}, Count: 5}, false)
	require.NoError(t, err)
	assert.Equal(t, "4 [3, 4]", d.Rows(inf)[0].Count.String())
}

// Nothing that is passed in is kept or written to, nothing that is handed out is kept.
func TestAliases(t *testing.T) {
	readings := []*histogram.Histogram{
		{Bounds: []float64{1, 2}, Counts: append(make([]float64, 0, 9), 1, 2), Count: 3, Sum: 4},
		{Bounds: []float64{1, 2}, Counts: append(make([]float64, 0, 9), 5, 6), Count: 8, Sum: 9},
		{Exponential: true, Positive: []histogram.Bucket{{1, 2}}, Count: 2, Sum: 3},
		{Exponential: true, Schema: -1, Positive: []histogram.Bucket{{1, 4}}, Count: 4, Sum: 5},
	}
	copies := make([]string, len(readings))
	for i, h := range readings {
		copies[i] = fmt.Sprintf("%+v %v", *h, h.Counts[:cap(h.Counts)])
	}
	d := new(histogram.Distribution)
	for i, h := range readings {
		require.NoError(t, d.Add(h))
		for _, p := range readings[:i] {
			_, err := d.AddGrowth(p, h, false)
			require.NoError(t, err)
		}
	}
	for i, h := range readings {
		require.Equal(t, copies[i], fmt.Sprintf("%+v %v", *h, h.Counts[:cap(h.Counts)]))
	}
	was := told(d)
	bounds := []float64{1, 2, 3}
	d.Rows(bounds...)[0].Count.Value = 99
	assert.Equal(t, []float64{1, 2, 3}, bounds)
	h, ok := d.Histogram()
	require.True(t, ok)
	h.Bounds[0], h.Counts[0] = 77, 77
	for _, h := range readings {
		for i := range h.Bounds {
			h.Bounds[i], h.Counts[i] = 99, 99
		}
		for i := range h.Positive {
			h.Positive[i] = histogram.Bucket{}
		}
	}
	assert.Equal(t, was, told(d))

	bounds = []float64{1, 2}
	d.Reset()
	d.Observe(bounds, 1.5)
	was = told(d)
	bounds[0] = 1.9
	assert.Equal(t, was, told(d))
}

func TestClonesAreApart(t *testing.T) {
	d := of([]float64{1, 2}, 3, 4, 5)
	d.Signed = true
	was := told(d)
	c := d.Clone()
	assert.Equal(t, was, told(c))
	assert.True(t, c.Signed)
	c.Observe([]float64{1, 2}, 1)
	assert.Equal(t, was, told(d))
	d.Merge(c)
	assert.Equal(t, 11.0, d.Count())
	assert.Equal(t, 6.0, c.Count())
	d.Merge(nil)
	assert.Equal(t, 11.0, d.Count())
}

func TestObserve(t *testing.T) {
	d := new(histogram.Distribution)
	for _, x := range []float64{.5, 1, 1.5, 9} {
		d.Observe([]float64{1, 2}, x)
	}
	assert.Equal(t, []float64{2, 1, 1}, counts(d.Rows(1, 2)))
	mean, ok := d.Mean()
	assert.True(t, ok)
	assert.Equal(t, 3.0, mean)
	d.Observe([]float64{2, 1}, 7) // bounds of nothing: in one bucket
	assert.Equal(t, 5.0, d.Count())
	e, _ := d.Quantile(.2)
	assert.Equal(t, []float64{0, 1}, []float64{e.Lo, e.Hi})
	d.Observe([]float64{1, 2}, -3)
	e, _ = d.Quantile(0)
	assert.Equal(t, -inf, e.Lo, "a negative value shows that there is no floor")
	d.Observe([]float64{1, 2}, nan)
	_, ok = d.Mean()
	assert.False(t, ok)
	assert.Equal(t, 7.0, d.Count())
}

func counts(rows []histogram.Row) (list []float64) {
	for _, r := range rows {
		list = append(list, r.Count.Value)
	}
	return list
}

func TestNoAnswer(t *testing.T) {
	d := new(histogram.Distribution)
	for _, q := range []float64{0, .5, 1} {
		_, ok := d.Quantile(q)
		assert.False(t, ok)
	}
	_, ok := d.Over(1)
	assert.False(t, ok)
	_, ok = d.Mean()
	assert.False(t, ok)
	_, ok = d.Histogram()
	assert.False(t, ok)
	assert.Nil(t, d.Rows())
	assert.Equal(t, []float64{0, 0}, counts(d.Rows(1)))
	require.NoError(t, d.Add(&histogram.Histogram{Bounds: []float64{1}, Counts: []float64{3}, Count: 4}))
	for _, q := range []float64{-.1, 1.1, nan, inf} {
		_, ok := d.Quantile(q)
		assert.False(t, ok, "%v", q)
	}
	_, ok = d.Over(nan)
	assert.False(t, ok)
	_, ok = d.Share(nan, 1)
	assert.False(t, ok)
	for _, bounds := range [][]float64{{2, 1}, {1, 1}, {nan}} {
		assert.Nil(t, d.Rows(bounds...), "%v", bounds)
	}
	assert.True(t, slices.IsSortedFunc(d.Rows(), func(a, b histogram.Row) int { return cmp.Compare(a.Upper, b.Upper) }))
}
