package watch

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/script"
)

// The kinds of events of a simulation.
const (
	scrapeOne = iota
	scrapeAll
	grow
	restart
	relayout
	clear1
	gone
	exchange
	foldOne
	round
	restoreOld
	restoreEmpty
	checkpoint
	lie
	takeBack
	unnoticed
	wronglyGone
	move
	late
	kinds
)

var eventNames = [kinds]string{"scrape", "scrapeAll", "grow", "restart", "relayout", "clear", "gone", "exchange", "fold",
	"round", "restoreOld", "restoreEmpty", "checkpoint", "lie", "takeBack", "unnoticed", "wronglyGone", "move", "late"}

func inWords(e script.Event) string {
	return fmt.Sprintf("+%ds %s %d %d %d", e.After/1000, eventNames[e.Kind], e.A, e.B, e.C)
}

// do lets an event happen.
func (w *world) do(e script.Event) {
	if w.Skew > 0 {
		e.After /= 5 // much happens in the time by which clocks differ
	}
	w.now += e.After
	p := w.places[e.A%len(w.places)]
	a, b := w.eyes[e.B%len(w.eyes)], w.eyes[e.C%len(w.eyes)]
	if w.root {
		a = w.eyes[p.leaf]
	}
	switch e.Kind {
	case scrapeOne:
		w.scrape(a, p, false)
		w.check(a)
	case scrapeAll:
		w.scrapeAll(a, e.C)
	case grow:
		w.grow(p, int64(e.B+1))
	case restart:
		w.start(p)
	case relayout:
		p.proc.layout = 1 - p.proc.layout
	case clear1:
		w.resets = true
		p.proc.kinds = maps.Clone(p.proc.kinds)
		p.proc.kinds["h"] = [4]int64{}
	case gone:
		w.leave(p, e.B)
	case wronglyGone:
		w.end(a, w.ident(p))
		w.check(a)
	case move:
		w.end(a, w.ident(p))
		p.leaf = 1 + e.B%(len(w.eyes)-1)
		w.scrape(w.eyes[p.leaf], p, false)
	case late:
		if a.saved != nil && w.root {
			w.hear(w.eyes[0], a.saved)
		}
	case exchange:
		if w.root {
			a, b = w.eyes[0], a
		}
		if a != b {
			w.laws(a, b)
			w.hear(a, b)
		}
	case foldOne:
		if !w.prompt {
			w.fold(a)
		}
	case round:
		w.round(e.A)
	case restoreOld, restoreEmpty, checkpoint:
		w.kill(e.Kind, a)
	case lie, takeBack:
		w.lie(e, a, p)
	case unnoticed:
		w.start(p)
		w.scrape(a, p, true)
		w.check(a)
	}
}

// scrapeAll lets an eye look at all its places but those of some bits.
func (w *world) scrapeAll(e *eye, misses int) {
	for i, p := range w.places {
		if misses>>(i%8)&1 == 0 && (!w.root || p.leaf == e.id) {
			w.scrape(e, p, false)
		}
	}
	w.check(e)
}

// round lets all hear of all, and then fold.
func (w *world) round(n int) {
	if w.root {
		n = 0
	}
	hub := w.eyes[n%len(w.eyes)]
	for _, e := range w.eyes {
		if e != hub {
			w.hear(hub, e)
		}
	}
	for _, e := range w.eyes {
		if e != hub && !w.root {
			w.hear(e, hub)
		}
	}
	for _, e := range w.eyes {
		w.fold(e)
	}
}

// leave ends a process for good; each eye that follows the place hears of it.
func (w *world) leave(p *place, n int) {
	for _, e := range w.eyes {
		w.end(e, w.ident(p))
	}
	if !p.pool {
		p.name = fmt.Sprint(p.name, "'") // another pod takes the place
	}
	p.proc = nil
	w.start(p)
}

func (w *world) kill(kind int, e *eye) {
	if w.prompt { // what is lost, or comes back later, the others know
		for _, o := range w.eyes {
			if o != e && (!w.root || o.id == 0) {
				w.hear(o, e)
			}
		}
	}
	switch kind {
	case checkpoint:
		e.saved = nil
		e.saved = &eye{ahead: e.ahead, state: e.state.Clone(), follow: e.follow.clone(), known: e.known.clone(), lies: slices.Clone(e.lies)}
	case restoreEmpty:
		w.empty(e)
	case restoreOld:
		if e.saved == nil {
			return
		}
		state, err := Decode(e.saved.state.AppendTo(nil))
		require.NoError(w.TestingT, err)
		e.state, e.follow, e.known, e.lies = state, e.saved.follow.clone(), e.saved.known.clone(), slices.Clone(e.saved.lies)
		e.ids = map[*life]int{}
		// What it followed may have ended while it was down: that it hears next.
		for _, ident := range sortedKeys(e.follow.lives) {
			i, _ := strconv.Atoi(ident)
			if l := e.follow.lives[ident]; w.places[i].name != l.keys[0].Name {
				w.end(e, ident)
			}
		}
	}
	w.check(e)
}

// lie lets an eye tell of a process that is none, and take it back.
func (w *world) lie(e script.Event, a *eye, p *place) {
	if e.Kind == lie {
		w.starts += 5000
		w.now = max(w.now, w.starts)
		id := w.procs
		w.procs++
		a.lies = append(a.lies, id)
		n := int64(e.C + 1)
		w.lied += n
		require.NoError(w.TestingT, a.state.Tell(Process{Keys: []Key{{"lie", w.starts}}, Last: w.now, Groups: []Growth{
			{Group: "c", Met: Reading{At: w.starts - 1}, Left: Reading{At: w.now, Value: Value{Count: number(n)}}}}}))
		a.next++
		a.known.stretches[stretchID{a.id, a.next * 1_000_000, "c", true}] = stretch{id, fmt.Sprint("lie", w.starts), true, 0, w.now, 0, n, w.now}
		w.lies[id] = w.starts
	} else if len(a.lies) > 0 {
		id := a.lies[0]
		a.lies = a.lies[1:]
		require.NoError(w.TestingT, a.state.Tell(Process{Keys: []Key{{"lie", w.lies[id]}}, Version: w.now, Last: w.now, Ended: w.now}))
		a.known.withdrawn[id] = true
	}
	w.check(a)
}
