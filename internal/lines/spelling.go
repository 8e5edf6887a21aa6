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
// Invariant: slots is a hash table with open addressing of the ids plus 1 of one
// line for each series; at most half of the slots are taken.
type spellings struct {
	slots []uint32
	taken int
	many  atomic.Bool  // some series has several lines
	held  atomic.Int64 // memory, read without the lock
}

// hashOf returns the hash of labels without empty ones.
func hashOf(ls labels.Labels) uint64 { return ls.WithoutEmpty().Hash() }

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
		labels.Equal(a.Labels.WithoutEmpty(), b.Labels.WithoutEmpty())
}

// add takes in a line, which is not published yet, beside those known.
func (x *spellings) add(known *table[*Line], id uint32, l *Line) {
	if 2*(x.taken+1) > len(x.slots) {
		x.grow(known)
	}
	mask := uint64(len(x.slots) - 1)
	for at := l.hash & mask; ; at = (at + 1) & mask {
		switch first := x.slots[at]; {
		case first == 0:
			x.slots[at] = id + 1
			x.taken++
			return
		case sameSeries(l, known.payload(first-1)):
			l.same = first
			x.many.Store(true)
			return
		}
	}
}

func (x *spellings) grow(known *table[*Line]) {
	old := x.slots
	x.slots = make([]uint32, max(64, 2*len(old)))
	x.held.Store(int64(4 * len(x.slots)))
	mask := uint64(len(x.slots) - 1)
	for _, first := range old {
		if first == 0 {
			continue
		}
		at := known.payload(first-1).hash & mask
		for x.slots[at] != 0 {
			at = (at + 1) & mask
		}
		x.slots[at] = first
	}
}

// rebuild takes the known lines in anew: some were swept.
func (x *spellings) rebuild(known *table[*Line]) {
	known.mu.Lock()
	defer known.mu.Unlock()
	clear(x.slots)
	x.taken = 0
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
