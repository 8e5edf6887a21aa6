package joins

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/promfold/promfold/aggregate"
)

// Kinds of failure.
const (
	lawBroken  = "law"
	aboveTruth = "above the truth"
	fell       = "fell"
	otherBytes = "other bytes"
	wasLost    = "lost"
	refused    = "error"
	panicked   = "panic"
)

// failure stops a simulation.
type failure struct{ kind, text string }

func (w *world) fail(kind, format string, args ...any) {
	panic(failure{kind, fmt.Sprintf(format, args...)})
}

func (w *world) must(err error) {
	if err != nil {
		w.fail(refused, "%v", err)
	}
}

// loss is what totals lacked of what was known.
type loss struct{ of, lost float64 }

func keys(t totals) []string { return slices.Sorted(maps.Keys(t)) }

// equal compares totals that are to be the same. What was attributed behind a
// balancer and waits to be confirmed, a watcher shows and tells nobody; and where
// nobody is told of starts, it may know more than can be told, see [inside].
func (w *world) equal(what string, a, b totals) {
	a, b = a.sure(), b.sure()
	for _, key := range slices.Sorted(maps.Keys(a)) {
		if a[key] != b[key] {
			w.fail(lawBroken, "%s: %s is %g here and %g there", what, key, a[key], b[key])
		}
	}
	if len(a) != len(b) {
		w.fail(lawBroken, "%s: %q here and %q there", what, keys(a), keys(b))
	}
}

func (t totals) sure() totals {
	sure := maps.Clone(t)
	maps.DeleteFunc(sure, func(key string, _ float64) bool { return strings.Contains(key, " "+pool+" ") || inside(key) })
	return sure
}

func (w *world) notLess(what string, more, less totals) {
	for _, key := range keys(less) {
		if x, ok := more[key]; ok && x < less[key] {
			w.fail(fell, "%s: %s is %g after %g", what, key, x, less[key])
		}
	}
}

// check compares what a watcher exposes with what it exposed, with what it was
// told, and with the truth.
func (w *world) check(x *watcher) {
	now := x.totals(x.Fleet, w.latest())
	w.notLess("exposed", now, x.shown)
	x.shown.most(now)
	for _, key := range keys(now) {
		if now[key] > w.truth[key] && !inside(key) {
			w.fail(aboveTruth, "%s is %g, and in truth %g", key, now[key], w.truth[key])
		}
	}
	wants, old, all := w.wants(x)
	for _, key := range keys(wants) {
		if !w.accounted(key) {
			continue
		}
		lost := wants[key] - now[key]
		if w.prompt && lost > 0 || lost > old[key] {
			w.fail(wasLost, "%s of %d is %g of %g that are known, %g of it of processes that ended before the horizon", key, x.id, now[key], wants[key], old[key])
		}
		if lost > 0 && x.Snapshot(timeOf(w.latest())).Health().GivenUp == 0 {
			w.fail(wasLost, "%s of %d is %g of %g that are known, and nothing says so", key, x.id, now[key], wants[key])
		}
		w.lost.of += all[key]
		w.lost.lost += max(0, all[key]-now[key])
	}
}

// inside reports whether a total is of a sum or an inner bucket where no starts are
// told: a process may be taken for an older one that is back. Its count then is
// too small, but these may be too large.
func inside(key string) bool {
	return strings.HasPrefix(key, "h "+vague) && !strings.HasSuffix(key, "count")
}

// accounted reports whether all that is known of a series has to be in totals.
func (w *world) accounted(key string) bool {
	return slices.Contains([]string{keyOf("c_total", exact, "0"), keyOf("c_total", exact, "1"), keyOf("h", exact, "count"), keyOf("x_total", exact, "")}, key)
}

// laws compares what watchers know together in any order.
func (w *world) laws(a, b, c *watcher) {
	told := func(x *aggregate.Fleet, others ...*aggregate.Fleet) *aggregate.Fleet {
		f, _ := w.twin(x)
		for _, o := range others {
			if w.mixed || w.tight > 0 {
				o = w.undeclared(w.save(o), 0)
			}
			w.must(f.Join(o))
		}
		return f
	}
	read := func(f *aggregate.Fleet) totals {
		g, v := w.twin(f)
		return v.totals(g, w.latest())
	}
	for _, x := range []*watcher{a, b, c} {
		x.totals(x.Fleet, w.latest()) // what they showed they tell
	}
	before := w.save(b.Fleet)
	ab, ba, bc := told(a.Fleet, b.Fleet), told(b.Fleet, a.Fleet), told(b.Fleet, c.Fleet)
	if !bytes.Equal(before, w.save(b.Fleet)) {
		w.fail(lawBroken, "who tells is not left as it is")
	}
	w.equal("commutative", read(ab), read(ba))
	w.equal("idempotent", read(told(ab, b.Fleet, a.Fleet)), read(ab))
	w.equal("idempotent with itself", read(told(a.Fleet, told(a.Fleet))), read(a.Fleet))
	w.equal("associative", read(told(ab, c.Fleet)), read(told(a.Fleet, bc)))
	w.equal("in any order", read(told(ab, c.Fleet)), read(told(c.Fleet, a.Fleet, b.Fleet)))
	w.again(before)
}

// again saves what was loaded.
func (w *world) again(state []byte) {
	f, _ := w.load(state, 0)
	for _, other := range [][]byte{w.save(f), w.save(w.undeclared(state, 0))} {
		if !bytes.Equal(state, other) {
			w.fail(otherBytes, "a state of %d bytes is saved again as %d", len(state), len(other))
		}
	}
}

// give gives out deltas, which together are the totals.
func (w *world) give(x *watcher) {
	if !w.deltas {
		return
	}
	w.check(x)
	s := x.Snapshot(timeOf(w.latest()))
	x.given.add(x.all.Deltas(s))
	now := x.totals(x.Fleet, w.latest())
	for _, key := range keys(now) {
		if x.given[key] != now[key] && !w.forms {
			w.fail(lawBroken, "%s: %g were given out of %g", key, x.given[key], now[key])
		}
	}
	if again := x.all.Deltas(s); len(again) > 0 {
		w.fail(lawBroken, "given out again: %v", again)
	}
}

// merge merges the two shards: what both heard of a third counts once.
func (w *world) merge() {
	f, v := w.twin(w.watchers[0].Fleet)
	o := w.watchers[1]
	mine, theirs := v.totals(f, w.latest()), o.totals(o.Fleet, w.latest())
	w.must(f.Merge(w.undeclared(w.save(o.Fleet), 0)))
	both := v.totals(f, w.latest())
	w.notLess("merged", both, mine)
	w.notLess("merged", both, theirs)
	x := &watcher{Fleet: f, views: v, known: maps.Clone(w.watchers[0].known), shown: totals{}, given: totals{}}
	x.known.join(o.known)
	w.check(x)
	g, v := w.twin(o.Fleet)
	w.must(g.Merge(w.watchers[0].Fleet))
	w.equal("merged the other way round", both, v.totals(g, w.latest()))
}
