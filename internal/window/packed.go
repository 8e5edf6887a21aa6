package window

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
)

// Packed is a table without what depends on the order in which things came:
// its columns are in order of labels and bounds.
type Packed struct {
	Since  int
	Floor  int
	Begun  Checkpoint
	Terms  []Term
	Cols   []PackedColumn
	Rows   []Row        // the present, then the held checkpoints that it has, oldest first; or the present alone
	Paces  [][3]float64 // by column, see paces
	Spans  int64
	Undo   *PackedUndo // before a restart that is in doubt; nil: nothing to take back
	Events []Event
	Past   []Event
}

// PackedUndo is a [Saved] state beside a packed table.
type PackedUndo struct {
	Row    Row
	Events int
	Met    *PackedMet
}

// PackedColumn is a column by labels and buckets.
type PackedColumn struct {
	Group  labels.Labels
	Bounds []float64 // of a classic histogram
	Grid   *Grid     // of a native one
	// Negative and Positive are the indices of a native column's buckets, which
	// stand in its row in this order behind those of the grid itself.
	Negative, Positive []int32
}

func (c *PackedColumn) width() int {
	if c.Grid != nil {
		return GridHead + len(c.Negative) + len(c.Positive)
	}
	return max(1, len(c.Bounds))
}

// comparePacked orders columns by labels, bounds and grid.
func comparePacked(a, b PackedColumn) int {
	return cmp.Or(labels.Compare(a.Group, b.Group), slices.Compare(a.Bounds, b.Bounds), CompareGrids(a.Grid, b.Grid))
}

// Order returns the packed columns and, of each, its index in the table.
func (x *columns) Order(group func(int32) labels.Labels) (cols []PackedColumn, order []int) {
	order, all := make([]int, len(x.Cols)), make([]PackedColumn, len(x.Cols))
	for i := range x.Cols {
		order[i] = i
		col := &x.Cols[i]
		all[i] = PackedColumn{Group: group(col.Group), Bounds: BoundsOf(col.Layout), Grid: col.Grid}
		if p := col.Places; p != nil {
			all[i].Negative, all[i].Positive = indices(p.negative), indices(p.positive)
		}
	}
	slices.SortFunc(order, func(i, j int) int { return comparePacked(all[i], all[j]) })
	for _, from := range order {
		cols = append(cols, all[from])
	}
	return cols, order
}

func indices(list []bucketPlace) (all []int32) {
	for _, x := range list {
		all = append(all, x.index)
	}
	return all
}

// Pack returns the table of an instance with that history, its columns in the
// given order; undo may be nil.
func (t *Table) Pack(h *History, cols []PackedColumn, order []int, undo *Saved) *Packed {
	p := &Packed{Since: t.Since, Floor: t.Floor, Begun: t.Begun, Terms: t.Terms, Cols: cols}
	moved := make([]int32, len(order))
	for to, from := range order {
		moved[from] = int32(to)
	}
	p.Rows = []Row{t.PackRow(&t.Live, order)}
	if room := (Row{}); t.slots > 0 {
		for _, point := range h.from(max(t.Since, t.Floor)) {
			p.Rows = append(p.Rows, t.PackRow(t.rowAt(point.slot, &room), order))
		}
	}
	p.Paces, p.Spans = t.paces.packed(order), t.paces.span
	if undo != nil {
		p.Undo = &PackedUndo{t.PackRow(&undo.Row, order), min(undo.Events, len(t.Events)), undo.Met.Pack(t, order)}
	}
	p.Events = packEvents(t.Events, moved)
	for _, e := range t.Past {
		p.Past = append(p.Past, *e)
	}
	p.Past = packEvents(p.Past, moved)
	return p
}

// PackRow copies a row with its columns in another order.
func (x *columns) PackRow(r *Row, order []int) (p Row) {
	p.Counts.Grow(x.counts)
	at := 0
	for _, from := range order {
		col := &x.Cols[from]
		for i := range col.Width() {
			moveCell(&p.Counts, &r.Counts, at, col.Cell(i))
			at++
		}
	}
	if x.Histograms {
		p.Sums.Grow(len(order))
		for to, from := range order {
			moveCell(&p.Sums, &r.Sums, to, from)
		}
	}
	return p
}

// packEvents renumbers their columns. The order of those of one scrape is that
// of the columns, not of the lines.
func packEvents(events []Event, moved []int32) []Event {
	list := slices.Clone(events)
	for i := range list {
		list[i] = *events[i].Clone()
		list[i].Col = moved[list[i].Col]
	}
	slices.SortStableFunc(list, compareEvents)
	return list
}

