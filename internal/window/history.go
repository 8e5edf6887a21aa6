package window

import "slices"

// Checkpoint is a moment of an instance: when it was, and how long the
// instance had been observed until then. Times are Unix milliseconds.
type Checkpoint struct {
	At   int64
	Span int64 // observed time
	Wall int64 // Span, and the time between a process' last scrape and its successor's start
	// Scrapes is the number of scrapes accepted until then.
	Scrapes int
	// Number counts the instance's checkpoints from 0 on, those that are no
	// longer held among them.
	Number int
	slot   int // of the tables' rows
}

// History holds checkpoints of an instance, the present not among them. Each
// scrape adds one; of the older ones some go, so that what is left is the denser
// the younger it is. The zero value is empty.
//
//	held, by time     Number ascends, slots differ, every slot < Slots()
//	a gap between two of them that hides a scrape is at most 1/precision of its age
//
// The second line holds while there are enough slots.
type History struct {
	points  []Checkpoint
	free    []int  // slots below len(points)+len(free) that none of them has
	room    int    // slots: how many checkpoints may be held
	N       int    // checkpoints so far
	Dropped bool   // the oldest ones are not held any more
	back    [2]int // from this number on to before that, checkpoints were taken back; the rows of copies stay
	Span    int64
	Wall    int64
}

// Spacing says how checkpoints are kept.
type Spacing struct {
	Window    int64 // ms: the longest window that is asked about
	Precision int   // a window's edge is known to this part of the window
}

// Least returns the least number of slots, which grow by Step up to Most.
func (s Spacing) Least() int { return s.Precision + 2 }

// Step returns by how many slots a history grows.
func (s Spacing) Step() int { return max(4, s.Precision/2) }

// Most returns how many slots a scrape each second needs.
func (s Spacing) Most() int {
	n := 2*s.Precision + s.Step()
	for covered := int64(2*s.Precision) * 1000; covered < s.Window; covered += covered / 8 {
		n += (s.Precision + 3) / 4
	}
	return n
}

// Slots returns how many checkpoints may be held.
func (h *History) Slots() int { return h.room }

// Grow makes room for that many checkpoints in all.
func (h *History) Grow(slots int) { h.room = max(h.room, slots) }

// Crowded reports whether the next checkpoint takes the place of one that is
// still of use.
func (h *History) Crowded() bool { return len(h.points) >= h.room }

// Full reports whether the oldest checkpoints are not held any more.
func (h *History) Full() bool { return h.Dropped }

// Keep adds a checkpoint and returns it. What is too close to its neighbours for
// its age goes, and so does what no window reaches.
func (h *History) Keep(p Checkpoint, s Spacing) *Checkpoint {
	h.Grow(s.Least())
	for h.Crowded() {
		h.remove(h.closest())
	}
	p.Number, p.slot = h.N, h.slot()
	h.N++
	h.points = append(h.points, p)
	h.thin(s)
	return &h.points[len(h.points)-1]
}

// slot returns one that no checkpoint has.
func (h *History) slot() int {
	n := len(h.free)
	if n == 0 {
		return len(h.points)
	}
	slot := h.free[n-1]
	h.free = h.free[:n-1]
	return slot
}

// thin removes what the spacing does not ask for.
func (h *History) thin(s Spacing) {
	newest := h.points[len(h.points)-1].At
	oldest := newest - s.Window - s.Window/int64(s.Precision)
	for len(h.points) > 2 && h.points[1].At <= oldest {
		h.remove(0)
	}
	for i := 1; i < len(h.points)-2; i++ {
		next := h.points[i+1].At
		if (next-h.points[i-1].At)*int64(s.Precision) <= newest-next {
			h.remove(i)
			i--
		}
	}
}

// closest returns the checkpoint that is missed least: that with the smallest
// distance of its neighbours for its age.
func (h *History) closest() int {
	best, least := 0, 0.0
	newest := h.points[len(h.points)-1].At
	for i := 1; i < len(h.points)-1; i++ {
		next := h.points[i+1].At
		if x := float64(next-h.points[i-1].At) / float64(1+newest-next); best == 0 || x < least {
			best, least = i, x
		}
	}
	return best
}

// remove forgets the i-th of the held checkpoints.
func (h *History) remove(i int) {
	h.Dropped = h.Dropped || i == 0
	h.free = append(h.free, h.points[i].slot)
	h.points = slices.Delete(h.points, i, i+1)
}

// Held returns the checkpoints that are held, oldest first.
func (h *History) Held() []Checkpoint { return h.points }

// Oldest returns when the oldest checkpoint was that is held; 0 if none is.
func (h *History) Oldest() int64 {
	if len(h.points) == 0 {
		return 0
	}
	return h.points[0].At
}

// Back takes back the checkpoints from number from on: the present is that of an
// earlier moment again. Copies of the history stay as they are.
func (h *History) Back(p Checkpoint, from int) {
	kept := slices.Clone(h.points[:len(h.points)-len(h.from(from))])
	for _, x := range h.from(from) {
		h.free = append(h.free, x.slot)
	}
	h.points, h.back = kept, [2]int{from, h.N}
	h.Span, h.Wall = p.Span, p.Wall
}

// uses reports whether a checkpoint has a slot.
func (h *History) uses(slot int) bool {
	return slices.ContainsFunc(h.points, func(p Checkpoint) bool { return p.slot == slot })
}

// Holds reports whether the row of a checkpoint is still that of its moment.
func (h *History) Holds(p *Checkpoint) bool {
	if p.Number >= h.back[0] && p.Number < h.back[1] {
		return true
	}
	i, ok := slices.BinarySearchFunc(h.points, p.Number, func(x Checkpoint, n int) int { return x.Number - n })
	return ok && h.points[i].slot == p.slot
}

// Within returns the history without what another one, that went on since, does
// not hold any more.
func (h *History) Within(now *History) []Checkpoint {
	if h == now {
		return h.points // as nearly every question finds it
	}
	i := slices.IndexFunc(h.points, func(p Checkpoint) bool { return !now.Holds(&p) })
	if i < 0 {
		return h.points
	}
	return slices.DeleteFunc(slices.Clone(h.points), func(p Checkpoint) bool { return !now.Holds(&p) })
}

// Clone returns a copy that later checkpoints do not change.
func (h *History) Clone() History {
	c := *h
	c.points, c.free = slices.Clone(h.points), nil
	return c
}

// from returns the held checkpoints from a number on.
func (h *History) from(number int) []Checkpoint {
	i, _ := slices.BinarySearchFunc(h.points, number, func(x Checkpoint, n int) int { return x.Number - n })
	return h.points[i:]
}
