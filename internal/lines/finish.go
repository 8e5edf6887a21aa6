package lines

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// finish works out what follows from the body as a whole.
func (d *diff) finish() error {
	if d.Mapping != nil && len(d.Mapping.wanted) > 0 {
		return ErrUnmapped
	}
	if d.k < d.expect.Len() || d.h < len(d.expect.headings) {
		d.rebuild()
	}
	if len(d.times) > 0 {
		for len(d.times) < d.len() {
			d.times = append(d.times, NoTime)
		}
	}
	if d.len() > d.limits.Lines {
		return &Error{Err: overLimit("lines", d.limits.Lines)}
	}
	if len(d.starts) > 0 {
		d.starts = zeroFill(d.starts, d.len())
	}
	if !d.rebuilt {
		d.noteStarts()
		d.staged = true
		return nil
	}
	d.runs, d.hint = d.order.runs, 0
	d.findSpelled()
	d.dups = d.newDups
	d.findPairs()
	if d.fresh {
		d.structural = d.len() > 0
	} else {
		d.findGone()
		d.findRenamed()
		d.noteStarts()
	}
	d.pin()
	d.staged = true
	return nil
}

// findGone finds the old lines that have no new position, and whether any line
// came, went or moved.
func (d *diff) findGone() {
	d.moves, d.gone = d.order.byOld(d.moves), d.gone[:0]
	at, stay := uint32(0), uint32(0) // lines that stand where they stood
	for _, m := range d.moves {
		for ; at < m.Old; at++ {
			d.gone = append(d.gone, at)
		}
		if at += m.N; m.Old == m.Pos {
			stay += m.N
		}
	}
	for ; int(at) < d.expect.Len(); at++ {
		d.gone = append(d.gone, at)
	}
	if int(stay) != d.len() || int(stay) != d.expect.Len() {
		d.structural = true
	}
}

// findRenamed matches new lines with lines that are gone and are the same series
// with another text: in another format, or with the labels in another order.
// Without it every line of such a body would be gone and new.
//
// Nearly always there is none: the store tells where no series has several texts in
// one format, and filters tell at little cost elsewhere.
func (d *diff) findRenamed() {
	if len(d.gone) == 0 || len(d.changed) == 0 || d.in == d.expect.format && d.store.spellings.none() {
		return
	}
	candidates := d.findCandidates()
	if len(candidates) == 0 {
		return
	}
	var stay []Move
	for _, pos := range candidates {
		if old, ok := d.renamedFrom(pos); ok {
			d.renamed = append(d.renamed, pos)
			stay = append(stay, Move{old, pos, 1})
		}
	}
	if len(d.renamed) == 0 {
		return
	}
	d.order.stay(stay)
	d.changed = slices.DeleteFunc(d.changed, func(pos uint32) bool {
		_, found := slices.BinarySearch(d.renamed, pos)
		return found && d.unchanged(int(pos))
	})
	d.findGone()
}

// findCandidates returns the new lines, ascending, that may have had another text
// before. It fills renames with the gone lines that they may have been.
func (d *diff) findCandidates() []uint32 {
	candidates := d.candidates[:0]
	went, came := &d.filters[0], &d.filters[1]
	clear(went[:])
	for id := range idsAt(d.expect.runs, d.gone) {
		went.add(d.store.Line(id).hash)
	}
	for _, pos := range d.order.came {
		if h := d.store.Line(d.idAt(pos)).hash; went.has(h) {
			if len(candidates) == 0 {
				clear(came[:])
			}
			came.add(h)
			candidates = append(candidates, pos)
		}
	}
	d.candidates = candidates
	if len(candidates) == 0 {
		return nil
	}
	if d.renames == nil {
		d.renames = map[uint64]uint32{}
	}
	clear(d.renames)
	for _, pos := range d.gone {
		if _, duplicate := slices.BinarySearch(d.expect.dups, pos); duplicate {
			continue // it matches nothing
		}
		if h := d.store.Line(d.expect.ID(int(pos))).hash; came.has(h) {
			d.renames[h] = pos
		}
	}
	return candidates
}

// filter is a set of hashes. has may report true for a hash that was not added.
type filter [1 << 10]uint64

func (f *filter) add(h uint64)      { f[h>>6%uint64(len(f))] |= 1 << (h & 63) }
func (f *filter) has(h uint64) bool { return f[h>>6%uint64(len(f))]>>(h&63)&1 != 0 }

// renamedFrom returns the old position of a line that is gone and is the same series
// as the new one at pos, if there is one.
func (d *diff) renamedFrom(pos uint32) (old uint32, ok bool) {
	l := d.store.Line(d.idAt(pos))
	if old, ok = d.renames[l.hash]; !ok {
		return 0, false
	}
	was := d.store.Line(d.expect.ID(int(old)))
	if was.Role != l.Role || was.Dropped != l.Dropped || was.Family.Type != l.Family.Type || !labels.Equal(was.Labels().WithoutEmpty(), l.Labels().WithoutEmpty()) {
		return 0, false
	}
	delete(d.renames, l.hash)
	return old, true
}

// idAt returns the line at a position, of a body that was read. It is cheapest for
// one position after the other.
func (d *diff) idAt(pos uint32) ID {
	next := d.hint + 1
	switch {
	case next < len(d.runs) && d.runs[next].pos == pos:
		d.hint = next
	case d.runs[d.hint].pos > pos || next < len(d.runs) && d.runs[next].pos < pos:
		d.hint = runAt(d.runs, pos)
	}
	return d.runs[d.hint].at(pos)
}

