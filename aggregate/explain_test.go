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
	"github.com/promfold/promfold/counter"
)

// addsUp checks what is told of the members against the answer.
func addsUp(t require.TestingT, g *aggregate.CounterGroup) {
	increase, _ := g.Increase()
	total, mean, share := new(big.Rat), 0.0, 0.0
	events := map[string][]aggregate.Event{}
	for _, e := range g.Events() {
		events[e.Instance] = append(events[e.Instance], e)
	}
	for _, m := range g.Increases() {
		total.Add(total, new(big.Rat).SetFloat64(m.Estimate.Value))
		share += m.Share.Value
		below, above, resets := 0.0, 0.0, 0
		for _, e := range events[m.Instance] {
			below += e.Below
			above += e.Above
			if e.Verdict == counter.Reset {
				resets += e.Series
			}
		}
		require.Equal(t, m.Resets, resets)
		require.InDelta(t, m.Estimate.Lo, m.Estimate.Value-below, 1e-9)
		if math.IsInf(above, 1) {
			require.True(t, math.IsInf(m.Estimate.Hi, 1))
		} else {
			require.InDelta(t, m.Estimate.Hi, m.Estimate.Value+above, 1e-9)
		}
	}
	for _, m := range g.Rates() {
		mean += m.Estimate.Value
	}
	sum, _ := total.Float64()
	require.InDelta(t, increase.Value, sum, 1e-12*math.Abs(sum))
	if hot, ok := g.Hottest(); ok && hot.Estimate.Value > 0 && !hot.Older {
		require.InDelta(t, 1, share, 1e-9)
	}
	if r, ok := g.Rate(); ok {
		const ulps = 1 + 1e-9 // values outside of their bounds move to the nearer one, those of members, too
		require.LessOrEqual(t, r.Lo, mean*ulps)
		require.LessOrEqual(t, mean, r.Hi*ulps)
	}
	text := g.Explain()
	for _, e := range g.Events() {
		require.Contains(t, text, strings.TrimPrefix(e.String(), e.Time.UTC().Format("2006-01-02T15:04:05.999Z")+" "+e.Instance+": "))
	}
}

// Whatever happened to a fleet, the explanation adds up to the answer, for any
// window; and what happens later does not change it.
func TestExplanationAddsUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		explained(rt, rapid.Uint64().Draw(rt, "seed"), rapid.IntRange(2, 20).Draw(rt, "rounds"), rapid.IntRange(1, 5).Draw(rt, "instances"))
	})
}

// The steps of a member that certainly lie inside the window can be more than its
// rate makes of the time it lived: then the rate is its lower bound.
func TestExplanationOfARateAtItsBound(t *testing.T) { explained(t, 6235, 20, 3) }

func explained(rt T, seed uint64, rounds, instances int) {
	r := rand.New(rand.NewPCG(seed, 7))
	list, _, _ := simulate(r, instances, rounds)
	w := watch(rt)
	window := []time.Duration{sinceStart, 30 * time.Second, 100 * time.Second}[r.IntN(3)]
	now := at(float64(10 * rounds))
	w.feed(list)
	groups, err := w.requests.In(until(w, now, window))
	require.NoError(rt, err)
	hs, err := w.latency.In(until(w, now, window))
	require.NoError(rt, err)
	for _, h := range hs {
		groups = append(groups, h.Observations())
	}
	var before []string
	for _, g := range groups {
		addsUp(rt, g)
		before = append(before, g.Explain())
	}
	w.scrape("i0", float64(10*rounds+50), -1, "# TYPE requests_total counter", `requests_total{code="200"} 0`)
	for i, g := range groups {
		require.Equal(rt, before[i], g.Explain())
	}
}

func TestExplanationAddsUpOverTheRecording(t *testing.T) {
	scrapes := recorded(t)
	b := newBed(t, aggregate.Config{Since: scrapes[0].Time})
	e := b.everything(aggregate.View{Select: everyFamily, TotalsOnly: true, ByAllLabels: true})
	verbs := b.counter(aggregate.View{Select: "apiserver_request_total", By: []string{"verb"}})
	for i, sc := range scrapes {
		_, err := b.Ingest(sc)
		require.NoError(t, err)
		if i%40 != 0 && i != len(scrapes)-1 {
			continue
		}
		groups, err := e.counters.In(until(b, sc.Time, sinceStart))
		require.NoError(t, err)
		some, err := verbs.In(until(b, sc.Time, time.Minute))
		require.NoError(t, err)
		for _, g := range append(groups, some...) {
			addsUp(t, g)
		}
	}
	groups, err := verbs.In(until(b, scrapes[len(scrapes)-1].Time, sinceStart))
	require.NoError(t, err)
	restarts := map[string]int{}
	for _, in := range b.Snapshot(scrapes[len(scrapes)-1].Time).Instances() {
		restarts[in.Name] = in.Incarnations - 1
	}
	assert.Equal(t, map[string]int{"apiserver-a": 0, "apiserver-b": 1, "apiserver-c": 1}, restarts)
	assert.Equal(t, 2, strings.Count(groups[0].Explain(), "Z restart\n"))
}

