package aggregate_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// Two programs never begin with the same scrape. Of their fleets the later
// beginning counts, but totals began when the first of them did, and so does a
// window of all that a fleet itself saw grow.
func TestFleetsThatBeganAtDifferentTimes(t *testing.T) {
	begin := func(target string, since float64) (bed, *aggregate.CounterView) {
		b := newBed(t, aggregate.Config{Window: time.Minute, JoinHorizon: time.Hour}.WithCheckpoints(4))
		v := b.counter(aggregate.View{Select: "c", Owner: counter.Process})
		for i := range 4 {
			b.scrape(target, since+float64(10*i), -100, typeC, fmt.Sprint("c ", since+float64(10*i)))
		}
		return b, v
	}
	for _, turned := range []bool{false, true} {
		early, v := begin("a", 0)
		late, w := begin("b", 100)
		if turned {
			early, late, v = late, early, w
		}
		require.NoError(t, early.Merge(late.Fleet))
		s := early.Snapshot(at(130))
		assert.Equal(t, at(0), s.SinceStart().Start(), "the growth holds that of the first one")
		total := v.Totals(s)[0]
		assert.Equal(t, at(0), total.Start, "of a total")
		assert.Equal(t, 60.0, total.Value)
		g, err := v.One(s.SinceStart())
		require.NoError(t, err)
		assert.Equal(t, 60.0, grew(g))

		early, v = begin("a", 0)
		late, w = begin("a", 100)
		if turned {
			early, late, v = late, early, w
		}
		require.NoError(t, early.Join(late.Fleet))
		s = early.Snapshot(at(130))
		assert.Equal(t, at(map[bool]float64{false: 0, true: 100}[turned]), s.SinceStart().Start())
		total = v.Totals(s)[0]
		assert.Equal(t, at(0), total.Start)
		assert.Equal(t, 130.0, total.Value, "both saw one process")
		state := saved(t, early.Fleet)
		assert.Equal(t, state, saved(t, loadedFrom(t, state, aggregate.Config{Window: time.Minute, JoinHorizon: time.Hour}.WithCheckpoints(4))))
	}
}

// The time that steps span, and what members observed.
func TestCoversAndDistributions(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.histogram(aggregate.View{Select: "h"})
	scrape := func(target string, seconds float64, fast, all int) {
		b.scrape(target, seconds, -100, "# TYPE h histogram", fmt.Sprintf(`h_bucket{le="1"} %d`, fast), fmt.Sprintf(`h_bucket{le="10"} %d`, all),
			fmt.Sprintf(`h_bucket{le="+Inf"} %d`, all), fmt.Sprint("h_count ", all), fmt.Sprint("h_sum ", all))
	}
	g, err := v.One(b.Snapshot(at(0)).Last(time.Minute))
	require.NoError(t, err)
	from, to := g.Observations().Covers()
	assert.True(t, from.IsZero() && to.IsZero(), "no step")
	for i := range 4 {
		scrape("slow", float64(60*i+5), 0, 10*i)
		scrape("fast", float64(60*i), 90*i, 90*i)
	}
	g, err = v.One(b.Snapshot(at(185)).Last(100 * time.Second))
	require.NoError(t, err)
	from, to = g.Observations().Covers()
	assert.Equal(t, []time.Time{at(60), at(185)}, []time.Time{from, to}, "steps reach back beyond the window")
	var names []string
	for name, d := range g.Distributions() {
		names = append(names, fmt.Sprint(name, " ", d.Count()))
		q, ok := d.Quantile(0.95)
		require.True(t, ok)
		assert.Equal(t, name == "slow", q.Value > 1)
		d.Reset() // it is the caller's
	}
	assert.Equal(t, []string{"fast 180", "slow 20"}, names)
	for range g.Distributions() {
		break
	}
	all := g.Distribution()
	assert.Equal(t, 200.0, all.Count())
	q, _ := all.Quantile(0.95)
	merged, ok := g.Quantile(0.95)
	assert.True(t, ok)
	assert.Equal(t, merged, q)
	all.Reset()
	assert.Equal(t, 200.0, g.Distribution().Count(), "it is a copy")
	var none aggregate.HistogramGroup
	assert.Zero(t, none.Distribution().Count())
	assert.Empty(t, slices.Collect(func(yield func(string) bool) {
		for name := range none.Distributions() {
			if !yield(name) {
				return
			}
		}
	}))
}
