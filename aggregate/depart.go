package aggregate

import (
	"errors"
	"math"
	"slices"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/roster"
)

// tidy retires departed instances now and then: when an instance joined, and a sixteenth of the fleet is new, so that
// the cost is spread.
func tidy(f *Fleet, now int64) {
	if f.newcomers++; 16*f.newcomers >= len(f.ordered) {
		f.newcomers = 0
		retire(f, now, roster.SpareLines)
		if f.joinable() {
			foldKnown(f, now)
		}
	}
}

// foldKnown keeps of the processes that ended longer ago than the horizon only what they counted together.
func foldKnown(f *Fleet, now int64) {
	for _, v := range f.views {
		if v.ledger.Known != nil {
			k := v.watched() // who lives is not folded
			k.Fold(now - f.cfg.JoinHorizon.Milliseconds())
			v.heard(k)
		}
	}
}

// makeRoom retires departed instances when a limit is reached.
func makeRoom(f *Fleet, now int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.crowded.Worthwhile(now) || !retire(f, now, 0) {
		f.crowded.InVain(now, f.cfg.Window.Milliseconds()/16)
		return false
	}
	return true
}

// retire drops departed instances and keeps what they counted. Of those that have an address of their own, the last
// ones are kept as long as they have no more than so many lines: one that comes back goes on from where it was. The
// fleet's lock is held.
func retire(f *Fleet, now int64, keep int) (some bool) {
	var list []*instance
	for _, in := range f.ordered {
		if in.departed(f, now) {
			list = append(list, in)
		}
	}
	list = roster.Beyond(list, keep, func(in *instance) (int, int64) {
		if in.pool != nil {
			return math.MaxInt, in.Last
		}
		return in.Columns.Len(), in.Last
	})
	list = slices.DeleteFunc(list, func(in *instance) bool { return !in.mu.TryLock() }) // it is being scraped
	list = identity.Whole(list, func(in *instance) { in.mu.Unlock() })
	if len(list) == 0 {
		return false
	}
	first := min(f.left.Began(f.since), firstOf(f.ordered))
	for _, in := range list {
		for _, b := range in.bindings {
			b.noteLeft(in, f.book.Ended(in.targets, in.Last, now))
		}
		if in.counts(f, now) {
			for _, b := range in.bindings {
				in.depart(f, b, first, b.view.ledger.Departures)
			}
		}
	}
	opening := f.opening()
	for _, v := range f.views {
		for a := range v.ledger.Accounts() {
			a.Left.Open(opening)
		}
	}
	f.names.Lock()
	defer f.names.Unlock()
	for _, in := range list {
		in.forget(f)
		in.mu.Unlock()
	}
	f.ordered = slices.DeleteFunc(f.ordered, func(in *instance) bool { return in.retired })
	f.book.Forget(now, f.reach(), roster.Reached(placed(f)), f.spelled.Forget)
	f.left.Bound()
	return true
}

// What is refused leaves nothing: no line, no group, no instance, no spelling.

// forgetRefused forgets what a refused scrape of a target left. The latest answers stay those of the present.
func forgetRefused(f *Fleet, target string, err error) {
	f.mu.RLock()
	known := f.book.Entries[target] != nil
	f.mu.RUnlock()
	f.names.Lock()
	if !known {
		f.spelled.Forget(target)
	}
	none := f.orphans.Len() == 0
	f.names.Unlock()
	if none {
		return
	}
	f.mu.Ask()
	defer f.mu.Unlock()
	dropOrphans(f)
	if errors.Is(err, ErrLimit) { // only then it was led to groups
		sweepGroups(f)
	}
}

// dropOrphans frees the lines that no instance has, unless a state is being saved: then the next refusal does.
func dropOrphans(f *Fleet) {
	if !f.saves.TryLock() {
		return
	}
	defer f.saves.Unlock()
	f.names.Lock()
	orphans := f.orphans
	f.orphans = lines.Orphans{}
	f.names.Unlock()
	f.router.Forget(dropLines(f, &orphans))
	f.catalogue.Forget()
}

// dropLines frees lines. No reader of the store may be at work meanwhile.
func dropLines(f *Fleet, orphans *lines.Orphans) []lines.ID {
	f.reading.Lock()
	defer f.reading.Unlock()
	return f.store.Drop(orphans)
}
