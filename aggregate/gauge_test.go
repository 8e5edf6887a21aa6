package aggregate_test

import (
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

func (b bed) gauge(v aggregate.View) *aggregate.GaugeView {
	b.Helper()
	g, err := b.Gauge(v)
	require.NoError(b, err)
	return g
}

// reading is the only group of a gauge.
func reading(t *testing.T, v *aggregate.GaugeView, seconds float64) *aggregate.GaugeGroup {
	t.Helper()
	groups, err := v.At(at(seconds))
	require.NoError(t, err)
	require.Len(t, groups, 1)
	return groups[0]
}

const typeG = "# TYPE g gauge"

// fleetOf is a fleet of instances a, b, c, … with one gauge each.
func fleetOf(t *testing.T, values ...float64) *aggregate.GaugeGroup {
	t.Helper()
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "g"})
	for i, x := range values {
		b.scrape(string(rune('a'+i)), 0, 0, typeG, fmt.Sprintf("g %v", x))
	}
	return reading(t, v, 0)
}

func names(members []aggregate.GaugeMember) string {
	var list []string
	for _, m := range members {
		list = append(list, m.Instance)
	}
	return strings.Join(list, " ")
}

func TestOperationsAcrossGauges(t *testing.T) {
	g := fleetOf(t, 4, 9, 2, 9, 1)
	assert.Equal(t, 5, g.Count())
	for name, op := range map[string]struct {
		want float64
		of   func() (float64, bool)
	}{
		"sum": {25, g.Sum}, "mean": {5, g.Mean}, "stddev": {math.Sqrt((1 + 16 + 9 + 16 + 16) / 5.0), g.Stddev},
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
	assert.Equal(t, "b d a c e", names(g.Top(10)))
	assert.Equal(t, "b d", names(g.Top(2)))
	assert.Empty(t, g.Top(0))
	assert.Empty(t, g.Top(-1))
	assert.Equal(t, "a b c d e", names(g.Members()), "asking changes nothing")
	for q, want := range map[float64]string{0: "e", 0.2: "e", 0.21: "c", 0.5: "a", 0.6: "a", 0.8: "b", 1: "d"} {
		m, ok, err := g.Quantile(q)
		require.NoError(t, err)
		assert.True(t, ok)
		assert.Equal(t, want, m.Instance, "q=%g", q)
	}
	for _, q := range []float64{-0.1, 1.1, math.NaN()} {
		_, _, err := g.Quantile(q)
		assert.Error(t, err, "q=%g", q)
	}
}

// 0.07 of 100 is the 7th, though 0.07*100 is above 7 in floating point.
func TestQuantileRankIsExact(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "g"})
	for i := 1; i <= 100; i++ {
		b.scrape(fmt.Sprintf("%03d", i), 0, 0, typeG, fmt.Sprintf("g %d", i))
	}
	m, ok, err := reading(t, v, 0).Quantile(0.07)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, 7.0, m.Value)
}

