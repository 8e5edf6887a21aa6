package layout

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
)

func TestTrueShareLiesInTheInterval(t *testing.T) {
	r := rand.New(rand.NewPCG(29, 30))
	for range *cases {
		f := drawFleet(t, r)
		d := merged(f.members...)
		lower, upper := f.draw(r), f.draw(r)
		if r.IntN(4) == 0 {
			lower = -inf
		}
		if r.IntN(4) == 0 {
			upper = inf
		}
		e, ok := d.Share(lower, upper)
		require.Equal(t, len(f.values) > 0, ok)
		if !ok {
			continue
		}
		n := 0.0
		for _, v := range f.values {
			if v > lower && v <= upper {
				n++
			}
		}
		truth := n / float64(len(f.values))
		require.True(t, e.Lo <= truth && truth <= e.Hi, "(%v, %v]: %v is not in %+v", lower, upper, truth, e)
		require.True(t, e.Lo <= e.Value && e.Value <= e.Hi, "%+v", e)
	}
}

// The share up to a quantile is its level, as far as interpolation goes.
func TestShareUpToAQuantileIsItsLevel(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	compared := 0
	for range *cases {
		f := drawFleet(t, r)
		d, q := merged(f.members...), r.Float64()
		if slices.ContainsFunc(f.layouts, func(l *Layout) bool { return l != nil && l.signed }) {
			continue // what lies in a first bucket without a lower bound is at no one place
		}
		e, ok := d.Quantile(q)
		if !ok || math.IsInf(e.Hi, 1) || math.IsInf(e.Lo, -1) || e.Value == e.Lo || e.Value == e.Hi {
			continue
		}
		s, ok := d.Share(-inf, e.Value)
		require.True(t, ok)
		if below, _ := d.Share(-inf, before(e.Value)); s.Value-below.Value > 1e-9 {
			continue // all of a bucket lies there
		}
		require.InDelta(t, q, s.Value, 1e-9)
		compared++
	}
	assert.Greater(t, compared, *cases/10)
}

func TestShareIsExactAtACommonBound(t *testing.T) {
	d := merged(dist(t, []float64{1, 2}, 10, 90, 100), dist(t, []float64{2, 3}, 30, 40, 50))
	over, ok := d.Over(2)
	require.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: .2, Lo: .2, Hi: .2}, over)
	under, ok := d.Share(-inf, 2)
	require.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: .8, Lo: .8, Hi: .8}, under)

	over, ok = d.Over(1)
	require.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: 125. / 150, Lo: 110. / 150, Hi: 140. / 150}, over)
}

func TestShareWithoutAnAnswer(t *testing.T) {
	d := new(Distribution)
	_, ok := d.Over(1)
	assert.False(t, ok)
	d = dist(t, []float64{1}, 1, 1)
	_, ok = d.Over(math.NaN())
	assert.False(t, ok)
	none, ok := d.Share(2, 1)
	assert.True(t, ok)
	assert.Zero(t, none.Hi)
}
