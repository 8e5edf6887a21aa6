package layout

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
)

func increase(t testing.TB, d *Distribution, bounds []float64, p, c []float64) {
	t.Helper()
	require.NoError(t, d.AddIncrease(layout(t, bounds...), p, c, 0))
}

// Over both sides of a torn reading the increase is what the readings around it say.
func TestTornReadingsTelescope(t *testing.T) {
	d := new(Distribution)
	increase(t, d, []float64{1}, []float64{0, 1}, []float64{1, 1})
	assert.Zero(t, d.Count())
	_, ok := d.Quantile(.5)
	assert.False(t, ok)
	increase(t, d, []float64{1}, []float64{1, 1}, []float64{1, 2})
	assert.Equal(t, 1.0, d.Count())
	over, ok := d.Over(1)
	assert.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: 0, Lo: 0, Hi: .5}, over, "it may have been cleared in between, with one above 1")

	d.Reset()
	increase(t, d, []float64{1}, []float64{10, 20}, []float64{21, 25})
	increase(t, d, []float64{1}, []float64{21, 25}, []float64{30, 40})
	assert.Equal(t, 20.0, d.Count())
	over, _ = d.Over(1)
	assert.Equal(t, 0.0, over.Value)

	d.Reset()
	assert.Equal(t, promfold.Estimate{Value: .5, Lo: 0, Hi: 1}, quantile(t, merged(d, dist(t, []float64{1}, 1, 1)), .5))
}

// Whatever was read in between, and in how many parts it was added.
func TestIncreasesTelescope(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 62))
	tears := 0
	for range max(*cases/10, 1000) {
		l := layout(t, 1, 2, 3)
		readings := [][]float64{{3, 5, 8, 10}}
		for range 1 + r.IntN(4) {
			last := readings[len(readings)-1]
			var c []float64
			before := 0.0
			for i, p := range last {
				x := max(before, p+float64(r.IntN(9)-2)) // read while others are counted
				if i == len(last)-1 {
					x = max(x, p)
				}
				c, before = append(c, x), x
			}
			readings = append(readings, c)
		}
		end := summed([]float64{20, 20, 20, 20}) // nobody writes any more
		readings = append(readings, end)
		parts := []*Distribution{new(Distribution), new(Distribution)}
		for i, c := range readings[1:] {
			p := readings[i]
			if bucketFell(p, c) {
				tears++
			}
			require.NoError(t, parts[r.IntN(2)].AddIncrease(l, p, c, 1))
		}
		d := merged(parts...)
		plain := new(Distribution)
		require.NoError(t, plain.AddIncrease(l, readings[0], end, 1))
		require.Equal(t, fingerprintOf(t, &plain.value), fingerprintOf(t, &d.value))
		for _, q := range []float64{0, .3, .5, .9, 1} {
			e, want := quantile(t, d, q), quantile(t, plain, q)
			require.Equal(t, want.Value, e.Value)
			require.True(t, e.Lo <= want.Lo && want.Hi <= e.Hi)
		}
		for _, part := range parts { // a half alone may be torn
			require.NotPanics(t, func() { ask(t, part, .5, 1.5) })
		}
	}
	assert.Greater(t, tears, *cases/100)
}

func fingerprintOf(t testing.TB, m *multiset) string { return string(appendMultiset(t, nil, m)) }

// Counts that fall with the bound are repaired for the answer: the running maximum, at most the count. Bounds hold the
// other reading, too, in which all is new: {8, 24} → {80, 95} is 71, at most 95.
func TestTornReadingAtTheEnd(t *testing.T) {
	for _, c := range []struct{ p, c, value, hi []float64 }{
		{[]float64{8, 24}, []float64{80, 95}, []float64{71, 0}, []float64{80, 15}},
		{[]float64{10, 20}, []float64{25, 30}, []float64{10, 0}, []float64{25, 5}},
		{[]float64{5, 6, 7}, []float64{4, 8, 9}, []float64{0, 2, 0}, []float64{4, 4, 1}},
		{[]float64{10, 100010}, []float64{100050, 100060}, []float64{50, 0}, []float64{100050, 10}},
	} {
		d := new(Distribution)
		increase(t, d, []float64{1, 2}[:len(c.p)-1], c.p, c.c)
		rows := d.Rows([]float64{1, 2}[:len(c.p)-1])
		for i, row := range rows {
			assert.Equal(t, promfold.Estimate{Value: c.value[i], Lo: c.value[i], Hi: c.hi[i]}, row.Count, "%v %v", c, i)
		}
	}
}

