package aggregate_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// all that an answer tells.
func all(t require.TestingT, f *aggregate.Fleet, v *aggregate.CounterView, now time.Time, window time.Duration) string {
	groups, err := v.In(until(f, now, window))
	require.NoError(t, err)
	var b strings.Builder
	for _, g := range groups {
		rate, ok := g.RateNow()
		fmt.Fprintf(&b, "%s: %s, %+v %t, %+v, %+v, %+v, %+v\n", g.Labels(), g.Explain(), rate, ok, g.Coverage(), g.Increases(), g.Rates(), g.Events())
	}
	return b.String()
}

// allOf is the same of a histogram.
func allOf(t require.TestingT, f *aggregate.Fleet, v *aggregate.HistogramView, now time.Time, window time.Duration) string {
	groups, err := v.In(until(f, now, window))
	require.NoError(t, err)
	var b strings.Builder
	for _, g := range groups {
		worst, ok := g.WorstQuantile(0.9)
		fmt.Fprintf(&b, "%s: %s, %+v, %+v %t\n", g.Labels(), g.Explain(), g.Observations().Increases(), worst, ok)
		for _, ask := range []func() (promfold.Estimate, bool){g.Sum, g.Mean, func() (promfold.Estimate, bool) { return g.Quantile(0.9) }} {
			x, ok := ask()
			fmt.Fprintf(&b, "%g %t\n", x, ok)
		}
	}
	return b.String()
}

// Whatever happens between two questions, and whenever they are asked: what is
// kept of the first one is no part of the second where it should not be.
func TestKeptIsCountedAnew(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		scrapes, _, _ := simulate(r, 3, 6)
		w := watch(rt)
		ask := func(step int) {
			last := scrapes[step].Time
			for range 3 {
				now := last.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 900, 40_000, 90_000, 4_000_000}).Draw(rt, "later")) * time.Millisecond)
				window := rapid.SampledFrom([]time.Duration{30 * time.Second, 31 * time.Second, sinceStart, now.Sub(t0) + time.Second}).Draw(rt, "window")
				if window > time.Hour {
					window = sinceStart
				}
				kept := all(rt, w.Fleet, w.requests, now, window)
				w.requests.Forget()
				require.Equal(rt, all(rt, w.Fleet, w.requests, now, window), kept)
				kept = allOf(rt, w.Fleet, w.latency, now, window)
				w.latency.Forget()
				require.Equal(rt, allOf(rt, w.Fleet, w.latency, now, window), kept)
			}
		}
		for i, sc := range scrapes {
			if i >= 2 && rapid.Bool().Draw(rt, "both") { // two addresses of one process
				twin := sc
				twin.Target += "-twin"
				_, err := w.Ingest(twin)
				require.NoError(rt, err)
			}
			_, err := w.Ingest(sc)
			require.NoError(rt, err)
			ask(i)
			switch rapid.IntRange(0, 5).Draw(rt, "then") {
			case 0:
				w.fail(sc.Target, sc.Time, nil)
			case 1:
				w.Remove(sc.Time, "i0")
			case 2:
				w.expect("i0", "i1", "elsewhere")
			case 3:
				w.balanced("balancer", 2)
			case 4:
				w.describe(aggregate.Target{Name: sc.Target, Created: sc.Time})
			default:
				continue
			}
			ask(i)
		}
	})
}

// A window that begins at a scrape and one that begins a moment later begin at
// one checkpoint, but steps of the latter are not wholly inside it.
func TestKeptWhereAWindowBeginsAtAScrape(t *testing.T) {
	scrapes, _, _ := simulate(rand.New(rand.NewPCG(1, 0)), 3, 6)
	w := watch(t).feed(scrapes)
	last := scrapes[len(scrapes)-1].Time
	for _, sc := range scrapes[:len(scrapes)-1] {
		for _, later := range []time.Duration{0, time.Millisecond, 0} {
			now, window := last.Add(later), last.Sub(sc.Time)
			kept := all(t, w.Fleet, w.requests, now, window)
			w.requests.Forget()
			require.Equal(t, all(t, w.Fleet, w.requests, now, window), kept)
		}
	}
}

// Between two scrapes, a question finds what the one before counted, whenever
// it is asked; after a scrape it does not.
func TestQuestionsBetweenScrapes(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	v, err := f.Counter(aggregate.View{Select: "apiserver_request_total", By: []string{"verb", "code"}})
	require.NoError(t, err)
	scrapes := recorded(t)
	last := len(scrapes) - 1
	for _, sc := range scrapes[:last] {
		_, err := f.Ingest(sc)
		require.NoError(t, err)
	}
	now := scrapes[last].Time.Add(-time.Millisecond)
	ask := func() {
		groups, err := v.In(until(f, now, time.Minute))
		require.NoError(t, err)
		for _, g := range groups {
			g.Rate()
		}
		now = now.Add(time.Millisecond)
	}
	kept := testing.AllocsPerRun(100, ask)
	anew := testing.AllocsPerRun(100, func() {
		v.Forget()
		ask()
	})
	assert.Less(t, kept, anew)

	before := all(t, f, v, scrapes[last].Time, time.Minute)
	_, err = f.Ingest(scrapes[last])
	require.NoError(t, err)
	assert.NotEqual(t, before, all(t, f, v, scrapes[last].Time, time.Minute))
}

// Answers that have in common what was counted are asked at once.
func TestAnswersInCommon(t *testing.T) {
	w := watch(t)
	scrapes, _, _ := simulate(rand.New(rand.NewPCG(1, 2)), 3, 10)
	for _, sc := range scrapes {
		_, err := w.Ingest(sc)
		require.NoError(t, err)
	}
	now := scrapes[len(scrapes)-1].Time
	var asked sync.WaitGroup
	rates, quantiles := make([]promfold.Estimate, 4), make([]float64, 4)
	for i := range rates {
		asked.Go(func() {
			groups, err := w.requests.In(until(w, now, 30*time.Second))
			if assert.NoError(t, err) {
				rates[i], _ = groups[0].Rate()
			}
			histograms, err := w.latency.In(until(w, now, 30*time.Second))
			if assert.NoError(t, err) {
				q, ok := histograms[0].Quantile(0.5)
				assert.True(t, ok)
				quantiles[i] = q.Value
			}
		})
	}
	asked.Wait()
	assert.Positive(t, rates[0].Value)
	for i := range rates {
		assert.Equal(t, rates[0], rates[i])
		assert.Equal(t, quantiles[0], quantiles[i])
	}
}

// Who lived for ten seconds of a window did so of a longer one, too: a smaller
// part of it.
func TestKeptOfAnotherWindow(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: t0.Add(-time.Hour)})
	v := b.counter(aggregate.View{Select: "c"})
	for _, sec := range []float64{95, 100} {
		_, err := b.Ingest(scrapeOf("i", sec, 90, typeC, fmt.Sprintf("c %g", sec-90)))
		require.NoError(t, err)
	}
	for _, seconds := range []float64{20, 40} {
		groups, err := v.In(until(b, at(100), time.Duration(seconds)*time.Second))
		require.NoError(t, err)
		rate, ok := groups[0].Rate()
		assert.True(t, ok)
		assert.InDelta(t, 10/seconds, rate.Value, 1e-9)
	}
}
