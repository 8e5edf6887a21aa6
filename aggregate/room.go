package aggregate

import (
	"errors"
	"math"
	"slices"
	"unsafe"

	"github.com/promfold/promfold/internal/fold"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/room"
	"github.com/promfold/promfold/internal/roster"
)

// What a fleet holds is held against MaxBytes when a scrape brings more. What instances hold is weighed after each of
// their scrapes, and shared by all questions.

// weigh notes what the instance holds; its lock or the fleet's is held.
func (in *instance) weigh(f *Fleet) {
	var h room.Held
	h[room.Places] = int64(unsafe.Sizeof(*in)) + 4*int64(len(in.name))
	in.Hold(&h)
	for _, b := range in.bindings {
		b.Hold(&h)
		if in.before != nil {
			h[room.Answers] += b.CopyBytes()
		}
	}
	f.held.Change(&in.held.Held, &h)
	f.taken.Add(h.Sum() - in.held.Sum())
	in.held.Become(&h, len(in.bindings))
}

// own is what the instance holds, with its rows, the lines that it exposes, whoever else does, and those to come; and
// whether it crept to that. The fleet's lock is held.
func (in *instance) own(f *Fleet, come int64) (has int64, crept bool) {
	rows := int64(0)
	for _, b := range in.bindings {
		rows += b.Bytes(in.Plan)
	}
	return in.held.Sum() + in.Columns.Weight(f.store) + come + rows, in.held.Crept(rows)
}

// heldBy returns what the fleet holds; its lock is held.
func heldBy(f *Fleet) *room.Held {
	h := f.held.Held()
	h[room.Lines] += int64(f.store.Bytes())
	h[room.Plans] += f.router.Bytes()
	h[room.Rows] += f.bytes
	h[room.Places] += f.book.Bytes()
	for _, v := range f.views {
		h[room.Totals] += v.ledger.Bytes() + v.groups.Bytes()
		h[room.Answers] += v.latest.Bytes()
	}
	h[room.Totals] += f.parts.Held()
	return &h
}

// givenUp is what is given up for a staged scrape that does not fit, the least first. Each reports whether there was
// any; all but the first look at the whole fleet.
var givenUp = [...]func(s *staged, over int64) bool{
	func(s *staged, over int64) bool { return s.in.forgetStrange(s.f, over) },
	func(s *staged, _ int64) bool {
		for _, v := range s.f.views {
			v.latest.Forget()
			v.ledger.Measure()
		}
		sweepNow(s.f)
		return true
	},
	func(s *staged, _ int64) (some bool) { some = retire(s.f, s.At, 0); sweepNow(s.f); return some }, // and their lines
	func(s *staged, over int64) bool { return evict(s.f, over) },
}

// forgetStrange gives up the past of an instance in which much was out of the ordinary, if that makes enough room, or
// the instance crept to what it holds.
func (in *instance) forgetStrange(f *Fleet, enough int64) bool {
	if _, crept := in.own(f, 0); crept {
		enough = 0
	}
	saveFirst(in)
	if !fold.ForgetStrange(in.bindings, func(b *binding) *fold.Binding { return &b.Binding }, &in.History, enough) {
		return false
	}
	in.Settle(f.store) // what was given to it so long ago stands
	in.weigh(f)
	return true
}

// measureTotals measures what departures and evictions left in totals.
func measureTotals(f *Fleet) {
	for _, v := range f.declared {
		v.ledger.Measure()
	}
}

// makeRoom retires departed instances when a limit is reached.
func makeRoom(f *Fleet, now int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	made := f.crowded.Worthwhile(now) && retire(f, now, 0)
	if !made {
		f.crowded.InVain(now, f.pause())
	}
	return made
}

// pause is how long after a search for room in vain the next one is made.
func (f *Fleet) pause() int64 { return f.cfg.Window.Milliseconds() / 16 }

// crowded reports whether the instance's history wants more room.
func (s *staged) crowded() bool {
	h := &s.in.History
	return h.N > 0 && h.Crowded() && !s.in.cramped && h.Slots() < s.f.spacing().Most()
}

