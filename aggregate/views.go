package aggregate

import (
	"slices"

	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/fold"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/kept"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/tally"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// view is a declared View and what the fleet keeps for it, under the fleet's lock.
type view struct {
	declare.Spec
	fleet  *Fleet
	index  int // in Fleet.views and instance.bindings
	groups tally.Groups
	own    fold.View // what its bindings have in common

	selection growth.Selection

	// Of the latest question:
	latest  tally.Latest
	scratch []tally.Share

	kept   *kept.View // for it, until all are bound; nil: nothing was
	ledger ledger.Ledger
	apart  []*ledger.Settlement // of a root whose parts share instances: what they counted, each process once; nil: it adds up

	elects *view // says who leads, if the view asks for it
	limit  *view // the limit of which values are shares, if any
}

// set is where the layouts of the view's columns are.
func (v *view) set() *window.Set {
	if v.Signed {
		return &v.fleet.signed
	}
	return &v.fleet.set
}

// watched returns what a view knows of processes, and other watchers told it.
func (v *view) watched() *watch.State {
	ordered := v.fleet.ordered
	if v.fleet.parts != nil {
		ordered = nil // all was told with them
	}
	return v.tell(v.ledger.Known, ordered, func(i int) *binding { return ordered[i].bindings[v.index] })
}

// tell adds to what is known what bindings know of the processes that answer. It leaves known as it is.
func (v *view) tell(known *watch.State, list []*instance, of func(i int) *binding) *watch.State {
	return watch.Together(known, v.fleet.cfg.Clocks(), func(yield func(watch.Process, bool) bool) {
		for i, in := range list {
			for _, p := range of(i).processes(v, in, 0) {
				if !yield(p, in.pool != nil) {
					return
				}
			}
		}
	})
}

// heard makes k what the view knows. Processes of which it says that they were taken back, or are counted elsewhere,
// are followed anew, of which it knows then, too: to hear the same again is no news.
func (v *view) heard(k *watch.State) {
	v.ledger.Hear(k)
	news := false
	for _, in := range v.fleet.ordered {
		b := in.bindings[v.index]
		if b.Met == nil {
			continue
		}
		if version, begin := b.standing(in, in.Last); version > b.Met.Version || begin > b.Met.Begin {
			saveFirst(in)
			b.Met.Again(b.Table, in.Last, version, begin)
			news = true
		}
	}
	if news {
		v.ledger.Hear(v.watched())
	}
}

func (v *view) tellOwn(p watch.Process) { v.ledger.Tell(p, v.fleet.cfg.Clocks()) }

// last returns the greatest index of the view and of the views that it needs.
func (v *view) last() int {
	n := v.index
	for _, o := range []*view{v.elects, v.limit} {
		if o != nil {
			n = max(n, o.index)
		}
	}
	return n
}

// claimed takes over what was kept for the view, if anything was.
func (v *view) claimed(f *Fleet) {
	s := v.kept
	if v.kept = nil; s == nil {
		return
	}
	v.ledger = s.Ledger
	f.unclaimed = slices.DeleteFunc(f.unclaimed, func(x *kept.View) bool { return x == s })
	for i, in := range f.ordered {
		if p := s.Rows[i]; in.Undo != nil && p.Undo != nil {
			in.Undo.Set(v.index, p.Undo.Unpack(in.bindings[v.index].Table))
		}
	}
}

// unpack makes a binding of a row again, of an instance whose lines are known.
func (v *view) unpack(r *kept.Row, in *instance) *binding {
	b := newBinding(v, &in.History)
	b.Since = r.Since
	b.Table, b.Met, b.Tracks = r.Unpack(v.set(), v.Kind, b.Slots(), &in.History, v.groups.Number)
	return b
}

// metricsOf returns the metrics of the lines that the fleet knows, for the catalogue. A program's own functions,
// [Config.Catalogue] and [parse.Options.Relabel], are called with no lock held, so that they may ask the fleet. A scrape
// that finds a line or a metric they have not been asked about is let go of, they are asked, and it is read once more.
func metricsOf(f *Fleet) []string {
	f.mu.RLock() // no line is swept meanwhile
	defer f.mu.RUnlock()
	return f.store.Names()
}
