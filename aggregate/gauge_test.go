package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
)

// fleetOf is a fleet of instances a, b, c, … with one gauge each.
func fleetOf(t T, values ...float64) *aggregate.GaugeGroup {
	t.Helper()
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum})
	for i, x := range values {
		b.scrape(string(rune('a'+i)), 0, 0, typeG, fmt.Sprintf("g %v", x))
	}
	return b.reading(v, 0)
}

func names(members []aggregate.Member) string {
	var list []string
	for _, m := range members {
		list = append(list, m.Instance)
	}
	return strings.Join(list, " ")
}

func TestOperationsAcrossGauges(t *testing.T) {
	g := fleetOf(t, 4, 9, 2, 9, 1)
	assert.Len(t, g.Members(), 5)
	assert.Equal(t, 25.0, value(g))
	for name, op := range map[string]struct {
		want float64
		of   func() (float64, bool)
	}{
		"mean": {5, g.Mean}, "stddev": {math.Sqrt((1 + 16 + 9 + 16 + 16) / 5.0), g.Stddev},
	} {
		got, ok := op.of()
		assert.True(t, ok, name)
		assert.InEpsilon(t, op.want, got, 1e-15, name)
	}
	largest, ok := g.Max()
	require.True(t, ok)
	assert.Equal(t, "b", largest.Instance, "of equals the first by name")
	smallest, ok := g.Min()
	require.True(t, ok)
	assert.Equal(t, "e", smallest.Instance)
	assert.Equal(t, "a b c d e", names(g.Members()))
	g.Members()[0] = aggregate.Member{}
	assert.Equal(t, "a b c d e", names(g.Members()), "what a caller has is a copy")
	assert.Equal(t, 9.0/25, largest.Share.Value)
	assert.True(t, largest.Share.Exact())
	for q, want := range map[float64]string{0: "e", 0.2: "e", 0.21: "c", 0.5: "a", 0.6: "a", 0.8: "b", 1: "d"} {
		m, ok := g.Quantile(q)
		assert.True(t, ok)
		assert.Equal(t, want, m.Instance, "q=%g", q)
	}
	for _, q := range []float64{-0.1, 1.1, math.NaN()} {
		_, ok := g.Quantile(q)
		assert.False(t, ok, "q=%g", q)
	}
}

// 0.07 of 100 is the 7th, though 0.07*100 is above 7 in floating point.
func TestQuantileRankIsExact(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g"})
	for i := 1; i <= 100; i++ {
		b.scrape(fmt.Sprintf("%03d", i), 0, 0, typeG, fmt.Sprintf("g %d", i))
	}
	m, ok := b.reading(v, 0).Quantile(0.07)
	assert.True(t, ok)
	assert.Equal(t, 7.0, m.Estimate.Value)
}

func TestValuesThatAreNoNumbers(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g", By: []string{"x"}, Combine: aggregate.Sum})
	b.scrape("a", 0, 0, typeG, `g{x="1"} NaN`, `g{x="2"} NaN`, `g{x="3"} +Inf`, `g{x="4"} -0`, `g{x="5",y="1"} +Inf`, `g{x="5",y="2"} -Inf`)
	b.scrape("b", 0, 0, typeG, `g{x="1"} 7`, `g{x="2"} NaN`, `g{x="3"} -Inf`, `g{x="4"} 0`)
	groups, err := v.At(b.Snapshot(at(0)))
	require.NoError(t, err)
	require.Len(t, groups, 5)
	sum, ok := groups[0].Value()
	assert.True(t, ok)
	assert.Equal(t, 7.0, sum.Value)
	assert.Equal(t, "b", names(groups[0].Members()))
	assert.Equal(t, []string{"1 series are NaN, left out: a"}, groups[0].Warnings())

	assert.Equal(t, []string{"2 series are NaN, left out: a, b"}, groups[1].Warnings())
	assert.Empty(t, groups[1].Members())

	sum, ok = groups[2].Value()
	assert.False(t, ok, "+Inf and −Inf have no sum")
	assert.Zero(t, sum)
	_, ok = groups[2].Mean()
	assert.False(t, ok)
	m, ok := groups[2].Max()
	assert.True(t, ok)
	assert.Equal(t, math.Inf(1), m.Estimate.Value)

	m, _ = groups[3].Max()
	assert.Equal(t, "a", m.Instance, "−0 is 0")
	assert.False(t, math.Signbit(m.Estimate.Value))

	assert.Empty(t, groups[4].Members())
	assert.Equal(t, []string{"2 series of which some are +Inf, some −Inf, left out: a"}, groups[4].Warnings())
	for _, g := range []*aggregate.GaugeGroup{groups[1], groups[4]} {
		for name, op := range map[string]func() (float64, bool){"mean": g.Mean, "stddev": g.Stddev} {
			x, ok := op()
			assert.False(t, ok, name)
			assert.Zero(t, x, name)
		}
		_, ok := g.Max()
		assert.False(t, ok)
		_, ok = g.Min()
		assert.False(t, ok)
		_, ok = g.Value()
		assert.False(t, ok)
		_, ok = g.Quantile(0.5)
		assert.False(t, ok)
	}
}