func TestValuesThatAreNoNumbers(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "g", By: []string{"x"}})
	b.scrape("a", 0, 0, typeG, `g{x="1"} NaN`, `g{x="2"} NaN`, `g{x="3"} +Inf`, `g{x="4"} -0`, `g{x="5",y="1"} +Inf`, `g{x="5",y="2"} -Inf`)
	b.scrape("b", 0, 0, typeG, `g{x="1"} 7`, `g{x="2"} NaN`, `g{x="3"} -Inf`, `g{x="4"} 0`)
	groups, err := v.At(at(0))
	require.NoError(t, err)
	require.Len(t, groups, 5)
	sum, ok := groups[0].Sum()
	assert.True(t, ok)
	assert.Equal(t, 7.0, sum)
	assert.Equal(t, "b", names(groups[0].Members()))
	assert.Equal(t, []string{"1 series NaN, left out: a"}, groups[0].Warnings())

	assert.Equal(t, []string{"2 series NaN, left out: a, b"}, groups[1].Warnings())
	assert.Zero(t, groups[1].Count())

	sum, ok = groups[2].Sum()
	assert.False(t, ok, "+Inf and −Inf have no sum")
	assert.Zero(t, sum)
	_, ok = groups[2].Mean()
	assert.False(t, ok)
	m, ok := groups[2].Max()
	assert.True(t, ok)
	assert.Equal(t, math.Inf(1), m.Value)

	m, _ = groups[3].Max()
	assert.Equal(t, "a", m.Instance, "−0 is 0")
	assert.False(t, math.Signbit(m.Value))

	assert.Zero(t, groups[4].Count())
	assert.Equal(t, []string{"2 series of which some are +Inf, some −Inf, left out: a"}, groups[4].Warnings())
	for _, g := range []*aggregate.GaugeGroup{groups[1], groups[4]} {
		for name, op := range map[string]func() (float64, bool){"sum": g.Sum, "mean": g.Mean, "stddev": g.Stddev} {
			x, ok := op()
			assert.False(t, ok, name)
			assert.Zero(t, x, name)
		}
		_, ok := g.Max()
		assert.False(t, ok)
		_, ok = g.Min()
		assert.False(t, ok)
		_, ok = g.Fact()
		assert.False(t, ok)
		_, ok, err := g.Quantile(0.5)
		require.NoError(t, err)
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
		g := fleetOf(t, values...)
		sorted := slices.Sorted(slices.Values(values))
		n := len(values)
		q := rapid.Float64Range(0, 1).Draw(r, "q")
		m, ok, err := g.Quantile(q)
		if err != nil || !ok {
			r.Fatal(ok, err)
		}
		below := 0
		for _, x := range sorted {
			if x <= m.Value {
				below++
			}
		}
		if float64(below) < q*float64(n)*(1-1e-15) {
			r.Fatalf("q=%g: %g is above %d of %d", q, m.Value, below, n)
		}
		lo, _ := g.Min()
		hi, _ := g.Max()
		mean, _ := g.Mean()
		dev, _ := g.Stddev()
		// Of two neighbours among the floats the mean is one of them.
		rounding := 1e-15*max(math.Abs(lo.Value), math.Abs(hi.Value)) + 1e-300
		if lo.Value != sorted[0] || hi.Value != sorted[n-1] || dev < 0 || dev > (hi.Value-lo.Value)/2*(1+1e-12)+rounding {
			r.Fatal(lo, hi, mean, dev)
		}
	})
}

// What is not there is said so: a rate a gauge has none, stale instances none.
func TestStaleGaugesLeave(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "g"})
	b.scrape("a", 0, 0, typeG, "g 1")
	b.scrape("b", 0, 0, typeG, "g 2")
	b.scrape("a", 50, 0, typeG, "g 3")
	assert.Equal(t, "a b", names(reading(t, v, 50).Members()))
	g := reading(t, v, 70)
	assert.Equal(t, "a", names(g.Members()), "b has been silent for more than a minute")
	assert.Equal(t, 20*time.Second, g.Members()[0].Age)
	require.NoError(t, b.Gone("a", at(70)))
	groups, err := v.At(at(70))
	require.NoError(t, err)
	assert.Empty(t, groups)
}

// Scrapes, failures and questions at the same time, for the race detector.
func TestGaugesInParallel(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	ratio, err := aggregate.GaugeRatio(v, b.gauge(aggregate.View{Metric: "g"}))
	require.NoError(t, err)
	const now = 1000
	var all sync.WaitGroup
	for _, name := range []string{"a", "b", "c"} {
		all.Go(func() {
			for i := range 100 {
				if i%10 == 7 {
					b.Fail(name, at(float64(i)), errRefused)
					continue
				}
				_, err := b.Observe(scrapeOf(name, float64(i), 0, elected(float64(i), i/3%2)...))
				assert.NoError(t, err)
			}
		})
	}
	for _, ask := range []func() error{
		func() error { _, err := v.At(at(now)); return err },
		func() error { _, err := v.Distinct(at(now)); return err },
		func() error { _, err := ratio.At(at(now)); return err },
	} {
		all.Go(func() {
			for range 100 {
				assert.NoError(t, ask())
			}
		})
	}
	all.Wait()
	assert.Equal(t, 3, reading(t, v, 100).Count())
}

