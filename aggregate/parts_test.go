package aggregate_test

import (
	"bytes"
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

var rootConfig = aggregate.Config{Since: at(-1), Window: 5 * time.Minute, JoinHorizon: time.Hour}.WithCheckpoints(64)

// setPart gives a root the state of a part.
func (w pairWatcher) setPart(name string, now float64, state []byte) {
	w.Helper()
	require.NoError(w, w.SetPart(name, at(now), bytes.NewReader(state)))
}

func (p poolOn) setPart(name string, now time.Time, state []byte) {
	p.Helper()
	require.NoError(p, p.SetPart(name, now, bytes.NewReader(state)))
}

func newRootOf(t T, c aggregate.Config) (root, a, b pairWatcher) {
	t.Helper()
	a, b = newPair(t, c, counter.Process)
	return newPairWatcher(t, c, counter.Process), a, b
}

// A root above three leaves answers as the one fleet would, to the bit, in
// whichever order their states arrive, old ones late, once or again, and if it is
// saved and loaded meanwhile. So few workers come and go that no fleet forgets one
// that departed: a fleet of many forgets some that its parts still know.
func TestRootEqualsTheOneFleet(t *testing.T) {
	c := poolConfig
	c.JoinHorizon = 20 * time.Minute
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 22))
		list := simulatePool(r, rapid.IntRange(2, 4).Draw(rt, "workers"), 100)
		pool := func() poolOn { return watchPool(rt, newBed(rt, c).Fleet) }
		whole, root, leaves := pool(), pool(), []poolOn{pool(), pool(), pool()}
		var states [3][][]byte
		arrive := func(i, j int, now time.Time) { root.setPart(fmt.Sprint("leaf-", i), now, states[i][j]) }
		for i, e := range list {
			whole.feed(list[i : i+1])
			leaf := int((e.Target + e.gone)[4]) % 3
			leaves[leaf].feed(list[i : i+1])
			if r.IntN(10) > 0 || e.gone != "" {
				continue
			}
			for leaf := range leaves {
				states[leaf] = append(states[leaf], saved(rt, leaves[leaf].Fleet))
				if r.IntN(2) == 0 {
					arrive(leaf, r.IntN(len(states[leaf])), e.Time)
				}
			}
			if r.IntN(4) == 0 {
				root.jobs.Totals(root.Snapshot(e.Time)) // what was shown does not fall
			}
			if r.IntN(4) == 0 {
				root = watchPool(rt, loadedFrom(rt, saved(rt, root.Fleet), c))
			}
		}
		now := at(2000)
		for leaf := range leaves {
			states[leaf] = append(states[leaf], saved(rt, leaves[leaf].Fleet))
		}
		for range 10 {
			i := r.IntN(3)
			arrive(i, r.IntN(len(states[i])), now)
		}
		for _, i := range r.Perm(3) {
			arrive(i, len(states[i])-1, now)
		}
		for _, i := range r.Perm(3) {
			arrive(i, r.IntN(len(states[i])), now)
		}
		for _, now := range []time.Time{now, at(2030), at(20_000)} {
			require.Equal(rt, whole.answers(now), root.answers(now))
		}
		state := saved(rt, root.Fleet)
		require.Equal(rt, state, saved(rt, loadedFrom(rt, state, c)))
		root = watchPool(rt, loadedFrom(rt, state, c))
		require.Equal(rt, whole.answers(now), root.answers(now))
		require.Equal(rt, state, saved(rt, root.Fleet))
	})
}