// Against the formulas as they are written down, and whatever the order.
func TestStddevOfLargeNumbers(t *testing.T) {
	for _, scale := range []float64{1, 1e-200, 1e200} {
		s, ok := fleetOf(t, 1*scale, 2*scale, 3*scale, 4*scale).Stddev()
		assert.True(t, ok)
		assert.InEpsilon(t, math.Sqrt(1.25)*scale, s, 1e-15)
	}
	s, ok := fleetOf(t, 5, 5).Stddev()
	assert.True(t, ok)
	assert.Zero(t, s)
	_, ok = fleetOf(t, 5, math.Inf(1)).Stddev()
	assert.False(t, ok)
}

func TestOperationsLaws(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e9, 1e9), 1, 8).Draw(r, "values")
		g := fleetOf(r, values...)
		sorted := slices.Sorted(slices.Values(values))
		n := len(values)
		q := rapid.Float64Range(0, 1).Draw(r, "q")
		m, ok := g.Quantile(q)
		if !ok {
			r.Fatal(ok)
		}
		below := 0
		for _, x := range sorted {
			if x <= m.Estimate.Value {
				below++
			}
		}
		if float64(below) < q*float64(n)*(1-1e-15) {
			r.Fatalf("q=%g: %g is above %d of %d", q, m.Estimate.Value, below, n)
		}
		lo, _ := g.Min()
		hi, _ := g.Max()
		mean, _ := g.Mean()
		dev, _ := g.Stddev()
		// Of two neighbours among the floats the mean is one of them.
		rounding := 1e-15*max(math.Abs(lo.Estimate.Value), math.Abs(hi.Estimate.Value)) + 1e-300
		if lo.Estimate.Value != sorted[0] || hi.Estimate.Value != sorted[n-1] || dev < 0 || dev > (hi.Estimate.Value-lo.Estimate.Value)/2*(1+1e-12)+rounding {
			r.Fatal(lo, hi, mean, dev)
		}
	})
}

// What is not there is said so: a rate a gauge has none, stale instances none.
func TestStaleGaugesLeave(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g"})
	b.scrape("a", 0, 0, typeG, "g 1")
	b.scrape("b", 0, 0, typeG, "g 2")
	b.scrape("a", 50, 0, typeG, "g 3")
	assert.Equal(t, "a b", names(b.reading(v, 50).Members()))
	g := b.reading(v, 70)
	assert.Equal(t, "a", names(g.Members()), "b has been silent for more than a minute")
	assert.Equal(t, 20*time.Second, g.Members()[0].Age)
	b.Remove(at(70), "a")
	assert.Empty(t, b.reading(v, 70).Members())
}

// Scrapes, failures and questions at the same time, for the race detector.
func TestGaugesInParallel(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	variants := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Distinct})
	ratio := b.gauge(aggregate.View{Select: "g", Limit: "g"})
	const now = 1000
	var all sync.WaitGroup
	for _, name := range []string{"a", "b", "c"} {
		all.Go(func() {
			for i := range 100 {
				if i%10 == 7 {
					b.fail(name, at(float64(i)), errRefused)
					continue
				}
				_, err := b.Ingest(scrapeOf(name, float64(i), 0, elected(float64(i), i/3%2)...))
				assert.NoError(t, err)
			}
		})
	}
	for _, ask := range []func() error{
		func() error { _, err := v.At(b.Snapshot(at(now))); return err },
		func() error { _, err := variants.At(b.Snapshot(at(now))); return err },
		func() error { _, err := ratio.At(b.Snapshot(at(now))); return err },
	} {
		all.Go(func() {
			for range 100 {
				// Another one's later snapshot and a scrape may end ours: see Snapshot.
				if err := ask(); !errors.Is(err, aggregate.ErrWindow) {
					assert.NoError(t, err)
				}
			}
		})
	}
	all.Wait()
	assert.Len(t, b.reading(v, 100).Members(), 3)
}

