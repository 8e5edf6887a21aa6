package fleets

import (
	"time"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
)

// A stream adds the deltas of one series up, since a fleet judges what a
// running total did.
type stream struct {
	sample  parse.Sample // the latest delta
	running bool         // sample is there: the stream goes on since the start of the program
	Start   int64        // Unix milliseconds: of the first delta
	Last    int64        // Unix milliseconds: of the latest delta
	Seen    int64        // when the latest delta was taken in
	Value   float64
	// Histogram is the running total; it is replaced, never changed.
	Histogram *histogram.Histogram
}

// add takes a delta in, or returns false if it is not newer than the latest.
// One that began before the stream did belongs to an older one.
func (s *stream) add(p *point, now int64) bool {
	var start int64
	if !p.Start.IsZero() {
		start = p.Start.UnixMilli()
	}
	switch {
	case s.Last == 0:
		s.Start = start
	case p.at <= s.Last, start != 0 && start < s.Start:
		return false
	}
	h := p.Histogram
	if h != nil {
		if h = sumOf(s.Histogram, h); h == nil {
			return false
		}
	}
	s.Last, s.Seen, s.Histogram = p.at, now, h
	s.Value += p.Value
	s.sample = p.Sample
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
