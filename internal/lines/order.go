package lines

import (
	"cmp"
	"slices"
)

// order says which lines stand in a body, and where each of them stood in the
// columns: in runs, of which there are few where few lines came, went or moved.
type order struct {
	n    int
	runs []run    // as those of Columns
	kept []Move   // by new position: the lines that have an old one
	came []uint32 // positions of those that have none
	hint int      // in kept: see old
}

// Move says that N lines from the position Old on stand from the position Pos on
// now.
type Move struct{ Old, Pos, N uint32 }

func (o *order) clear() {
	*o = order{runs: o.runs[:0], kept: o.kept[:0], came: o.came[:0]}
}

// add appends n lines from id on, all in one chunk of the store, that stood from
// the position old on; −1: they came.
func (o *order) add(id ID, old, n int) {
	pos := uint32(o.n)
	if last := len(o.runs) - 1; last < 0 || o.runs[last].at(pos) != id || id&(chunkLen-1) == 0 {
		o.runs = append(o.runs, run{pos, id})
	}
	o.n += n
	if old >= 0 {
		o.keep(Move{uint32(old), pos, uint32(n)})
		return
	}
	for i := range uint32(n) {
		o.came = append(o.came, pos+i)
	}
}

// keep appends lines that have an old position.
func (o *order) keep(m Move) {
	if last := len(o.kept) - 1; last >= 0 {
		if x := &o.kept[last]; x.Pos+x.N == m.Pos && x.Old+x.N == m.Old {
			x.N += m.N
			return
		}
	}
	o.kept = append(o.kept, m)
}

// old returns the old position of the line at a position, −1 if it has none. It is
// cheapest for one position after the other.
func (o *order) old(pos int) int {
	at := uint32(pos)
	if i := o.hint; i < len(o.kept) && o.kept[i].Pos <= at {
		if i+1 < len(o.kept) && o.kept[i+1].Pos <= at {
			i++
		}
		if i+1 == len(o.kept) || at < o.kept[i+1].Pos {
			o.hint = i
			m := &o.kept[i]
			if at-m.Pos < m.N {
				return int(at - m.Pos + m.Old)
			}
			return -1
		}
	}
	i := o.at(at)
	if i < 0 {
		return -1
	}
	o.hint = i
	return int(at - o.kept[i].Pos + o.kept[i].Old)
}

// at returns which of kept a position is in, −1 if in none.
func (o *order) at(pos uint32) int {
	i, found := slices.BinarySearchFunc(o.kept, pos, func(m Move, pos uint32) int { return cmp.Compare(m.Pos, pos) })
	if !found {
		i--
	}
	if i < 0 || pos-o.kept[i].Pos >= o.kept[i].N {
		return -1
	}
	return i
}

// leave makes the line at a position one that came.
func (o *order) leave(pos uint32) {
	i := o.at(pos)
	m := o.kept[i]
	n := pos - m.Pos
	parts := []Move{{m.Old, m.Pos, n}, {m.Old + n + 1, pos + 1, m.N - n - 1}}
	parts = slices.DeleteFunc(parts, func(m Move) bool { return m.N == 0 })
	o.kept = slices.Replace(o.kept, i, i+1, parts...)
	o.came = merged(o.came, []uint32{pos})
	o.hint = 0
}

// stay gives lines that came old positions.
func (o *order) stay(list []Move) {
	at := make(map[uint32]bool, len(list))
	for _, m := range list {
		at[m.Pos] = true
	}
	o.came = slices.DeleteFunc(o.came, func(pos uint32) bool { return at[pos] })
	all := append(slices.Clone(o.kept), list...)
	slices.SortFunc(all, func(a, b Move) int { return cmp.Compare(a.Pos, b.Pos) })
	o.kept, o.hint = o.kept[:0], 0
	for _, m := range all {
		o.keep(m)
	}
}

// byOld returns, in dst, the lines that have an old position, by that.
func (o *order) byOld(dst []Move) []Move {
	dst = append(dst[:0], o.kept...)
	byOld := func(a, b Move) int { return cmp.Compare(a.Old, b.Old) }
	if !slices.IsSortedFunc(dst, byOld) {
		slices.SortFunc(dst, byOld)
	}
	return dst
}

// ids returns, in dst, the lines at all positions.
func (o *order) ids(dst []ID) []ID { return appendIDs(dst[:0], o.runs, o.n) }

// fell appends the changed positions whose value is below that before.
func (o *order) fell(dst, changed []uint32, values, before []float64) []uint32 {
	i := 0
	for _, m := range o.kept {
		for i < len(changed) && changed[i] < m.Pos {
			i++
		}
		for back := m.Old - m.Pos; i < len(changed) && changed[i]-m.Pos < m.N; i++ {
			if pos := changed[i]; values[pos] < before[pos+back] {
				dst = append(dst, pos)
			}
		}
	}
	return dst
}
