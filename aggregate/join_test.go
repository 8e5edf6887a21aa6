package aggregate_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

var joinConfig = aggregate.Config{Since: at(-1), Window: time.Minute, JoinHorizon: time.Hour}.WithCheckpoints(4)

// watcher is one of several fleets that watch the same instances.
type watcher struct {
	bed
	requests *aggregate.CounterView
	latency  *aggregate.HistogramView
}

func watcherOn(t T, f *aggregate.Fleet) watcher {
	t.Helper()
	w := watcher{bed: bed{t, f}}
	w.requests = w.counter(aggregate.View{Select: "requests_total", By: []string{"code"}, Owner: counter.Process})
	var err error
	w.latency, err = f.Histogram(aggregate.View{Select: "latency", Owner: counter.Process})
	require.NoError(t, err)
	return w
}

func newWatcher(t T, c aggregate.Config) watcher { return watcherOn(t, newBed(t, c).Fleet) }

// twin is a fleet of its own that knows the same.
func (w watcher) twin() watcher {
	w.Helper()
	return watcherOn(w.T, loadedFrom(w.T, saved(w.T, w.Fleet), joinConfig))
}

// told is w after it was told what the others know, each in turn.
func (w watcher) told(others ...watcher) watcher {
	w.Helper()
	t := w.twin()
	for _, o := range others {
		require.NoError(w, t.Join(o.Fleet))
	}
	return t
}

func (w watcher) knowledge() string { return w.Knowledge() }

var end = at(100_000)

// totals by code, and the buckets under le.
func (w watcher) totals() map[string]float64 {
	w.Helper()
	m := map[string]float64{}
	for _, x := range w.requests.Totals(w.Snapshot(end)) {
		m[x.Labels.Get("code")] = x.Value
	}
	for _, x := range w.latency.Totals(w.Snapshot(end)) {
		for i, b := range x.Histogram.Bounds {
			m[fmt.Sprint("le ", b)] = x.Histogram.Counts[i]
		}
		if !math.IsNaN(x.Histogram.Sum) {
			m["sum"] = x.Histogram.Sum
		}
	}
	return m
}

func requireAtLeast(t require.TestingT, more, less map[string]float64) {
	for key, x := range less {
		require.GreaterOrEqual(t, more[key]*(1+1e-12), x, key)
	}
}

// seenScrape is a scrape of a simulated fleet, with what it says.
type seenScrape struct {
	aggregate.Scrape
	life int // number of the process
	says map[string]float64
}

// simulateWatched runs instances that restart at random, before and after the
// watchers begin to look, and gives all that could be scraped, and the truth:
// what was counted since.
func simulateWatched(r *rand.Rand, instances, rounds int, proven bool) (list []seenScrape, truth map[string]float64) {
	truth = map[string]float64{}
	procs, lives, blind := make([]*process, instances), make([]int, instances), make([]bool, instances)
	born := 0
	for i := range procs {
		procs[i] = newProcess(r, -500-3*float64(i))
		if proven {
			procs[i].start = 0.5
		}
		for range 3 * r.IntN(2) {
			if !proven {
				procs[i].work(r)
			}
		}
		blind[i] = !proven && r.IntN(4) == 0
		lives[i], born = born, born+1
	}
	for round := range rounds {
		for i := range procs {
			now := float64(10*round) + 1 + float64(i)/10
			if round > 0 && r.IntN(8) == 0 {
				procs[i] = newProcess(r, now-4)
				lives[i], born = born, born+1
			}
			p := procs[i]
			before := p.says()
			p.work(r)
			for key, x := range p.says() {
				truth[key] += x - before[key]
			}
			start := p.start
			if blind[i] {
				start = 0
			}
			list = append(list, seenScrape{scrapeOf(fmt.Sprintf("i%d", i), now, start, p.lines()...), lives[i], p.says()})
		}
	}
	return list, truth
}

// says is what the process counted, as totals name it.
func (p *process) says() map[string]float64 {
	b := p.buckets
	m := map[string]float64{"le 0.1": float64(b[0]), "le 1": float64(b[0] + b[1]), "le +Inf": float64(b[0] + b[1] + b[2]), "sum": p.seconds}
	for code, n := range p.requests {
		m[code] = float64(n)
	}
	return m
}