// One process under two names is one member.
func TestGaugeOfOneProcessUnderTwoTargets(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g"})
	p := &server{start: -500, n: 1000}
	for i := range 8 {
		for j, name := range []string{"node-a", "node-b"} {
			p.n += 5
			b.scrape(name, float64(10*i+j), p.start, append(p.lines(), typeG, "g 3")...)
		}
	}
	g := b.reading(v, 80)
	assert.Equal(t, "node-a", names(g.Members()))
	assert.Equal(t, []string{"node-a and node-b are one process, counted once"}, g.Warnings())
}

// A sample with a timestamp of its own is as old as that says.
func TestAgeOfTimestampedSamples(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g", Within: aggregate.Sum})
	b.scrape("a", 30, 0, typeG, `g{x="1"} 1`, fmt.Sprintf(`g{x="2"} 2 %d`, at(10).UnixMilli()), fmt.Sprintf(`g{x="3"} 2 %d`, at(90).UnixMilli()))
	assert.Equal(t, 25*time.Second, b.reading(v, 35).Members()[0].Age)
}

func TestTypesThatDifferAreNamed(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	asGauge := b.gauge(aggregate.View{Select: "g"})
	asCounter := b.counter(aggregate.View{Select: "g"})
	forced := b.counter(aggregate.View{Select: "g", Type: "counter"})
	for i := range 2 {
		s := float64(10 * i)
		b.scrape("a", s, 0, typeG, fmt.Sprintf("g %d", 5+i))
		b.scrape("b", s, 0, typeG, fmt.Sprintf("g %d", 7+i))
		b.scrape("c", s, 0, "# TYPE g counter", fmt.Sprintf("g %d", 100+i))
	}
	g := b.reading(asGauge, 10)
	assert.Equal(t, "a b", names(g.Members()))
	assert.Equal(t, []string{"1 series of another type, left out: c"}, g.Warnings())
	assert.Equal(t, []string{"c"}, asGauge.Status(b.Snapshot(t0)).Excluded)

	c := b.one(asCounter, 10, time.Minute)
	assert.Equal(t, 1.0, grew(c))
	require.Len(t, c.Increases(), 1, "what has another type is no member with 0")
	assert.Contains(t, c.Warnings(), "2 series of another type, left out: a, b")

	assert.Equal(t, 3.0, grew(b.one(forced, 10, time.Minute)))

	b.scrape("c", 20, 0, "# TYPE g counter", "g 102", typeC, "c 5")
	assert.Equal(t, []string{"1 series of another type, left out: c"}, b.reading(asGauge, 20).Warnings())
	b.scrape("c", 30, 0, typeG, "g 9")
	g = b.reading(asGauge, 30)
	assert.Equal(t, "a b c", names(g.Members()))
	assert.Empty(t, g.Warnings())
}

// go_memstats_alloc_bytes is a gauge, go_memstats_alloc_bytes_total a counter.
func TestGaugeBesideItsTotal(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "g_total"})
	for i := range 2 {
		b.scrape("a", float64(10*i), 0, typeG, "g 5", "# TYPE g_total counter", fmt.Sprintf("g_total %d", 8+i))
	}
	g := b.one(v, 10, time.Minute)
	assert.Equal(t, 1.0, grew(g))
	assert.NotContains(t, strings.Join(g.Warnings(), "\n"), "another type")
}