// A process that moved from one part to another counts once, whichever of them
// still has it, also once the first one has only the sum of those who left.
func TestProcessMovesBetweenParts(t *testing.T) {
	root, a, b := newRootOf(t, rootConfig)
	grown := func(now float64, window time.Duration) (float64, error) {
		g, err := root.c.One(until(root, at(now), window))
		if err != nil {
			return 0, err
		}
		return grew(g), nil
	}
	a.scrape("i", 10, 1, saysC(100)...)
	a.scrape("stays", 10, 2, saysC(1000)...)
	b.scrape("other", 10, 2.5, saysC(10)...)
	root.setPart("a", 20, saved(t, a.Fleet))
	root.setPart("b", 20, saved(t, b.Fleet))
	require.Equal(t, 1110.0, root.total(20))
	since, err := grown(20, sinceStart)
	require.NoError(t, err)
	require.Equal(t, 1110.0, since)

	a.Remove(at(30), "i")
	b.scrape("i", 40, 1, saysC(130)...) // it began since b looks: all of it is growth to b
	root.setPart("b", 41, saved(t, b.Fleet))
	require.Equal(t, 1140.0, root.total(41))
	root.setPart("a", 42, saved(t, a.Fleet))
	require.Equal(t, 1140.0, root.total(42))
	require.Equal(t, 3, root.Snapshot(at(42)).Coverage().Expected)
	require.Len(t, root.Snapshot(at(42)).Instances(), 3)

	for s := 50.0; s < 400; s += 50 {
		a.scrape("stays", s, 2, saysC(1000)...)
		b.scrape("i", s, 1, saysC(130+int(s)-50)...)
	}
	a.RetireAll(at(400))
	require.False(t, a.Holds("i"))
	root.setPart("b", 400, saved(t, b.Fleet))
	root.setPart("a", 400, saved(t, a.Fleet))
	require.Equal(t, 1110.0+330, root.total(400))
	last, err := grown(351, 150*time.Second)
	require.NoError(t, err)
	require.Equal(t, 150.0, last)
	_, err = grown(400, sinceStart)
	require.ErrorIs(t, err, aggregate.ErrWindow)
	require.ErrorContains(t, err, "parts share instances: i")
}

// A part that is silent is missing in the coverage, and comes back.
func TestSilentPart(t *testing.T) {
	root, a, b := newRootOf(t, rootConfig)
	for s := 0.0; s <= 100; s += 10 {
		a.scrape("i", s, -50, saysC(int(s))...)
		b.scrape("j", s, -60, saysC(int(s))...)
	}
	root.setPart("a", 100, saved(t, a.Fleet))
	root.setPart("b", 100, saved(t, b.Fleet))
	require.Equal(t, "2 of 2 expected", root.Snapshot(at(101)).Coverage().String())
	for s := 110.0; s <= 200; s += 10 {
		a.scrape("i", s, -50, saysC(int(s))...)
		b.scrape("j", s, -60, saysC(int(s))...)
	}
	root.setPart("a", 200, saved(t, a.Fleet))
	require.Equal(t, 1, root.Snapshot(at(201)).Coverage().Stale)
	require.Equal(t, 300.0, root.total(201))
	root.setPart("b", 200, saved(t, b.Fleet))
	require.Zero(t, root.Snapshot(at(201)).Coverage().Stale)
	require.Equal(t, 400.0, root.total(201))
}

// What a part that was removed counted stays in totals; its steps stay in the
// window, and its instances leave at once. A state from before does not bring it
// back; a newer one does.
func TestRemovedPart(t *testing.T) {
	root, a, b := newRootOf(t, rootConfig)
	for s := 0.0; s <= 100; s += 10 {
		a.scrape("i", s, -50, saysC(int(s))...)
		b.scrape("j", s, -60, saysC(int(s))...)
	}
	old := saved(t, b.Fleet)
	root.setPart("a", 100, saved(t, a.Fleet))
	root.setPart("b", 100, old)
	require.NoError(t, root.SetPart("b", at(105), nil))
	require.NoError(t, root.SetPart("never", at(105), nil))
	g, err := root.c.One(root.Snapshot(at(106)).Last(time.Minute))
	require.NoError(t, err)
	require.Equal(t, 120.0, grew(g), "50 to 100, twice, with the steps that reach in")
	require.Equal(t, "1 of 1 expected", g.Coverage().String())
	root.setPart("b", 106, old)
	require.Equal(t, 1, root.Snapshot(at(106)).Coverage().Expected)
	require.Equal(t, 200.0, root.total(106))

	for s := 110.0; s <= 1000; s += 10 {
		a.scrape("i", s, -50, saysC(int(s))...)
	}
	root.setPart("a", 1000, saved(t, a.Fleet))
	require.NoError(t, root.SetPart("never", at(1000), nil))
	require.Equal(t, 1100.0, root.total(1000))
	require.Len(t, root.Snapshot(at(1000)).Instances(), 1)
	_, err = root.c.One(root.Snapshot(at(1000)).SinceStart())
	require.ErrorIs(t, err, aggregate.ErrWindow)

	b.scrape("j", 1010, -60, saysC(150)...)
	root.setPart("b", 1010, saved(t, b.Fleet))
	require.Equal(t, 1150.0, root.total(1010))
	require.Equal(t, 2, root.Snapshot(at(1010)).Coverage().Expected)
}

