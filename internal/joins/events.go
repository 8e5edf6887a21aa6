package joins

import (
	"fmt"
	"maps"

	"github.com/promfold/promfold/internal/script"
)

// What can happen.
const (
	scrapeOne = iota
	scrapeAll
	grow
	growAll
	restart
	relayout
	gone
	cut
	exchange
	round
	show
	give
	checkpointed
	restoreOld
	restoreEmpty
	mergeShards
)

var eventNames = []string{"scrape", "scrape all", "grow", "grow all", "restart", "change the buckets", "leave", "cut off", "exchange", "round", "show",
	"give out deltas", "save", "go on from the saved state", "begin anew", "merge the shards"}

func inWords(e script.Event) string {
	return fmt.Sprintf("+%ds %s %d %d %d", e.After/1000, eventNames[e.Kind], e.A, e.B, e.C)
}

// do lets an event happen.
func (w *world) do(e script.Event) {
	w.now += e.After
	if w.prompt && 3*(w.now-w.rounds) > w.horizon.Milliseconds() {
		w.round(e.A)
	}
	p := w.places[e.A%len(w.places)]
	a, b := w.watchers[e.B%len(w.watchers)], w.watchers[e.C%len(w.watchers)]
	switch e.Kind {
	case scrapeOne:
		w.scrape(a, p, e)
	case scrapeAll:
		for i, p := range w.places {
			if (e.C>>(i%8)&1)+i%2 < 2 { // some are missed
				w.scrape(a, p, e)
			}
		}
		w.check(a)
	case grow:
		w.grow(p, int64(e.B+e.C))
	case growAll:
		for i, p := range w.places {
			w.grow(p, int64((e.C+7*i)%40))
		}
	case restart:
		w.begin(p, e)
		w.grow(p, int64(e.B))
	case relayout:
		if f := &p.process.form; p.class != pool {
			f.fine, f.schema = !f.fine, 2
		}
	case gone:
		w.leave(p, e)
	case cut:
		p.cut = e.C & (1<<len(w.watchers) - 1) &^ (1 << (e.B % len(w.watchers)))
	case exchange:
		w.exchange(a, b, e)
	case round:
		w.round(e.A)
	case show:
		w.check(a)
	case give:
		w.give(a)
	case checkpointed:
		a.checkpoint(w)
	case restoreOld, restoreEmpty:
		w.kill(a, e)
	case mergeShards:
		w.merge()
	}
}

// leave ends a place for good: another one, with another name, comes instead.
func (w *world) leave(p *place, e script.Event) {
	if p.class == pool {
		w.begin(p, e)
		return
	}
	for _, x := range w.watchers {
		x.Remove(timeOf(w.now), p.name)
	}
	w.left = append(w.left, departure{w.now, p.name})
	next := *p
	next.name, next.counts = p.name+"'", new(int64)
	next.process = nil
	p.process.ended = w.now
	for i := range w.places {
		if w.places[i] == p {
			w.places[i] = &next
		}
	}
	w.begin(&next, e)
}

// exchange lets a hear what b knows, and perhaps the other way round.
func (w *world) exchange(a, b *watcher, e script.Event) {
	if a == b {
		return
	}
	if e.A%5 == 0 {
		w.laws(a, b, w.watchers[(a.id+1)%len(w.watchers)])
	}
	w.hear(a, b, e)
	if e.A%2 == 0 && !w.deltas {
		w.hear(b, a, e)
		w.equal("a pair that told each other", a.totals(a.Fleet, w.now), b.totals(b.Fleet, w.now))
	}
}

func (w *world) hear(a, b *watcher, e script.Event) {
	mine, theirs := a.totals(a.Fleet, w.now), b.totals(b.Fleet, w.now)
	other := b.Fleet
	if e.B%2 == 0 { // as between programs: its views are not declared
		other = w.undeclared(w.save(b.Fleet))
	}
	w.must(a.Join(other))
	a.known.join(b.known)
	a.since = max(a.since, b.since)
	a.shown.most(theirs)
	a.given.most(b.given)
	w.notLess("joined", a.totals(a.Fleet, w.now), mine)
	w.check(a)
}

// most raises totals to others.
func (t totals) most(o totals) {
	for key, x := range o {
		t[key] = max(t[key], x)
	}
}

// round lets all hear of all.
func (w *world) round(n int) {
	w.rounds = w.now
	hub := w.watchers[n%len(w.watchers)]
	for range 2 {
		for _, x := range w.watchers {
			if x != hub {
				w.hear(hub, x, script.Event{B: n})
			}
		}
		for _, x := range w.watchers {
			if x != hub {
				w.hear(x, hub, script.Event{B: n})
			}
		}
	}
}

// kill lets a watcher go on from its saved state, or from nothing.
func (w *world) kill(x *watcher, e script.Event) {
	if w.prompt { // what is lost, or comes back later, the others know
		for _, o := range w.watchers {
			if o != x {
				w.hear(o, x, e)
			}
		}
	}
	if e.Kind == restoreEmpty {
		*x = *w.fresh(x.id)
		return
	}
	c := x.saved
	if c == nil {
		return
	}
	x.Fleet, x.views = w.load(c.state)
	x.since, x.known, x.shown, x.given = c.since, maps.Clone(c.known), maps.Clone(c.shown), maps.Clone(c.given)
	for _, d := range w.left { // it hears of whom it does not find any more
		if d.at >= c.at {
			x.Remove(timeOf(w.now), d.name)
		}
	}
	w.check(x)
}