// watchedBy gives each watcher some of the scrapes: some watch from the
// beginning, some later, some not to the end.
func watchedBy(t T, r *rand.Rand, n int, list []seenScrape) (all []watcher, seen [][]seenScrape) {
	for range n {
		w, from, to, miss := newWatcher(t, joinConfig), r.IntN(len(list)), len(list), r.IntN(4)
		if r.IntN(2) == 0 {
			from = 0
		}
		if r.IntN(3) == 0 {
			to = from + r.IntN(len(list)-from)
		}
		var own []seenScrape
		for _, sc := range list[from:to] {
			if miss > 0 && r.IntN(6) < miss {
				continue
			}
			_, err := w.Ingest(sc.Scrape)
			require.NoError(t, err)
			own = append(own, sc)
		}
		all, seen = append(all, w), append(seen, own)
	}
	return all, seen
}

// counts are totals without a histogram's sum and inner buckets. Where no start
// time is known a process may be taken for an older one that is back. Its count
// then is too small, but single buckets may be too large.
func counts(totals map[string]float64) map[string]float64 {
	only := maps.Clone(totals)
	maps.DeleteFunc(only, func(key string, _ float64) bool { return key == "sum" || key == "le 0.1" || key == "le 1" })
	return only
}

// Law 8: joining is idempotent, commutative and associative, to the bit; totals
// are never less than what any watcher counted, and never above the truth.
func TestJoinLaws(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 31))
		list, truth := simulateWatched(r, rapid.IntRange(1, 4).Draw(rt, "instances"), rapid.IntRange(1, 15).Draw(rt, "rounds"), false)
		all, _ := watchedBy(rt, r, 3, list)
		a, b, c := all[0], all[1], all[2]
		before := []string{string(saved(rt, a.Fleet)), string(saved(rt, b.Fleet))}

		ab, ba := a.told(b), b.told(a)
		require.Equal(rt, before, []string{string(saved(rt, a.Fleet)), string(saved(rt, b.Fleet))}, "who tells is left as it is")
		require.Equal(rt, ab.knowledge(), ba.knowledge(), "commutative")
		require.Equal(rt, a.knowledge(), a.told(a.twin()).knowledge(), "idempotent")
		require.Equal(rt, ab.knowledge(), ab.told(b, a).knowledge(), "idempotent")
		require.Equal(rt, ab.told(c).knowledge(), a.told(b.told(c)).knowledge(), "associative")
		require.Equal(rt, ab.told(c).knowledge(), c.told(a, b).knowledge(), "in any order")

		abc := ab.told(c)
		require.Equal(rt, abc.totals(), c.told(b, a).totals())
		for _, w := range []watcher{a, b, c, ab} {
			requireAtLeast(rt, abc.totals(), w.totals())
		}
		requireAtLeast(rt, truth, counts(abc.totals()))
		require.Equal(rt, abc.knowledge(), abc.twin().knowledge())
		require.Equal(rt, abc.totals(), abc.twin().totals())
	})
}

// Where all processes said when they started, after the watch began, the total
// is what each had counted when any watcher saw it last: nothing more can be
// known.
func TestJoinIsExactOfProvenProcesses(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 32))
		list, _ := simulateWatched(r, rapid.IntRange(1, 4).Draw(rt, "instances"), rapid.IntRange(1, 15).Draw(rt, "rounds"), true)
		all, seen := watchedBy(rt, r, 3, list)
		last := map[int]seenScrape{}
		for _, own := range seen {
			for _, sc := range own {
				if l, ok := last[sc.life]; !ok || l.Time.Before(sc.Time) {
					last[sc.life] = sc
				}
			}
		}
		want := map[string]float64{}
		for _, sc := range last {
			for key, x := range sc.says {
				want[key] += x
			}
		}
		got := all[0].told(all[1:]...).totals()
		for key, x := range want {
			if key == "sum" {
				continue // what a histogram without observations has for a sum is not followed
			}
			require.Equal(rt, x, got[key], key)
		}
	})
}