// Each verdict is told, with when and of how many series.
func TestExplainedEvents(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name    string
		start   float64 // of the process in the second scrape, after −100
		scrapes [2][]string
		want    []aggregate.Event // of the second scrape
	}{
		{"growth is no event", -100, [2][]string{{"c 1"}, {"c 5"}}, nil},
		{"restart", 5, [2][]string{{`c{a="1"} 10`, `c{a="2"} 20`}, {`c{a="1"} 3`, `c{a="2"} 4`}},
			[]aggregate.Event{{Verdict: counter.Reset, Series: 2, Above: inf}}},
		{"masked reset", 5, [2][]string{{"c 10"}, {"c 30"}},
			[]aggregate.Event{{Verdict: counter.Grew, Doubt: counter.Masked, Series: 1, Above: inf}}},
		{"reset without a restart", -100, [2][]string{{"c 100"}, {"c 3"}},
			[]aggregate.Event{{Verdict: counter.Reset, Doubt: counter.Unproven, Series: 1, Below: 3, Above: inf}}},
		{"birth by absence", -100, [2][]string{{`c{a="1"} 1`}, {`c{a="1"} 1`, `c{a="2"} 7`}},
			[]aggregate.Event{{Verdict: counter.Born, Doubt: counter.Unproven, Series: 1, Below: 7}}},
		{"no number", -100, [2][]string{{"c 1"}, {"c NaN"}},
			[]aggregate.Event{{Verdict: counter.Gap, Series: 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBed(t, aggregate.Config{})
			v := b.counter(aggregate.View{Select: "c"})
			ballast := family("ballast", "gauge", 20)
			b.scrape("a", 0, -100, append([]string{typeC}, append(c.scrapes[0], ballast...)...)...)
			r := b.scrape("a", 10, c.start, append([]string{typeC}, append(c.scrapes[1], ballast...)...)...)
			g := b.one(v, 10, time.Minute)
			var got []aggregate.Event
			for _, e := range g.Events() {
				assert.Equal(t, "a", e.Instance)
				if e.Time.Equal(at(10)) {
					e.Time, e.Instance = time.Time{}, ""
					got = append(got, e)
				}
			}
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.start > 0, r.Restarted)
			assert.Equal(t, c.start > 0, strings.Contains(g.Explain(), "2023-11-14T22:13:30Z restart\n"))
			assert.Equal(t, 1, g.Increases()[0].Steps, "the first scrape is where the window begins")
		})
	}
}

// Without a start time a restart is a guess, and said to be one.
func TestGuessedRestart(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	b.scrape("a", 0, 0, typeC, "c 100", "# TYPE d counter", "d 100")
	r := b.scrape("a", 10, 0, typeC, "c 3", "# TYPE d counter", "d 4")
	assert.True(t, r.Restarted)
	assert.Equal(t, []string{"restart guessed from falling counters"}, r.Warnings)
	events := b.one(v, 10, time.Minute).Events()
	require.Len(t, events, 1)
	assert.Equal(t, "2023-11-14T22:13:30Z a: 1 series: reset, unproven, guessed (−3 +Inf)", events[0].String())
}

