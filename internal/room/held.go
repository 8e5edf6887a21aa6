package room

import "sync/atomic"

// Kind is what memory is held for.
type Kind int

const (
	Lines    Kind = iota // texts and meanings of lines, and what instances exposed last
	Plans                // which lines lead where
	Rows                 // increases now and at checkpoints: what they may take
	Events               // what was out of the ordinary in them
	Vanished             // of series that came and went, and of processes that may be back
	Totals               // of groups, departed instances and evicted series
	Places               // of instances and targets, with their names
	Answers              // kept for the next question, and for earlier snapshots
	Kinds
)

var words = [Kinds]string{"lines", "plans", "rows", "events", "vanished", "totals", "places", "answers"}

func (k Kind) String() string { return words[k] }

// Held is what is held, in bytes by kind.
type Held [Kinds]int64

// Sum returns all of it.
func (h *Held) Sum() (sum int64) {
	for _, n := range h {
		sum += n
	}
	return sum
}

// ByWord returns what is held by the words of the kinds.
func (h *Held) ByWord() map[string]int64 {
	m := make(map[string]int64, Kinds)
	for k, n := range h {
		m[Kind(k).String()] = n
	}
	return m
}

// Sums are what all instances hold together. Scrapes change them in parallel. The
// zero value is of none.
type Sums [Kinds]atomic.Int64

// Change says that an instance that held before holds now.
func (s *Sums) Change(before, now *Held) {
	for k := range s {
		if d := now[k] - before[k]; d != 0 {
			s[k].Add(d)
		}
	}
}

// Held returns the sums.
func (s *Sums) Held() (h Held) {
	for k := range s {
		h[k] = s[k].Load()
	}
	return h
}
