package aggregate

import "slices"

// touchGauge notes when a value was seen to change. The first look at a
// process that was not looked at before shows no change, but a leader it is
// only from then on.
func (s *staged) touchGauge(b *binding, e entry) {
	_, old, v, _ := s.r.At(int(e.pos))
	switch {
	case b.view.role == electoral && s.restart != noRestart:
		b.changed[e.ref] = s.at
	case s.baseline:
		b.changed[e.ref] = 0
	case old < 0 || v != s.in.cols.Value(old):
		b.changed[e.ref] = s.at
	}
}

// touchGone: the value of a column also changes when a part of it ends.
func (s *staged) touchGone(b *binding) {
	if s.baseline {
		return
	}
	for _, old := range s.r.Gone() {
		w := b.route.way(s.f.store, s.in.cols.ID(int(old)))
		if w < 0 {
			continue
		}
		if c, ok := b.byCol[columnKey{group: w}]; ok {
			b.changed[c] = s.at
		}
	}
}

// shed drops the columns that no line leads to any more: a gauge that ended has
// nothing to tell. The old binding's are left as they were.
func (b *binding) shed() {
	used := make([]bool, len(b.cols))
	for _, e := range b.entries {
		used[e.ref] = true
	}
	if !slices.Contains(used, false) {
		return
	}
	cols, changed := b.cols, b.changed
	b.cols, b.byCol, b.shared, b.counts, b.changed = nil, map[columnKey]int32{}, false, 0, nil
	moved := make([]uint32, len(cols))
	for i, c := range cols {
		if !used[i] {
			continue
		}
		moved[i] = uint32(b.column(c.columnKey))
		if i < len(changed) {
			b.changed = append(b.changed, changed[i])
		}
	}
	for i := range b.entries {
		b.entries[i].ref = moved[b.entries[i].ref]
	}
}