// unchanged reports whether the line at pos says what its old position said.
func (d *diff) unchanged(pos int) bool {
	old, v, t := d.at(pos)
	e := d.expect
	return math.Float64bits(v) == math.Float64bits(d.before[old]) && t == e.Time(old) && d.startAt(pos) == e.Start(old) &&
		d.store.Line(d.idAt(uint32(pos))).Role != Native
}

// at returns what is staged at a position: see Reader.At.
func (d *diff) at(pos int) (old int, value float64, time int64) {
	old, time = pos, NoTime
	if d.rebuilt {
		old = d.order.old(pos)
	}
	if len(d.times) > 0 {
		time = d.times[pos]
	}
	return old, d.values[pos], time
}

// startAt returns the staged start of the line at a position, 0 if unknown.
func (d *diff) startAt(pos int) int64 {
	if len(d.starts) > 0 {
		return d.starts[pos]
	}
	if len(d.pairs) == 0 || d.pairs[pos] == 0 {
		return 0
	}
	return startFrom(d.values[d.pairs[pos]-1])
}

// findPairs finds for each line the line with its start.
func (d *diff) findPairs() {
	if len(d.starts) > 0 {
		d.pairs = nil
		return
	}
	if d.creators == nil {
		d.creators = map[uint64]uint32{}
	}
	clear(d.creators)
	d.newPairs = d.newPairs[:0]
	if d.store.created.Load() {
		d.newIDs = d.order.ids(d.newIDs)
		d.newPairs = d.store.pairs(d.newPairs, d.creators, d.newIDs)
	}
	d.pairs = d.newPairs
}

// noteStarts adds the lines with another start than before to the changed ones.
func (d *diff) noteStarts() {
	e := d.expect
	if len(d.pairs) == 0 && len(e.pairs) == 0 && len(d.starts) == 0 && len(e.starts) == 0 {
		return
	}
	if len(d.starts) > 0 && len(e.pairs) == 0 {
		return // each line's was compared as it was staged
	}
	holdsStart := func(pos uint32) bool { return len(d.pairs) > 0 && d.pairs[pos] == pos+1 }
	if !d.rebuilt && (len(d.starts) > 0 || !slices.ContainsFunc(d.changed, holdsStart)) {
		return
	}
	for pos := range d.values {
		if old, _, _ := d.at(pos); old >= 0 && d.startAt(pos) != e.Start(old) {
			d.changed = append(d.changed, uint32(pos))
		}
	}
	slices.Sort(d.changed)
	d.changed = slices.Compact(d.changed)
}

// pin takes the references that the columns will hold after the commit and do not
// hold yet.
func (d *diff) pin() {
	for _, list := range [...][]uint32{d.order.came, d.renamed} {
		for _, pos := range list {
			d.store.lines.retain(uint32(d.idAt(pos)))
		}
	}
	for _, h := range d.headings {
		d.store.headings.retain(h.id)
	}
	d.pinned = true
}

// unpin gives up what pin took, if it did.
func (d *diff) unpin() {
	if !d.pinned {
		return
	}
	for _, list := range [...][]uint32{d.order.came, d.renamed} {
		for _, pos := range list {
			d.store.lines.release(uint32(d.idAt(pos)))
		}
	}
	for _, h := range d.headings {
		d.store.headings.release(h.id)
	}
}

// clear forgets what is staged.
func (d *diff) clear() {
	d.runs, d.dups, d.pairs = nil, nil, nil
	d.order.clear()
	d.values, d.times = d.values[:0], d.times[:0]
	clear(d.natives)
	d.starts, d.natives, d.digests, d.renamed = d.starts[:0], d.natives[:0], d.digests[:0], d.renamed[:0]
	d.quoted.reset()
	d.changed, d.gone, d.moves, d.headings = d.changed[:0], d.gone[:0], d.moves[:0], d.headings[:0]
	d.rebuilt, d.structural, d.staged, d.pinned = false, false, false, false
}

// findSpelled adds the lines whose series stands earlier in other words to the
// duplicates. Where the first one had no position before but the other one had,
// the series keeps it: see findRenamed.
func (d *diff) findSpelled() {
	if !d.store.spellings.many.Load() {
		return
	}
	first := map[ID]int{}
	d.newIDs = d.order.ids(d.newIDs)
	for _, id := range d.newIDs { // of each series in words that are not its first ones
		if s := d.store.Line(id).seriesID(id); s != id {
			first[s] = -1
		}
	}
	if len(first) == 0 {
		return
	}
	var dups, fresh []uint32
	for pos, id := range d.newIDs {
		at, ok := first[d.store.Line(id).seriesID(id)]
		if !ok {
			continue
		}
		if at < 0 {
			first[d.store.Line(id).seriesID(id)] = pos
			continue
		}
		if _, known := slices.BinarySearch(d.newDups, uint32(pos)); known {
			continue
		}
		dups = append(dups, uint32(pos))
		if d.order.old(pos) >= 0 {
			d.order.leave(uint32(pos))
			fresh = append(fresh, uint32(pos))
		}
	}
	d.newDups = merged(d.newDups, dups)
	d.changed = merged(d.changed, fresh)
}
