package aggregate_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// These inputs, found by simulation and made small by hand, broke joining and
// merging once; each says what was answered then.

// pairWatcher has one view of the counter c and one of the histogram h.
type pairWatcher struct {
	bed
	c *aggregate.CounterView
	h *aggregate.HistogramView
}

var pairConfig = aggregate.Config{Since: at(-1), Window: 10 * time.Second, JoinHorizon: time.Hour}.WithCheckpoints(4)

func newPairWatcher(t T, c aggregate.Config, owner counter.Owner) pairWatcher {
	t.Helper()
	b := newBed(t, c)
	return pairWatcher{b, b.counter(aggregate.View{Select: "c", Owner: owner}), b.histogram(aggregate.View{Select: "h", Owner: owner})}
}

func newPair(t T, c aggregate.Config, owner counter.Owner) (a, b pairWatcher) {
	t.Helper()
	return newPairWatcher(t, c, owner), newPairWatcher(t, c, owner)
}

// total is that of the counter.
func (w pairWatcher) total(now float64) float64 {
	w.Helper()
	list := w.c.Totals(w.Snapshot(at(now)))
	if len(list) == 0 {
		return 0
	}
	require.Len(w, list, 1)
	return list[0].Value
}

// count is that of the histogram.
func (w pairWatcher) count(now float64) float64 {
	w.Helper()
	list := w.h.Totals(w.Snapshot(at(now)))
	if len(list) == 0 {
		return 0
	}
	require.Len(w, list, 1)
	n := list[0].Histogram.Counts
	require.Equal(w, list[0].Histogram.Count, n[len(n)-1])
	return list[0].Histogram.Count
}

func (w pairWatcher) ingest(sc aggregate.Scrape) {
	w.Helper()
	_, err := w.Ingest(sc)
	require.NoError(w, err)
}

func saysC(n int) []string { return []string{typeC, fmt.Sprintf("c %d", n)} }

func saysH(n int, bounds ...string) []string {
	list := []string{"# TYPE h histogram"}
	for _, le := range append(bounds, "+Inf") {
		list = append(list, fmt.Sprintf(`h_bucket{le=%q} %d`, le, n))
	}
	return append(list, fmt.Sprintf("h_sum %d", n), fmt.Sprintf("h_count %d", n))
}

func exchange(t T, a, b pairWatcher) {
	t.Helper()
	require.NoError(t, a.Join(b.Fleet))
	require.NoError(t, b.Join(a.Fleet))
}

// requireBoth exchanges and asks both.
func requireBoth(t T, want float64, ask func(w pairWatcher) float64, a, b pairWatcher) {
	t.Helper()
	exchange(t, a, b)
	require.Equal(t, []float64{want, want}, []float64{ask(a), ask(b)})
}

// One histogram seen as protobuf by one watcher and as text by the other one: 8.
func TestJoinOfTwoForms(t *testing.T) {
	a, b := newPair(t, pairConfig, counter.Process)
	x := &nativeProcess{start: 1, native: true, classic: true}
	x.series[0] = &observed{schema: 2, zero: 0x1p-16, values: []float64{0.5, 2, 3, 20}}
	a.ingest(exposed(t, "i", 10, expfmt.TypeProtoDelim, x.families()...))
	b.ingest(exposed(t, "i", 10, expfmt.TypeTextPlain, x.families()...))
	requireBoth(t, 4, func(w pairWatcher) float64 { return w.count(20) }, a, b)
}

// The bounds of a histogram change while its process goes on: 22.
func TestJoinOfTwoLayouts(t *testing.T) {
	a, b := newPair(t, pairConfig, counter.Process)
	a.scrape("i", 10, 1, saysH(10, "1")...)
	a.scrape("i", 20, 1, saysH(12, "1", "2")...)
	b.scrape("i", 20, 1, saysH(12, "1", "2")...)
	requireBoth(t, 12, func(w pairWatcher) float64 { return w.count(20) }, a, b)
}

