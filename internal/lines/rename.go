package lines

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// findRenamed leads new lines to old ones that are gone and were the same series
// in other words: in another format, with its labels in another order. Without
// it such a body would be one of which everything vanished and everything is
// new.
//
// Nearly always there is none to be found, which is found out soon: what came is
// held against what went in a filter first.
func (r *Reader) findRenamed() {
	if len(r.gone) == 0 || len(r.changed) == 0 {
		return
	}
	candidates := r.findCandidates()
	if len(candidates) == 0 {
		return
	}
	for _, pos := range candidates {
		if r.rename(int(pos)) {
			r.renamed = append(r.renamed, pos)
		}
	}
	if len(r.renamed) == 0 {
		return
	}
	r.changed = slices.DeleteFunc(r.changed, func(pos uint32) bool {
		_, found := slices.BinarySearch(r.renamed, pos)
		return found && r.unchanged(int(pos))
	})
	r.gone = r.gone[:0]
	r.findGone()
}

// findCandidates gives the new lines that may have been there in other words,
// ascending, and notes the lines that are gone which they may have been.
func (r *Reader) findCandidates() []uint32 {
	candidates := r.candidates[:0]
	went, came := &r.filters[0], &r.filters[1]
	clear(went[:])
	old := r.walk.expect.ids
	for _, pos := range r.gone {
		went.add(r.store.Line(old[pos]).hash)
	}
	for _, pos := range r.changed {
		if r.olds[pos] >= 0 {
			continue
		}
		if h := r.store.Line(r.ids[pos]).hash; went.has(h) {
			if len(candidates) == 0 {
				clear(came[:])
			}
			came.add(h)
			candidates = append(candidates, pos)
		}
	}
	r.candidates = candidates
	if len(candidates) == 0 {
		return nil
	}
	if r.renames == nil {
		r.renames = map[uint64]uint32{}
	}
	clear(r.renames)
	for _, pos := range r.gone {
		if h := r.store.Line(old[pos]).hash; came.has(h) {
			r.renames[h] = pos
		}
	}
	for _, d := range r.walk.expect.dups { // a duplicate leads nowhere
		delete(r.renames, r.store.Line(old[d]).hash)
	}
	return candidates
}

// filter is a set of hashes that may hold more than was added.
type filter [1 << 10]uint64

func (f *filter) add(h uint64)      { f[h>>6%uint64(len(f))] |= 1 << (h & 63) }
func (f *filter) has(h uint64) bool { return f[h>>6%uint64(len(f))]>>(h&63)&1 != 0 }

// unchanged compares what a line says with its old position.
func (r *Reader) unchanged(pos int) bool {
	_, old, v, t := r.At(pos)
	e := r.walk.expect
	return math.Float64bits(v) == math.Float64bits(e.values[old]) && t == e.Time(old) && r.Start(pos) == e.Start(old) &&
		r.store.Line(r.ids[pos]).Role != Native
}

// rename leads the new line at pos to its old position, if it has one.
func (r *Reader) rename(pos int) bool {
	l := r.store.Line(r.ids[pos])
	at, ok := r.renames[l.hash]
	if !ok {
		return false
	}
	was := r.store.Line(r.walk.expect.ids[at])
	if was.Role != l.Role || was.Family.Type != l.Family.Type || !labels.Equal(was.Labels, l.Labels) {
		return false
	}
	delete(r.renames, l.hash)
	r.olds[pos] = int32(at)
	return true
}
