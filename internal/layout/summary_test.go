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

var summaryLevels = []float64{0, .25, .5, .9, .99, 1}

// drawSummary draws what a client says of sorted values, with or without a level.
func drawSummary(r *rand.Rand, values []float64, with float64, described bool) *Summary {
	s := &Summary{Count: float64(len(values)), Signed: true, Described: described}
	for _, l := range summaryLevels {
		if r.IntN(2) == 0 || l == with {
			s.Quantiles = append(s.Quantiles, SummaryQuantile{l, trueQuantile(values, l)})
		}
	}
	return s
}

// Summaries beside histograms: described ones by the ranks of their quantiles, others for any weights.
func TestTruthOfMixesWithSummariesLiesInTheInterval(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	answered, tighter := 0, 0
	for range max(*cases/4, 1000) {
		f := fleet{signed: r.IntN(2) == 0}
		described := r.IntN(2) == 0
		d, alone, all := new(Distribution), new(Distribution), []float64(nil)
		asked := summaryLevels[r.IntN(len(summaryLevels))]
		for range 1 + r.IntN(4) {
			values := make([]float64, 1+r.IntN(20))
			for i := range values {
				values[i] = f.draw(r)
			}
			slices.Sort(values)
			all = append(all, values...)
			if r.IntN(3) == 0 {
				l := f.drawLayout(t, r)
				require.NoError(t, d.Add(l, bucketed(l, values), 0))
				continue
			}
			s := drawSummary(r, values, asked, described)
			require.NoError(t, alone.AddSummary(s))
			if !described {
				s.Count *= math.Exp(r.NormFloat64()) // the weight of another window
			}
			require.NoError(t, d.AddSummary(s))
		}
		slices.Sort(all)
		q := asked
		if r.IntN(2) == 0 {
			q = drawLevel(r)
		}
		e, ok := d.Quantile(q)
		truth := trueQuantile(all, q)
		if ok {
			answered++
			require.True(t, e.Lo <= truth && truth <= e.Hi, "%v: %v is not in %v", q, truth, e)
			require.True(t, e.Lo <= e.Value && e.Value <= e.Hi, e.String())
		}
		x := f.draw(r)
		share, ok := d.Share(-inf, x)
		require.True(t, ok)
		n := 0
		for _, v := range all {
			if v <= x {
				n++
			}
		}
		truth = float64(n) / float64(len(all))
		require.True(t, share.Lo-1e-12 <= truth && truth <= share.Hi+1e-12, "≤ %v: %v is not in %v", x, truth, share)
		require.True(t, share.Lo <= share.Value && share.Value <= share.Hi, share.String())
		if described {
			lo, hi := inf, -inf
			for i := range alone.summaries {
				least, most := alone.summaries[i].quantile(asked)
				lo, hi = min(lo, least), max(hi, most)
			}
			if e, ok := alone.Quantile(asked); ok {
				require.True(t, lo <= e.Lo && e.Hi <= hi, "ranks widen nothing: %v, [%v, %v]", e, lo, hi)
				if lo < e.Lo || e.Hi < hi {
					tighter++
				}
			}
		}
	}
	assert.Greater(t, answered, *cases/8)
	assert.Positive(t, tighter)
}

// Popular mergers add these up, 0.3 and 3 to 3.3, or take their mean.
func TestSummariesAreNeverAddedNorAveraged(t *testing.T) {
	summary := func(count float64, described bool, median, p99 float64) *Distribution {
		d := new(Distribution)
		require.NoError(t, d.AddSummary(&Summary{
			Count: count, Sum: count, Described: described, Quantiles: []SummaryQuantile{{.5, median}, {.99, p99}},
		}))
		return d
	}
	b, a := summary(99_000, false, .1, .3), summary(1000, false, 1, 3)
	idle := summary(0, false, math.NaN(), math.NaN())
	both := merged(a, b, idle)
	e := quantile(t, both, .99)
	assert.Equal(t, []float64{.3, 3}, []float64{e.Lo, e.Hi}, "whatever the weights")
	assert.Equal(t, promfold.Estimate{Value: 3, Lo: 3, Hi: 3}, quantile(t, a, .99))
	mean, ok := both.Mean()
	assert.True(t, ok)
	assert.Equal(t, 1.0, mean)
	assert.Equal(t, 100_000.0, both.Count())
	e = quantile(t, both, .9)
	assert.Equal(t, []float64{.1, 3}, []float64{e.Lo, e.Hi}, "nobody has this level")

	worst, ok := Worst(.99, []Member{{"b", b}, {"a", a}, {"idle", idle}})
	assert.True(t, ok)
	assert.Equal(t, "a", worst.Name)
	assert.Equal(t, promfold.Estimate{Value: 3, Lo: 3, Hi: 3}, worst.Estimate)
	assert.Equal(t, .01, worst.Share)
	assert.Equal(t, 2, worst.Members)
	assert.True(t, worst.Certain)

	e = quantile(t, merged(summary(99_000, true, .1, .3), summary(1000, true, 1, 3)), .9)
	assert.Equal(t, []float64{.1, .3}, []float64{e.Lo, e.Hi}, "the ranks of the slow one are too few")
}

// In a rolling deploy some instances have a summary already, or still.
func TestIntervalsOfSummariesAndHistogramsJoin(t *testing.T) {
	d := dist(t, []float64{.1, .5, 1}, 900, 990, 1000, 1000)
	require.NoError(t, d.AddSummary(&Summary{Count: 10, Sum: math.NaN(), Quantiles: []SummaryQuantile{{.99, 4}}}))
	e := quantile(t, d, .99)
	assert.Equal(t, []float64{.1, 4}, []float64{e.Lo, e.Hi})
	_, ok := d.Sum()
	assert.False(t, ok)
	h, ok := d.Classic()
	assert.True(t, ok)
	assert.Equal(t, []float64{inf}, h.Layout.bounds)
	assert.Equal(t, []float64{1010}, h.Counts)
}

// A summary without quantiles is a histogram of one bucket.
func TestSummaryWithoutQuantiles(t *testing.T) {
	d := new(Distribution)
	require.NoError(t, d.AddSummary(&Summary{Count: 5, Sum: 10}))
	mean, ok := d.Mean()
	assert.True(t, ok)
	assert.Equal(t, 2.0, mean)
	_, ok = d.Quantile(.5)
	assert.False(t, ok)
	d.Merge(dist(t, []float64{3}, 20, 20))
	assert.Equal(t, promfold.Estimate{Value: 3. * 12.5 / 20, Lo: 0, Hi: 3}, quantile(t, d, .5))
}

func TestSummaryErrors(t *testing.T) {
	d := dist(t, []float64{1}, 1, 2)
	was := fingerprint(t, d)
	for _, q := range [][]SummaryQuantile{{{.5, 2}, {.9, 1}}, {{.5, 1}, {.5, 1}}, {{.9, 1}, {.5, 1}}, {{1.5, 1}}, {{math.NaN(), 1}}} {
		assert.Error(t, d.AddSummary(&Summary{Count: 1, Quantiles: q}), "%v", q)
	}
	for _, count := range []float64{-1, math.NaN(), inf} {
		assert.Error(t, d.AddSummary(&Summary{Count: count}), "%v", count)
	}
	assert.Equal(t, was, fingerprint(t, d))
}

func TestSummaryIsCopied(t *testing.T) {
	s := Summary{Count: 10, Quantiles: []SummaryQuantile{{.5, 1}}}
	d := new(Distribution)
	require.NoError(t, d.AddSummary(&s))
	s.Quantiles[0].Value = 9
	assert.Equal(t, 1.0, quantile(t, d, .5).Value)
}
