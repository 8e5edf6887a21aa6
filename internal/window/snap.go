package window

import (
	"encoding/binary"
	"slices"
)

// snap is the row that is kept of a checkpoint. In a window counts grow little: a snap holds by how much each of them is
// above that of a baseline, in as many bytes as the greatest needs. The zero value is an empty row.
type snap struct {
	from         *baseline
	data         []byte // width bytes for each count, little endian, then the sums
	counts, sums int32
	width        uint8
	full         *Row // instead of the others, where not all counts are integers
}

// baseline is a row of counts that snaps share and nobody writes. What it does not have is 0.
type baseline struct {
	counts []int64
	uses   int
	sums   int // bytes of those of the latest snap
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
	s.write(counts, most, r.Sums.Len())
	n := len(s.data)
	s.data = r.Sums.AppendPacked(s.data)
	s.from.sums = len(s.data) - n
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

// write fills in by how much the counts are above the baseline, which is most at most. So many sums will follow.
func (s *snap) write(counts []int64, most uint64, sums int) {
	switch {
	case most < 1<<8:
		s.width = 1
	case most < 1<<16:
		s.width = 2
	default:
		s.width = 4
	}
	n := int(s.width) * len(counts)
	if need := n + s.from.sums + s.from.sums/8; cap(s.data) < need || cap(s.data) > need+need/2+64 {
		s.data = make([]byte, 0, need)
	}
	s.data, s.counts, s.sums = s.data[:n], int32(len(counts)), int32(sums)
	for i, x := range counts {
		if i < len(s.from.counts) {
			x -= s.from.counts[i]
		}
		switch s.width {
		case 1:
			s.data[i] = byte(x)
		case 2:
			binary.LittleEndian.PutUint16(s.data[2*i:], uint16(x))
		default:
			binary.LittleEndian.PutUint32(s.data[4*i:], uint32(x))
		}
	}
}

// row returns the row, to be read as long as the snap stays as it is; it may be in the room.
func (s *snap) row(room *Row) *Row {
	switch {
	case s.full != nil:
		return s.full
	case s.width == 0:
		*room = Row{}
		return room
	}
	n := room.Counts.Fill(int(s.counts))
	clear(n[copy(n, s.from.counts):])
	above, sums := s.data[:int(s.width)*len(n)], s.data[int(s.width)*len(n):]
	switch s.width {
	case 1:
		for i, x := range above {
			n[i] += int64(x)
		}
	case 2:
		for i := range n {
			n[i] += int64(binary.LittleEndian.Uint16(above[2*i:]))
		}
	default:
		for i := range n {
			n[i] += int64(binary.LittleEndian.Uint32(above[4*i:]))
		}
	}
	room.Sums.Unpack(int(s.sums), sums)
	return room
}

// clone returns a copy that does not change with s.
func (s *snap) clone() snap {
	c := *s
	c.data = slices.Clone(s.data)
	if s.full != nil {
		full := s.full.Clone()
		c.full = &full
	}
	return c
}
