package window

import (
	"encoding/binary"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// snap is the row that is kept of a checkpoint. In a window counts grow little: a snap holds by how much each of them is
// above that of a baseline, in as many bytes as the greatest needs. The zero value is an empty row.
type snap struct {
	from  *baseline
	above []byte // width bytes for each count, little endian
	width uint8
	full  *Row          // instead of the others, where not all counts are integers
	sums  *exact.Vector // nil: none
}

// baseline is a row of counts that snaps share and nobody writes. What it does not have is 0.
type baseline struct {
	counts []int64
	uses   int
}

// renewed is how many snaps a baseline has before it is replaced because they need more than two bytes a count.
const renewed = 8

// set keeps a row; *b is the baseline in use, which it replaces if the row is too far above it.
func (s *snap) set(b **baseline, r *Row) {
	counts, ok := r.Counts.Integers()
	if !ok {
		if s.full == nil {
			*s = snap{full: &Row{}}
		}
		s.full.Set(r)
		return
	}
	most := (*b).most(counts)
	if x := *b; x == nil || most >= 1<<32 || most >= 1<<16 && x.uses >= renewed {
		*b, most = &baseline{counts: slices.Clone(counts)}, 0
	}
	s.from, s.full = *b, nil
	s.from.uses++
	s.write(counts, most)
	switch {
	case r.Sums.Len() == 0:
		s.sums = nil
		return
	case s.sums == nil:
		s.sums = &exact.Vector{}
	}
	s.sums.Set(&r.Sums)
}

// most returns a number that is no less than what any of the counts is above the baseline, and has as many bits as the
// greatest; all if one is below it.
func (b *baseline) most(counts []int64) (bits uint64) {
	n := 0
	if b != nil {
		n = min(len(b.counts), len(counts))
		for i, x := range b.counts[:n] {
			bits |= uint64(counts[i] - x)
		}
	}
	for _, x := range counts[n:] {
		bits |= uint64(x)
	}
	return bits
}

// write fills in by how much the counts are above the baseline, which is most at most.
func (s *snap) write(counts []int64, most uint64) {
	switch {
	case most < 1<<8:
		s.width = 1
	case most < 1<<16:
		s.width = 2
	default:
		s.width = 4
	}
	n := int(s.width) * len(counts)
	if c := cap(s.above); c < n || c > 2*n+64 {
		s.above = make([]byte, n)
	}
	s.above = s.above[:n]
	for i, x := range counts {
		if i < len(s.from.counts) {
			x -= s.from.counts[i]
		}
		switch s.width {
		case 1:
			s.above[i] = byte(x)
		case 2:
			binary.LittleEndian.PutUint16(s.above[2*i:], uint16(x))
		default:
			binary.LittleEndian.PutUint32(s.above[4*i:], uint32(x))
		}
	}
}

// row returns the row, to be read as long as the snap stays as it is; it may use the room.
func (s *snap) row(room *Row) *Row {
	switch {
	case s.full != nil:
		return s.full
	case s.width == 0:
		*room = Row{}
		return room
	}
	n := room.Counts.Fill(len(s.above) / int(s.width))
	clear(n[copy(n, s.from.counts):])
	switch s.width {
	case 1:
		for i, x := range s.above {
			n[i] += int64(x)
		}
	case 2:
		for i := range n {
			n[i] += int64(binary.LittleEndian.Uint16(s.above[2*i:]))
		}
	default:
		for i := range n {
			n[i] += int64(binary.LittleEndian.Uint32(s.above[4*i:]))
		}
	}
	if room.Sums = (exact.Vector{}); s.sums != nil {
		room.Sums = *s.sums
	}
	return room
}

// clone returns a copy that does not change with s.
func (s *snap) clone() snap {
	c := *s
	c.above = slices.Clone(s.above)
	if s.full != nil {
		full := s.full.Clone()
		c.full = &full
	}
	if s.sums != nil {
		c.sums = &exact.Vector{}
		c.sums.Set(s.sums)
	}
	return c
}