// One process under two names is one member.
func TestGaugeOfOneProcessUnderTwoTargets(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "g"})
	p := &server{start: -500, n: 1000}
	for i := range 8 {
		for j, name := range []string{"node-a", "node-b"} {
			p.n += 5
			b.scrape(name, float64(10*i+j), p.start, append(p.lines(), typeG, "g 3")...)
		}
	}
	g := reading(t, v, 80)
	assert.Equal(t, "node-a", names(g.Members()))
	assert.Equal(t, []string{"node-a is the process of node-b, too: counted once"}, g.Warnings())
}

// A sample with a timestamp of its own is as old as that says.
func TestAgeOfTimestampedSamples(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "g"})
	b.scrape("a", 30, 0, typeG, `g{x="1"} 1`, fmt.Sprintf(`g{x="2"} 2 %d`, at(10).UnixMilli()), fmt.Sprintf(`g{x="3"} 2 %d`, at(90).UnixMilli()))
	assert.Equal(t, 25*time.Second, reading(t, v, 35).Members()[0].Age)
}

func TestTypesThatDifferAreNamed(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	asGauge := b.gauge(aggregate.View{Metric: "g"})
	asCounter := b.counter(aggregate.View{Metric: "g"})
	forced := b.counter(aggregate.View{Metric: "g", Type: "counter"})
	for i := range 2 {
		s := float64(10 * i)
		b.scrape("a", s, 0, typeG, fmt.Sprintf("g %d", 5+i))
		b.scrape("b", s, 0, typeG, fmt.Sprintf("g %d", 7+i))
		b.scrape("c", s, 0, "# TYPE g counter", fmt.Sprintf("g %d", 100+i))
	}
	g := reading(t, asGauge, 10)
	assert.Equal(t, "a b", names(g.Members()))
	assert.Equal(t, []string{"1 series of another type, left out: c"}, g.Warnings())
	assert.Equal(t, []string{"c"}, asGauge.Status().Excluded)

	c := one(t, asCounter, 10, time.Minute)
	assert.Equal(t, 1.0, grew(c))
	require.Len(t, c.Members(), 1, "what has another type is no member with 0")
	assert.Contains(t, c.Warnings(), "2 series of another type, left out: a, b")

	assert.Equal(t, 3.0, grew(one(t, forced, 10, time.Minute)))

	b.scrape("c", 20, 0, "# TYPE g counter", "g 102", typeC, "c 5")
	assert.Equal(t, []string{"1 series of another type, left out: c"}, reading(t, asGauge, 20).Warnings())
	b.scrape("c", 30, 0, typeG, "g 9")
	g = reading(t, asGauge, 30)
	assert.Equal(t, "a b c", names(g.Members()))
	assert.Empty(t, g.Warnings())
}

// go_memstats_alloc_bytes is a gauge, go_memstats_alloc_bytes_total a counter.
func TestGaugeBesideItsTotal(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Metric: "g_total"})
	for i := range 2 {
		b.scrape("a", float64(10*i), 0, typeG, "g 5", "# TYPE g_total counter", fmt.Sprintf("g_total %d", 8+i))
	}
	g := one(t, v, 10, time.Minute)
	assert.Equal(t, 1.0, grew(g))
	assert.NotContains(t, strings.Join(g.Warnings(), "\n"), "another type")
}

func TestOperationsAcrossCounters(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Metric: "c"})
	grows := map[string]int{"a": 20, "b": 50, "d": 50, "e": 10}
	for i := range 2 {
		for _, name := range []string{"a", "b", "d", "e"} {
			b.scrape(name, float64(10*i), 0, typeC, fmt.Sprintf("c %d", i*grows[name]))
		}
	}
	b.scrape("f", 10, 0, typeC, "c 1000")
	g := one(t, v, 10, time.Minute)
	var list []string
	for _, m := range g.Top(3) {
		list = append(list, m.Instance)
	}
	assert.Equal(t, []string{"b", "d", "a"}, list)
	assert.Len(t, g.Top(9), 4, "f was seen once and has no rate")
	m, ok := g.MaxIncrease()
	assert.True(t, ok)
	assert.Equal(t, "b", m.Instance)
	assert.Equal(t, 50.0, m.Increase.Value)
	m, ok, err := g.RateQuantile(0.5)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, "a", m.Instance)
	_, _, err = g.RateQuantile(2)
	assert.Error(t, err)
	_, ok = (&aggregate.CounterGroup{}).MaxIncrease()
	assert.False(t, ok)
}