// A pair that exchanges what it knows now and then, of which one is restarted
// from its file, and one from nothing: totals of both are equal after each
// exchange, never fall, and never pass the truth.
func TestAPairOfWatchers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 33))
		list, truth := simulateWatched(r, 3, 40, false)
		pair := []watcher{newWatcher(rt, joinConfig), newWatcher(rt, joinConfig)}
		shown := []map[string]float64{{}, {}}
		for i, sc := range list {
			for j, w := range pair {
				if r.IntN(3) == 0 {
					continue
				}
				_, err := w.Ingest(sc.Scrape)
				require.NoError(rt, err)
				if r.IntN(8) == 0 {
					requireAtLeast(rt, w.totals(), shown[j])
					shown[j] = w.totals()
				}
			}
			if i%20 == 19 {
				require.NoError(rt, pair[0].Join(pair[1].Fleet))
				require.NoError(rt, pair[1].Join(pair[0].Fleet))
				require.Equal(rt, pair[0].totals(), pair[1].totals())
				for j := range pair {
					requireAtLeast(rt, pair[j].totals(), shown[j])
					shown[j] = pair[j].totals()
				}
			}
			switch r.IntN(40) {
			case 0: // from its file
				pair[0] = pair[0].twin()
			case 1: // from nothing; it asks the other before it shows anything
				pair[1] = newWatcher(rt, joinConfig)
				require.NoError(rt, pair[1].Join(pair[0].Fleet))
				requireAtLeast(rt, pair[1].totals(), pair[0].totals())
				shown[1] = pair[1].totals()
			}
		}
		requireAtLeast(rt, truth, pair[0].told(pair[1]).totals())
	})
}

// One watcher saw the beginning, the other the end of a process that began
// before either: what lies between is known from both alone.
func TestJoinBridgesWatches(t *testing.T) {
	a, b := newWatcher(t, joinConfig), newWatcher(t, joinConfig)
	say := func(n int) []string {
		return []string{"# TYPE requests_total counter", fmt.Sprintf(`requests_total{code="200"} %d`, n)}
	}
	for _, start := range []float64{-500, 0} {
		name := fmt.Sprint("started ", start)
		a.scrape(name, 0, start, say(100)...)
		a.scrape(name, 70, start, say(700)...)
		b.scrape(name, 60, start, say(600)...)
		b.scrape(name, 100, start, say(1000)...)
	}
	assert.Equal(t, 1200.0, a.totals()["200"])
	assert.Equal(t, 800.0, b.totals()["200"])
	assert.Equal(t, 1800.0, a.told(b).totals()["200"])
	assert.Equal(t, 1800.0, b.told(a).totals()["200"])
}

// Start times that jitter are one process's, so are twins, and the processes
// behind a balancer are told apart by their start times, not by the order in
// which a watcher met them.
func TestJoinKnowsWhoIsWho(t *testing.T) {
	a, b := newWatcher(t, joinConfig), newWatcher(t, joinConfig)
	say := func(n int) []string {
		return []string{"# TYPE requests_total counter", fmt.Sprintf(`requests_total{code="200"} %d`, n)}
	}
	a.scrape("jitter", 10, 5, say(100)...)
	b.scrape("jitter", 20, 5.003, say(150)...)
	require.Equal(t, 150.0, a.told(b).totals()["200"])

	for i, w := range []watcher{a, b} {
		w.balanced("vip", 0)
		for j := range 2 {
			k := (i + j) % 2
			w.scrape("vip", 30+float64(j), 3+10*float64(k), say(1000+k)...)
		}
	}
	require.Equal(t, 150.0+1000+1001, a.told(b).totals()["200"])
	require.Equal(t, a.told(b).totals(), b.told(a).totals())
}

// Law 8 where what ended was folded: nothing is counted twice, and a pair that
// exchanges in time loses nothing.
func TestJoinOverTheHorizon(t *testing.T) {
	for _, every := range []int{1, 1000} { // rounds between exchanges
		t.Run(fmt.Sprint("every ", every), func(t *testing.T) {
			r := rand.New(rand.NewPCG(4, uint64(every)))
			pair := []watcher{newWatcher(t, joinConfig), newWatcher(t, joinConfig)}
			pool, truth, born := make([]*worker, 5), 0.0, 0
			lines := func(w *worker) []string {
				return []string{"# TYPE requests_total counter", fmt.Sprintf(`requests_total{code="200"} %d`, w.jobs)}
			}
			shown := 0.0
			for round := range 1500 { // of 20 s: more than eight hours
				now := float64(20 * round)
				for i, w := range pool {
					if w == nil || r.IntN(10) == 0 {
						for j := range pair {
							if w != nil {
								pair[j].Remove(at(now), w.name)
							}
						}
						w = &worker{name: fmt.Sprintf("w%d", born), start: now + 1}
						born++
						pool[i] = w
					}
					n := 1 + r.Int64N(9)
					w.jobs += n
					truth += float64(n)
					saw := r.IntN(4)
					for j := range pair {
						if saw != j { // seldom it is the other one alone
							pair[j].scrape(w.name, now+5+float64(i)/10, w.start, lines(w)...)
						}
					}
				}
				if round%every == every-1 && round%10 == 9 {
					require.NoError(t, pair[0].Join(pair[1].Fleet))
					require.NoError(t, pair[1].Join(pair[0].Fleet))
					x := pair[0].totals()["200"]
					require.Equal(t, x, pair[1].totals()["200"])
					require.GreaterOrEqual(t, x, shown)
					require.LessOrEqual(t, x, truth)
					shown = x
				}
			}
			got := pair[0].told(pair[1])
			require.LessOrEqual(t, got.totals()["200"], truth)
			if every == 1 {
				require.Equal(t, truth, got.totals()["200"])
			}
			assert.Less(t, got.Lives(), 300, "of %d", born)
			t.Logf("%d workers, %d known one by one, %g of %g", born, got.Lives(), got.totals()["200"], truth)
		})
	}
}

