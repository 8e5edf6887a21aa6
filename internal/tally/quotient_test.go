package tally

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// interval draws an interval and its value; it may have no upper bound.
func drawEstimate(rt *rapid.T, name string) estimate {
	number := rapid.OneOf(rapid.Float64Range(0, 1e9), rapid.SampledFrom([]float64{0, 1, 3}))
	lo := number.Draw(rt, name)
	e := estimate{Lo: lo, Value: lo + number.Draw(rt, "value"), Hi: inf}
	if rapid.IntRange(0, 3).Draw(rt, "open") > 0 {
		e.Hi = e.Value + number.Draw(rt, "above")
	}
	return e
}

// points returns numbers of an interval, both ends and the value among them.
func points(e estimate) []float64 {
	list := []float64{e.Lo, e.Value}
	if math.IsInf(e.Hi, 1) {
		return append(list, 2*e.Value+1, 1e30*(e.Value+1))
	}
	for i := range 9 {
		list = append(list, min(e.Hi, e.Lo+float64(i)/8*(e.Hi-e.Lo))) // rounded, the last may be above
	}
	return append(list, e.Hi)
}

// The quotient of any two points is inside, and its bounds are no wider than that.
func TestQuotient(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, d := drawEstimate(rt, "numerator"), drawEstimate(rt, "denominator")
		q, ok := Quotient(n, d)
		require.Equal(rt, d.Value > 0, ok)
		if !ok {
			require.Zero(rt, q)
			return
		}
		require.Equal(rt, min(n.Value/d.Value, math.MaxFloat64), q.Value, "no number is above all numbers: the greatest stands for it")
		least, most := inf, 0.0
		for _, x := range points(n) {
			for _, y := range points(d) {
				if x == 0 && y == 0 {
					continue
				}
				least, most = min(least, x/y), max(most, x/y)
			}
		}
		require.LessOrEqual(rt, q.Lo, least)
		require.GreaterOrEqual(rt, q.Hi, most)
		if math.IsInf(d.Hi, 1) {
			require.Zero(rt, q.Lo, "the denominator may be any number")
		} else {
			require.Equal(rt, min(least, math.MaxFloat64), q.Lo)
		}
		if math.IsInf(n.Hi, 1) || d.Lo == 0 {
			require.Equal(rt, inf, q.Hi)
		} else {
			require.Equal(rt, most, q.Hi)
		}
	})
}

// Nothing is no denominator, and of an open interval to an open one nothing is known but that it is no less than 0.
func TestQuotientOfNothing(t *testing.T) {
	for _, d := range []estimate{{}, {Hi: 5}, {Value: math.NaN()}, {Value: -1, Lo: -1, Hi: -1}} {
		_, ok := Quotient(exactly(1), d)
		assert.False(t, ok, d)
	}
	open := estimate{Value: 2, Hi: inf}
	q, ok := Quotient(open, open)
	assert.True(t, ok)
	assert.Equal(t, estimate{Value: 1, Lo: 0, Hi: inf}, q)
	for _, c := range []struct{ n, d, want estimate }{ // a sum of signed values
		{estimate{Value: -6, Lo: -8, Hi: -4}, estimate{Value: 2, Lo: 1, Hi: 4}, estimate{Value: -3, Lo: -8, Hi: -1}},
		{estimate{Value: -6, Lo: -8, Hi: 4}, estimate{Value: 2, Lo: 1, Hi: 4}, estimate{Value: -3, Lo: -8, Hi: 4}},
		{estimate{Value: -6, Lo: -8, Hi: -4}, estimate{Value: 2, Lo: 0, Hi: inf}, estimate{Value: -3, Lo: -inf, Hi: 0}},
		{estimate{Value: -6, Lo: -inf, Hi: 4}, estimate{Value: 2, Lo: 1, Hi: 4}, estimate{Value: -3, Lo: -inf, Hi: 4}},
	} {
		q, ok := Quotient(c.n, c.d)
		assert.True(t, ok)
		assert.Equal(t, c.want.Value, q.Value)
		assert.Equal(t, c.want.Lo, q.Lo)
		assert.True(t, c.want.Hi == q.Hi, q)
	}
	q, ok = Quotient(exactly(5), estimate{Value: 1e16, Lo: -2, Hi: inf})
	assert.True(t, ok)
	assert.Equal(t, estimate{Value: 5e-16, Lo: 0, Hi: inf}, q, "counts that were rounded")
	q, _ = Quotient(estimate{}, estimate{Value: 1, Hi: 1})
	assert.Equal(t, estimate{Hi: inf}, q, "both may be 0")
}
