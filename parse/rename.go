package parse

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"
)

// findRenamed leads new lines to old ones that are gone and were the same series
// in other words: in another format, with its labels in another order. Without
// it such a body would be one of which everything vanished and everything is
// new.
func (r *Reader) findRenamed() {
	if len(r.gone) == 0 || len(r.changed) == 0 {
		return
	}
	if r.renames == nil {
		r.renames = map[uint64]uint32{}
	}
	clear(r.renames)
	old := r.walk.expect.ids
	for _, pos := range r.gone {
		r.renames[r.store.Line(old[pos]).Labels.Hash()] = pos
	}
	for _, d := range r.walk.expect.dups { // a duplicate leads nowhere
		delete(r.renames, r.store.Line(old[d]).Labels.Hash())
	}
	changed := r.changed[:0]
	for _, pos := range r.changed {
		if r.olds[pos] < 0 && r.rename(int(pos)) {
			r.renamed = append(r.renamed, pos)
			if r.unchanged(int(pos)) {
				continue
			}
		}
		changed = append(changed, pos)
	}
	r.changed = changed
	if len(r.renamed) > 0 {
		r.gone = r.gone[:0]
		r.findGone()
	}
}

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
	hash := l.Labels.Hash()
	at, ok := r.renames[hash]
	if !ok {
		return false
	}
	was := r.store.Line(r.walk.expect.ids[at])
	if was.Role != l.Role || was.Family.Type != l.Family.Type || !labels.Equal(was.Labels, l.Labels) {
		return false
	}
	delete(r.renames, hash)
	r.olds[pos] = int32(at)
	return true
}
