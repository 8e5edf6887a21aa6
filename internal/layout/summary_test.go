package layout

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTrueQuantileOfSummariesLiesInTheInterval(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	levels := []float64{0, .25, .5, .9, .99, 1}
	answered, tighter := 0, 0
	for range max(*cases/10, 1000) {
		var all []float64
		var summaries []Summary
		same := r.IntN(2) == 0
		known := r.IntN(2) == 0
		asked := levels[r.IntN(len(levels))]
		for range 1 + r.IntN(4) {
			values := make([]float64, 1+r.IntN(20))
			for i := range values {
				values[i] = float64(r.IntN(12)) - 2
			}
			slices.Sort(values)
			var s Summary
			for _, l := range levels {
				if r.IntN(2) == 0 || same && l == asked {
					s.Quantiles = append(s.Quantiles, SummaryQuantile{l, trueQuantile(values, l)})
				}
			}
			if len(s.Quantiles) == 0 {
				continue
			}
			if known {
				s.Window = uint64(len(values))
			}
			summaries, all = append(summaries, s), append(all, values...)
		}
		slices.Sort(all)
		got, ok, err := MergedQuantile(asked, summaries)
		require.NoError(t, err)
		if !ok {
			continue
		}
		answered++
		truth := trueQuantile(all, asked)
		require.True(t, got.Lo <= truth && truth <= got.Hi, "%v of %+v: %v is not in %v", asked, summaries, truth, got)
		for i := range summaries {
			summaries[i].Window = 0
		}
		if wide, ok, _ := MergedQuantile(asked, summaries); ok {
			require.True(t, wide.Lo <= got.Lo && got.Hi <= wide.Hi)
			if wide != got {
				tighter++
			}
		}
	}
	assert.Positive(t, answered)
	assert.Positive(t, tighter)
}

// What popular mergers do with these is add them up: 0.3 and 3 to 3.3.
func TestSummariesAreNeverAddedNorAveraged(t *testing.T) {
	fleet := []Summary{
		{Name: "b", Quantiles: []SummaryQuantile{{.5, .1}, {.99, .3}}},
		{Name: "a", Quantiles: []SummaryQuantile{{.5, 1}, {.99, 3}}},
		{Name: "idle", Quantiles: []SummaryQuantile{{.5, math.NaN()}, {.99, math.NaN()}}},
	}
	got, ok, err := MergedQuantile(.99, fleet)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, Interval{.3, 3}, got)
	worst, ok, err := WorstOfSummaries(.99, fleet)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, WorstSummary{Name: "a", Value: 3, Members: 2}, worst)

	_, ok, err = MergedQuantile(.9, fleet)
	require.NoError(t, err)
	assert.False(t, ok, "nobody has this level and no window is known")

	fleet[0].Window, fleet[1].Window, fleet[2].Window = 99_000, 1000, 0
	worst, _, _ = WorstOfSummaries(.99, fleet)
	assert.Equal(t, .01, worst.Share)
	got, ok, err = MergedQuantile(.9, fleet)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, Interval{.1, .3}, got)
}

func TestWorstSummaryOfEqualsHasTheLeastName(t *testing.T) {
	worst, ok, err := WorstOfSummaries(.5, []Summary{
		{Name: "b", Quantiles: []SummaryQuantile{{.5, 1}}}, {Name: "a", Quantiles: []SummaryQuantile{{.5, 1}}},
	})
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, "a", worst.Name)
}

func TestSummaryErrors(t *testing.T) {
	for _, q := range [][]SummaryQuantile{{{.5, 2}, {.9, 1}}, {{.5, 1}, {.5, 1}}, {{.9, 1}, {.5, 1}}} {
		var bad *SummaryError
		_, ok, err := MergedQuantile(.5, []Summary{{Name: "x", Quantiles: q}})
		assert.ErrorAs(t, err, &bad)
		assert.False(t, ok)
		_, _, err = WorstOfSummaries(.5, []Summary{{Name: "x", Quantiles: q}})
		assert.ErrorAs(t, err, &bad)
	}
	var level *LevelError
	_, _, err := MergedQuantile(2, nil)
	assert.ErrorAs(t, err, &level)
	_, _, err = WorstOfSummaries(math.NaN(), nil)
	assert.ErrorAs(t, err, &level)
	_, ok, err := MergedQuantile(.5, nil)
	assert.NoError(t, err)
	assert.False(t, ok)
}
