package fleets

import (
	"slices"
	"time"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
)

// A stream adds the deltas of one series up, since a fleet judges what a
// running total did.
type stream struct {
	sample  parse.Sample // a delta
	running bool         // sample is there: the stream goes on since the start of the program
	Start   int64        // Unix milliseconds: of the first delta
	Last    int64        // Unix milliseconds: of the latest delta
	Seen    int64        // when the latest delta was taken in
	Holes   []span       // for which no delta came yet, in the order in which they were noticed
	Value   float64
	// Histogram is the running total; it is replaced, never changed.
	Histogram *histogram.Histogram
}

// A span is a time between two deltas, in Unix milliseconds.
type span struct{ From, To int64 }

// maxHoles bounds how many times between deltas are remembered of a stream.
const maxHoles = 16

// add takes a delta in, or returns false if its time was counted already, as far
// as can be known: a delta that comes late has to fit where none came yet. None
// came before the first one since the given time.
func (s *stream) add(p *point, now, since int64) bool {
	var start int64
	if !p.Start.IsZero() {
		start = p.Start.UnixMilli()
	}
	next := *s
	switch {
	case s.Last == 0:
		next.Start, next.Last = start, p.at
		next.skip(since, start)
	case p.at > s.Last && start != 0 && start < s.Start:
		return false // of all that came before, too
	case p.at > s.Last:
		next.Last = p.at
		next.skip(s.Last, start)
	case !next.fill(start, p.at):
		return false
	}
	h := p.Histogram
	if h != nil {
		if h = sumOf(s.Histogram, h); h == nil {
			return false
		}
	}
	next.Seen, next.Histogram = now, h
	next.Value += p.Value
	next.sample = p.Sample
	*s = next
	return true
}

// skip remembers that there is no delta of a time.
func (s *stream) skip(from, to int64) {
	if from >= to {
		return
	}
	if len(s.Holes) == maxHoles {
		s.Holes = s.Holes[1:]
	}
	s.Holes = append(slices.Clip(s.Holes), span{from, to})
}

// fill takes a time out of the hole that it lies in, if there is one.
func (s *stream) fill(from, to int64) bool {
	i := slices.IndexFunc(s.Holes, func(h span) bool { return h.From <= from && from < to && to <= h.To })
	if i < 0 {
		return false
	}
	h := s.Holes[i]
	s.Holes = slices.Delete(slices.Clone(s.Holes), i, i+1)
	s.skip(h.From, from)
	s.skip(to, h.To)
	return true
}

// total returns the running total. It began with the fleet: what a delta says
// is growth that was observed, all of it.
func (s *stream) total(since time.Time) parse.Sample {
	x := s.sample
	x.Delta, x.Value, x.Histogram = false, s.Value, s.Histogram
	x.Start = since.Add(time.Millisecond)
	return x
}
