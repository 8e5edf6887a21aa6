package tally

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// close asserts that two numbers differ by rounding alone, of numbers up to most.
func close(rt *rapid.T, want, got, most float64, what string) {
	if math.IsInf(want, 0) || math.IsInf(got, 0) {
		require.Equal(rt, want, got, what)
		return
	}
	require.InDelta(rt, want, got, 1e-9*max(1, math.Abs(most)), what)
}

// alike asserts that two intervals differ by rounding alone.
func alike(rt *rapid.T, want, got estimate, most float64, what string) {
	close(rt, want.Value, got.Value, most, what)
	close(rt, want.Lo, got.Lo, most, what+", at least")
	close(rt, want.Hi, got.Hi, most, what+", at most")
}

// An increase is the exact sum of the steps in the window, rounded once; only where the window begins between two
// checkpoints it is rounded more often.
func TestIncrease(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := drawView(rt)
		a := v.ask(rt)
		list, shares := v.shares(a)
		answer := &Answer{Tally: (&Latest{}).Add(a, &v.Groups, shares, false), End: a.End}
		next := 0
		for i := range 3 {
			group := v.Number(named(i))
			var want naive
			columns, stepped := 0, false
			for _, x := range list {
				for _, c := range x.columns(group) {
					columns++
					var n naive
					if n.add(x, c, a.Start); x.begins(a.Start).older {
						want.open = want.open || n.open
						continue
					}
					want.add(x, c, a.Start)
				}
			}
			if columns == 0 {
				continue // no series of it
			}
			g := Growth{answer, next}
			next++
			require.Equal(rt, named(i), g.Labels())
			for _, m := range members(list, group, a, v.Outlives(group)) {
				stepped = stepped || m.rated && !m.Older
			}
			got, ok := g.Increase()
			require.Equal(rt, stepped, ok)
			if e := want.estimate(); want.between {
				alike(rt, e, got, float(&want.hi), "increase")
			} else {
				require.Equal(rt, e, got)
			}
		}
		require.Equal(rt, next, answer.Groups())
	})
}

// Each member has what its own columns grew by, and its part in the mean rate over the window.
func TestMembers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := drawView(rt)
		a := v.ask(rt)
		list, shares := v.shares(a)
		answer := &Answer{Tally: (&Latest{}).Add(a, &v.Groups, shares, false), End: a.End}
		for i := range answer.Groups() {
			g := Growth{answer, i}
			group := v.Number(g.Labels())
			want := members(list, group, a, v.Outlives(group))
			got := g.Increases()
			require.Len(rt, got, len(want))
			rates := g.rated()
			for j := range want {
				w, m := &want[j], got[j]
				most := float(&w.grown.hi)
				alike(rt, w.Estimate, m.Estimate, most, m.Instance)
				checkShare(rt, m.Share)
				assert.InDelta(rt, w.Weight, m.Weight, 1e-12)
				m.Estimate, m.Share, m.Weight = w.Estimate, w.Share, w.Weight
				assert.Equal(rt, w.Member, m)
				if w.rated {
					e := rates[0].Estimate
					close(rt, min(max(w.rate*w.Weight, e.Lo), e.Hi), e.Value, most/w.Covers.Seconds(), "rate")
					assert.Equal(rt, w.Instance, rates[0].Instance)
					assert.Equal(rt, rates[0].Share, got[j].Share)
					rates = rates[1:]
				}
			}
			assert.Empty(rt, rates)
		}
	})
}

// checkShare checks that a share is a part, and lies in its bounds.
func checkShare(t require.TestingT, x estimate) {
	assert.LessOrEqual(t, 0.0, x.Lo)
	assert.LessOrEqual(t, x.Lo, x.Value)
	assert.LessOrEqual(t, x.Value, x.Hi)
	assert.LessOrEqual(t, x.Hi, 1.0)
}

