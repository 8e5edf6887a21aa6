package aggregate_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
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
			samples, err := parse.Samples(nil, sc.Body)
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
	family := &parse.Family{Name: "c", Type: model.MetricTypeCounter}
	named := labels.FromStrings("__name__", "c")
	for _, x := range []struct {
		sample parse.Sample
		want   error
	}{
		{parse.Sample{}, nil},
		{parse.Sample{Family: family, Labels: named, Value: 1, Delta: true}, errors.ErrUnsupported},
		{parse.Sample{Family: family, Labels: named, Histogram: &histogram.Histogram{Bounds: []float64{1}}}, nil},
	} {
		_, err := b.IngestSamples(aggregate.Scrape{Target: "a", Time: at(0)}, []parse.Sample{x.sample})
		require.ErrorContains(t, err, "scrape of a at ")
		if x.want != nil {
			require.ErrorIs(t, err, x.want)
		}
		require.Equal(t, before, b.Dump())
	}
}

// A histogram is one sample, or its lines.
func TestSamplesOfWholeHistograms(t *testing.T) {
	body := []byte("# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_count 3\nh_sum 4\n")
	var texts []string
	for _, join := range []bool{false, true} {
		b := newBed(t, aggregate.Config{})
		v := b.histogram(aggregate.View{Select: "h"})
		r := parse.Reader{Options: parse.Options{JoinBuckets: join}}
		require.NoError(t, r.Read(nil, body))
		var list []parse.Sample
		for s := range r.Samples() {
			list = append(list, *s)
		}
		for i := range 2 {
			if i == 1 && join {
				h := *list[0].Histogram
				h.Counts, h.Count, h.Sum = []float64{3, 6}, 6, 9
				list[0].Histogram = &h
			} else if i == 1 {
				list[0].Value, list[1].Value, list[2].Value, list[3].Value = 3, 6, 6, 9
			}
			_, err := b.IngestSamples(aggregate.Scrape{Target: "a", Time: at(float64(10 * i))}, list)
			require.NoError(t, err)
		}
		g, err := v.One(b.Snapshot(at(10)).Last(time.Minute))
		require.NoError(t, err)
		rows, sum := g.Distribution().Rows(), fmt.Sprint(g.Sum())
		texts = append(texts, fmt.Sprint(rows, sum))
		require.Equal(t, 3.0, counted(g))
	}
	require.Equal(t, texts[0], texts[1])
}
