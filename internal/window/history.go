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
}

// History is a ring of checkpoints. Checkpoint n is in slot n modulo the
// length of the ring; the present is not in it. The zero value is empty.
type History struct {
	points []Checkpoint
	N      int   // checkpoints so far
	Span   int64 // observed until now
	Wall   int64
}

// Make gives the ring its length, if it has none yet.
func (h *History) Make(slots int) {
	if h.points == nil {
		h.points = make([]Checkpoint, slots)
	}
}

// Made reports whether the ring has a length.
func (h *History) Made() bool { return len(h.points) > 0 }

// Full reports whether checkpoints have been overwritten.
func (h *History) Full() bool { return len(h.points) > 0 && h.N > len(h.points) }

// Add appends a checkpoint.
func (h *History) Add(p Checkpoint) {
	h.N++
	*h.At(h.N - 1) = p
}

// Back makes the checkpoints from number from on those of an earlier moment: what
// came after it was taken back. Copies of the history stay as they are.
func (h *History) Back(p Checkpoint, from int) {
	h.points = slices.Clone(h.points)
	for n := max(from, h.Oldest()); n < h.N; n++ {
		*h.At(n) = p
	}
	h.Span, h.Wall = p.Span, p.Wall
}

// Oldest returns the number of the oldest checkpoint still held.
func (h *History) Oldest() int { return max(0, h.N-len(h.points)) }

// At returns checkpoint n, which is held.
func (h *History) At(n int) *Checkpoint { return &h.points[n%len(h.points)] }

// Due reports whether the state at time t is to be kept, given the least
// spacing of checkpoints.
func (h *History) Due(t, spacing int64) bool {
	return h.N == 0 || t-h.At(h.N-1).At >= spacing
}

// Before returns the number of the newest checkpoint that is not after s, from
// number first on; first−1 if all are later.
func (h *History) Before(s int64, first int) int {
	n := h.N - 1
	if n < first {
		return n
	}
	for at := n % len(h.points); n >= first && h.points[at].At > s; n-- {
		if at--; at < 0 {
			at = len(h.points) - 1
		}
	}
	return n
}

// Held returns the checkpoints that are held, oldest first.
func (h *History) Held() []Checkpoint {
	var list []Checkpoint
	for n := h.Oldest(); n < h.N; n++ {
		list = append(list, *h.At(n))
	}
	return list
}

// Restore fills a ring of so many slots with the newest of the given
// checkpoints, the last of which is number N−1.
func (h *History) Restore(slots int, held []Checkpoint) {
	if h.N == 0 {
		return
	}
	h.Make(slots)
	kept := held[max(0, len(held)-slots):]
	for i, p := range kept {
		*h.At(h.N - len(kept) + i) = p
	}
}