// Each member of an etcd cluster counts the leader changes that it sees; the
// one that was away for some saw fewer.
func TestEventsSeenByEach(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Metric: "etcd_server_leader_changes_seen_total", Meaning: aggregate.MeaningFact})
	const typeL = "# TYPE etcd_server_leader_changes_seen_total counter"
	for i, seen := range [][]int{{4, 4, 1}, {7, 7, 3}} {
		for j, n := range seen {
			b.scrape(fmt.Sprint("etcd-", j+1), float64(10*i), 0, typeL, fmt.Sprintf("etcd_server_leader_changes_seen_total %d", n))
		}
	}
	g := one(t, v, 10, time.Minute)
	assert.Equal(t, 8.0, grew(g), "the sum counts each change up to three times")
	m, ok := g.MaxIncrease()
	assert.True(t, ok)
	assert.Equal(t, 3.0, m.Increase.Value)
}

func TestFact(t *testing.T) {
	fact := func(g *aggregate.GaugeGroup) aggregate.FactAnswer {
		t.Helper()
		f, ok := g.Fact()
		require.True(t, ok)
		return f
	}
	// each scrape: the values of a, b, c, …; NaN: that one is not scraped.
	play := func(sentinels []float64, scrapes ...[]float64) *aggregate.GaugeGroup {
		t.Helper()
		b := newBed(t, aggregate.Config{})
		v := b.gauge(aggregate.View{Metric: "g", Sentinels: sentinels, Meaning: aggregate.MeaningFact})
		for i, values := range scrapes {
			for j, x := range values {
				if !math.IsNaN(x) {
					b.scrape(string(rune('a'+j)), float64(10*i)+float64(j), -100, typeG, fmt.Sprintf("g %g", x))
				}
			}
		}
		return reading(t, v, float64(10*len(scrapes)))
	}
	minus, nan := []float64{-1}, math.NaN()

	f := fact(play(minus, []float64{5000, 5000, -1}))
	assert.Equal(t, aggregate.FactAnswer{Value: 5000, Instance: "a", Min: 5000, Max: 5000, Agree: 2, Of: 2, Silent: []string{"c"}}, f)

	_, ok := play(minus, []float64{-1, -1}).Fact()
	assert.False(t, ok, "all sentinels: no answer")

	// After a delete the one that changed last is right, not the maximum and not most.
	f = fact(play(minus, []float64{100, 100, 100}, []float64{100, 60, 100}))
	assert.Equal(t, aggregate.FactAnswer{Value: 60, Instance: "b", Min: 60, Max: 100, Agree: 1, Of: 3}, f)

	// None changed: most reporters; then the larger.
	assert.Equal(t, 3.0, fact(play(nil, []float64{3, 7, 3})).Value)
	assert.Equal(t, 7.0, fact(play(nil, []float64{3, 7})).Value)
	assert.Equal(t, -2.0, fact(play(nil, []float64{-3, -2})).Value)

	// One that changed to a sentinel has no vote, whenever it did.
	assert.Equal(t, 9.0, fact(play(minus, []float64{9, 8}, []float64{9, -1})).Value)
	// One that comes back from a sentinel has looked.
	assert.Equal(t, 8.0, fact(play(minus, []float64{9, -1}, []float64{9, 8})).Value)
	// A later change wins over more reporters of an earlier one.
	assert.Equal(t, 4.0, fact(play(nil, []float64{1, 1, 1}, []float64{2, 2, 1}, []float64{2, 2, 4})).Value)
	// −0 is 0: no change.
	assert.Equal(t, 5.0, fact(play(nil, []float64{5, 0, 5}, []float64{5, math.Copysign(0, -1), 5})).Value)
	// A new instance has seen nothing change.
	assert.Equal(t, 6.0, fact(play(nil, []float64{5, nan}, []float64{6, nan}, []float64{6, 5})).Value)

	value, instance, ok := play(minus, []float64{100, 100}, []float64{100, 60}).Value()
	assert.True(t, ok)
	assert.Equal(t, 60.0, value)
	assert.Equal(t, "b", instance)
}

