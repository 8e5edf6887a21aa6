package joins

import (
	"bytes"
	"fmt"
	"maps"
	"strings"

	"github.com/promfold/promfold/internal/script"
)

// root is a fleet above leaves, which are the watchers: each looks at the places
// that are its own, and tells the root its state now and then.
type root struct {
	*watcher
	reports [][]report // of each leaf, the latest last
	removed []int64    // when each was, last
}

// report is what a leaf told.
type report struct {
	state        []byte
	since, heard int64
	known        known
}

func (w *world) leafOf(p *place) *watcher { return w.watchers[p.shards%len(w.watchers)] }

func leafName(x *watcher) string { return fmt.Sprint("leaf ", x.id) }

// move gives a place to another leaf.
func (w *world) move(p *place, e script.Event) {
	from := w.leafOf(p)
	p.shards = e.B
	if w.leafOf(p) != from {
		from.Remove(w.at(from), p.name)
	}
}

// report lets a leaf tell the root its state; or one that it told before comes
// once more, late, which changes nothing.
func (w *world) report(x *watcher, e script.Event) {
	r := w.root
	told := &r.reports[x.id]
	if n := len(*told); n > 1 && e.A%4 == 0 {
		before := w.save(r.Fleet)
		w.must(r.SetPart(leafName(x), timeOf(w.latest()), bytes.NewReader((*told)[e.C%(n-1)].state)))
		if !bytes.Equal(before, w.save(r.Fleet)) {
			w.fail(lawBroken, "a state that came late changed something")
		}
		return
	}
	*told = append(*told, report{w.save(x.Fleet), x.since, x.heard, maps.Clone(x.known)})
	w.hand(r.watcher, x.id)
	w.check(r.watcher)
}

// hand gives a root the latest state of a leaf.
func (w *world) hand(r *watcher, leaf int) {
	told := w.root.reports[leaf]
	if len(told) == 0 {
		return
	}
	last := told[len(told)-1]
	w.must(r.SetPart(leafName(w.watchers[leaf]), timeOf(w.latest()), bytes.NewReader(last.state)))
	if r == w.root.watcher && last.heard <= w.root.removed[leaf] {
		return // a state from before the removal, though it was told later
	}
	r.known.join(last.known)
	r.since = max(r.since, last.since)
}

// doBelowRoot lets an event happen where a root stands above leaves.
func (w *world) doBelowRoot(e script.Event, p *place, a *watcher) {
	w.happen(e, p)
	switch e.Kind {
	case scrapeOne:
		w.scrape(w.leafOf(p), p, e)
	case scrapeAll:
		w.scrapeMost(e, w.leafOf)
	case move:
		w.move(p, e)
	case tell:
		w.report(a, e)
	case round:
		w.round(e.A)
	case show:
		w.check(w.root.watcher)
	case checkpointed:
		w.root.checkpoint(w)
		a.checkpoint(w)
	case endPart:
		w.endPart(a)
	case removePart:
		w.removePart(a)
	case restoreOld, restoreEmpty:
		if e.A%2 == 0 {
			w.endRoot(e)
			return
		}
		w.killed = true
		w.kill(a, e)
	}
}

// whole compares the root with the fleet that saw all that its leaves did, and with
// a root that heard all of them in another order.
func (w *world) whole(n int) {
	for _, x := range w.watchers {
		w.report(x, script.Event{A: 1})
	}
	now := w.root.totals(w.root.Fleet, w.latest())
	w.check(w.root.watcher)
	w.check(w.one)
	_, old, _ := w.wants(w.root.watcher)
	inTime := func(t totals) totals { // without what may have ended before the root was told of it
		maps.DeleteFunc(w.counted(t), func(key string, _ float64) bool { return !w.prompt && old[key] > 0 })
		return t
	}
	if !w.killed {
		w.equal("a root and the one fleet", inTime(maps.Clone(now)), inTime(w.one.totals(w.one.Fleet, w.latest())))
	}
	other := w.fresh(len(w.watchers))
	for i := range w.watchers {
		w.hand(other, (i+n)%len(w.watchers))
	}
	prompt, lost := w.prompt, w.lost
	w.prompt = false // what ended before the horizon leaves told the root in time, but not this one
	w.check(other)
	w.prompt, w.lost = prompt, lost
	if !w.killed && len(old) == 0 {
		w.equal("a root that heard them in another order", w.counted(now), w.counted(other.totals(other.Fleet, w.latest())))
	}
	w.again(w.save(w.root.Fleet))
}

// counted leaves out the buckets where these change: which of them are shown depends
// on which were shown before; the series that come late: who took a place over
// a moment ago cannot tell that they are new; and what outlives processes: readings
// of two leaves that lie near to each other do not compare.
func (w *world) counted(t totals) totals {
	maps.DeleteFunc(t, func(key string, _ float64) bool {
		return w.forms && strings.Contains(key, " le ") || strings.HasPrefix(key, "x_total") || strings.HasSuffix(key, fmt.Sprint(" ", late))
	})
	return t
}

// endPart ends a leaf for good, once it told all; another one begins anew in its
// place.
func (w *world) endPart(x *watcher) {
	w.report(x, script.Event{A: 1})
	w.must(w.root.SetPart(leafName(x), timeOf(w.latest()), nil))
	w.killed = true
	w.root.reports[x.id] = nil
	*x = *w.fresh(x.id)
	w.check(w.root.watcher)
}

// removePart removes a leaf from the root, which it tells its state again some time.
// What it told before is from before the removal.
func (w *world) removePart(x *watcher) {
	r := w.root
	w.must(r.SetPart(leafName(x), timeOf(w.latest()), nil))
	w.killed = true
	r.removed[x.id] = w.latest()
	before := w.save(r.Fleet)
	for _, old := range r.reports[x.id] {
		w.must(r.SetPart(leafName(x), timeOf(w.latest()), bytes.NewReader(old.state)))
	}
	if !bytes.Equal(before, w.save(r.Fleet)) {
		w.fail(lawBroken, "a state from before the removal changed something")
	}
	w.check(r.watcher)
}

// endRoot lets a root go on from its saved state, or from nothing.
func (w *world) endRoot(e script.Event) {
	r := w.root
	w.killed = true
	w.kill(r.watcher, e)
	for i := range r.reports {
		r.reports[i] = nil // what came before may be news to it
	}
}
