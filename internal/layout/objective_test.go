package layout

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBudgetSpent(t *testing.T) {
	d := dist(t, []float64{.1, .3}, 990, 998, 1000)
	e, ok, err := d.BudgetSpent(.3, .999)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, Estimate{Value: 2, Lo: 2, Hi: 2, N: 1000}, e, "2 of 1000 were slow, 1 may be")
	e, ok, err = d.BudgetSpent(.2, .99)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, .2, e.Lo)
	assert.Equal(t, 1.0, e.Hi)
	var bad *TargetError
	for _, target := range []float64{0, 1, -1, 2, math.NaN()} {
		_, _, err = d.BudgetSpent(.3, target)
		assert.ErrorAs(t, err, &bad)
	}
	_, _, err = d.BudgetSpent(math.NaN(), .9)
	assert.ErrorAs(t, err, &bad)
	_, ok, err = new(Distribution).BudgetSpent(1, .9)
	assert.NoError(t, err)
	assert.False(t, ok)
}

func TestApdex(t *testing.T) {
	d := dist(t, []float64{.5, 2}, 60, 90, 100)
	e, ok := d.Apdex(.5)
	assert.True(t, ok)
	assert.Equal(t, Estimate{Value: .75, Lo: .75, Hi: .75, N: 100}, e)
	for _, threshold := range []float64{0, -1, math.NaN(), inf, math.MaxFloat64} {
		_, ok = d.Apdex(threshold)
		assert.False(t, ok)
	}
}

func TestTrueApdexLiesInTheInterval(t *testing.T) {
	r := rand.New(rand.NewPCG(35, 36))
	for range max(*cases/10, 1000) {
		f := drawFleet(t, r)
		threshold := math.Abs(f.draw(r)) + .25
		e, ok := merged(f.members...).Apdex(threshold)
		require.Equal(t, len(f.values) > 0, ok)
		if !ok {
			continue
		}
		points := 0.0
		for _, v := range f.values {
			if v <= threshold {
				points++
			} else if v <= 4*threshold {
				points += .5
			}
		}
		truth := points / float64(len(f.values))
		require.True(t, e.Lo <= truth && truth <= e.Hi, "%v is not in %+v", truth, e)
		require.True(t, e.Lo <= e.Value && e.Value <= e.Hi)
	}
}
