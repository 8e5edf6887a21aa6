package layout

import (
	"math"
	"slices"
)

// Set keeps one [Layout] for each set of bounds, so that equal layouts are one pointer. The zero value is empty and
// ready to use. It must not be changed by two goroutines at once.
type Set struct {
	known map[uint64][]*Layout // by hash of the bounds
}

// Of returns the layout of bounds, as [NewLayout] does. Values may be negative if signed, although every bound is
// positive: then nothing bounds the first bucket from below. Of keeps no reference to bounds, and allocates nothing for
// bounds it knows that end in +Inf.
func (s *Set) Of(bounds []float64, signed bool) (*Layout, error) {
	if l := s.Find(bounds, signed); l != nil {
		return l, nil
	}
	l, err := newLayout(bounds, signed)
	if err != nil {
		return nil, err
	}
	if k := s.Find(l.bounds, signed); k != nil {
		return k, nil
	}
	if s.known == nil {
		s.known = make(map[uint64][]*Layout)
	}
	key := hash(l.bounds)
	s.known[key] = append(s.known[key], l)
	return l, nil
}

// Find returns the layout of bounds, which end in +Inf; nil if the set has none. It changes nothing.
func (s *Set) Find(bounds []float64, signed bool) *Layout {
	for _, l := range s.known[hash(bounds)] {
		if slices.Equal(l.bounds, bounds) && l.signed == (signed || l.bounds[0] <= 0) {
			return l
		}
	}
	return nil
}

// hash is FNV-1a over the bounds' bits, a word at a time. −0 hashes as another bound; Of asks again without it.
func hash(bounds []float64) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range bounds {
		h = (h ^ math.Float64bits(b)) * 1099511628211
	}
	return h
}