func TestOperationsAcrossCounters(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	grows := map[string]int{"a": 20, "b": 50, "d": 50, "e": 10}
	for i := range 2 {
		for _, name := range []string{"a", "b", "d", "e"} {
			b.scrape(name, float64(10*i), -100, typeC, fmt.Sprintf("c %d", i*grows[name]))
		}
	}
	b.scrape("f", 10, -100, typeC, "c 1000")
	g := b.one(v, 10, time.Minute)
	var list []string
	for _, m := range g.Rates() {
		list = append(list, m.Instance)
	}
	assert.Equal(t, []string{"b", "d", "a", "e"}, list, "f was seen once and has no rate")
	hot, ok := g.Hottest()
	assert.True(t, ok)
	assert.Equal(t, "b: 5, 38.5 % [0, 100]", hot.String(), "nobody knows how fast f is, and they may all be one")
	m, ok := g.MaxIncrease()
	assert.True(t, ok)
	assert.Equal(t, "b", m.Instance)
	assert.Equal(t, 50.0, m.Estimate.Value)
	_, ok = (&aggregate.CounterGroup{}).MaxIncrease()
	assert.False(t, ok)
}

// Each member of an etcd cluster counts the leader changes that it sees; the
// one that was away for some saw fewer.
func TestEventsSeenByEach(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "etcd_server_leader_changes_seen_total"})
	const typeL = "# TYPE etcd_server_leader_changes_seen_total counter"
	for i, seen := range [][]int{{4, 4, 1}, {7, 7, 3}} {
		for j, n := range seen {
			b.scrape(fmt.Sprint("etcd-", j+1), float64(10*i), 0, typeL, fmt.Sprintf("etcd_server_leader_changes_seen_total %d", n))
		}
	}
	g := b.one(v, 10, time.Minute)
	assert.Equal(t, 8.0, grew(g), "the sum counts each change up to three times")
	m, ok := g.MaxIncrease()
	assert.True(t, ok)
	assert.Equal(t, 3.0, m.Estimate.Value)
}

func TestConsensus(t *testing.T) {
	// each scrape: the values of a, b, c, …; NaN: that one is not scraped.
	play := func(sentinels []float64, scrapes ...[]float64) *aggregate.GaugeGroup {
		t.Helper()
		b := newBed(t, aggregate.Config{})
		v := b.gauge(aggregate.View{Select: "g", Sentinels: sentinels, Combine: aggregate.Consensus})
		for i, values := range scrapes {
			for j, x := range values {
				if !math.IsNaN(x) {
					b.scrape(string(rune('a'+j)), float64(10*i)+float64(j), -100-float64(10*j), typeG, fmt.Sprintf("g %g", x))
				}
			}
		}
		return b.reading(v, float64(10*len(scrapes)))
	}
	minus, nan := []float64{-1}, math.NaN()

	g := play(minus, []float64{5000, 5000, -1})
	assert.Equal(t, "5000, by a; not known to c", agreed(g))

	_, ok := play(minus, []float64{-1, -1}).Value()
	assert.False(t, ok, "all sentinels: no answer")

	// After a delete the one that changed last is right, not the maximum and not most.
	g = play(minus, []float64{100, 100, 100}, []float64{100, 60, 100})
	assert.Equal(t, "60 [60, 100], by b; 1 of 3 instances say 60", agreed(g))

	// None changed: most reporters; then the larger.
	assert.Equal(t, 3.0, value(play(nil, []float64{3, 7, 3})))
	assert.Equal(t, 7.0, value(play(nil, []float64{3, 7})))
	assert.Equal(t, -2.0, value(play(nil, []float64{-3, -2})))

	// One that changed to a sentinel has no vote, whenever it did.
	assert.Equal(t, 9.0, value(play(minus, []float64{9, 8}, []float64{9, -1})))
	// One that comes back from a sentinel has looked.
	assert.Equal(t, 8.0, value(play(minus, []float64{9, -1}, []float64{9, 8})))
	// A later change wins over more reporters of an earlier one.
	assert.Equal(t, 4.0, value(play(nil, []float64{1, 1, 1}, []float64{2, 2, 1}, []float64{2, 2, 4})))
	// −0 is 0: no change.
	assert.Equal(t, 5.0, value(play(nil, []float64{5, 0, 5}, []float64{5, math.Copysign(0, -1), 5})))
	// A new instance has just looked.
	assert.Equal(t, 5.0, value(play(nil, []float64{5, nan}, []float64{6, nan}, []float64{6, 5})))
}