// A client lowers the resolution of a native histogram at its limit of buckets: 9.
func TestJoinOfTwoResolutions(t *testing.T) {
	a, b := newPair(t, pairConfig, counter.Process)
	x := &nativeProcess{start: 1, native: true}
	x.series[0] = &observed{schema: 3, zero: 0x1p-16, values: []float64{0.5, 2, 3, 20}}
	a.ingest(exposed(t, "i", 10, expfmt.TypeProtoDelim, x.families()...))
	x.series[0].schema = 2
	x.series[0].values = append(x.series[0].values, 40)
	a.ingest(exposed(t, "i", 20, expfmt.TypeProtoDelim, x.families()...))
	b.ingest(exposed(t, "i", 20, expfmt.TypeProtoDelim, x.families()...))
	requireBoth(t, 5, func(w pairWatcher) float64 { return w.count(20) }, a, b)
}

// What was taken back stayed with the other one for good: 78,280 too much.
func TestJoinTakesBack(t *testing.T) {
	a, b := newBed(t, pairConfig), newBed(t, pairConfig)
	va, vb := a.counter(aggregate.View{Select: "c", Owner: counter.Process}), b.counter(aggregate.View{Select: "c", Owner: counter.Process})
	told := func() {
		require.NoError(t, a.Join(b.Fleet))
		require.NoError(t, b.Join(a.Fleet))
	}
	elder, younger := &server{start: -500, n: 1000}, &server{start: -400, n: 500}
	b.scrape("other", 1, -5000, "c 1")
	a.scrape("vip", 0, elder.start, elder.lines()...)
	a.scrape("vip", 10, younger.start, younger.lines()...) // a restart, it seems
	told()
	elder.n += 10
	a.scrape("vip", 20, elder.start, elder.lines()...) // it was none
	for i := range 300 {
		elder.n += 100
		a.scrape("vip", float64(30+10*i), elder.start, elder.lines()...)
	}
	told()
	truth := grown(1000, elder.n)
	assert.Equal(t, truth, va.Totals(a.Snapshot(at(4000)))[0].Value)
	assert.Equal(t, truth, vb.Totals(b.Snapshot(at(4000)))[0].Value)
}

// The next process of an address tells its start in another way: 50 for 45, of
// which 35 can be known.
func TestJoinOfTwoSourcesOfStarts(t *testing.T) {
	a, b := newPair(t, pairConfig, counter.Process)
	first := scrapeOf("i", 10, 0, saysC(10)...)
	first.Header = http.Header{"Process-Start-Time-Unix": {fmt.Sprint(t0.Unix() + 1)}}
	a.ingest(first)
	for _, w := range []pairWatcher{b, a} {
		w.ingest(scrapeOf("i", 20, 12, saysC(15)...))
	}
	a.ingest(scrapeOf("i", 30, 25, saysC(20)...))
	exchange(t, a, b)
	require.Equal(t, a.total(30), b.total(30))
	require.GreaterOrEqual(t, a.total(30), 35.0)
	require.LessOrEqual(t, a.total(30), 45.0)
}

// A histogram that outlives processes falls while its process restarts: 32 for
// at most 16.
func TestJoinOfAFallOfWhatOutlives(t *testing.T) {
	a, b := newPair(t, pairConfig, counter.External)
	a.scrape("i", 10, -500, saysH(30, "1")...)
	b.scrape("i", 15, 12, saysH(7, "1")...)
	a.scrape("i", 20, 18, saysH(9, "1")...)
	alone := a.count(30)
	exchange(t, a, b)
	require.Equal(t, a.count(30), b.count(30))
	require.GreaterOrEqual(t, a.count(30), alone)
	require.LessOrEqual(t, a.count(30), 16.0)
}

// Two shards, each of which joined a third one that saw both: 400.
func TestMergeAfterJoin(t *testing.T) {
	all := newPairWatcher(t, pairConfig, counter.Process)
	x, y := newPair(t, pairConfig, counter.Process)
	all.scrape("x", 10, 1, saysC(100)...)
	all.scrape("y", 10, 1, saysC(100)...)
	x.scrape("x", 10, 1, saysC(100)...)
	y.scrape("y", 10, 1, saysC(100)...)
	require.NoError(t, x.Join(all.Fleet))
	require.NoError(t, y.Join(all.Fleet))
	require.NoError(t, x.Merge(y.Fleet))
	require.Equal(t, 200.0, x.total(20))
}

