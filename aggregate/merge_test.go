package aggregate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// Law 1: however the instances are spread over parts, and in whichever order
// and grouping these are merged, the whole is the same to the bit, and goes on
// as one fleet would.
func TestMergeOfParts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 9))
		rounds := rapid.IntRange(2, 10).Draw(rt, "rounds")
		n := rapid.IntRange(1, 6).Draw(rt, "instances")
		list, _, _ := simulate(r, n, 2*rounds)
		until := at(float64(10*rounds) - 1)
		later := slices.IndexFunc(list, func(sc aggregate.Scrape) bool { return sc.Time.After(until) })
		if later < 0 {
			later = len(list)
		}
		whole := watch(rt).feed(list[:later])
		parts := make([]watched, rapid.IntRange(1, 4).Draw(rt, "parts"))
		for i := range parts {
			parts[i] = watch(rt)
		}
		of := map[string]int{}
		for _, sc := range list[:later] {
			if _, ok := of[sc.Target]; !ok {
				of[sc.Target] = r.IntN(len(parts))
			}
			_, err := parts[of[sc.Target]].Ingest(sc)
			require.NoError(rt, err)
		}
		for len(parts) > 1 { // any two, either way
			i, j := r.IntN(len(parts)), r.IntN(len(parts))
			if i == j {
				continue
			}
			before := saved(rt, parts[j].Fleet)
			require.NoError(rt, parts[i].Merge(parts[j].Fleet))
			require.Equal(rt, before, saved(rt, parts[j].Fleet), "the other one is left as it is")
			parts = slices.Delete(parts, j, j+1)
		}
		got := parts[0]
		require.Equal(rt, saved(rt, whole.Fleet), saved(rt, got.Fleet))
		require.Equal(rt, whole.Sizes().Bytes, got.Sizes().Bytes)
		for _, window := range []time.Duration{sinceStart, 30 * time.Second, 100 * time.Second} {
			require.Equal(rt, whole.answers(until, window), got.answers(until, window))
		}
		whole.feed(list[later:])
		got.feed(list[later:])
		require.Equal(rt, saved(rt, whole.Fleet), saved(rt, got.Fleet))
	})
}

func TestMergeWithNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 10))
	list, _, _ := simulate(r, 3, 6)
	w := watch(t).feed(list)
	want := saved(t, w.Fleet)
	require.NoError(t, w.Merge(watch(t).Fleet))
	require.Equal(t, want, saved(t, w.Fleet))
	empty := watch(t)
	require.NoError(t, empty.Merge(w.Fleet))
	require.Equal(t, want, saved(t, empty.Fleet))
	loaded := loadedFrom(t, want, watchedConfig) // its views need not be declared
	empty = watch(t)
	require.NoError(t, empty.Merge(loaded))
	require.Equal(t, want, saved(t, empty.Fleet))
}

// All that can be in a fleet is merged with it.
func TestMergeEventful(t *testing.T) {
	f, list := eventfulFleet(t)
	g, err := aggregate.NewFleet(aggregate.Config{SplitAlternating: true, Since: list[0].Time})
	require.NoError(t, err)
	eventfulViews(t, g)
	require.NoError(t, g.SetTargets(t0, aggregate.Target{Name: "else"}, aggregate.Target{Name: "lb", Balanced: true, Expected: 4}))
	require.NoError(t, g.ScrapeFailed("a", at(200), errRefused))
	require.NoError(t, g.Merge(f))
	v := eventfulViews(t, g) // once more: what it has now
	groups, err := v.In(until(g, at(300), sinceStart))
	require.NoError(t, err)
	require.NotEmpty(t, groups)
	assert.Equal(t, 8, groups[0].Coverage().Expected, "a, vip, nobody, else, and four behind the balancer")
	assert.Equal(t, len(f.Snapshot(at(300)).Instances()), len(g.Snapshot(at(300)).Instances()))
}

func TestMergeRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 11))
	list, _, _ := simulate(r, 3, 4)
	w := watch(t).feed(list)
	want := saved(t, w.Fleet)
	refused := func(o *aggregate.Fleet) error {
		t.Helper()
		err := w.Merge(o)
		require.ErrorIs(t, err, aggregate.ErrIncompatible)
		require.Equal(t, want, saved(t, w.Fleet), "a call that failed changes nothing")
		return err
	}
	refused(w.Fleet)

	half := watch(t)
	for _, sc := range list {
		if sc.Target == "i1" {
			_, err := half.Ingest(sc)
			require.NoError(t, err)
		}
	}
	assert.ErrorContains(t, refused(half.Fleet), "both watched: i1")

	other := func(c aggregate.Config) *aggregate.Fleet {
		f, err := aggregate.NewFleet(c)
		require.NoError(t, err)
		return f
	}
	refused(other(aggregate.Config{}))
	refused(other(watchedConfig)) // without the views
	more := watch(t)
	more.counter(aggregate.View{Select: "more"})
	refused(more.Fleet)

	small := watchedConfig
	small.MaxInstances = 4
	w = watch(t).again(other(small)).feed(list)
	want = saved(t, w.Fleet)
	o := watch(t).again(other(small))
	for i := range 2 {
		o.scrape(fmt.Sprintf("o%d", i), 0, 0, typeC, "c 1")
	}
	require.ErrorIs(t, w.Merge(o.Fleet), aggregate.ErrLimit)
	require.Equal(t, want, saved(t, w.Fleet))
}