// Increases of a window, of which an edge is torn, come as one row.
func TestIncreaseThatFallsWithTheBound(t *testing.T) {
	d := new(Distribution)
	increase(t, d, []float64{1, 2}, nil, []float64{5, 3, 6})
	assert.Equal(t, []float64{5, 0, 1}, values(d.Rows([]float64{1, 2})))
	assert.Equal(t, 6.0, d.Count())
}

func values(rows []Row) (list []float64) {
	for _, r := range rows {
		list = append(list, r.Count.Value)
	}
	return list
}

func TestIncreaseRefused(t *testing.T) {
	d := dist(t, []float64{1}, 1, 2)
	was := fingerprint(t, d)
	l := layout(t, 1)
	for _, c := range []struct {
		p, c []float64
		want string
	}{
		{[]float64{1, 2}, []float64{1}, "1 counts for 2 buckets"},
		{[]float64{1}, []float64{1, 2}, "1 counts for 2 buckets"},
		{[]float64{1, 2}, []float64{1, 1}, "count 1 of bucket +Inf fell from 2"},
		{[]float64{2, 1}, []float64{2, 3}, "count 1 of bucket +Inf is less than the count 2 of bucket 1"},
		{nil, []float64{1, inf}, "count +Inf of bucket +Inf is not a number of observations"},
	} {
		assert.EqualError(t, d.AddIncrease(l, c.p, c.c, 0), c.want)
	}
	assert.Equal(t, was, fingerprint(t, d))
}

// Up to n of the counts may be no observations.
func TestDoubt(t *testing.T) {
	d := dist(t, []float64{1, 2}, 10, 20, 20)
	d.AddDoubt(layout(t, 1, 2), []float64{10, 20, 20}, 4)
	assert.Equal(t, []Row{
		{0, 1, promfold.Estimate{Value: 10, Lo: 6, Hi: 10}},
		{1, 2, promfold.Estimate{Value: 10, Lo: 6, Hi: 10}},
		{2, inf, promfold.Estimate{}},
	}, d.Rows([]float64{1, 2}))
	over, _ := d.Over(1)
	assert.Equal(t, promfold.Estimate{Value: .5, Lo: 6. / 16, Hi: 10. / 16}, over)
}

// Each bucket's truth lies between what the readings beside a torn one say.
func TestAddTorn(t *testing.T) {
	l, err := NewLayout([]float64{1, math.Inf(1)})
	require.NoError(t, err)
	for _, x := range []struct {
		counts, a, b []float64
		lo, hi, over float64
	}{
		{[]float64{9, 1}, []float64{0, 0}, []float64{9, 1}, 0, 0, 0},           // ends at it: one observation, in the first bucket
		{[]float64{4, 14}, []float64{0, 0}, []float64{13, 15}, 0, 1, 10. / 14}, // begins at it
		{[]float64{100, 142}, []float64{91, 141}, []float64{100, 142}, 42. / 142, 50. / 141, 42. / 142},
		{[]float64{5, 5}, []float64{5, 5}, []float64{5, 5}, 0, 0, 0},
	} {
		var d Distribution
		d.AddTorn(l, x.counts, x.a, x.b, 1)
		e, ok := d.Over(1)
		require.True(t, ok)
		assert.InDelta(t, x.over, e.Value, 1e-12)
		assert.InDelta(t, x.lo, e.Lo, 1e-12)
		assert.InDelta(t, x.hi, e.Hi, 1e-12)
	}
	var d Distribution
	d.AddTorn(l, []float64{math.NaN(), 5}, []float64{0, 0}, []float64{5, 5}, 1)
	if e, ok := d.Over(1); ok {
		assert.Equal(t, 0.0, e.Lo)
	}
}
