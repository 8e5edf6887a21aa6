package identity

import (
	"cmp"
	"time"
)

// Evidence that two targets are one process: their scrapes, put together in order of time, never fall, over so many
// changes of side, while so many counters moved.
const (
	twinAlternations = 3
	twinMoved        = 10
)

// Suspicion is that two instances with one start are one process. The zero value has seen nothing.
type Suspicion struct {
	Alternations int // scrapes of one that followed one of the other and did not fall below it
	Moved        int // counters that grew at those
}

// Verdict is what a scrape made of a suspicion.
type Verdict uint8

const (
	Open    Verdict = iota // they may be one
	Proven                 // they are one
	Refuted                // they are two
)

// Weigh adds a scrape of one instance, compared with the other's latest one. turn says that the other one was scraped
// last. A counter that fell shows the two to be two.
func (s *Suspicion) Weigh(l Likeness, turn bool) Verdict {
	switch {
	case !l.Enough():
		return Open
	case !l.Dominates():
		return Refuted
	case !turn:
		return Open
	}
	s.Alternations++
	s.Moved += l.Moved
	if s.Alternations >= twinAlternations && s.Moved >= twinMoved {
		return Proven
	}
	return Open
}

// Doubtful reports whether the two may well be one process, though too little moved to prove it.
func (s *Suspicion) Doubtful() bool { return s.Alternations >= twinAlternations }

// Alias is one of several instances that are one process.
type Alias struct {
	Name     string
	Live     bool
	Pooled   bool      // it was met behind a balancer
	Priority int       // what the caller says: more is better
	Created  time.Time // newer is better
}

// Speaker returns the index of the alias that speaks for all: a live one before one that is not, one with an address of
// its own before one behind a balancer, then the highest priority, the newest, the first by name.
func Speaker(list []Alias) int {
	best := 0
	for i := range list {
		if list[i].compare(&list[best]) < 0 {
			best = i
		}
	}
	return best
}

// compare returns a negative number if a speaks before b.
func (a *Alias) compare(b *Alias) int {
	return cmp.Or(
		trueFirst(a.Live, b.Live),
		trueFirst(!a.Pooled, !b.Pooled),
		cmp.Compare(b.Priority, a.Priority),
		b.Created.Compare(a.Created),
		cmp.Compare(a.Name, b.Name),
	)
}

func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
