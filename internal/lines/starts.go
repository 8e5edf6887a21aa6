package lines

import "math"

// When a series began at 0 is written in its own message in protobuf, and in a
// line beside it in OpenMetrics 1.0: x_created with the same labels. Client
// libraries write such lines in the text format too, as gauges. A line and the
// line with its start are paired when lines come, go or move. A steady read only
// checks whether a start changed.

// startFrom returns the start that the value of a line says, 0 if it says none.
func startFrom(seconds float64) int64 {
	if s := seconds * 1000; s > 0 && s < math.MaxInt64 {
		return int64(s)
	}
	return 0
}

// pairs appends to dst, for each line, the position of the line with its start
// plus 1, or 0. It appends nothing if no line has one. creators is scratch: where
// the line with the start of an object is.
func (s *Store) pairs(dst []uint32, creators map[uint64]uint32, ids []ID) []uint32 {
	if !s.created.Load() {
		return dst
	}
	for pos, id := range ids {
		l := s.Line(id)
		if !l.created() {
			continue
		}
		if _, ok := creators[l.objectHash()]; !ok { // the first of duplicates counts
			creators[l.objectHash()] = uint32(pos)
		}
	}
	if len(creators) == 0 {
		return dst
	}
	for _, id := range ids {
		l, pair := s.Line(id), uint32(0)
		if hash := l.objectHash(); hash != noObject {
			if at, ok := creators[hash]; ok && sameObject(l, s.Line(ids[at])) {
				pair = at + 1 // a line that holds a start is paired with itself
			}
		}
		dst = append(dst, pair)
	}
	return dst
}
