package window

import (
	"maps"
	"slices"

	"github.com/promfold/promfold/internal/layout"
)

// Key names a column: a group of the view and, of a histogram, a layout or a
// grid.
type Key struct {
	Group  int32
	Layout *layout.Layout
	Grid   *Grid
}

// width returns how many counts a column begins with.
func (k Key) width() int {
	switch {
	case k.Grid != nil:
		return GridHead
	case k.Layout != nil:
		return k.Layout.Len()
	}
	return 1
}

// Column is a group (and layout) in which the instance has something.
type Column struct {
	Key
	at     int     // the first of its counts in a row
	Places *Places // of a native histogram's buckets; else nil
}

// At returns where in a row the column's first count stands.
func (c *Column) At() int { return c.at }

// Count returns where in a row the column's count stands: that of a classic
// histogram is its last bucket.
func (c *Column) Count() int {
	if c.Layout == nil {
		return c.at
	}
	return c.at + c.Layout.Len() - 1
}

// Width returns how many counts the column has.
func (c *Column) Width() int {
	if c.Places != nil {
		return GridHead + c.Places.len()
	}
	return c.Key.width()
}

// Cell returns where in a row count i of the column stands.
func (c *Column) Cell(i int) int {
	if c.Places != nil && i >= GridHead {
		return int(c.Places.at(i - GridHead))
	}
	return c.at + i
}

// columns are those of a table, or of a draft of it.
type columns struct {
	Histograms bool // the columns have layouts and sums
	Cols       []Column
	byKey      map[Key]int32 // nil: there is no column
	counts     int           // length of a row's counts
}

// Of returns the index of a column, or −1.
func (x *columns) Of(k Key) int32 {
	if c, ok := x.byKey[k]; ok {
		return c
	}
	return -1
}

// Placed returns the column of a native histogram if it has places for all of
// its buckets, or −1.
func (x *columns) Placed(set *Set, group int32, n *layout.Native) int32 {
	if n.Custom != nil {
		return x.Of(Key{Group: group, Layout: set.layouts.Find(n.Custom.Bounds(), set.Signed)})
	}
	col := x.Of(Key{Group: group, Grid: set.grids[GridOf(n)]})
	if col >= 0 && !x.Cols[col].Places.Hold(n) {
		return -1
	}
	return col
}

// Counts returns the length of a row's counts.
func (x *columns) Counts() int { return x.counts }

// What a column takes besides its numbers, as measured: itself and the way to
// it, and the event of its first sight.
const columnOverhead = 220

// bytes returns what the columns hold in so many rows.
func (x *columns) bytes(rows int) int64 {
	sum := int64(0)
	for i := range x.Cols {
		sum += x.columnBytes(&x.Cols[i], rows)
	}
	return sum
}

// rowBytes returns what a column takes in so many rows.
func (x *columns) rowBytes(c *Column, rows int) int64 {
	width := int64(c.Width())
	if x.Histograms {
		width++ // the sum
	}
	return 8 * width * int64(rows)
}

func (x *columns) columnBytes(c *Column, rows int) int64 {
	bytes := columnOverhead + x.rowBytes(c, rows)
	if c.Places != nil {
		bytes += 8 * int64(c.Places.len())
	}
	return bytes
}

// Draft is a table's columns with those that a scrape on its way in adds. The
// table is as it was until Adopt.
type Draft struct {
	columns
	table  *Table
	shared bool // the lists are still the table's
}

// own makes the lists the draft's alone.
func (d *Draft) own() {
	if d.shared {
		d.byKey, d.Cols, d.shared = maps.Clone(d.byKey), slices.Clone(d.Cols), false
	}
}

// Column returns the index of a column, which it makes if it is new.
func (d *Draft) Column(k Key) int32 {
	if c, ok := d.byKey[k]; ok {
		return c
	}
	d.own()
	if d.byKey == nil {
		d.byKey = map[Key]int32{}
	}
	c := int32(len(d.Cols))
	col := Column{Key: k, at: d.counts}
	if k.Grid != nil {
		col.Places = &Places{}
	}
	d.Cols = append(d.Cols, col)
	d.counts += k.width()
	d.byKey[k] = c
	return c
}

// Native returns the column of a native histogram, with places for all of its
// buckets. A nil histogram is one that cannot be read: its column stays empty.
func (d *Draft) Native(set *Set, group int32, n *layout.Native) int32 {
	switch {
	case n == nil:
		return d.Column(Key{Group: group, Grid: set.Grid(Grid{})})
	case n.Custom != nil:
		return d.Column(Key{Group: group, Layout: set.Layout(BoundsOf(n.Custom))})
	}
	i := d.Column(Key{Group: group, Grid: set.Grid(GridOf(n))})
	if p := d.Cols[i].Places; !p.Hold(n) {
		d.own()
		d.Cols[i].Places = &Places{withPlaces(p.negative, n.Negative, &d.counts), withPlaces(p.positive, n.Positive, &d.counts)}
	}
	return i
}

// Bytes returns what the table will hold once it adopts the draft.
func (d *Draft) Bytes(spare int) int64 { return d.columns.bytes(1 + d.table.slots + spare) }

// Changed reports whether the draft adds anything.
func (d *Draft) Changed() bool { return !d.shared }

// Adopt makes the draft's columns those of the table.
func (d *Draft) Adopt() {
	d.table.columns = d.columns
	d.shared = true
	d.table.fit()
}