// agreed is a consensus, whose it is, and what the warnings say of it.
func agreed(g *aggregate.GaugeGroup) string {
	x, _ := g.Value()
	_, who, _ := strings.Cut(g.Explain(), ", of ")
	who, _, _ = strings.Cut(who, "\n")
	text := fmt.Sprint(x, ", by ", who)
	for _, w := range g.Warnings() {
		text += "; " + w
	}
	return text
}

// Scrapes of one moment: changes at the same time are a tie.
func TestConsensusTie(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Consensus})
	for i, values := range [][]int{{1, 1, 1, 1}, {1, 5, 6, 6}, {1, 5, 7, 6}} {
		for j, x := range values {
			b.scrape(string(rune('a'+j)), float64(10*i), 0, typeG, fmt.Sprintf("g %d", x))
		}
		g := b.reading(v, float64(10*i))
		assert.Equal(t, []float64{1, 6, 7}[i], value(g))
		agree := []string{"", "2 of 4 instances say 6", "1 of 4 instances say 7"}[i]
		assert.Equal(t, agree, strings.Join(g.Warnings(), "; "))
	}
}

// A consensus on several series is on what the view says they make; who lacks a
// part of it is silent.
func TestConsensusOnSeveralSeries(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Consensus, Within: aggregate.Sum, Sentinels: []float64{-1}})
	b.scrape("a", 0, 0, typeG, `g{r="1"} 40`, `g{r="2"} -1`)
	b.scrape("b", 0, 0, typeG, `g{r="1"} 40`, `g{r="2"} 2`)
	b.scrape("c", 0, 0, typeG, `g{r="1"} 40`, `g{r="2"} NaN`)
	assert.Equal(t, "42, by b; 1 series are NaN, left out: c; not known to a, c", agreed(b.reading(v, 0)))
	// A series that comes or goes changes the value.
	b.scrape("a", 10, 0, typeG, `g{r="1"} 40`)
	assert.Equal(t, 40.0, value(b.reading(v, 10)))
	b.scrape("b", 20, 0, typeG, `g{r="1"} 40`, `g{r="2"} 2`, `g{r="3"} 3`)
	assert.Equal(t, 45.0, value(b.reading(v, 20)))
}

// What another process at the address shows first is a change.
func TestConsensusOfAnotherInstance(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Consensus})
	b.scrape("a", 0, -50, typeG, "g 1")
	b.scrape("b", 0, -50, typeG, "g 1")
	b.scrape("b", 10, -50, typeG, "g 2")
	b.scrape("a", 20, -50, typeG, "g 3")
	assert.Equal(t, 3.0, value(b.reading(v, 20)))
	r := b.scrape("a", 30, -200, typeG, "g 1")
	require.Contains(t, r.Warnings, "another instance answered")
	assert.Equal(t, 1.0, value(b.reading(v, 30)))
}

func TestValueByCombine(t *testing.T) {
	for _, c := range []struct {
		combine  aggregate.Combine
		value    float64
		instance string // whose it is
		ok       bool
	}{
		{0, 0, "", false},
		{aggregate.Sum, 8, "", true},
		{aggregate.Max, 5, "b", true},
		{aggregate.Min, 3, "a", true},
		{aggregate.Consensus, 5, "b", true},
		{aggregate.Leader, 0, "", false},
		{aggregate.Distinct, 0, "", false},
	} {
		b := newBed(t, aggregate.Config{})
		v := b.gauge(aggregate.View{Select: "g", Combine: c.combine})
		b.scrape("a", 0, 0, typeG, "g 3")
		b.scrape("b", 0, 0, typeG, "g 5")
		g := b.reading(v, 0)
		x, ok := g.Value()
		assert.Equal(t, c.ok, ok, c.combine)
		assert.Equal(t, c.value, x.Value, c.combine)
		if c.instance != "" {
			assert.Contains(t, g.Explain(), ", of "+c.instance+"\n", c.combine)
		}
	}
	b := newBed(t, aggregate.Config{})
	_, err := b.Gauge(aggregate.View{Select: "g", Combine: 99})
	assert.Error(t, err)
	_, err = b.Counter(aggregate.View{Select: "c", Combine: aggregate.Leader})
	assert.Error(t, err)
	assert.Equal(t, "Combine(200)", aggregate.Combine(200).String())
}

var errRefused = errors.New("connection refused")