// Processes that are older than the horizon when they are met: 1800, and 1002.
func TestJoinOfOldProcesses(t *testing.T) {
	for _, owner := range []counter.Owner{counter.Process, counter.External} {
		for _, age := range []float64{-3000, -4000} {
			a, b := newPair(t, pairConfig, owner)
			for i := range 3 {
				name, d := fmt.Sprint("i", i), float64(i)
				a.scrape(name, d, age-100*d, saysC(100)...)
				a.scrape(name, 70+d, age-100*d, saysC(700)...)
				b.scrape(name, 60+d, age-100*d, saysC(600)...)
				b.scrape(name, 100+d, age-100*d, saysC(1000)...)
			}
			requireBoth(t, 2700, func(w pairWatcher) float64 { return w.total(110) }, a, b)
		}
	}
	a, b := newPair(t, pairConfig, counter.Process)
	for _, w := range []pairWatcher{a, b} {
		w.scrape("i0", 1, 0.5, saysC(1)...)
	}
	a.scrape("i1", 4000, 10, saysC(1000)...) // born at 10, each met by one alone, late
	b.scrape("i2", 4000, 10, saysC(1000)...)
	for _, w := range []pairWatcher{a, b} {
		w.scrape("i3", 4001, 3999, saysC(1)...)
	}
	requireBoth(t, 2002, func(w pairWatcher) float64 { return w.total(4010) }, a, b)
}

// A pair that tells each other every 10 s loses nothing where one is started
// from nothing and looks before it asks, once or both in turn: 2000 for 2500.
func TestJoinOfAFreshWatcher(t *testing.T) {
	c := pairConfig
	c.JoinHorizon = time.Minute
	for _, restarts := range []int{1, 2} {
		for _, ask := range []bool{false, true} {
			a, b := newPair(t, c, counter.Process)
			now, truth := 1.0, 0.0
			worker := func(name string, seen ...pairWatcher) {
				for _, w := range seen {
					w.scrape(name, now+5, now, saysC(100)...)
				}
				truth += 100
				now += 10
				for _, w := range []pairWatcher{a, b} {
					w.Remove(at(now), name)
					w.scrape("stays", now, 0.5, saysC(0)...)
				}
				exchange(t, a, b)
			}
			for i := range 20 {
				worker(fmt.Sprint("w", i), []pairWatcher{a, b}[i%2])
			}
			for range 12 {
				now += 10
				for _, w := range []pairWatcher{a, b} {
					w.scrape("stays", now, 0.5, saysC(0)...)
				}
				exchange(t, a, b)
			}
			for i := range restarts {
				fresh, other := newPairWatcher(t, c, counter.Process), []pairWatcher{a, b}[i]
				if ask {
					require.NoError(t, fresh.Join(other.Fleet))
				}
				now += 5
				fresh.scrape("stays", now, 0.5, saysC(0)...)
				exchange(t, fresh, other)
				a, b = fresh, other
				if i == 0 {
					a, b = other, fresh
				}
			}
			require.Equal(t, truth, a.total(now))
			for i := range 5 {
				worker(fmt.Sprint("later", i), a, b)
			}
			require.Equal(t, []float64{truth, truth}, []float64{a.total(now), b.total(now)})
		}
	}
}

// An instance that one watcher alone can reach, not for longer than the horizon,
// is alive: 700 for 1200.
func TestJoinOfASilentInstance(t *testing.T) {
	c := pairConfig
	c.JoinHorizon = time.Minute
	a, b := newPair(t, c, counter.Process)
	x, z := 0, 0
	for i := range 60 {
		now := float64(10 * i)
		x, z = x+10, z+10
		if i < 10 || i >= 20 {
			a.scrape("x", now+5, 1, saysC(x)...)
		}
		b.scrape("z", now+5, 1, saysC(z)...)
		if i%3 == 0 { // processes come and go
			a.scrape(fmt.Sprint("w", i), now+6, now+1, saysC(0)...)
			b.scrape(fmt.Sprint("w", i), now+6, now+1, saysC(0)...)
		}
		exchange(t, a, b)
	}
	require.Equal(t, []float64{float64(x + z), float64(x + z)}, []float64{a.total(600), b.total(600)})
}

