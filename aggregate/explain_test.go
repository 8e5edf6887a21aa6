package aggregate_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/judge"
)

// addsUp checks an explanation against the answer it explains.
func addsUp(t require.TestingT, g *aggregate.CounterGroup) {
	x := g.Explain()
	increase, ok := g.Increase()
	require.Equal(t, ok, x.HasIncrease)
	require.Equal(t, increase, x.Increase)
	total, rate, share := new(big.Rat), new(big.Rat), 0.0
	for _, m := range x.Members {
		total.Add(total, new(big.Rat).SetFloat64(m.Increase.Value))
		if m.HasRate {
			rate.Add(rate, new(big.Rat).SetFloat64(m.Rate*m.Weight))
		}
		share += m.Share
		below, above, resets := 0.0, 0.0, 0
		for _, e := range m.Events {
			below += e.Below
			above += e.Above
			if e.Verdict == judge.ResetProven || e.Verdict == judge.ResetDropped {
				resets += e.Series
			}
			require.False(t, e.Time.Before(m.First) || e.Time.After(m.Last))
		}
		require.Equal(t, m.Resets, resets)
		require.InDelta(t, m.Increase.Lo, m.Increase.Value-below, 1e-9)
		if math.IsInf(above, 1) {
			require.True(t, math.IsInf(m.Increase.Hi, 1))
		} else {
			require.InDelta(t, m.Increase.Hi, m.Increase.Value+above, 1e-9)
		}
		require.LessOrEqual(t, m.Steps, m.Scrapes)
		require.False(t, m.Last.Before(m.First))
	}
	sum, _ := total.Float64()
	require.InDelta(t, increase.Value, sum, 1e-12*math.Abs(sum))
	if increase.Value > 0 {
		require.InDelta(t, 1, share, 1e-9)
	}
	if r, ok := g.Rate(); ok {
		require.True(t, x.HasRate)
		sum, _ := rate.Float64()
		require.InDelta(t, r.Value, sum, 1e-12*math.Abs(sum)+1e-12)
	}
	a, ok := g.Asymmetry()
	require.Equal(t, ok, x.HasAsymmetry)
	require.Equal(t, a, x.Asymmetry)
}

// Whatever happened to a fleet, the explanation adds up to the answer, for any
// window; and what happens later does not change it.
func TestExplanationAddsUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 7))
		rounds := rapid.IntRange(2, 20).Draw(rt, "rounds")
		list, _, _ := simulate(r, rapid.IntRange(1, 5).Draw(rt, "instances"), rounds)
		w := watch(t)
		window := []time.Duration{aggregate.All, 30 * time.Second, 100 * time.Second}[r.IntN(3)]
		now := at(float64(10 * rounds))
		w.feed(list)
		groups, err := w.requests.At(now, window)
		require.NoError(rt, err)
		hs, err := w.latency.At(now, window)
		require.NoError(rt, err)
		for _, h := range hs {
			groups = append(groups, h.CounterGroup)
			require.Equal(rt, h.Count(), h.Explain().Increase.Value)
		}
		var before []string
		for _, g := range groups {
			addsUp(rt, g)
			before = append(before, g.Explain().String())
		}
		w.scrape("i0", float64(10*rounds+50), -1, "# TYPE requests_total counter", `requests_total{code="200"} 0`)
		for i, g := range groups {
			require.Equal(rt, before[i], g.Explain().String())
		}
	})
}

func TestExplanationAddsUpOverTheRecording(t *testing.T) {
	scrapes := recorded(t)
	b := newBed(t, aggregate.Config{Since: scrapes[0].Time})
	e := b.everything(aggregate.View{Metric: aggregate.Every, By: []string{aggregate.Every}})
	verbs := b.counter(aggregate.View{Metric: "apiserver_request_total", By: []string{"verb"}})
	for i, sc := range scrapes {
		_, err := b.Observe(sc)
		require.NoError(t, err)
		if i%40 != 0 && i != len(scrapes)-1 {
			continue
		}
		groups, err := e.counters.At(sc.Time, aggregate.All)
		require.NoError(t, err)
		some, err := verbs.At(sc.Time, time.Minute)
		require.NoError(t, err)
		for _, g := range append(groups, some...) {
			addsUp(t, g)
		}
	}
	groups, err := verbs.At(scrapes[len(scrapes)-1].Time, aggregate.All)
	require.NoError(t, err)
	restarts := map[string]int{}
	for _, m := range groups[0].Explain().Members {
		restarts[m.Instance] = len(m.Restarts)
		for _, r := range m.Restarts {
			assert.Equal(t, aggregate.RestartProven, r.Evidence)
		}
	}
	assert.Equal(t, map[string]int{"apiserver-a": 0, "apiserver-b": 1, "apiserver-c": 1}, restarts)
}

