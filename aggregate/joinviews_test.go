package aggregate_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// again is the watcher loaded from its state with another configuration.
func (w pairWatcher) again(c aggregate.Config) pairWatcher {
	w.Helper()
	b := bed{w.T, loadedFrom(w.T, saved(w.T, w.Fleet), c)}
	return pairWatcher{b, b.counter(aggregate.View{Select: "c", Owner: counter.Process}), b.histogram(aggregate.View{Select: "h", Owner: counter.Process})}
}

// A join that is switched off and on again: what was counted in between is this
// watcher's alone, and what the other one saw counts once.
func TestJoinSwitchedOffAndOn(t *testing.T) {
	off := pairConfig
	off.JoinHorizon = 0
	for _, restarts := range []bool{false, true} {
		a, b := newPair(t, pairConfig, counter.Process)
		both := func(now, start float64, n int) {
			for _, w := range []pairWatcher{a, b} {
				w.scrape("i", now, start, saysC(n)...)
			}
		}
		both(10, 1, 100)
		exchange(t, a, b)
		a = a.again(off)
		require.ErrorIs(t, a.Join(b.Fleet), aggregate.ErrIncompatible)
		truth := 130.0
		if restarts {
			both(20, 15, 30)
		} else {
			both(20, 1, 130)
		}
		require.Equal(t, truth, a.total(20))
		a = a.again(pairConfig)
		require.Equal(t, truth, a.total(20))
		requireBoth(t, truth, func(w pairWatcher) float64 { return w.total(30) }, a, b)
		start := 1.0
		if restarts {
			start, truth = 15, truth-100
		}
		both(40, start, int(truth)+50)
		if restarts {
			truth += 100
		}
		requireBoth(t, truth+50, func(w pairWatcher) float64 { return w.total(50) }, a, b)
	}
}

// A view that one of two declared late has in joined totals what the other one
// saw before. Of a process that it met in between it does not know from where it
// grew, so that the one counts who saw more; of the next ones all counts.
func TestJoinOfAViewDeclaredLate(t *testing.T) {
	a := newPairWatcher(t, pairConfig, counter.Process)
	f, err := aggregate.NewFleet(pairConfig)
	require.NoError(t, err)
	b := bed{t, f}
	late := pairWatcher{bed: b, c: b.counter(aggregate.View{Select: "c", Owner: counter.Process})}
	for i := range 3 {
		for j, w := range []bed{a.bed, b} {
			w.scrape("i", float64(10*i+j), -500, append(saysC(100+10*i), saysH(50+10*i, "1")...)...)
		}
	}
	require.ErrorIs(t, late.Join(a.Fleet), aggregate.ErrIncompatible, "it has no such view yet")
	late.h = b.histogram(aggregate.View{Select: "h", Owner: counter.Process})
	require.NoError(t, late.Join(a.Fleet))
	require.Equal(t, 20.0, late.count(30))
	late.scrape("i", 40, -500, append(saysC(130), saysH(95, "1")...)...)
	requireBoth(t, 30, func(w pairWatcher) float64 { return w.total(50) }, a, late)
	requireBoth(t, 25, func(w pairWatcher) float64 { return w.count(50) }, late, a)
	late.scrape("i", 60, 55, append(saysC(5), saysH(7, "1")...)...)
	a.scrape("i", 70, 55, append(saysC(6), saysH(9, "1")...)...)
	requireBoth(t, 25+9, func(w pairWatcher) float64 { return w.count(80) }, a, late)
	requireBoth(t, 30+6, func(w pairWatcher) float64 { return w.total(80) }, a, late)
}

// A group that had to make room and came back counts in joined totals what any
// watcher saw of it at once, and never twice.
func TestJoinOfAGroupThatMadeRoom(t *testing.T) {
	watch := func(c aggregate.Config) (bed, *aggregate.CounterView) {
		b := newBed(t, c)
		return b, b.counter(aggregate.View{Select: "c", By: []string{"path"}, Owner: counter.Process})
	}
	small := pairConfig
	small.MaxBytes = 1_320_000
	a, va := watch(small)
	b, vb := watch(small)
	scrape := func(w bed, now float64, from, to, n int) {
		var body bytes.Buffer
		fmt.Fprintln(&body, typeC)
		for i := from; i < to; i++ {
			fmt.Fprintf(&body, "c{path=\"/%d\"} %d\n", i, n)
		}
		w.scrape("i", now, 1, body.String()[:body.Len()-1])
	}
	of := func(w bed, v *aggregate.CounterView, path string) float64 {
		for _, x := range v.Totals(w.Snapshot(at(10_000))) {
			if x.Labels.Get("path") == path {
				return x.Value
			}
		}
		return 0
	}
	for round := range 40 { // ever other paths, then the first ones again
		scrape(a, float64(10*round+1), 20*round, 20*round+20, 7)
		scrape(b, float64(10*round+2), 20*round, 20*round+20, 7)
	}
	require.Less(t, a.Sizes().Groups, 20*40, "some made room")
	scrape(a, 500, 0, 20, 20)
	scrape(b, 510, 0, 20, 25)
	mine, theirs := of(a, va, "/3"), of(b, vb, "/3")
	require.NoError(t, a.Join(b.Fleet))
	require.NoError(t, b.Join(a.Fleet))
	got := of(a, va, "/3")
	require.Equal(t, got, of(b, vb, "/3"))
	require.GreaterOrEqual(t, got, max(mine, theirs))
	require.LessOrEqual(t, got, 25.0)
}