// A share is greatest where its part is and the rest is least, and the other way round.
func TestShares(t *testing.T) {
	number := rapid.Float64Range(0, 1e9)
	rapid.Check(t, func(rt *rapid.T) {
		between := rapid.Custom(func(t *rapid.T) estimate {
			x := []float64{number.Draw(t, "a"), number.Draw(t, "b"), number.Draw(t, "c")}
			slices.Sort(x)
			if rapid.IntRange(0, 5).Draw(t, "open") == 0 {
				x[2] = math.Inf(1)
			}
			return estimate{Lo: x[0], Value: x[1], Hi: x[2]}
		})
		list := rapid.SliceOfN(between, 1, 4).Draw(rt, "parts")
		var all whole
		truth, sum := make([]float64, len(list)), 0.0
		for i, e := range list {
			all.add(e)
			truth[i] = e.Lo + rapid.Float64Range(0, 1).Draw(rt, "at")*(min(e.Hi, 1e12)-e.Lo)
			sum += truth[i]
		}
		values := 0.0
		for i, e := range list {
			x := all.shares()(e)
			checkShare(rt, x)
			values += x.Value
			if sum > 0 {
				assert.LessOrEqual(rt, x.Lo, truth[i]/sum+1e-6)
				assert.GreaterOrEqual(rt, x.Hi, truth[i]/sum-1e-6)
			}
		}
		if all.value.Sign() > 0 {
			assert.InDelta(rt, 1, values, 1e-6)
		}
	})
	var none whole
	assert.Equal(t, estimate{}, none.shares()(estimate{}))
	none.add(estimate{Hi: 3})
	assert.Equal(t, estimate{Hi: 1}, none.shares()(estimate{Hi: 3}))
}

// The mean rate weighs the rate of each member by its life, and stays inside of its bounds; the rate of the present adds
// up the rates of live members.
func TestRates(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := drawView(rt)
		a := v.ask(rt)
		list, shares := v.shares(a)
		answer := &Answer{Tally: (&Latest{}).Add(a, &v.Groups, shares, false), End: a.End}
		for i := range answer.Groups() {
			g := Growth{answer, i}
			group := v.Number(g.Labels())
			var mean, now, most float64
			for _, m := range members(list, group, a, v.Outlives(group)) {
				if m.rated {
					mean += m.rate * m.Weight
					most += float(&m.grown.hi) / m.Covers.Seconds()
					if m.Live {
						now += m.rate
					}
				}
			}
			if e, ok := g.Rate(); ok {
				require.LessOrEqual(rt, e.Lo, e.Value)
				require.LessOrEqual(rt, e.Value, e.Hi)
				close(rt, min(max(mean, e.Lo), e.Hi), e.Value, most, "mean")
			}
			if e, ok := g.RateNow(); ok {
				require.LessOrEqual(rt, e.Lo, e.Value)
				require.LessOrEqual(rt, e.Value, e.Hi)
				close(rt, min(max(now, e.Lo), e.Hi), e.Value, most, "now")
			}
		}
	})
}

// The order of the shares changes no bit of a sum.
func TestOrderOfShares(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := drawView(rt)
		a := v.ask(rt)
		_, shares := v.shares(a)
		mixed := rapid.Permutation(shares).Draw(rt, "mixed")
		x := &Answer{Tally: (&Latest{}).Add(a, &v.Groups, shares, false), End: a.End}
		y := &Answer{Tally: (&Latest{}).Add(a, &v.Groups, mixed, false), End: a.End}
		require.Equal(rt, x.Groups(), y.Groups())
		for i := range x.Groups() {
			require.Equal(rt, sums(Growth{x, i}), sums(Growth{y, i}))
		}
	})
}

// sums returns what the sums of a group say.
func sums(g Growth) (list []any) {
	for _, f := range []func() (estimate, bool){g.Increase, g.Rate, g.RateNow} {
		e, ok := f()
		list = append(list, e, ok)
	}
	return append(list, g.Labels().String())
}
