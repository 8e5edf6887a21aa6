package window

import (
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
)

// Table is what one view keeps of one instance: exact increases by column, now
// and at checkpoints, and what was out of the ordinary.
//
// Cols and the columns in it never change once a question may have read them:
// a [Draft] replaces the list.
type Table struct {
	columns
	nothing Row // what it begins with; it is never written
	Live    Row
	snaps   []snap     // by the checkpoint's slot in the instance's History, see put
	lowest  *baseline  // of the latest snaps
	slots   int        // how many checkpoints it may keep; 0: none
	paces   paces      // the fastest growth of each column
	Since   int        // the number of the first checkpoint that the table has
	Floor   int        // checkpoints before it say nothing any more
	Begun   Checkpoint // when the view began to look, if that is after the first scrape
	Terms   []Term     // oldest first; none: the target's labels never changed

	log
}

// NewTable returns an empty table that keeps so many checkpoints, the first of
// which will be number since.
func NewTable(histograms bool, slots, since int) *Table {
	return &Table{columns: columns{Histograms: histograms}, slots: slots, Since: since}
}

// Slots returns how many checkpoints the table may keep.
func (t *Table) Slots() int { return t.slots }

// Grow makes room for that many checkpoints in all, if the table keeps any.
func (t *Table) Grow(slots int) {
	if t.slots > 0 {
		t.slots = max(t.slots, slots)
	}
}

// Snap keeps the present as a checkpoint, if the table keeps any.
func (t *Table) Snap(p *Checkpoint) {
	if t.slots > 0 {
		t.put(p, &t.Live)
	}
}

// put keeps a row as that of a checkpoint. Of many instances a view has nothing: a
// table without columns keeps none, which are all empty.
func (t *Table) put(p *Checkpoint, r *Row) {
	if len(t.Cols) == 0 && p.slot >= len(t.snaps) {
		return
	}
	for len(t.snaps) <= p.slot {
		t.snaps = append(spacious(t.snaps), snap{})
	}
	t.snaps[p.slot].set(&t.lowest, r)
}

// rowAt returns the row in a slot, to be read as long as the table stays as it is; it
// may be in the room.
func (t *Table) rowAt(slot int, room *Row) *Row {
	if slot >= len(t.snaps) {
		*room = Row{}
		return room
	}
	return t.snaps[slot].row(room)
}

// spacious returns a list that has room for one more. It has less to spare than
// append leaves: there are many, and most of them do not grow for long.
func spacious[T any](list []T) []T {
	if len(list) < cap(list) {
		return list
	}
	return append(make([]T, 0, len(list)+len(list)/4+2), list...)
}

// Begin starts the steps and events of a scrape, which follows another one; the
// first one of an instance follows itself. gap says that the instance keeps
// apart what time there was between two processes, late by how much starts may have
// been later.
func (t *Table) Begin(at, last, window int64, gap bool, late int64) {
	t.log.begin(last, gap, late)
	t.paces.begin(at, last, window, len(t.Cols))
}

// Add adds the growth of a series from p to c.
func (t *Table) Add(col int32, c, p float64) { t.Live.Counts.AddDiff(t.Cols[col].at, c, p) }

// Plain adds the plain growth of a series since the scrape before, from p to c.
func (t *Table) Plain(col int32, c, p float64) {
	t.Live.Counts.AddDiff(t.Cols[col].at, c, p)
	t.paces.grew(col, c-p)
}

// Grew says that a series, of which other growth is added than that since the
// scrape before, grew by so much in so many milliseconds; sure says that it did.
func (t *Table) Grew(col int32, grown float64, ms int64, sure bool) {
	if ms > 0 {
		t.paces.grewIn(col, grown, ms, sure)
	}
}

// End ends the steps and events of a scrape.
func (t *Table) End() { t.paces.end() }

// Pace returns the fastest sure growth of a column in the longest window, or ever,
// per millisecond, or more.
func (t *Table) Pace(col int, ever bool) float64 { return t.paces.of(col, ever) }

// Paces fills in what Pace says of the columns.
func (t *Table) Paces(ever bool, to []float64) {
	for i := range to {
		to[i] = t.paces.of(i, ever)
	}
}

// AddBucket adds growth to bucket i of a classic column.
func (t *Table) AddBucket(col int32, i int, c, p float64) {
	t.Live.Counts.AddDiff(t.Cols[col].at+i, c, p)
}

// AddSum adds growth to the sum of a histogram's column.
func (t *Table) AddSum(col int32, c, p float64) { t.Live.Sums.AddDiff(int(col), c, p) }

// AddNative adds what a native histogram grew by: increase in buckets, and the
// count from p to c. The column has a place for each populated bucket.
func (t *Table) AddNative(col int32, increase *layout.Native, c, p float64) {
	t.Cols[col].addNative(&t.Live, increase, c, p)
}

// addNative adds a native histogram to the column in a row.
func (x *Column) addNative(r *Row, n *layout.Native, c, p float64) {
	if x.Places != nil {
		x.Places.add(&r.Counts, x.at, n)
	} else {
		total, next := 0.0, 0
		for i := range x.Layout.Len() - 1 {
			if next < len(n.Positive) && int(n.Positive[next].Index) == i {
				total += n.Positive[next].Count
				next++
			}
			r.Counts.Add(x.at+i, total)
		}
	}
	r.Counts.AddDiff(x.Count(), c, p)
}

// Sumless returns the columns of which a sum was missing.
func (t *Table) Sumless() map[int32]bool {
	if !t.Histograms {
		return nil
	}
	return t.log.sumless()
}

