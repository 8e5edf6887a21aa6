package lines

import (
	"math/bits"
	"slices"
)

// A rebuild stages the new order of the lines, and for each line its position in
// the columns.
//
// Positions match one to one: taken marks the old positions that have a new one.
// oldAt leads from a line to its old position. It is filled when it is asked for
// first: a body that only adds lines does not ask. It needs no clearing, as an entry
// has the number of the index that wrote it. newAt needs none either: an entry counts
// only if the place it names holds the id (Briggs and Torczon 1993). Old duplicates
// are never matched, so what the first occurrence of a line is matched with does not
// depend on how many duplicates follow.

// rebuild starts a rebuild if none has started. The lines staged so far are the
// first k lines expected.
func (d *diff) rebuild() {
	if d.rebuilt {
		return
	}
	d.rebuilt, d.indexed = true, false
	n, k := d.expect.Len(), d.k
	d.fit(d.store.Cap())
	d.taken = slices.Grow(d.taken[:0], n/64+1)[:n/64+1]
	clear(d.taken)
	for _, dup := range d.expect.dups {
		d.take(int(dup))
	}
	d.findFamilies(d.expect.headings)
	d.cameIDs, d.newDups = d.cameIDs[:0], d.newDups[:0]
	for _, dup := range d.expect.dups {
		if int(dup) < k {
			d.newDups = append(d.newDups, dup)
		}
	}
	d.headings = append(d.headings, d.expect.headings[:d.h]...)
	d.values = d.values[:k]
	d.stageRun(0, 0, k)
}

// fit makes room for so many ids.
func (d *diff) fit(ids int) {
	if len(d.oldAt) < ids {
		ids += ids / 8
		d.oldAt = slices.Grow(d.oldAt, ids-len(d.oldAt))[:ids]
		d.newAt = slices.Grow(d.newAt, ids-len(d.newAt))[:ids]
	}
}

// reserve makes room for about so many lines, of which most may be new.
func (d *diff) reserve(lines int) {
	lines = min(lines, d.limits.Lines)
	d.cameIDs, d.order.came = slices.Grow(d.cameIDs, lines), slices.Grow(d.order.came, lines)
	d.values, d.changed = slices.Grow(d.values, lines), slices.Grow(d.changed, lines)
	d.store.reserve(min(lines, mostReserved))
}

// findFamilies finds the family that is in force after each number of headings.
func (d *diff) findFamilies(hs []heading) {
	var f *family
	d.inForce = append(d.inForce[:0], nil)
	for _, h := range hs {
		if g := d.store.declares(h.id); g != nil {
			f = g
		}
		d.inForce = append(d.inForce, f)
	}
}

func (d *diff) take(old int)         { d.taken[old>>6] |= 1 << (old & 63) }
func (d *diff) isTaken(old int) bool { return d.taken[old>>6]>>(old&63)&1 != 0 }

// untaken returns the end of the lines from k on that are not matched yet. It is
// at most end, and within the word of k in taken.
func (d *diff) untaken(k, end int) int {
	word := d.taken[k>>6] >> (k & 63)
	return min(end, k+min(bits.TrailingZeros64(word), 64-k&63))
}

// oldOf returns the position of a line in the columns, −1 if it has none or that
// is matched already.
func (d *diff) oldOf(id uint32) int {
	if old := d.foundAt(id); old >= 0 && !d.isTaken(old) {
		return old
	}
	return -1
}

// foundAt returns the first position of a line in the columns, −1 if it has none.
func (d *diff) foundAt(id uint32) int {
	if !d.indexed {
		d.index()
	}
	if int(id) >= len(d.oldAt) {
		return -1
	}
	if at := d.oldAt[id]; at>>32 == d.indexes {
		return int(uint32(at))
	}
	return -1
}

// index fills oldAt.
func (d *diff) index() {
	d.indexed = true
	if d.indexes++; d.indexes == 1<<32 {
		clear(d.oldAt)
		d.indexes = 1
	}
	runs := d.expect.runs
	for i := len(runs) - 1; i >= 0; i-- { // backwards, so that the first occurrence stays
		r := runs[i]
		at := d.oldAt[r.id:][:d.expect.runEnd(i)-int(r.pos)]
		for j := range at {
			at[j] = d.indexes<<32 | uint64(r.pos) + uint64(j)
		}
	}
}

// strangers counts the lines from an id on, in one chunk, that are of the family in
// force and not in the columns. It counts no more than may be staged.
func (d *diff) strangers(first uint32) (n int) {
	c, i := d.store.lines.chunk(first)
	most := min(knownRun, chunkLen-int(i), d.limits.Lines-d.len())
	for n < most && c.refs[int(i)+n].Load() != free && c.key[int(i)+n] == d.family.id && d.foundAt(first+uint32(n)) < 0 {
		n++
	}
	return n
}

// stageRun stages n lines expected from k on, whose values are staged already. They
// begin in an expected run of ids or behind it. No line of them was staged before:
// its old position would be taken.
func (d *diff) stageRun(run, k, n int) {
	end := k + n
	for at := k; at < end; run++ {
		if next := min(d.expect.runEnd(run), end); next > at {
			id := d.expect.runs[run].at(uint32(at))
			d.order.add(id, at, next-at)
			d.last = uint32(id) + uint32(next-at) - 1
			at = next
		}
	}
	for at := k; at < end; at = at&^63 + 64 {
		d.taken[at>>6] |= bitsBetween(at, end)
	}
}

// bitsBetween returns the bits from k up to end that are in the word of k.
func bitsBetween(k, end int) uint64 {
	all := ^uint64(0)
	if k>>6 == end>>6 {
		all = 1<<(end&63) - 1
	}
	return all &^ (1<<(k&63) - 1)
}

// stageLine stages which line stands at the next position, and its old position;
// −1 if it has none, or none that is not matched yet.
func (d *diff) stageLine(id ID, old int) {
	pos := d.order.n
	d.order.add(id, old, 1)
	d.last = uint32(id)
	if old >= 0 {
		d.take(old)
		return
	}
	if int(id) >= len(d.newAt) {
		d.fit(d.store.Cap())
	}
	d.noteCame(id, pos)
}

// stageCame stages n lines from an id on, all in one chunk, that the columns do not
// have.
func (d *diff) stageCame(first ID, n int) {
	pos := d.order.n
	d.order.add(first, -1, n)
	d.last = uint32(first) + uint32(n) - 1
	if int(d.last) >= len(d.newAt) {
		d.fit(d.store.Cap())
	}
	for i := range n {
		d.noteCame(first+ID(i), pos+i)
	}
}

// noteCame notes a line at a position, which has no old one.
func (d *diff) noteCame(id ID, pos int) {
	if first := int(d.newAt[id]); first < len(d.cameIDs) && d.cameIDs[first] == id || d.matched(uint32(id)) {
		d.newDups = append(d.newDups, uint32(pos))
	} else {
		d.newAt[id] = uint32(len(d.cameIDs))
	}
	d.cameIDs = append(d.cameIDs, id)
}

// matched reports whether the old position of a line that was looked for has a new
// one. Those of old duplicates have none.
func (d *diff) matched(id uint32) bool {
	if !d.indexed {
		return false // the store did not know the line
	}
	old := d.foundAt(id)
	if old < 0 || !d.isTaken(old) {
		return false
	}
	_, twice := slices.BinarySearch(d.expect.dups, uint32(old))
	return !twice
}