// Each verdict is told, with when and of how many series.
func TestExplainedEvents(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name    string
		start   float64 // of the process in the second scrape, after −100
		v       aggregate.View
		scrapes [2][]string
		want    []aggregate.Event // of the second scrape
		found   []aggregate.Restart
	}{
		{"growth is no event", -100, aggregate.View{Metric: "c"}, [2][]string{{"c 1"}, {"c 5"}}, nil, nil},
		{"restart", 5, aggregate.View{Metric: "c"}, [2][]string{{`c{a="1"} 10`, `c{a="2"} 20`}, {`c{a="1"} 3`, `c{a="2"} 4`}},
			[]aggregate.Event{{Verdict: judge.ResetProven, Series: 2, Above: inf}}, []aggregate.Restart{aggregate.RestartProven}},
		{"masked reset", 5, aggregate.View{Metric: "c"}, [2][]string{{"c 10"}, {"c 30"}},
			[]aggregate.Event{{Verdict: judge.Grew, Flags: judge.MaskedResetPossible, Series: 1, Above: inf}}, []aggregate.Restart{aggregate.RestartProven}},
		{"reset without a restart", -100, aggregate.View{Metric: "c"}, [2][]string{{"c 100"}, {"c 3"}},
			[]aggregate.Event{{Verdict: judge.ResetDropped, Flags: judge.Unproven, Series: 1, Below: 3, Above: inf}}, nil},
		{"birth by absence", -100, aggregate.View{Metric: "c"}, [2][]string{{`c{a="1"} 1`}, {`c{a="1"} 1`, `c{a="2"} 7`}},
			[]aggregate.Event{{Verdict: judge.BornByAbsence, Series: 1, Below: 7}}, nil},
		{"no number", -100, aggregate.View{Metric: "c"}, [2][]string{{"c 1"}, {"c NaN"}},
			[]aggregate.Event{{Verdict: judge.Gap, Series: 1}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBed(t, aggregate.Config{})
			v := b.counter(c.v)
			ballast := family("ballast", "gauge", 20)
			b.scrape("a", 0, -100, append([]string{typeC}, append(c.scrapes[0], ballast...)...)...)
			b.scrape("a", 10, c.start, append([]string{typeC}, append(c.scrapes[1], ballast...)...)...)
			m := one(t, v, 10, time.Minute).Explain().Members[0]
			var got []aggregate.Event
			for _, e := range m.Events {
				if e.Time.Equal(at(10)) {
					e.Time = time.Time{}
					got = append(got, e)
				}
			}
			assert.Equal(t, c.want, got)
			var found []aggregate.Restart
			for _, r := range m.Restarts {
				require.Equal(t, at(10), r.Time)
				found = append(found, r.Evidence)
			}
			assert.Equal(t, c.found, found)
			assert.Equal(t, 2, m.Scrapes)
			assert.Equal(t, 1, m.Steps, "the first scrape is where the window begins")
		})
	}
}