func TestJoinRefused(t *testing.T) {
	a := newWatcher(t, joinConfig)
	a.scrape("i", 10, 5, "# TYPE requests_total counter", `requests_total{code="200"} 5`)
	want := saved(t, a.Fleet)
	refused := func(o *aggregate.Fleet, why string) {
		t.Helper()
		err := a.Join(o)
		require.ErrorIs(t, err, aggregate.ErrIncompatible)
		assert.Contains(t, err.Error(), why)
		require.Equal(t, want, saved(t, a.Fleet))
	}
	refused(a.Fleet, "itself")
	c := joinConfig
	c.Window = time.Hour
	refused(newWatcher(t, c).Fleet, "configurations")
	refused(newBed(t, joinConfig).Fleet, "different views")
	c = joinConfig
	c.JoinHorizon = 0
	alone := newWatcher(t, c)
	err := alone.Join(newWatcher(t, c).Fleet)
	require.ErrorIs(t, err, aggregate.ErrIncompatible)
	assert.ErrorContains(t, err, "JoinHorizon")
	_, err = aggregate.NewFleet(aggregate.Config{JoinHorizon: -1})
	require.Error(t, err)
	require.NoError(t, newWatcher(t, joinConfig).Join(loadedFrom(t, want, joinConfig)), "views of o need not be declared")
	assert.False(t, math.IsNaN(a.totals()["200"]))
}

// Two addresses of one process count once, if either watcher found it out; and
// a start time that moved while its process went on makes no second one.
func TestJoinKnowsTwins(t *testing.T) {
	one, both := newBed(t, joinConfig), newBed(t, joinConfig)
	views := map[string]*aggregate.CounterView{}
	for name, b := range map[string]bed{"one": one, "both": both} {
		views[name] = b.counter(aggregate.View{Select: "c"})
	}
	p := &server{start: -500, n: 1000}
	for i := range 8 {
		for j, name := range []string{"node-a", "node-b"} {
			p.n += 5
			both.scrape(name, float64(10*i+j), p.start, p.lines()...)
			if i < 2 {
				one.scrape(name, float64(10*i+j), p.start, p.lines()...)
			}
		}
	}
	truth := grown(1000, p.n)
	require.NoError(t, one.Join(both.Fleet))
	require.NoError(t, both.Join(one.Fleet))
	got := views["one"].Totals(one.Snapshot(end))[0].Value
	assert.LessOrEqual(t, got, truth)
	assert.Equal(t, got, views["both"].Totals(both.Snapshot(end))[0].Value)
	assert.GreaterOrEqual(t, got, grown(1005, p.n), "from the first scrape of either address")

	a, b := newWatcher(t, joinConfig), newWatcher(t, joinConfig)
	say := func(n int) []string {
		return []string{"# TYPE requests_total counter", fmt.Sprintf(`requests_total{code="200"} %d`, n)}
	}
	a.scrape("i", 10, -5000, say(100)...)
	a.scrape("i", 20, -4990, say(150)...) // the clock was set
	b.scrape("i", 30, -4990, say(200)...)
	b.scrape("i", 40, -4990, say(260)...)
	a.scrape("i", 50, -4990, say(300)...)
	assert.Equal(t, 200.0, a.told(b).totals()["200"])
	assert.Equal(t, 200.0, b.told(a).totals()["200"])
}