// A part that began anew, from nothing or from an older state, loses no total.
func TestPartBeginsAnew(t *testing.T) {
	root, a, b := newRootOf(t, rootConfig)
	a.scrape("i", 10, 1, saysC(100)...)
	b.scrape("j", 10, 2, saysC(10)...)
	old := a.again(rootConfig)
	a.scrape("i", 20, 1, saysC(150)...)
	root.setPart("a", 20, saved(t, a.Fleet))
	root.setPart("b", 20, saved(t, b.Fleet))
	require.Equal(t, 160.0, root.total(20))
	fresh := newPairWatcher(t, rootConfig, counter.Process)
	fresh.scrape("i", 30, 1, saysC(170)...)
	root.setPart("a", 30, saved(t, fresh.Fleet))
	require.Equal(t, 180.0, root.total(30))
	old.scrape("i", 40, 1, saysC(200)...)
	root.setPart("a", 40, saved(t, old.Fleet))
	require.Equal(t, 210.0, root.total(40))
}

// A state that is none, or of something else, changes nothing.
func TestSetPartRefuses(t *testing.T) {
	root, a, b := newRootOf(t, rootConfig)
	a.scrape("i", 10, 1, saysC(100)...)
	state := saved(t, a.Fleet)
	refuses := func(root pairWatcher, name string, now time.Time, state []byte) error {
		t.Helper()
		before := saved(t, root.Fleet)
		err := root.SetPart(name, now, bytes.NewReader(state))
		require.Error(t, err)
		require.Equal(t, before, saved(t, root.Fleet))
		return err
	}
	for range 2 { // of a fleet that is no root yet, and of one that is
		assert.ErrorContains(t, refuses(root, "", at(1), state), "no name")
		assert.ErrorContains(t, refuses(root, "a", time.Time{}, state), "no time")
		assert.ErrorIs(t, refuses(root, "a", at(1), nil), aggregate.ErrCorrupt)
		damaged := slices.Clone(state)
		damaged[len(damaged)/2] ^= 1
		assert.ErrorIs(t, refuses(root, "a", at(1), damaged), aggregate.ErrCorrupt)
		other := newBed(t, rootConfig)
		other.counter(aggregate.View{Select: "other"})
		other.scrape("x", 20, 1, saysC(1)...)
		assert.ErrorIs(t, refuses(root, "a", at(1), saved(t, other.Fleet)), aggregate.ErrIncompatible)
		root.setPart("a", 10, state)
	}
	early := newBed(t, rootConfig)
	early.counter(aggregate.View{Select: "other"})
	early.scrape("x", 5, 1, saysC(1)...)
	assert.ErrorIs(t, refuses(root, "a", at(11), saved(t, early.Fleet)), aggregate.ErrIncompatible, "it is no late state of the part")
	assert.ErrorContains(t, refuses(root, "b", at(11), saved(t, root.Fleet)), "which have parts")

	c := rootConfig
	c.JoinHorizon = 0
	assert.ErrorContains(t, refuses(newPairWatcher(t, c, counter.Process), "a", at(11), state), "without a JoinHorizon")
	b.scrape("j", 10, 1, saysC(1)...)
	assert.ErrorContains(t, refuses(b, "a", at(11), state), "with targets of their own")
	c = rootConfig
	c.MaxInstances = 1
	small := newPairWatcher(t, c, counter.Process)
	small.setPart("a", 11, state)
	assert.ErrorIs(t, refuses(small, "b", at(11), saved(t, b.Fleet)), aggregate.ErrLimit)

	for _, err := range []error{
		root.Merge(b.Fleet), b.Merge(root.Fleet), root.SetTargets(at(11)), root.Describe(at(11), aggregate.Target{Name: "x"}),
		root.ScrapeFailed("x", at(11), errRefused),
	} {
		assert.ErrorIs(t, err, aggregate.ErrIncompatible)
	}
	_, err := root.Ingest(scrapeOf("x", 11, 1, saysC(1)...))
	assert.ErrorIs(t, err, aggregate.ErrIncompatible)
	require.Equal(t, 100.0, root.total(11))
}

