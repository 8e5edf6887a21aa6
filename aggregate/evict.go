package aggregate

import (
	"github.com/promfold/promfold/internal/growth"
)

// Series come and go. What nothing refers to any more is dropped in three
// places: lines of the store, groups of the routes and, where MaxBytes would be
// exceeded, columns of the bindings.

// sweep frees the lines that no instance holds once they are about a quarter of
// the store, which spreads the cost over the churn. The fleet's lock is held.
func (f *Fleet) sweep(gone int) {
	f.garbage += gone
	if f.garbage < 256 || 4*f.garbage < f.store.Len() {
		return
	}
	f.garbage = 0
	f.reading.Lock() // for no reader of the store may be at work
	ids := f.store.Sweep()
	f.reading.Unlock()
	f.router.Forget(ids)
	for _, v := range f.views {
		v.sweepFinals()
	}
}

// sweepFinals frees the groups of answers that have no column any more.
func (v *view) sweepFinals() {
	used := make([]bool, len(v.finals.list))
	for _, in := range v.fleet.ordered {
		for _, c := range in.bindings[v.index].Cols {
			used[c.Group] = true
		}
	}
	v.finals.byLabels.Keep(used)
}

// evict drops the columns that have no series left and did not change within
// the window, if that makes enough room. What they counted stays in the totals,
// but not in answers since the start; a view that keeps totals alone drops
// none.
func (f *Fleet) evict(enough int64) bool {
	idle := map[*binding][]bool{}
	room := int64(0)
	for _, in := range f.ordered {
		for i, b := range in.bindings {
			if b.view.Window == ledgerOnly || b.view.kind == growth.Gauge {
				continue
			}
			used := make([]bool, len(b.Cols))
			in.plan.Used(int32(i), used)
			if marks, bytes := b.Idle(&in.history, used, f.spare()); bytes > 0 {
				idle[b], room = marks, room+bytes
			}
		}
	}
	if room < enough {
		return false
	}
	for _, in := range f.ordered {
		for i, b := range in.bindings {
			if marks, ok := idle[b]; ok {
				b.view.ledger.known.note(in, b)
				b.retireColumns(func(col int) bool { return marks[col] })
				moved, move := b.Drop(marks)
				if b.seg != nil {
					b.seg.drop(moved, move)
				}
				in.plan.Moved(int32(i), moved)
				in.settle(f.store) // its rows have the columns that were
			}
		}
	}
	f.bytes -= room
	return true
}

// retireColumns adds the columns that are about to be dropped to the account.
func (b *binding) retireColumns(forgotten func(col int) bool) {
	if b.view.kind == growth.Gauge {
		return
	}
	sumless := b.Sumless()
	for i := range b.Cols {
		if forgotten(i) {
			b.view.ledger.Account(b.labelsOf(i)).Retire(b.Table, i, sumless[int32(i)])
		}
	}
}