// The text, whole: what a person reads who asks why.
func TestExplanationReads(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.Expect("a", "b", "c")
	v := b.counter(aggregate.View{Metric: "c"})
	b.scrape("a", 0, -100, typeC, "c 1000")
	b.scrape("b", 0, -200, typeC, "c 0")
	b.scrape("a", 10, -100, typeC, "c 1010")
	b.scrape("b", 10, -200, typeC, "c 5")
	b.scrape("a", 20, 15, typeC, "c 5")
	b.scrape("b", 20, -200, typeC, "c 10")
	want := strings.TrimPrefix(`
c {}
2023-11-14T22:13:20Z to 2023-11-14T22:13:40Z: 2 of 3 expected, 1 restarted; missing c
increase 25 [25, +Inf], 1.5/s; a has 66.7 % of the rate, 1.33 times the mean of 2 (variation 0.333)
  a: increase 15 [15, +Inf], 1/s × 1, 60 %
    2 scrapes since 2023-11-14T22:13:20Z, 15s observed
    at a: 3 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:13:40Z, process 2
    2023-11-14T22:13:40Z restart
    2023-11-14T22:13:40Z 1 series: reset, proven (−0 +Inf)
  b: increase 10, 0.5/s × 1, 40 %
    2 scrapes since 2023-11-14T22:13:20Z, 20s observed
    at b: 3 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:13:40Z
  ! 1 series reset by a restart, what grew before its end is lost: a
`, "\n")
	require.Equal(t, want, one(t, v, 20, time.Minute).Explain().String())
}

// Behind a balancer the evidence for who answered is told, with what is not
// confirmed yet.
func TestExplainedAttribution(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.Balanced("lb", 2)
	v := b.counter(aggregate.View{Metric: "c"})
	lines := family("c", "counter", 40)
	for i := range 4 {
		b.scrape("lb", float64(10*i), -100-float64(100*(i%2)), lines...)
	}
	members := one(t, v, 30, time.Minute).Explain().Members
	require.Len(t, members, 2)
	for _, m := range members {
		assert.Equal(t, aggregate.ByStart|aggregate.ByDominance, m.Attributed)
		assert.Equal(t, []string{"lb"}, m.Targets)
		assert.False(t, m.Provisional)
		assert.Equal(t, 2, m.Scrapes)
	}
	blind := newBed(t, aggregate.Config{})
	blind.Balanced("lb", 2)
	v = blind.counter(aggregate.View{Metric: "c"})
	blind.scrape("lb", 0, 0, lines...)
	blind.scrape("lb", 10, 0, lines...)
	m := one(t, v, 10, time.Minute).Explain().Members[0]
	assert.True(t, m.Provisional)
	assert.NotZero(t, m.Attributed&aggregate.ByDominance)
}

func TestExplainedGaugeAndRatio(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	objects, err := b.Gauge(aggregate.View{Metric: "objects", Meaning: aggregate.MeaningFact})
	require.NoError(t, err)
	errors, requests := b.counter(aggregate.View{Metric: "errors"}), b.counter(aggregate.View{Metric: "requests"})
	ratio, err := aggregate.Ratio(errors, requests)
	require.NoError(t, err)
	lines := func(objects, errs, reqs string) []string {
		return []string{"# TYPE objects gauge", "objects " + objects, "# TYPE errors counter", "errors " + errs, "# TYPE requests counter", "requests " + reqs}
	}
	b.scrape("a", 0, 0, lines("5", "0", "0")...)
	b.scrape("b", 0, 0, lines("5", "0", "0")...)
	b.scrape("a", 10, 0, lines("6", "1", "10")...)
	b.scrape("b", 12, 0, lines("5", "2", "10")...)

	groups, err := objects.At(at(15))
	require.NoError(t, err)
	require.Equal(t, strings.TrimPrefix(`
objects {}
2023-11-14T22:13:35Z: 2 of 2 expected
fact: 6, of a
  a: 6 of 1 series, read 5s before, changed 2023-11-14T22:13:30Z
    at a: 2 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:13:30Z
  b: 5 of 1 series, read 3s before
    at b: 2 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:13:32Z
`, "\n"), groups[0].Explain().String())

	ratios, err := ratio.At(at(15), time.Minute)
	require.NoError(t, err)
	num, den := ratios[0].Explain()
	all, ok := ratios[0].Ratio()
	require.True(t, ok)
	assert.Equal(t, all.Value, num.Increase.Value/den.Increase.Value)
	assert.Equal(t, "errors", num.Question)
	assert.Equal(t, "requests", den.Question)
	for i, m := range ratios[0].Members() {
		assert.Equal(t, m.Numerator, num.Members[i].Increase)
		assert.Equal(t, m.Denominator, den.Members[i].Increase)
	}
}

func TestNothingAskedNothingExplained(t *testing.T) {
	assert.Empty(t, (&aggregate.CounterGroup{}).Explain().Members)
	assert.Empty(t, (&aggregate.GaugeGroup{}).Explain().Members)
}
