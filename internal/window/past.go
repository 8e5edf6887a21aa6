package window

import "encoding/binary"

// Past is a row of a table at a moment, which is read where it is kept. It holds as long as the table stays as it is.
type Past struct {
	row  *Row  // nil: it is that of
	snap *snap // this one, of which all counts are integers
}

// past returns the row in a slot.
func (t *Table) past(slot int) Past {
	if slot >= len(t.snaps) {
		return Past{row: &t.nothing}
	}
	switch s := &t.snaps[slot]; {
	case s.full != nil:
		return Past{row: s.full}
	case s.width == 0:
		return Past{row: &t.nothing}
	default:
		return Past{snap: s}
	}
}

// Row returns the row, which may be a copy.
func (p *Past) Row() *Row {
	if p.row != nil {
		return p.row
	}
	return p.snap.row(&Row{})
}

// Integral reports whether all counts are integers.
func (p *Past) Integral() bool {
	if p.row == nil {
		return true
	}
	_, ok := p.row.Counts.Integers()
	return ok
}

// Count returns one of the counts of a row of integers; 0 where the row is older than that.
func (p *Past) Count(i int) int64 {
	if p.row == nil {
		return p.snap.count(i)
	}
	if n, _ := p.row.Counts.Integers(); i < len(n) {
		return n[i]
	}
	return 0
}

// since sets diffs to what counts are above those of a row of integers, which has no more of them.
func (p *Past) since(diffs, now []int64) {
	if p.row != nil {
		old, _ := p.row.Counts.Integers()
		old = old[:min(len(old), len(diffs))]
		for i, x := range old {
			diffs[i] = now[i] - x
		}
		copy(diffs[len(old):], now[len(old):])
		return
	}
	p.snap.since(diffs, now)
}

// GrownSince sets counts to what those of the table grew by since a row, if all of them are integers; else it returns
// false.
func (t *Table) GrownSince(p *Past, counts []int64) bool {
	now, ok := t.Live.Counts.Integers()
	if !ok || len(now) != len(counts) || !p.Integral() {
		return false
	}
	p.since(counts, now)
	return true
}

// SumsSince appends to diffs what the sums of the table's columns grew by since a row, each rounded once.
func (t *Table) SumsSince(p *Past, diffs []float64) {
	n := min(len(t.Cols), t.Live.Sums.Len())
	if p.row != nil {
		t.Live.Sums.AppendDiff(diffs, 0, n, &p.row.Sums)
		return
	}
	s := p.snap
	t.Live.Sums.AppendLess(diffs, n, int(s.sums), s.data[int(s.width)*int(s.counts):])
}

// count is [Past.Count].
func (s *snap) count(i int) (n int64) {
	if i >= int(s.counts) {
		return 0
	}
	if i < len(s.from.counts) {
		n = s.from.counts[i]
	}
	switch s.width {
	case 1:
		n += int64(s.data[i])
	case 2:
		n += int64(binary.LittleEndian.Uint16(s.data[2*i:]))
	default:
		n += int64(binary.LittleEndian.Uint32(s.data[4*i:]))
	}
	return n
}

// since is [Past.since].
func (s *snap) since(diffs, now []int64) {
	n := int(s.counts)
	copy(diffs[n:], now[n:])
	from := s.from.counts[:min(len(s.from.counts), n)]
	diffs, now = diffs[:n], now[:n]
	both, base := diffs[:len(from)], now[:len(from)]
	for i, x := range from {
		both[i] = base[i] - x
	}
	copy(diffs[len(from):], now[len(from):])
	switch s.width {
	case 1:
		for i, x := range s.data[:n] {
			diffs[i] -= int64(x)
		}
	case 2:
		data := s.data[:2*n]
		for i := range diffs {
			diffs[i] -= int64(binary.LittleEndian.Uint16(data[2*i:]))
		}
	default:
		data := s.data[:4*n]
		for i := range diffs {
			diffs[i] -= int64(binary.LittleEndian.Uint32(data[4*i:]))
		}
	}
}
