package aggregate_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/layout"
)

// The maximum by le of cumulative buckets, as dashboards copy it for heatmaps,
// hides the slow instance; its own quantile shows it.
func TestSlowInstanceBehindTheMaximumOfBuckets(t *testing.T) {
	bounds := []float64{0.1, 1, 10, math.Inf(1)}
	for name, c := range map[string]struct {
		q       float64
		grown   map[string][]float64 // cumulative, by instance
		each    map[string]float64
		maximum float64
		worst   string
	}{
		"fast and slow": {
			0.9, map[string][]float64{"fast": {100, 100, 100, 100}, "slow": {0, 0, 100, 100}},
			map[string]float64{"fast": 0.09, "slow": 9.1}, 0.09, "slow",
		},
		"below both": {
			0.99, map[string][]float64{"c": {90, 90, 100, 100}, "d": {0, 100, 100, 100}},
			map[string]float64{"c": 9.1, "d": 0.991}, 0.91, "c",
		},
	} {
		b := newBed(t, aggregate.Config{})
		v, err := b.Histogram(aggregate.View{Select: "h"})
		require.NoError(t, err)
		widest := make([]float64, len(bounds))
		for i := range 2 {
			for instance, grown := range c.grown {
				lines := []string{"# TYPE h histogram"}
				for j, n := range grown {
					lines = append(lines, fmt.Sprintf("h_bucket{le=\"%g\"} %g", bounds[j], float64(i)*n))
					widest[j] = max(widest[j], n)
				}
				b.scrape(instance, float64(60*i), -100, append(lines, fmt.Sprintf("h_count %g", float64(i)*grown[3]))...)
			}
		}
		groups, err := v.In(until(b, at(60), time.Minute))
		require.NoError(t, err)
		require.Len(t, groups, 1)
		worst, ok := groups[0].WorstQuantile(c.q)
		require.True(t, ok)
		assert.Equal(t, c.worst, worst.Instance, name)
		assert.InDelta(t, c.each[c.worst], worst.Estimate.Value, 1e-12, name)
		assert.Equal(t, 0.5, worst.Share.Value, "each has 100 of the 200 observations")

		lay, err := layout.NewLayout(bounds)
		require.NoError(t, err)
		var d layout.Distribution
		require.NoError(t, d.Add(lay, widest, math.NaN()))
		e, ok := d.Quantile(c.q)
		require.True(t, ok)
		assert.InDelta(t, c.maximum, e.Value, 1e-12, name)
	}
}

// A member that joined late has a high rate and a small share of the observations.
func TestShareOfTheWorst(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1)})
	v := b.histogram(aggregate.View{Select: "h"})
	scrape := func(name string, seconds, start float64, fast, all int) {
		b.scrape(name, seconds, start, "# TYPE h histogram", fmt.Sprintf("h_bucket{le=\"1\"} %d", fast),
			fmt.Sprintf("h_bucket{le=\"10\"} %d", all), fmt.Sprintf("h_bucket{le=\"+Inf\"} %d", all), fmt.Sprintf("h_count %d", all))
	}
	worst := func(seconds float64) aggregate.Member {
		g, err := v.One(until(b, at(seconds), time.Minute))
		require.NoError(t, err)
		m, ok := g.WorstQuantile(0.9)
		require.True(t, ok)
		return m
	}
	scrape("fast", 0, -100, 0, 0)
	scrape("fast", 50, -100, 300, 300)
	assert.Equal(t, 1.0, worst(50).Share.Value)
	scrape("slow", 50, 49, 0, 0)
	scrape("slow", 60, 49, 0, 100)
	m := worst(60)
	assert.Equal(t, "slow", m.Instance)
	assert.Equal(t, 0.25, m.Share.Value, "100 of 400; of the rates it is 10 of 16")
}