// Scrapes of one moment: changes at the same time are a tie.
func TestFactTie(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "g"})
	for i, values := range [][]int{{1, 1, 1, 1}, {1, 5, 6, 6}, {1, 5, 7, 6}} {
		for j, x := range values {
			b.scrape(string(rune('a'+j)), float64(10*i), 0, typeG, fmt.Sprintf("g %d", x))
		}
		f, ok := reading(t, v, float64(10*i)).Fact()
		require.True(t, ok)
		assert.Equal(t, []float64{1, 6, 7}[i], f.Value)
		assert.Equal(t, []int{4, 2, 1}[i], f.Agree)
	}
}

// A fact of several series is their sum; who lacks a part of it is silent.
func TestFactOfSeveralSeries(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "g", Sentinels: []float64{-1}})
	b.scrape("a", 0, 0, typeG, `g{r="1"} 40`, `g{r="2"} -1`)
	b.scrape("b", 0, 0, typeG, `g{r="1"} 40`, `g{r="2"} 2`)
	b.scrape("c", 0, 0, typeG, `g{r="1"} 40`, `g{r="2"} NaN`)
	f, ok := reading(t, v, 0).Fact()
	require.True(t, ok)
	assert.Equal(t, aggregate.FactAnswer{Value: 42, Instance: "b", Min: 42, Max: 42, Agree: 1, Of: 1, Silent: []string{"a", "c"}}, f)
	// A series that comes or goes changes the value.
	b.scrape("a", 10, 0, typeG, `g{r="1"} 40`)
	f, _ = reading(t, v, 10).Fact()
	assert.Equal(t, 40.0, f.Value)
	b.scrape("b", 20, 0, typeG, `g{r="1"} 40`, `g{r="2"} 2`, `g{r="3"} 3`)
	f, _ = reading(t, v, 20).Fact()
	assert.Equal(t, 45.0, f.Value)
}

// Another process at the address has seen nothing change yet.
func TestFactOfAnotherInstance(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "g"})
	b.scrape("a", 0, -50, typeG, "g 1")
	b.scrape("b", 0, -50, typeG, "g 1")
	b.scrape("b", 10, -50, typeG, "g 2")
	b.scrape("a", 20, -50, typeG, "g 3")
	f, _ := reading(t, v, 20).Fact()
	assert.Equal(t, 3.0, f.Value)
	r := b.scrape("a", 30, -200, typeG, "g 1")
	require.Equal(t, aggregate.AnotherInstance, r.Restart)
	f, _ = reading(t, v, 30).Fact()
	assert.Equal(t, 2.0, f.Value)
}

func TestValueByMeaning(t *testing.T) {
	for _, c := range []struct {
		meaning  aggregate.Meaning
		value    float64
		instance string
		ok       bool
	}{
		{aggregate.MeaningUnknown, 0, "", false},
		{aggregate.MeaningShare, 8, "", true},
		{aggregate.MeaningHighest, 5, "b", true},
		{aggregate.MeaningLowest, 3, "a", true},
		{aggregate.MeaningFact, 5, "b", true},
		{aggregate.MeaningLeader, 0, "", false},
		{aggregate.MeaningIdentity, 0, "", false},
		{aggregate.MeaningSaturation, 0, "", false},
	} {
		b := newBed(t, aggregate.Config{})
		v := b.gauge(aggregate.View{Metric: "g", Meaning: c.meaning})
		b.scrape("a", 0, 0, typeG, "g 3")
		b.scrape("b", 0, 0, typeG, "g 5")
		value, instance, ok := reading(t, v, 0).Value()
		assert.Equal(t, c.ok, ok, c.meaning)
		assert.Equal(t, c.value, value, c.meaning)
		assert.Equal(t, c.instance, instance, c.meaning)
	}
	b := newBed(t, aggregate.Config{})
	_, err := b.Gauge(aggregate.View{Metric: "g", Meaning: 99})
	assert.Error(t, err)
	_, err = b.Counter(aggregate.View{Metric: "c", Meaning: aggregate.MeaningLeader})
	assert.Error(t, err)
}

var errRefused = errors.New("connection refused")
