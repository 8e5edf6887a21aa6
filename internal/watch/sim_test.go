package watch

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/promfold/promfold/internal/script"
)

// failure is a testing.T that says what failed instead of failing.
type failure struct{ text string }

func (f *failure) Errorf(format string, args ...any) { f.text += fmt.Sprintf(format, args...) }
func (f *failure) FailNow()                          { panic(f) }

// kind of a simulation.
type setting struct {
	weights         map[int]int
	instances, eyes int // at most
	events          int // at most
	horizon         int64
	prepare         func(*world, *rand.Rand)
}

// run simulates events and returns what failed.
func (c *setting) run(seed uint64, events []script.Event) (text string) {
	f := &failure{}
	defer func() {
		switch x := recover(); x {
		case nil:
		case f:
			text = f.text
		default:
			panic(x)
		}
	}()
	r := rand.New(rand.NewPCG(seed, 1))
	instances := 1 + r.IntN(c.instances)
	if r.IntN(4) > 0 {
		instances = 1 + instances/4
	}
	w := newWorld(f, instances, 2+r.IntN(c.eyes-1), c.horizon)
	if c.prepare != nil {
		c.prepare(w, r)
	}
	for _, p := range w.places {
		w.start(p)
	}
	w.running, w.now = true, began+60_000
	for _, e := range events {
		w.do(e)
	}
	return f.text
}

func (c *setting) draw(seed uint64) []script.Event {
	return script.Draw(rand.New(rand.NewPCG(seed, 2)), c.weights, c.events)
}

// times returns how many simulations to run: n times what the variable SIMULATE
// says; without it a third of n, and fewer with -short.
func times(n int) int {
	if x, err := strconv.Atoi(os.Getenv("SIMULATE")); err == nil {
		return n * x
	}
	if testing.Short() {
		return n / 20
	}
	return n / 3
}

func (c setting) check(t *testing.T, n int) {
	for seed := range uint64(times(n)) {
		events := c.draw(seed)
		if c.run(seed, events) == "" {
			continue
		}
		events = script.Shrink(events, func(less []script.Event) bool { return c.run(seed, less) != "" })
		var list []string
		for _, e := range events {
			list = append(list, inWords(e))
		}
		t.Fatalf("seed %d, after\n  %s\n%s", seed, strings.Join(list, "\n  "), c.run(seed, events))
	}
}

// A fleet whose watchers hear of everything before they fold it loses nothing,
// whatever they miss and however often they are killed.
func TestSimulatePrompt(t *testing.T) {
	setting{instances: 30, eyes: 4, events: 120, horizon: 100_000, weights: usual,
		prepare: func(w *world, r *rand.Rand) { w.prompt = true },
	}.check(t, 200)
}

var usual = map[int]int{scrapeOne: 6, scrapeAll: 8, grow: 10, restart: 2, relayout: 1, clear1: 1, gone: 1, exchange: 4, foldOne: 2,
	round: 3, restoreOld: 1, restoreEmpty: 1, checkpoint: 1, lie: 1, takeBack: 1}

// Watchers that tell each other less often than they fold lose something, never
// count anything twice, and say how much they lost.
func TestSimulateCareless(t *testing.T) {
	setting{instances: 30, eyes: 4, events: 120, horizon: 20_000, weights: usual,
		prepare: func(w *world, r *rand.Rand) { w.exact = true },
	}.check(t, 200)
}

// mix makes places of all sorts.
func mix(w *world, r *rand.Rand) {
	for _, p := range w.places {
		switch r.IntN(6) {
		case 0:
			p.external = true
		case 1:
			if !w.prompt && !w.exact {
				p.blind = r.IntN(16) // some watchers see no start there
			}
		case 2:
			p.blind = 15
		case 3, 4:
			p.name, p.pool = "lb", true
		}
	}
}

// The same with balancers, with what outlives processes, and where some or all
// watchers see no start times.
func TestSimulateMixedPrompt(t *testing.T) {
	setting{instances: 30, eyes: 4, events: 120, horizon: 100_000, weights: usual,
		prepare: func(w *world, r *rand.Rand) { w.prompt = true; mix(w, r) },
	}.check(t, 200)
}

func TestSimulateMixedCareless(t *testing.T) {
	setting{instances: 30, eyes: 4, events: 120, horizon: 20_000, weights: usual,
		prepare: func(w *world, r *rand.Rand) { w.exact = true; mix(w, r) },
	}.check(t, 200)
}

// Whatever watchers take for ended, for one process or for without a start, no
// total is above the truth, and the laws hold.
func TestSimulateWrong(t *testing.T) {
	weights := maps.Clone(usual)
	weights[unnoticed], weights[wronglyGone], weights[move], weights[late] = 2, 3, 2, 2
	for _, horizon := range []int64{0, 20_000, 100_000} {
		setting{instances: 30, eyes: 4, events: 120, horizon: horizon, weights: weights,
			prepare: func(w *world, r *rand.Rand) {
				w.wrong, w.root = true, r.IntN(2) == 0
				mix(w, r)
				parts(w, r)
			},
		}.check(t, 100)
	}
}

// Clocks that differ make no total more than there was.
func TestSimulateClocks(t *testing.T) {
	weights := maps.Clone(usual)
	weights[wronglyGone], weights[move], weights[restart], weights[restoreEmpty], weights[grow] = 2, 1, 6, 4, 4
	for _, horizon := range []int64{0, 20_000, 100_000} {
		setting{instances: 4, eyes: 4, events: 120, horizon: horizon, weights: weights,
			prepare: func(w *world, r *rand.Rand) {
				w.wrong, w.root, w.Skew = true, r.IntN(2) == 0, 40_000
				for _, e := range w.eyes {
					e.ahead = []int64{0, r.Int64N(w.Skew + 1), r.Int64N(w.Skew + 1)}[r.IntN(3)]
					w.empty(e)
				}
				mix(w, r)
				parts(w, r)
			},
		}.check(t, 100)
	}
}

// A root that hears of leaves, each with a part of the places: a process that
// two leaves saw counts once, and a state that comes late changes nothing.
func TestSimulateLeaves(t *testing.T) {
	weights := maps.Clone(usual)
	weights[move], weights[late] = 4, 2
	for _, kind := range []int{foldOne, clear1, restoreEmpty, restoreOld} {
		weights[kind] = 0 // a leaf that is killed knows no more who lives
	}
	setting{instances: 30, eyes: 4, events: 120, horizon: 100_000, weights: weights,
		prepare: func(w *world, r *rand.Rand) {
			w.prompt, w.root = true, true
			parts(w, r)
		},
	}.check(t, 200)
}

// parts gives each leaf some of the places.
func parts(w *world, r *rand.Rand) {
	for _, p := range w.places {
		p.leaf = 1 + r.IntN(len(w.eyes)-1)
	}
}
