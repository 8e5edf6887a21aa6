package identity

import (
	"cmp"
	"slices"
	"time"
)

// Evidence that two addresses lead to one process: they show one set of series, and their scrapes, put together in order
// of time, never fall, over so many changes of side, while so many counters moved. Fewer than 30 counters prove nothing,
// however many rounds: two replicas behind a fair balancer count in step.
const (
	twinAlternations = 3
	twinMoved        = 10
)

// overlapping is how far apart two scrapes are, in milliseconds, from which on it is known which was read first. The time of
// a scrape is that of its end: of two recorded ones of one process the later by 14 ms had 595 counters that were less.
const overlapping = 2000

// Suspicion is that two instances with equal starts are one process. The zero value has seen nothing.
type Suspicion struct {
	Alternations int // scrapes of one that followed one of the other and did not fall below it
	Moved        int // counters that grew at those
	Crossed      int // scrapes that overlapped, with some counters ahead and others behind
}

// Verdict is what a scrape makes of a suspicion.
type Verdict uint8

const (
	Open    Verdict = iota // they may be one
	Proven                 // they are one
	Refuted                // they are two
)

// Weigh adds a scrape of one instance, compared with the other's latest one, so many milliseconds before. turn says that
// the other one was scraped last. One counter that fell shows the two to be two, unless the scrapes overlap. But then, too,
// one process is ahead or behind in all counters: of 8 pairs of recorded scrapes of one process, 6 to 120 ms apart, none
// crossed, and of 6 pairs of two processes with one start all did. What crosses has to begin anew, each time for longer:
// replicas that are scraped together grow by more in an interval than they differ.
func (s *Suspicion) Weigh(l Likeness, apart int64, turn bool) Verdict {
	switch {
	case !l.dominates() && apart >= overlapping:
		return Refuted
	case l.Crosses():
		s.Alternations, s.Moved, s.Crossed = min(s.Alternations, 1), 0, s.Crossed+1
		return Open
	case !l.dominates(), !turn || !l.Enough() && !l.sameSet():
		return Open
	}
	s.Alternations++
	if !l.Enough() || !l.stays() || !l.sameSet() {
		return Open
	}
	if s.Moved += l.Moved; s.Alternations >= twinAlternations*(1+s.Crossed) && s.Moved >= twinMoved {
		return Proven
	}
	return Open
}

// Unseen returns the suspicion of two instances with equal starts that no part of a fleet saw together: l compares what
// they exposed last, so many milliseconds apart. It is false if that shows them to be two.
func Unseen(l Likeness, apart int64) (s Suspicion, ok bool) {
	refuted := s.Weigh(l, apart, true) == Refuted || l.Enough() && l.Crosses()
	return s, !refuted
}

// SuspectUnseen begins to watch pairs of instances with one start time that no part of a fleet saw together, one of the
// list and one of the others, unless what they exposed last shows them to be two: liken compares that.
func SuspectUnseen[T interface {
	Relative[T]
	Met
}](list, others []T, liken func(first, last T) Likeness) {
	of := map[Start][]T{}
	for _, o := range others {
		of[o.Member().Start] = append(of[o.Member().Start], o)
	}
	for _, in := range list {
		m := in.Member()
		if !m.Start.Known() {
			continue
		}
		for _, x := range of[m.Start] {
			first, last := x, in
			if at := x.Member().Last; at > m.Last || at == m.Last && x.Name() > in.Name() {
				first, last = in, x
			}
			if s, ok := Unseen(liken(first, last), last.Member().Last-first.Member().Last); ok {
				Suspect(in, x, last).Suspicion = s
			}
		}
	}
}

// Possible reports whether the two fitted: equal starts, one set of series or enough counters, and no fall. As long
// as they are not proven to be one, both count, and every answer has to say that they may be a duplicate.
func (s *Suspicion) Possible() bool { return s.Alternations > 0 }

// Alias is one of several instances that are one process.
type Alias struct {
	Name     string
	Live     bool
	Pooled   bool      // it was met behind a balancer
	Priority int       // what the caller says: more is better
	Created  time.Time // newer is better
}

// Speaks reports whether an instance speaks for its twins; one that has none does. of says what kind of alias one is.
func Speaks[T Relative[T]](in T, of func(T) Alias) bool {
	t := in.Relations().Twins
	if t == nil {
		return true
	}
	list := make([]Alias, len(t.Members))
	for i, m := range t.Members {
		list[i] = of(m)
		list[i].Name = m.Name()
	}
	return t.Members[Speaker(list)] == in
}

// First returns the first by name of an instance and its twins.
func First[T Relative[T]](in T) T {
	if t := in.Relations().Twins; t != nil {
		return slices.MinFunc(t.Members, func(a, b T) int { return cmp.Compare(a.Name(), b.Name()) })
	}
	return in
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