// What tells no start, or outlives processes, is joined in any order: 110 and 90.
func TestJoinWithoutStartsCommutes(t *testing.T) {
	c := pairConfig
	c.JoinHorizon = time.Minute
	for _, owner := range []counter.Owner{counter.Process, counter.External} {
		start := 0.0
		if owner == counter.External {
			start = -500
		}
		watch := func() (a, b pairWatcher) {
			a, b = newPair(t, c, owner)
			a.scrape("i", 10, start, saysC(100)...)
			for s := 20.0; s < 100; s += 10 {
				a.scrape("i", s, start, saysC(100+int(s))...)
			}
			b.scrape("i", 80, start, saysC(180)...)
			b.scrape("i", 85, start, saysC(185)...)
			b.scrape("only b saw it", 86, start, saysC(5)...)
			b.scrape("only b saw it", 90, start, saysC(25)...)
			return a, b
		}
		a, b := watch()
		requireBoth(t, 110, func(w pairWatcher) float64 { return w.total(100) }, a, b)
		b, a = watch()
		requireBoth(t, 110, func(w pairWatcher) float64 { return w.total(100) }, a, b)
	}
}

// Two watchers apart for longer than the horizon each fold what the other one
// never saw: the lesser account is given up, and that is said.
func TestJoinSaysWhatItGaveUp(t *testing.T) {
	c := pairConfig
	c.JoinHorizon = time.Minute
	a, b := newPair(t, c, counter.Process)
	for i, w := range []pairWatcher{a, b} {
		w.scrape("both", 5, 1, saysC(1000)...)
		name := fmt.Sprint("only ", i)
		w.scrape(name, 10, 2, saysC(10*(i+1))...)
		w.Remove(at(20), "both", name)
		for s := 100.0; s < 1000; s += 100 { // newcomers: what ended is folded
			w.scrape(fmt.Sprint("w", s), s, s-1, saysC(0)...)
			w.Remove(at(s+1), fmt.Sprint("w", s))
			w.RetireAll(at(s + 2))
		}
	}
	require.Zero(t, a.Snapshot(at(1000)).Health().GivenUp)
	requireBoth(t, 1020, func(w pairWatcher) float64 { return w.total(1000) }, a, b)
	for _, w := range []pairWatcher{a, b} {
		w.scrape("last", 1001, 1000, saysC(0)...)
		require.Equal(t, 1020.0, w.total(1001))
		require.Equal(t, 1, w.Snapshot(at(1001)).Health().GivenUp)
	}
}

// Watchers that read histograms in different forms, some scrapes each, while
// clients change their buckets and processes restart: together they count no
// observation twice, in whatever order they tell each other.
func TestJoinLawsOfForms(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 34))
		var all [3]pairWatcher
		for i := range all {
			all[i] = newPairWatcher(rt, pairConfig, counter.Process)
		}
		procs, truth := make([]*nativeProcess, 1+r.IntN(2)), 0
		seen := func(x *nativeProcess) (n int) {
			for _, o := range x.series {
				if o != nil {
					n += len(o.values)
				}
			}
			return n
		}
		for round := range 1 + r.IntN(10) {
			now := float64(10 * (round + 1))
			for i, x := range procs {
				if x == nil || r.IntN(8) == 0 {
					x = &nativeProcess{start: now - 4, native: true, classic: r.IntN(3) > 0}
					procs[i] = x
				}
				before := seen(x)
				x.work(r)
				truth += seen(x) - before
				for _, w := range all {
					format := expfmt.TypeProtoDelim
					if x.classic && r.IntN(2) == 0 {
						format = expfmt.TypeTextPlain
					}
					if r.IntN(3) > 0 {
						w.ingest(exposed(rt, fmt.Sprint("i", i), now, format, x.families()...))
					}
				}
			}
		}
		told := func(order ...int) pairWatcher {
			f := loadedFrom(rt, saved(rt, all[order[0]].Fleet), pairConfig)
			w := pairWatcher{bed: bed{rt, f}}
			w.c, w.h = w.counter(aggregate.View{Select: "c", Owner: counter.Process}), w.histogram(aggregate.View{Select: "h", Owner: counter.Process})
			for _, i := range order[1:] {
				require.NoError(rt, w.Join(all[i].Fleet))
			}
			return w
		}
		abc, cba := told(0, 1, 2), told(2, 1, 0)
		require.Equal(rt, abc.Knowledge(), cba.Knowledge())
		require.LessOrEqual(rt, abc.count(1000), float64(truth))
		for _, w := range all {
			require.GreaterOrEqual(rt, abc.count(1000), w.count(1000))
		}
	})
}

