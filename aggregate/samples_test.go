package aggregate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/lines"
)

// Behind a balancer samples are attributed as bodies are, also those that wait
// to be confirmed, over Save and Load.
func TestSamplesBehindABalancer(t *testing.T) {
	fleets := [2]*aggregate.Fleet{}
	views := [2]*aggregate.CounterView{}
	declare := func(i int, f *aggregate.Fleet) {
		v, err := f.Counter(aggregate.View{Select: "c", By: []string{"i"}})
		require.NoError(t, err)
		fleets[i], views[i] = f, v
	}
	for i := range fleets {
		f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1)})
		require.NoError(t, err)
		require.NoError(t, f.Describe(t0, aggregate.Target{Name: "lb", Balanced: true, Expected: 3}))
		declare(i, f)
	}
	known, blind, other := &server{start: -100, n: 1000}, &server{n: 50_000}, &server{n: 7}
	for i := range 12 {
		for j, x := range []*server{known, blind, other} {
			x.n += int64(i * (j + 1))
			sc := scrapeOf("lb", float64(10*i+j), x.start, x.lines()...)
			want, err := fleets[0].Ingest(sc)
			require.NoError(t, err)
			samples, err := lines.Samples(sc.Body, "")
			require.NoError(t, err)
			got, err := fleets[1].IngestSamples(sc, samples)
			require.NoError(t, err)
			require.Equal(t, want, got)
			clear(samples) // they are the caller's again
		}
		if i%3 == 2 {
			declare(1, loadedFrom(t, saved(t, fleets[1]), aggregate.Config{}))
		}
	}
	var total [2]float64
	for i, v := range views {
		groups, err := v.In(until(fleets[i], at(200), sinceStart))
		require.NoError(t, err)
		for _, g := range groups {
			total[i] += grew(g)
		}
	}
	require.Equal(t, total[0], total[1])
	require.Positive(t, total[0])
}

func TestSamplesThatAreNone(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	before := b.Dump()
	_, err := b.IngestSamples(aggregate.Scrape{Target: "a", Time: at(0)}, []lines.Sample{{}})
	require.ErrorContains(t, err, "scrape of a at ")
	require.Equal(t, before, b.Dump())
}
