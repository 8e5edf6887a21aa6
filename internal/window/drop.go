package window

import "github.com/promfold/promfold/internal/exact"

// Idle marks the columns that are not used and have not grown within the
// longest window, and returns how many bytes they hold.
func (t *Table) Idle(h *History, used []bool, spare int) (marks []bool, bytes int64) {
	held := h.Held()
	if !h.Full() || len(held) == 0 || held[0].Number < max(t.Since, t.Floor) {
		return nil, 0 // what is held does not reach over a window yet
	}
	marks = make([]bool, len(t.Cols))
	oldest := t.base(held[0]).Row
	for i := range marks {
		if used[i] {
			continue
		}
		var grown exact.Sum
		t.Grown(&grown, i, oldest)
		if marks[i] = grown.Sign() == 0; marks[i] {
			bytes += t.columnBytes(&t.Cols[i], spare)
		}
	}
	return marks, bytes
}

// Drop forgets the marked columns, and returns where the others went: −1 for
// those that are gone. move carries a row that the caller keeps besides.
func (t *Table) Drop(marks []bool) (moved []int32, move func(*Row) Row) {
	old := t.columns
	d := &Draft{columns: columns{byKey: map[Key]int32{}}, table: t}
	moved = make([]int32, len(old.Cols))
	for i := range old.Cols {
		moved[i] = -1
		if marks[i] {
			continue
		}
		moved[i] = d.Column(old.Cols[i].Key)
		if p := old.Cols[i].Places; p != nil {
			d.Cols[moved[i]].Places = p.again(&d.counts)
		}
	}
	move = func(r *Row) Row { return moveRow(r, old.Cols, &d.columns, moved, t.Histograms) }
	t.Live = move(&t.Live)
	snaps := make([]Row, len(t.snaps))
	for i := range t.snaps {
		snaps[i] = move(&t.snaps[i])
	}
	t.snaps = snaps
	t.columns = d.columns
	t.paces = t.paces.moved(moved, len(t.Cols))
	t.moveEvents(moved)
	return moved, move
}

func (t *Table) moveEvents(moved []int32) {
	var kept []Event
	for _, e := range t.Events {
		if e.Col = moved[e.Col]; e.Col >= 0 {
			kept = append(kept, e)
		}
	}
	t.Events = kept
	past := t.Past
	t.Past = nil
	for _, e := range past {
		if e.Col = moved[e.Col]; e.Col >= 0 {
			t.retire(e)
		}
	}
}

// moveRow copies what a row holds of the columns that stay.
func moveRow(r *Row, old []Column, to *columns, moved []int32, sums bool) (n Row) {
	n.Counts.Grow(to.counts)
	if sums {
		n.Sums.Grow(len(to.Cols))
	}
	for i, m := range moved {
		if m < 0 {
			continue
		}
		for j := range old[i].Width() {
			moveCell(&n.Counts, &r.Counts, to.Cols[m].Cell(j), old[i].Cell(j))
		}
		if sums {
			moveCell(&n.Sums, &r.Sums, int(m), i)
		}
	}
	return n
}

// moveCell adds one sum of a vector to one of another.
func moveCell(dst, src *exact.Vector, to, from int) {
	if from < src.Len() {
		var x exact.Sum
		src.SumDiff(&x, from, nil)
		dst.AddSum(to, &x)
	}
}