// alsoBy returns what lets a part scrape, and the whole as well.
func alsoBy(whole pairWatcher) func(part pairWatcher, name string, now, start float64, n int) {
	return func(part pairWatcher, name string, now, start float64, n int) {
		whole.scrape(name, now, start, saysC(n)...)
		part.scrape(name, now, start, saysC(n)...)
	}
}

// Merged parts equal one fleet where a part was silent for an hour: one member
// more, and it is stale.
func TestMergeOfAPartThatWasSilent(t *testing.T) {
	c := aggregate.Config{Since: at(-1), Window: 10 * time.Second}.WithCheckpoints(4)
	whole := newPairWatcher(t, c, counter.Process)
	a, b := newPair(t, c, counter.Process)
	scrape := alsoBy(whole)
	scrape(a, "i", 10, 1, 100)
	scrape(a, "i2", 11, 1.5, 100)
	for s := 20.0; s < 4500; s += 60 {
		scrape(b, "j", s, 2, int(s))
	}
	scrape(a, "i2", 4000, 1.5, 500)
	scrape(b, "j", 4500, 2, 4500)
	require.NoError(t, a.Merge(b.Fleet))
	text := func(f pairWatcher) string {
		g, err := f.c.One(f.Snapshot(at(4501)).Last(c.Window))
		require.NoError(t, err)
		inc, _ := g.Increase()
		rate, _ := g.Rate()
		return fmt.Sprint(inc, rate, g.Coverage(), len(g.Increases()), g.Warnings())
	}
	require.Equal(t, text(whole), text(a))
}

// Merged parts equal one fleet where an instance comes back after an hour: 102.
func TestMergeOfOneThatReturns(t *testing.T) {
	c := aggregate.Config{Since: at(-1), Window: 10 * time.Second}.WithCheckpoints(4)
	whole := newPairWatcher(t, c, counter.Process)
	a, b := newPair(t, c, counter.Process)
	scrape := alsoBy(whole)
	scrape(a, "i", 10, 1, 100)
	for s := 20.0; s < 4500; s += 600 {
		scrape(b, "j", s, 2, 1)
	}
	scrape(b, "k", 4500, 4499, 1) // a newcomer: who departed is tidied up
	scrape(a, "i", 4600, 1, 500)
	require.NoError(t, a.Merge(b.Fleet))
	require.Equal(t, 502.0, whole.total(4700))
	require.Equal(t, 502.0, a.total(4700))
}

// The same for any absences: instances are silent for minutes or hours, or are
// removed, and come back with the process that was or another one.
func TestMergeAfterAbsences(t *testing.T) {
	c := aggregate.Config{Since: at(-1), Window: 10 * time.Second}.WithCheckpoints(4)
	rapid.Check(t, func(rt *rapid.T) {
		whole := newPairWatcher(rt, c, counter.Process)
		a, b := newPair(rt, c, counter.Process)
		scrape, parts := alsoBy(whole), []pairWatcher{a, b}
		type process struct {
			start float64
			n     int
		}
		processes := make([]process, 12)
		now := 10.0
		for range rapid.IntRange(20, 80).Draw(rt, "events") {
			now += rapid.SampledFrom([]float64{20, 700, 1200, 1200, 1200, 5000}).Draw(rt, "after")
			i := rapid.IntRange(0, len(processes)-1).Draw(rt, "instance")
			name, part := fmt.Sprint("i", i), parts[i%2]
			p := &processes[i]
			switch rapid.IntRange(0, 4).Draw(rt, "what") {
			case 0:
				whole.Remove(at(now), name)
				part.Remove(at(now), name)
			case 1:
				*p = process{start: now - 0.5}
			}
			p.n += rapid.IntRange(0, 100).Draw(rt, "grows")
			scrape(part, name, now, max(p.start, 1+float64(i)/100), p.n) // no two with one start
		}
		require.NoError(rt, a.Merge(b.Fleet))
		require.Equal(rt, whole.total(now), a.total(now))
		grown := func(w pairWatcher) string {
			g, err := w.c.One(w.Snapshot(at(now)).SinceStart())
			require.NoError(rt, err)
			x, _ := g.Increase()
			return fmt.Sprint(x)
		}
		require.Equal(rt, grown(whole), grown(a))
	})
}
