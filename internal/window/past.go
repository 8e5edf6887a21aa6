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

// counts fills in those of the counts that stand at the given places, 0 where the row is older than they are; false unless
// all counts are integers.
func (p *Past) counts(at []int32, to []int64) bool {
	if p.row == nil {
		p.snap.pick(at, to[:len(at)])
		return true
	}
	n, ok := p.row.Counts.Integers()
	for i := range to[:len(at)] {
		if c := int(at[i]); c < len(n) {
			to[i] = n[c]
		} else {
			to[i] = 0
		}
	}
	return ok
}

// since sets diffs to what counts are above those of a row, which has no more of them; false unless they are integers.
func (p *Past) since(diffs, now []int64) bool {
	if p.row == nil {
		p.snap.since(diffs, now)
		return true
	}
	old, ok := p.row.Counts.Integers()
	for i, x := range old {
		diffs[i] = now[i] - x
	}
	copy(diffs[len(old):], now[len(old):])
	return ok
}

// GrownSince sets counts to what those of the table grew by since a row, if all of them are integers; else it returns
// false.
func (t *Table) GrownSince(p *Past, counts []int64) bool {
	now, ok := t.Live.Counts.Integers()
	return ok && len(now) == len(counts) && p.since(counts, now)
}

// GrownAt sets grown to what the counts at the given places grew by since a row; false unless they are integers.
func (t *Table) GrownAt(p *Past, at []int32, grown []int64) bool {
	live, ok := t.Live.Counts.Integers()
	if !ok || !p.counts(at, grown) {
		return false
	}
	grown = grown[:len(at)]
	for i, c := range at {
		grown[i] = live[c] - grown[i]
	}
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

// pick is [Past.counts].
func (s *snap) pick(at []int32, to []int64) {
	for i, c := range at {
		to[i] = s.count(int(c))
	}
}

// since is [Past.since].
func (s *snap) since(diffs, now []int64) {
	n := min(int(s.counts), len(s.from.counts))
	from, diffs1, now1 := s.from.counts[:n], diffs[:n], now[:n]
	switch s.width {
	case 1:
		data := s.data[:n]
		for i, x := range from {
			diffs1[i] = now1[i] - x - int64(data[i])
		}
	case 2:
		data := s.data[:2*n]
		for i, x := range from {
			diffs1[i] = now1[i] - x - int64(binary.LittleEndian.Uint16(data[2*i:]))
		}
	default:
		data := s.data[:4*n]
		for i, x := range from {
			diffs1[i] = now1[i] - x - int64(binary.LittleEndian.Uint32(data[4*i:]))
		}
	}
	for i := n; i < len(diffs); i++ {
		diffs[i] = now[i] - s.count(i)
	}
}

// count returns one of the counts; 0 where the row is older than that.
func (s *snap) count(i int) (x int64) {
	if i >= int(s.counts) {
		return 0
	}
	if i < len(s.from.counts) {
		x = s.from.counts[i]
	}
	switch s.width {
	case 1:
		return x + int64(s.data[i])
	case 2:
		return x + int64(binary.LittleEndian.Uint16(s.data[2*i:]))
	default:
		return x + int64(binary.LittleEndian.Uint32(s.data[4*i:]))
	}
}