// The text, whole: what a person reads who asks why.
func TestExplanationReads(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.expect("a", "b", "c")
	v := b.counter(aggregate.View{Select: "c"})
	b.scrape("a", 0, -100, typeC, "c 1000")
	b.scrape("b", 0, -200, typeC, "c 0")
	b.scrape("a", 10, -100, typeC, "c 1010")
	b.scrape("b", 10, -200, typeC, "c 5")
	b.scrape("a", 20, 15, typeC, "c 5")
	b.scrape("b", 20, -200, typeC, "c 10")
	want := strings.TrimPrefix(`
c {}
2023-11-14T22:13:20Z to 2023-11-14T22:13:40Z: 2 of 3 expected, 1 restarted; missing c
increase 25 [25, +Inf], 1.5/s; while it lived a was 1.33 times as fast as the mean of 2 (variation 0.333)
  a: increase 15 [15, +Inf], 1/s × 1, 66.7 %
    2 steps since 2023-11-14T22:13:20Z, 15s observed
    at a: 3 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:13:40Z, process 2
    2023-11-14T22:13:40Z restart
    2023-11-14T22:13:40Z 1 series: reset (−0 +Inf)
  b: increase 10, 0.5/s × 1, 33.3 %
    2 steps since 2023-11-14T22:13:20Z, 20s observed
    at b: 3 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:13:40Z
  ! 1 series reset by a restart; growth between the last scrape and the restart is unknown: a
  ! expected and never answered, sums they may be in have no upper bound: c
`, "\n")
	require.Equal(t, want, b.one(v, 20, time.Minute).Explain())
}

// Behind a balancer the evidence for who answered is told, with what is not
// confirmed yet.
func TestExplainedAttribution(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	v := b.counter(aggregate.View{Select: "c"})
	lines := family("c", "counter", 40)
	for i := range 4 {
		b.scrape("lb", float64(10*i), -100-float64(100*(i%2)), lines...)
	}
	text := b.one(v, 30, time.Minute).Explain()
	assert.Equal(t, 2, strings.Count(text, "at lb: 2 scrapes from"))
	assert.Equal(t, 2, strings.Count(text, ", told by its start time, dominance\n"))
	for _, in := range b.Snapshot(at(30)).Instances() {
		assert.Equal(t, "start time, dominance", in.By)
		assert.Equal(t, []string{"lb"}, in.Targets)
		assert.False(t, in.Provisional)
		assert.Equal(t, 2, in.Scrapes)
	}
	blind := newBed(t, aggregate.Config{})
	blind.balanced("lb", 2)
	v = blind.counter(aggregate.View{Select: "c"})
	blind.scrape("lb", 0, 0, lines...)
	r := blind.scrape("lb", 10, 0, lines...)
	assert.True(t, r.Provisional)
	assert.Contains(t, blind.one(v, 10, time.Minute).Explain(), "told by its dominance, the latest growth may be another process'")
	assert.True(t, blind.Snapshot(at(10)).Instances()[0].Provisional)
}

func TestExplainedGaugeAndRatio(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	objects := b.gauge(aggregate.View{Select: "objects", Combine: aggregate.Consensus})
	ratio, err := b.Ratio(aggregate.View{Select: "errors"}, aggregate.View{Select: "requests"})
	require.NoError(t, err)
	lines := func(objects, errs, reqs string) []string {
		return []string{"# TYPE objects gauge", "objects " + objects, "# TYPE errors counter", "errors " + errs, "# TYPE requests counter", "requests " + reqs}
	}
	b.scrape("a", 0, 0, lines("5", "0", "0")...)
	b.scrape("b", 0, 0, lines("5", "0", "0")...)
	b.scrape("a", 10, 0, lines("6", "1", "10")...)
	b.scrape("b", 12, 0, lines("5", "2", "10")...)
	require.Equal(t, strings.TrimPrefix(`
objects {}
2023-11-14T22:13:35Z: 2 of 2 expected
consensus: 6 [5, 6], of a
  a: 6 of 1 series, read 5s before, changed 2023-11-14T22:13:30Z
    at a: 2 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:13:30Z
  b: 5 of 1 series, read 3s before
    at b: 2 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:13:32Z
  ! 1 of 2 instances say 6
`, "\n"), b.reading(objects, 15).Explain())

	g, err := ratio.One(until(b, at(15), time.Minute))
	require.NoError(t, err)
	all, ok := g.Ratio()
	require.True(t, ok)
	assert.Equal(t, all.Value, grew(g.Numerator())/grew(g.Denominator()))
	assert.Equal(t, "ratio 0.15 [0, +Inf] of\n"+g.Numerator().Explain()+"to\n"+g.Denominator().Explain(), g.Explain())
	assert.True(t, strings.HasPrefix(g.Numerator().Explain(), "errors {}\n"))
}

func TestNothingAskedNothingExplained(t *testing.T) {
	for _, g := range []aggregate.Group{&aggregate.CounterGroup{}, &aggregate.GaugeGroup{}, &aggregate.HistogramGroup{}} {
		assert.Empty(t, g.Explain())
		assert.Empty(t, g.Warnings())
		assert.Zero(t, g.Coverage())
	}
	assert.Empty(t, (&aggregate.RatioGroup{}).Explain())
}
