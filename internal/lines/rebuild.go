package lines

import "slices"

// A read whose lines are those of the columns stages values alone. At the first
// line or heading that differs it starts to rebuild: the new order of lines is
// written down, and for each where it stood before.
//
// Matching is one to one: taken marks the old positions that have a new one. A
// line's own old position is found through oldAt, which like newAt needs no
// clearing: an entry counts only if the position it names holds the id (Briggs
// and Torczon 1993). Old duplicates are never matched, so that what a line is
// to its first occurrence does not depend on how many there are.

// rebuild begins it, if it has not begun. What is staged so far are the first k
// lines expected.
func (r *Reader) rebuild() {
	if r.rebuilt {
		return
	}
	w := &r.walk
	r.rebuilt = true
	n, k := len(w.expect.ids), w.k
	r.fit(r.store.Cap())
	r.taken = slices.Grow(r.taken[:0], n/64+1)[:n/64+1]
	clear(r.taken)
	for i := n - 1; i >= 0; i-- { // the first occurrence is written last
		r.oldAt[w.expect.ids[i]] = uint32(i)
	}
	for _, d := range w.expect.dups {
		r.take(int(d))
	}
	r.families(w.expect.headings)
	r.newIDs, r.newDups = r.newIDs[:0], r.newDups[:0]
	for _, d := range w.expect.dups {
		if int(d) < k {
			r.newDups = append(r.newDups, d)
		}
	}
	r.headings = append(r.headings, w.expect.headings[:w.h]...)
	r.values = r.values[:k]
	r.stageRun(0, k)
}

// fit makes room for the ids of the store.
func (r *Reader) fit(ids int) {
	if len(r.oldAt) < ids {
		ids += ids / 8
		r.oldAt = slices.Grow(r.oldAt, ids-len(r.oldAt))[:ids]
		r.newAt = slices.Grow(r.newAt, ids-len(r.newAt))[:ids]
	}
}

// families works out which family is in force behind each number of expected
// headings.
func (r *Reader) families(hs []heading) {
	var f *family
	r.inForce = append(r.inForce[:0], nil)
	for _, h := range hs {
		if g := r.store.headings.payload(h.id); g != nil {
			f = g
		}
		r.inForce = append(r.inForce, f)
	}
}

func (r *Reader) take(old int)         { r.taken[old>>6] |= 1 << (old & 63) }
func (r *Reader) isTaken(old int) bool { return r.taken[old>>6]>>(old&63)&1 != 0 }

// oldOf is the position expected of a line that stands elsewhere, −1 if there
// is none left.
func (r *Reader) oldOf(id uint32) int {
	if int(id) >= len(r.oldAt) {
		return -1
	}
	old := int(r.oldAt[id])
	ids := r.walk.expect.ids
	if old >= len(ids) || uint32(ids[old]) != id || r.isTaken(old) {
		return -1
	}
	return old
}

// stageRun stages n lines expected from k on, whose values are staged already.
// None of them was staged before: it would have been matched with its old
// position, which would be taken.
func (r *Reader) stageRun(k, n int) {
	pos := len(r.newIDs)
	ids := r.walk.expect.ids[k : k+n]
	r.newIDs = append(r.newIDs, ids...)
	for i, id := range ids {
		r.olds = append(r.olds, int32(k+i))
		r.newAt[id] = uint32(pos + i)
	}
	for k, end := k, k+n; k < end; k = k&^63 + 64 {
		r.taken[k>>6] |= bitsBetween(k, end)
	}
	if n > 0 {
		r.walk.last = uint32(ids[n-1])
	}
}

// bitsBetween are the bits of the word of k, from that of k up to end.
func bitsBetween(k, end int) uint64 {
	all := ^uint64(0)
	if k>>6 == end>>6 {
		all = 1<<(end&63) - 1
	}
	return all &^ (1<<(k&63) - 1)
}

// stageLine stages which line stands at the next position, and where it stood.
func (r *Reader) stageLine(id ID, old int) {
	pos := len(r.newIDs)
	r.newIDs = append(r.newIDs, id)
	r.olds = append(r.olds, int32(old))
	if old >= 0 {
		r.take(old)
	}
	if int(id) >= len(r.newAt) {
		r.fit(r.store.Cap())
	}
	if first := int(r.newAt[id]); first < pos && r.newIDs[first] == id {
		r.newDups = append(r.newDups, uint32(pos))
	} else {
		r.newAt[id] = uint32(pos)
	}
	r.walk.last = uint32(id)
}

// finish works out what is true of the body as a whole.
func (r *Reader) finish() error {
	w := &r.walk
	if w.k < len(w.expect.ids) || w.h < len(w.expect.headings) {
		r.rebuild()
	}
	if len(r.times) > 0 {
		for len(r.times) < r.len() {
			r.times = append(r.times, NoTime)
		}
	}
	if r.len() > r.limits.Lines {
		return overLimit("lines", r.limits.Lines)
	}
	if len(r.starts) > 0 {
		r.starts = grow(r.starts, r.len())
	}
	if !r.rebuilt {
		r.noteStarts()
		r.staged = true
		return nil
	}
	r.ids, r.dups = r.newIDs, r.newDups
	r.pair()
	if w.fresh {
		r.finishFresh()
	} else {
		r.findGone()
		r.findRenamed()
		r.noteStarts()
	}
	r.pin()
	r.staged = true
	return nil
}

// finishFresh makes all lines new ones.
func (r *Reader) finishFresh() {
	r.changed = r.changed[:0]
	for pos := range r.olds {
		r.olds[pos] = -1
		r.changed = append(r.changed, uint32(pos))
	}
	r.structural = len(r.ids) > 0
}

// findGone finds the old lines that have no new position, and whether anything
// moved.
func (r *Reader) findGone() {
	ids := r.walk.expect.ids
	clear(r.taken) // without the duplicates that were kept from being matched
	for pos, old := range r.olds {
		if old >= 0 {
			r.take(int(old))
		}
		if int(old) != pos {
			r.structural = true
		}
	}
	for old := range ids {
		if !r.isTaken(old) {
			r.gone = append(r.gone, uint32(old))
			r.structural = true
		}
	}
}