// Two roots of the same leaves are a pair as any.
func TestRootsJoin(t *testing.T) {
	root, a, b := newRootOf(t, rootConfig)
	other := newPairWatcher(t, rootConfig, counter.Process)
	a.scrape("i", 10, 1, saysC(100)...)
	root.setPart("a", 11, saved(t, a.Fleet))
	b.scrape("j", 10, 2, saysC(10)...)
	other.setPart("b", 11, saved(t, b.Fleet))
	other.setPart("a", 11, saved(t, a.Fleet))
	requireBoth(t, 110, func(w pairWatcher) float64 { return w.total(20) }, root, other)
	a.scrape("i", 20, 1, saysC(120)...)
	root.setPart("a", 21, saved(t, a.Fleet))
	requireBoth(t, 130, func(w pairWatcher) float64 { return w.total(30) }, root, other)
}

// A snapshot that was taken before a part changed says so.
func TestSnapshotBeforeAPart(t *testing.T) {
	root, a, _ := newRootOf(t, rootConfig)
	a.scrape("i", 10, 1, saysC(100)...)
	root.setPart("a", 11, saved(t, a.Fleet))
	s := root.Snapshot(at(11))
	a.scrape("i", 20, 1, saysC(120)...)
	root.setPart("a", 21, saved(t, a.Fleet))
	g, err := root.c.One(s.SinceStart())
	require.NoError(t, err)
	require.Equal(t, 100.0, grew(g))
	root.Snapshot(at(21))
	_, err = root.c.One(s.SinceStart())
	require.ErrorIs(t, err, aggregate.ErrWindow)
}

// All who answer behind one balancer are of the part that scraped it last; what
// both saw of a process counts once.
func TestBalancerOfTwoParts(t *testing.T) {
	root, a, b := newRootOf(t, rootConfig)
	for _, w := range []pairWatcher{a, b} {
		w.balanced("lb", 2)
	}
	scrape := func(w pairWatcher, s, start float64, n int) { w.scrape("lb", s, start, saysC(n)...) }
	scrape(a, 10, 1, 100)
	scrape(a, 20, 10, 10)
	scrape(b, 15, 1, 110)
	scrape(b, 30, 20, 7)
	root.setPart("a", 31, saved(t, a.Fleet))
	root.setPart("b", 31, saved(t, b.Fleet))
	require.Equal(t, 110.0+10+7, root.total(31))
	require.Len(t, root.Snapshot(at(31)).Instances(), 2)
	require.Equal(t, 2, root.Snapshot(at(31)).Coverage().Expected)
	for s := 40.0; s < 100; s += 20 {
		scrape(a, s, 10, int(s))
		scrape(a, s+10, 1, 200)
	}
	root.setPart("a", 101, saved(t, a.Fleet))
	got := root.total(101)
	assert.LessOrEqual(t, got, 80.0+200+7)
	assert.GreaterOrEqual(t, got, 60.0+200+7, "the latest scrape may be of another process yet")
}

// Shared series of gauges, histograms and everything are those of the one fleet,
// too: a root is as good an EverythingView as any.
func TestRootOfEverything(t *testing.T) {
	c := rootConfig
	open := func() (bed, *aggregate.EverythingView) {
		b := newBed(t, c)
		e, err := b.Everything(aggregate.View{Select: everyFamily, Combine: aggregate.Sum})
		require.NoError(t, err)
		return b, e
	}
	whole, all := open()
	root, e := open()
	leaf1, _ := open()
	leaf2, _ := open()
	show := func(e *aggregate.EverythingView, f bed, now float64) []aggregate.Family {
		return e.Families(f.Snapshot(at(now)))
	}
	for s := 0.0; s < 100; s += 10 {
		for i, leaf := range []bed{leaf1, leaf2} {
			for _, name := range []string{"x", "y"} {
				lines := slices.Concat(saysC(int(s)+i), saysH(int(s), "1"), []string{typeG, fmt.Sprintf("g %d", i)})
				for _, b := range []bed{whole, leaf} {
					b.scrape(fmt.Sprint(name, i), s, -50, lines...)
				}
			}
		}
		require.NoError(t, root.SetPart("1", at(s), bytes.NewReader(saved(t, leaf1.Fleet))))
		require.NoError(t, root.SetPart("2", at(s), bytes.NewReader(saved(t, leaf2.Fleet))))
		require.Equal(t, show(all, whole, s), show(e, root, s))
	}
	require.Len(t, show(e, root, 100), 4)
	require.Equal(t, all.Deltas(whole.Snapshot(at(100))), e.Deltas(root.Snapshot(at(100))))
	require.NoError(t, root.SetPart("1", at(101), bytes.NewReader(saved(t, leaf1.Fleet))))
	require.Empty(t, e.Deltas(root.Snapshot(at(101))))
}
