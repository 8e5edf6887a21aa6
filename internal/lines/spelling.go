package lines

import (
	"slices"
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"
)

// One series may be written in several ways: the labels in another order, with
// blanks, with empty labels, with a quoted name, or under another TYPE comment.
// Each is a line of its own. All of them that a format has lead to the first one
// that the store met, so that a body in which a series stands twice is noticed.
// A native histogram and the classic lines of its name are two series.

// spellings finds the lines of one series. It is guarded by the lock under which
// lines are added.
//
// Invariant: index has the id of one line for each series.
type spellings struct {
	index index
	many  atomic.Bool  // some series has several lines
	lost  atomic.Bool  // a line was added of which nobody knows the format: see none
	held  atomic.Int64 // memory, read without the lock
}

// formatOfKey returns the format of the bodies in which a text with this key
// stands. under is the family to which its line belongs, or nil.
func formatOfKey(key uint32, under *family) format {
	switch {
	case key < firstFamily:
		return format(key / meanings)
	case under != nil:
		return under.format
	}
	return text
}

// sameSeries reports whether two lines of a format are of one series.
func sameSeries(a, b *Line) bool {
	return a.hash == b.hash && a.in == b.in && (a.Role == Native) == (b.Role == Native) && a.Dropped == b.Dropped &&
		labels.Equal(a.Labels().WithoutEmpty(), b.Labels().WithoutEmpty())
}

// add takes in a line, which is not published yet, beside those known.
func (x *spellings) add(known *table[Line], id uint32, l *Line) {
	if x.index.full() {
		x.resize(x.index.grown())
	}
	upper, slots := uint32(l.hash>>32), x.index.slots
	mask := uint32(len(slots) - 1)
	for at := upper & mask; ; at = (at + 1) & mask {
		slot := slots[at].Load()
		if slot == 0 {
			x.index.put(id, l.hash)
			return
		}
		if first := uint32(slot); uint32(slot>>32) == upper && sameSeries(l, known.payload(first-1)) {
			l.same = first
			x.many.Store(true)
			return
		}
	}
}

func (x *spellings) resize(to *index) {
	x.index = *to
	x.held.Store(int64(8 * len(to.slots)))
}

// none reports whether no series has several lines in one format.
func (x *spellings) none() bool { return !x.many.Load() && !x.lost.Load() }

// rebuild takes the known lines in anew: some were swept.
func (x *spellings) rebuild(known *table[Line]) {
	known.mu.Lock()
	defer known.mu.Unlock()
	size := min(len(x.index.slots), roomy(int(known.cap.Load())-len(known.spare)))
	x.resize(&index{slots: make([]atomic.Uint64, size)})
	x.many.Store(false)
	for id := range known.cap.Load() {
		if known.live(id) {
			l := known.payload(id)
			l.same = 0
			x.add(known, id, l)
		}
	}
}

// bytes returns the memory held.
func (x *spellings) bytes() int { return int(x.held.Load()) }

// merged adds positions to a list of positions that ascends, each once.
func merged(list, more []uint32) []uint32 {
	if len(more) > 0 {
		list = append(list, more...)
		slices.Sort(list)
		list = slices.Compact(list)
	}
	return list
}