// Several lines of one instance make its value as the view says.
func TestWithin(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	views := map[string]*aggregate.GaugeView{}
	for _, c := range []aggregate.Combine{0, aggregate.Sum, aggregate.Max, aggregate.Min, aggregate.Consensus, aggregate.Mean} {
		for _, within := range []aggregate.Combine{0, aggregate.Sum, aggregate.Max, aggregate.Min, aggregate.Mean, aggregate.Distinct} {
			views[fmt.Sprint(c, " of ", within)] = b.gauge(aggregate.View{Select: "g", Combine: c, Within: within})
		}
	}
	b.scrape("a", 0, -100, typeG, `g{e="1"} 0.9`, `g{e="2"} 0.3`)
	b.scrape("b", 0, -90, typeG, `g{e="1"} 0.5`, `g{e="2"} 0.5`)
	for name, want := range map[string]float64{
		"sum of none": 2.2, "sum of max": 1.4, "sum of min": 0.8, "sum of mean": 1.1, "sum of distinct": 0.5,
		"max of none": 0.9, "max of sum": 1.2, "max of mean": 0.6, "min of none": 0.3, "min of max": 0.5,
		"mean of max": 0.7, "consensus of distinct": 0.5, "consensus of sum": 1.2,
	} {
		x, ok := b.reading(views[name], 0).Value()
		assert.True(t, ok, name)
		assert.InDelta(t, want, x.Value, 1e-15, name)
	}
	for _, name := range []string{"none of none", "consensus of none", "mean of none"} {
		g := b.reading(views[name], 0)
		_, ok := g.Value()
		assert.False(t, ok, name)
		assert.Empty(t, g.Members())
		assert.Equal(t, "4 series of instances that have several, and View.Within does not say how to combine them; left out: a, b", g.Warnings()[0], name)
	}
	assert.Equal(t, "2 series of one instance that should repeat one value differ, left out: a", b.reading(views["max of distinct"], 0).Warnings()[0])
	for _, bad := range []aggregate.View{{Select: "g", Within: aggregate.Leader}, {Select: "g", Within: aggregate.Consensus}, {Select: "g", Combine: 9}} {
		_, err := b.Gauge(bad)
		assert.Error(t, err)
	}
	_, err := b.Counter(aggregate.View{Select: "c", Within: aggregate.Sum})
	assert.Error(t, err)
}

// A failed scrape moves a gauge into the bounds.
func TestGaugesInDoubt(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	sum, highest := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum}), b.gauge(aggregate.View{Select: "g", Combine: aggregate.Max})
	lowest, fact := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Min}), b.gauge(aggregate.View{Select: "g", Combine: aggregate.Consensus})
	for i, name := range []string{"a", "b", "c"} {
		b.scrape(name, 0, -100-float64(10*i), typeG, fmt.Sprint("g ", i+1))
	}
	told := func() (list []string) {
		for _, v := range []*aggregate.GaugeView{sum, highest, lowest, fact} {
			x, ok := b.reading(v, 10).Value()
			list = append(list, fmt.Sprint(x, ok))
		}
		return list
	}
	assert.Equal(t, []string{"6 true", "3 true", "1 true", "3 [1, 3] true"}, told())
	b.fail("c", at(10), context.DeadlineExceeded)
	assert.Equal(t, []string{"6 [3, 6] true", "3 [2, 3] true", "1 true", "3 [1, 3] true"}, told(), "slow is not dead")
	b.fail("c", at(10), errRefused)
	assert.Equal(t, []string{"3 [3, 6] true", "2 [2, 3] true", "1 true", "2 [1, 3] true"}, told())
	b.describe(aggregate.Target{Name: "d"})
	assert.Equal(t, []string{"3 [3, +Inf] true", "2 [2, +Inf] true", "1 [-Inf, 1] true", "2 [1, 3] true"}, told(), "d never answered")
	g := b.reading(sum, 10)
	assert.Equal(t, "2 of 4 expected, 1 failed", g.Coverage().String())
	assert.Equal(t, []string{"expected and never answered, sums they may be in have no upper bound: d"}, g.Warnings())
	assert.Len(t, g.Members(), 2)
	b.fail("a", at(10), errRefused)
	b.fail("b", at(10), errRefused)
	_, ok := b.reading(sum, 10).Value()
	assert.False(t, ok)
}