// Bytes returns what the rows hold when all slots are filled; spare is how many
// rows the caller keeps besides.
func (t *Table) Bytes(spare int) int64 { return t.columns.bytes(1 + t.slots + spare) }

// Saved is the state of a table that an undone restart goes back to, and the process
// that was followed then.
type Saved struct {
	Row    Row
	Events int
	Met    *Met
}

// Save returns the present state, for Back, while g is followed.
func (t *Table) Save(g *Met) *Saved { return &Saved{t.Live.Clone(), len(t.Events), g.Clone()} }

// As returns the table as it was when the state was saved, to be read alone; t if
// s is nil.
func (t *Table) As(s *Saved) *Table {
	if s == nil {
		return t
	}
	c := *t
	c.Live = s.Row.Clone()
	c.fit()
	return &c
}

// Back takes back what was added since the state was saved, once [History.Back]
// took the checkpoints back. The zero state is that of a table that had not begun.
// Copies stay as they are.
func (t *Table) Back(s *Saved, h *History) {
	t.snaps = slices.Clone(t.snaps)
	for slot := range t.snaps {
		if !h.uses(slot) {
			t.snaps[slot] = snap{}
		}
	}
	t.Live.Set(&s.Row)
	t.fit()
	t.log.back(s.Events)
}

// fit makes room for the columns that came.
func (t *Table) fit() {
	if t.Histograms {
		t.Live.Sums.Grow(len(t.Cols))
	}
	t.Live.Counts.Grow(t.counts)
	t.paces.fit(len(t.Cols))
}

// Grown adds to sum what a column's count grew by since a row; nil is the
// beginning.
func (t *Table) Grown(sum *exact.Sum, col int, since *Row) {
	var before *exact.Vector
	if since != nil {
		before = &since.Counts
	}
	t.Live.Counts.SumDiff(sum, t.Cols[col].Count(), before)
}

// Copy returns the table as it is, for questions alone. It shares the
// checkpoints, which may be overwritten later. Its row takes the room of another
// table's that is of no use any more, if there is one.
func (t *Table) Copy(room *Row) *Table {
	c := &Table{
		columns: t.columns, snaps: t.snaps, slots: t.slots, Since: t.Since, Floor: t.Floor, Begun: t.Begun, Terms: t.Terms,
		paces: t.paces.clone(), log: t.log.copy(),
	}
	if room != nil {
		c.Live = *room
	}
	c.Live.Set(&t.Live)
	return c
}

// Whole returns a copy of all that the table of an instance with that history
// keeps, which is not for questions.
func (t *Table) Whole(h *History) *Table {
	c := t.Copy(nil)
	if c.snaps = make([]snap, len(t.snaps)); t.slots > 0 {
		for _, p := range h.from(max(t.Since, t.Floor)) {
			if p.slot < len(t.snaps) {
				c.snaps[p.slot] = t.snaps[p.slot].clone()
			}
		}
	}
	return c
}

// EventBytes returns what is held of events besides what Bytes says.
func (t *Table) EventBytes() int64 { return t.extra(len(t.Cols)) }

// Forget gives up the past of an instance with that history: windows begin at the
// present, as if nothing were known of before. What was counted stays, and so do
// the bounds of all of it. A table whose target's labels changed keeps its past.
func (t *Table) Forget(h *History) {
	if t.slots == 0 || len(t.Terms) > 0 {
		return
	}
	t.Floor = h.N
	t.snaps, t.lowest = nil, nil
	t.forget()
}

// Idle marks the columns that are not used and have not grown within the
// longest window, and returns how many bytes they hold.
func (t *Table) Idle(h *History, used []bool, spare int) (marks []bool, bytes int64) {
	held := h.Held()
	if !h.Full() || len(held) == 0 || held[0].Number < max(t.Since, t.Floor) {
		return nil, 0 // what is held does not reach over a window yet
	}
	marks = make([]bool, len(t.Cols))
	oldest := t.rowAt(held[0].slot, &Row{})
	for i := range marks {
		if used[i] {
			continue
		}
		var grown exact.Sum
		t.Grown(&grown, i, oldest)
		if marks[i] = grown.Sign() == 0; marks[i] {
			bytes += t.columnBytes(&t.Cols[i], 1+t.slots+spare)
		}
	}
	return marks, bytes
}

// Drop forgets the marked columns, and returns where the others went: −1 for
// those that are gone. move carries a row that the caller keeps besides.
func (t *Table) Drop(marks []bool) (moved []int32, move func(*Row) Row) {
	old := t.columns
	d := &Draft{columns: columns{Histograms: t.Histograms}, table: t}
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
	snaps := make([]snap, len(t.snaps))
	t.lowest = nil
	for i := range t.snaps {
		r := move(t.snaps[i].row(&Row{}))
		snaps[i].set(&t.lowest, &r)
	}
	t.snaps = snaps
	t.columns = d.columns
	t.paces = t.paces.moved(moved, len(t.Cols))
	t.log.move(moved)
	return moved, move
}

// Draft returns a draft without additions.
func (t *Table) Draft() *Draft { return &Draft{t.columns, t, true} }

// RoomBytes returns how much more the rows hold with that many slots.
func (t *Table) RoomBytes(slots int) int64 {
	sum := int64(0)
	if t.slots > 0 && slots > t.slots {
		for i := range t.Cols {
			sum += t.rowBytes(&t.Cols[i], slots-t.slots)
		}
	}
	return sum
}

// Meet returns a Met of a process that has nothing so far, for the columns of t.
func (t *Table) Meet(starts ...int64) *Met {
	g := &Met{Starts: starts, at: map[int32]int64{}}
	g.from.Set(&t.Live)
	g.Fit(t)
	return g
}