func compareEvents(a, b Event) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Verdict, b.Verdict),
		cmp.Compare(a.Doubt, b.Doubt), cmp.Compare(a.Quirk, b.Quirk))
}

// Unpack makes a table of it again, for an instance with that history; group
// returns the number of a group by its labels. A table of which no checkpoints
// were kept begins its windows at the latest one.
func (p *Packed) Unpack(set *Set, histograms bool, slots int, h *History, group func(labels.Labels) int32) *Table {
	t := NewTable(histograms, slots, p.Since)
	t.Floor, t.Begun, t.Terms = p.Floor, p.Begun, p.Terms
	d := t.Draft()
	for _, c := range p.Cols {
		k := Key{Group: group(c.Group)}
		switch {
		case c.Grid != nil:
			k.Grid = set.Grid(*c.Grid)
		case histograms:
			k.Layout = set.Layout(c.Bounds)
		}
		if i := d.Column(k); c.Grid != nil {
			d.Cols[i].Places = c.places(&d.counts)
		}
	}
	d.Adopt()
	t.Live.Set(&p.Rows[0])
	t.paces.unpack(p.Paces, p.Spans)
	switch held := h.from(max(t.Since, t.Floor)); {
	case slots == 0 || len(held) == 0:
	case len(p.Rows) == 1:
		t.Floor = h.N
	default:
		for i := range held {
			t.put(&held[i], &p.Rows[1+i])
		}
	}
	t.Events, t.torn = slices.Clone(p.Events), len(p.Events) > 0
	for i := range p.Past {
		e := p.Past[i]
		if t.Past == nil {
			t.Past = map[Note]*Event{}
		}
		t.Past[e.Note] = &e
	}
	return t
}

// Unpack returns the state that a table which was unpacked with it can go back to;
// nil if u is nil.
func (u *PackedUndo) Unpack(t *Table) *Saved {
	if u == nil {
		return nil
	}
	return &Saved{u.Row, u.Events, u.Met.Unpack(t)}
}

// places gives the buckets of a native column places, from next on.
func (c *PackedColumn) places(next *int) *Places {
	side := func(list []int32) (all []bucketPlace) {
		for _, index := range list {
			all = append(all, bucketPlace{index, int32(*next)})
			*next++
		}
		return all
	}
	return &Places{side(c.Negative), side(c.Positive)}
}

// PackedClass is a class by labels of its buckets.
func (c *Class) packed() PackedColumn {
	p := PackedColumn{Bounds: BoundsOf(c.Layout), Grid: c.Grid}
	if c.Places != nil {
		p.Negative, p.Positive = indices(c.Places.negative), indices(c.Places.positive)
	}
	return p
}

// unpack gives a class the layout or grid of a packed column.
func (c *Class) unpack(set *Set, p *PackedColumn) (ok bool) {
	next := GridHead
	switch {
	case p.Grid != nil:
		c.Grid, c.Places = set.Grid(*p.Grid), p.places(&next)
	case len(p.Bounds) > 0:
		c.Layout = set.Layout(p.Bounds)
		return c.Layout != nil && c.Layout.Len() == len(p.Bounds)
	}
	return true
}

// cells calls do with each count of a packed row, and with the sum of each
// column.
func (p *Packed) cells(do func(at int, of func(*Row) *exact.Vector)) {
	eachCell(p.Cols, len(p.Cols) > 0 && (p.Cols[0].Bounds != nil || p.Cols[0].Grid != nil), do)
}

func eachCell(cols []PackedColumn, sums bool, do func(at int, of func(*Row) *exact.Vector)) {
	at := 0
	for i := range cols {
		for range cols[i].width() {
			do(at, func(r *Row) *exact.Vector { return &r.Counts })
			at++
		}
		if sums {
			do(i, func(r *Row) *exact.Vector { return &r.Sums })
		}
	}
}

// valid reports whether a packed column can be one of its kind.
func (c *PackedColumn) valid(set *Set, histograms bool) bool {
	if histograms != (c.Bounds != nil || c.Grid != nil) || c.Bounds != nil && c.Grid != nil {
		return false
	}
	if c.Grid != nil {
		n := layout.Native{Schema: c.Grid.Schema, ZeroThreshold: c.Grid.Zero}
		return n.Validate() == nil
	}
	if c.Bounds != nil {
		l := set.Layout(c.Bounds)
		return l != nil && l.Len() == len(c.Bounds)
	}
	return true
}
