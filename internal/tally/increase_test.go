package tally

import (
	"math"
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

// Each member has what its own columns grew by, and its part in the sum of rates.
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
				assert.InDelta(rt, w.Share, m.Share, 1e-6)
				assert.InDelta(rt, w.Weight, m.Weight, 1e-12)
				m.Estimate, m.Share, m.Weight = w.Estimate, w.Share, w.Weight
				assert.Equal(rt, w.Member, m)
				if w.rated {
					close(rt, w.rate, rates[0].Estimate.Value, most/w.Covers.Seconds(), "rate")
					assert.Equal(rt, w.Instance, rates[0].Instance)
					rates = rates[1:]
				}
			}
			assert.Empty(rt, rates)
		}
	})
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