// A process that does not say when it started takes the place of one that did,
// and is not less. Together with who is told its start it counted twice: 16 for 8,
// and 108 for 98. A start that is told again goes on.
func TestJoinOfAProcessThatTellsNoStart(t *testing.T) {
	for _, n := range []int{8, 98} {
		for _, turned := range []bool{true, false} {
			a, b := newPair(t, pairConfig, counter.Process)
			a.scrape("i", 10, -500, saysC(90)...)
			a.scrape("i", 20, 0, saysC(n)...)
			b.scrape("i", 30, 15, saysC(n)...)
			require.Equal(t, 8.0, a.total(40))
			if turned {
				a, b = b, a
			}
			requireBoth(t, float64(n), func(w pairWatcher) float64 { return w.total(40) }, a, b)
		}
	}
	a, b := newPair(t, pairConfig, counter.Process)
	for i, start := range []float64{-500, -500, 0, 0, -500, -500} {
		a.scrape("i", float64(10*i), start, saysC(100+10*i)...)
	}
	requireBoth(t, 50, func(w pairWatcher) float64 { return w.total(60) }, a, b)
}

// The same where the start is told by a header, so that no line shows that it is
// told no more: 108.
func TestJoinOfAHeaderThatIsGone(t *testing.T) {
	a, b := newPair(t, pairConfig, counter.Process)
	first := scrapeOf("i", 10, 0, saysC(90)...)
	first.Header = http.Header{"Process-Start-Time-Unix": {fmt.Sprint(t0.Unix() - 500)}}
	a.ingest(first)
	a.scrape("i", 20, 0, saysC(98)...)
	b.scrape("i", 30, 15, saysC(98)...)
	requireBoth(t, 98, func(w pairWatcher) float64 { return w.total(40) }, a, b)
}

// A histogram that observed nothing when one watcher left it: 0 for 3.
func TestJoinOfAnEmptyHistogram(t *testing.T) {
	c := pairConfig
	c.Since = time.Time{}
	a, b := newPair(t, c, counter.Process)
	a.scrape("i", 10, -500, saysH(0, "1")...)
	a.scrape("i", 20, 15, saysH(0, "1")...)
	a.scrape("i", 30, 15, saysH(0, "1")...)
	require.NoError(t, b.Join(a.Fleet))
	a = newPairWatcher(t, c, counter.Process)
	a.scrape("i", 40, 15, saysH(3, "1")...)
	requireBoth(t, 3, func(w pairWatcher) float64 { return w.count(50) }, a, b)
}

// A process that was removed a moment ago ended then, and not when one of two saw
// it last: what the other one saw since is not too late. 0 for 30.
func TestJoinOfAProcessThatWasRemoved(t *testing.T) {
	c := pairConfig
	c.JoinHorizon = time.Minute
	a, b := newPair(t, c, counter.Process)
	a.scrape("i", 10, -500, saysC(100)...)
	b.scrape("i", 190, -500, saysC(130)...)
	for _, w := range []pairWatcher{a, b} {
		w.Remove(at(200), "i")
	}
	a.scrape("next", 210, 205, saysC(0)...) // a newcomer: who left is tidied up
	requireBoth(t, 30, func(w pairWatcher) float64 { return w.total(220) }, a, b)
}