// makeRoom gives the instance's history more room as long as MaxBytes allows it; then its past is kept more coarsely.
func (s *staged) makeRoom() {
	if !s.crowded() {
		return
	}
	in, f := s.in, s.f
	slots, more := min(in.History.Slots()+f.spacing().Step(), f.spacing().Most()), int64(0)
	for _, b := range in.bindings {
		more += b.Table.RoomBytes(slots)
	}
	if in.cramped = !room.Limit(f.cfg.MaxBytes).Fits(f.taken.Load(), more, func() (int64, bool) { return in.own(f, 0) }); in.cramped {
		return
	}
	f.taken.Add(more)
	f.bytes += more
	in.History.Grow(slots)
	for _, b := range in.bindings {
		b.Grow(slots)
	}
}

// Instances come and go.

// tidy retires departed instances when an instance joined and a sixteenth of the fleet is new: so the cost is spread.
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
	for _, in := range f.ordered {
		in.bindFirst(nil)
	}
	for _, v := range f.declared {
		if v.ledger.Known != nil {
			k := v.watched() // who lives is not folded
			k.Fold(now - f.cfg.JoinHorizon.Milliseconds())
			v.heard(k)
		}
	}
}

// retire drops departed instances and keeps what they counted. Of those with an address of their own the last ones are
// kept, up to so many lines: one that comes back goes on from where it was. The fleet's lock is held.
func retire(f *Fleet, now int64, keep int) (some bool) {
	list := slices.DeleteFunc(slices.Clone(f.ordered), func(in *instance) bool { return !in.departed(f, now) })
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
		saveFirst(in)
		counts := in.counts(f, now)
		for _, b := range in.bindings {
			if b.noteLeft(in, f.book.Ended(in.targets, in.Last, now)); counts {
				in.depart(f, b, first, b.view.ledger.Departures)
			}
		}
	}
	opening := f.opening()
	for _, v := range f.declared {
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
	measureTotals(f)
	return true
}

// Series come and go. What nothing refers to any more is dropped in three places: lines of the store, groups of the
// routes and, where MaxBytes would be exceeded, columns of the bindings.

// sweep frees the lines that no instance holds once they are about a quarter of the store, which spreads the cost over
// the churn. The fleet's lock is held.
func sweep(f *Fleet, gone int) {
	if f.garbage += gone; f.garbage >= 256 && 4*f.garbage >= f.store.Len() {
		sweepNow(f)
	}
}

// sweepNow frees the lines that no instance holds, unless a state is being saved.
func sweepNow(f *Fleet) {
	if !f.saves.TryLock() {
		return
	}
	defer f.saves.Unlock()
	f.garbage = 0
	f.reading.Lock() // for no reader of the store may be at work
	ids := f.store.Sweep()
	f.reading.Unlock()
	f.names.Lock()
	f.orphans = lines.Orphans{} // they are gone, too
	f.names.Unlock()
	f.router.Forget(ids)
	f.catalogue.Forget()
	sweepGroups(f, true)
}

// evict drops idle columns if that makes enough room. What they counted stays in totals, not in answers since the start.
func evict(f *Fleet, enough int64) bool {
	var idle fold.Idle
	for _, in := range f.ordered {
		for _, b := range in.bindings {
			idle.Look(&b.Binding, in.Plan, &in.History)
		}
	}
	if idle.Free < enough {
		return false
	}
	for _, in := range f.ordered {
		for _, b := range in.bindings {
			marks := idle.Of(&b.Binding)
			if marks == nil {
				continue
			}
			saveFirst(in)
			b.note(in, 0)
			sumless := b.Sumless()
			for col, drop := range marks {
				if drop {
					b.view.ledger.Account(b.labelsOf(col)).Retire(b.Table, col, sumless[int32(col)])
				}
			}
			b.Drop(in.Plan, marks)
			in.Settle(f.store) // its rows have the columns that were
			in.weigh(f)
		}
	}
	f.bytes -= idle.Rows
	measureTotals(f)
	return true
}

// sweepGroups frees the groups of answers that have no column any more.
func sweepGroups(f *Fleet, all bool) {
	for _, v := range f.views {
		if !all && !v.groups.Fresh() {
			continue
		}
		v.groups.Keep(func(used func(int32)) {
			for _, in := range f.ordered {
				for _, c := range in.bindings[v.index].Cols {
					used(c.Group)
				}
			}
		})
	}
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
		sweepGroups(f, false)
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
	f.reading.Lock() // for no reader of the store may be at work
	ids := f.store.Drop(&orphans)
	f.reading.Unlock()
	f.router.Forget(ids)
	f.catalogue.Forget()
}
