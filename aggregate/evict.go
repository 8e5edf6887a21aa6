package aggregate

import "github.com/promfold/promfold/internal/exact"

// Series come and go. What nothing refers to any more is forgotten in three
// places: lines of the store, groups of the routes, and, where MaxBytes would
// be passed, columns of the bindings.

// sweep frees the lines that no instance holds, when about a quarter of the
// store may be such, so that its cost is spread over the churn. It is called
// with the fleet's lock.
func (f *Fleet) sweep(gone int) {
	f.garbage += gone
	if f.garbage < 256 || 4*f.garbage < f.store.Len() {
		return
	}
	f.garbage = 0
	f.reading.Lock() // for no reader of the store may be at work
	ids := f.store.Sweep()
	f.reading.Unlock()
	for _, v := range f.views {
		for _, r := range v.routes {
			r.forget(ids)
			r.sweep()
		}
		v.sweepFinals()
	}
}

// sweepFinals frees the answered groups that no column is of.
func (v *view) sweepFinals() {
	used := make([]bool, len(v.finals.list))
	for _, in := range v.fleet.ordered {
		for i := range in.bindings[v.index].cols {
			used[in.bindings[v.index].cols[i].final] = true
		}
	}
	v.finals.byLabels.keep(used)
}

// sweep frees the groups and objects that neither a line nor a column leads
// to; their indices will name others.
func (r *route) sweep() {
	groups, objects := make([]bool, len(r.groups)), make([]bool, len(r.objects))
	for _, w := range r.ways {
		switch w -= wayFirst; {
		case w < 0:
		case r.view.kind == kindHistogram:
			objects[w], groups[r.objects[w]] = true, true
		default:
			groups[w] = true
		}
	}
	for _, in := range r.view.fleet.ordered {
		if b := in.bindings[r.view.index]; b.route == r {
			for i := range b.cols {
				groups[b.cols[i].group] = true
			}
		}
	}
	r.byGroup.keep(groups)
	r.byObject.keep(objects)
}

// interner gives small numbers to keys, those of forgotten keys again.
type interner struct {
	byKey map[string]int32
	free  []int32
	n     int32
}

// intern returns the number of a key, and if it is new.
func (x *interner) intern(key string) (i int32, added bool) {
	if i, ok := x.byKey[key]; ok {
		return i, false
	}
	if n := len(x.free); n > 0 {
		i, x.free = x.free[n-1], x.free[:n-1]
	} else {
		i = x.n
		x.n++
	}
	if x.byKey == nil {
		x.byKey = map[string]int32{}
	}
	x.byKey[key] = i
	return i, true
}

// keep forgets the keys whose numbers are not used.
func (x *interner) keep(used []bool) {
	for key, i := range x.byKey {
		if !used[i] {
			delete(x.byKey, key)
			x.free = append(x.free, i)
		}
	}
}

// evict forgets the columns that have no series left and did not change within
// the window, if that makes enough room. Their totals since the beginning go
// with them, which is why views that keep a ledger alone never lose any.
func (f *Fleet) evict(enough int64) bool {
	idle := map[*binding][]bool{}
	room := int64(0)
	for _, in := range f.ordered {
		for _, b := range in.bindings {
			if b.view.Window == ledgerOnly || b.view.kind == kindGauge {
				continue
			}
			marks, bytes := b.idle(&in.history)
			if bytes > 0 {
				idle[b], room = marks, room+bytes
			}
		}
	}
	if room < enough {
		return false
	}
	for _, in := range f.ordered {
		for _, b := range in.bindings {
			if marks, ok := idle[b]; ok {
				b.view.ledger.known.note(in, b)
				b.retireColumns(in, func(col int) bool { return marks[col] })
				b.drop(marks)
				in.undo = nil // its rows have the columns that were
			}
		}
	}
	f.bytes -= room
	return true
}

// idle marks the columns that can go, and says how much they hold.
func (b *binding) idle(h *history) (marks []bool, bytes int64) {
	if h.n-max(b.since, b.floor) < len(b.snaps) {
		return nil, 0 // the ring does not reach over a window yet
	}
	marks = make([]bool, len(b.cols))
	for i := range marks {
		marks[i] = true
	}
	if b.view.kind == kindHistogram {
		for i := range b.objects {
			marks[b.objects[i].col] = false
		}
	} else {
		for _, e := range b.entries {
			marks[e.ref] = false
		}
	}
	oldest := b.base(h.n - len(b.snaps))
	for i := range marks {
		if !marks[i] {
			continue
		}
		var grown exact.Sum
		b.live.counts.SumDiff(&grown, b.cols[i].count(), &oldest.counts)
		if marks[i] = grown.Sign() == 0; marks[i] {
			bytes += b.columnBytes(&b.cols[i])
		}
	}
	return marks, bytes
}

// drop rebuilds the binding without the marked columns.
func (b *binding) drop(marks []bool) {
	old := *b
	if g := b.seg; g != nil {
		defer g.drop(b, &old, marks)
	}
	b.cols, b.byCol, b.shared, b.counts = nil, map[columnKey]int32{}, false, 0
	moved := make([]int32, len(old.cols))
	for i := range old.cols {
		moved[i] = -1
		if !marks[i] {
			moved[i] = b.column(old.cols[i].columnKey)
			if p := old.cols[i].places; p != nil {
				b.cols[moved[i]].places = copyPlaces(p, &b.counts)
			}
		}
	}
	b.live = b.moveRow(&old, &old.live, moved)
	b.snaps = make([]row, len(old.snaps))
	for i := range old.snaps {
		b.snaps[i] = b.moveRow(&old, &old.snaps[i], moved)
	}
	var kept []event
	for _, e := range b.events {
		if e.col = moved[e.col]; e.col >= 0 {
			kept = append(kept, e)
		}
	}
	b.events = kept
	past := copyEvents(b.past)
	b.past, b.pastShared = nil, false
	for _, e := range past {
		if e.col = moved[e.col]; e.col >= 0 {
			b.retire(e)
		}
	}
	for i := range b.entries {
		if b.view.kind != kindHistogram {
			b.entries[i].ref = uint32(moved[b.entries[i].ref])
		}
	}
	for i := range b.objects {
		b.objects[i].col = uint32(moved[b.objects[i].col])
	}
}

// moveRow copies what a row holds of the columns that stay.
func (b *binding) moveRow(old *binding, r *row, moved []int32) row {
	var n row
	n.counts.Grow(b.counts)
	if b.view.kind == kindHistogram {
		n.sums.Grow(len(b.cols))
	}
	var x exact.Sum
	take := func(dst, src *exact.Vector, to, from int) {
		if from < src.Len() {
			x.Reset()
			src.SumDiff(&x, from, nil)
			dst.AddSum(to, &x)
		}
	}
	for i, to := range moved {
		if to < 0 {
			continue
		}
		for j := range old.cols[i].width() {
			take(&n.counts, &r.counts, b.cols[to].cell(j), old.cols[i].cell(j))
		}
		if b.view.kind == kindHistogram {
			take(&n.sums, &r.sums, int(to), i)
		}
	}
	return n
}
