package window

import (
	"cmp"
	"slices"
	"unsafe"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/watch"
)

// Class is what was counted in buckets of one layout or grid, and the sum of
// what was observed. Of a counter both are nil and there is one count.
type Class struct {
	Layout *layout.Layout
	Grid   *Grid
	Places *Places
	Counts exact.Vector
	Sum    exact.Sum
	NoSum  bool // a sum was missing somewhere
}

// ClassOf returns the class of a layout or grid in a list, which it appends if
// it is new.
func ClassOf(list *[]Class, l *layout.Layout, g *Grid) *Class {
	for i := range *list {
		if (*list)[i].Layout == l && (*list)[i].Grid == g {
			return &(*list)[i]
		}
	}
	*list = append(*list, Class{Layout: l, Grid: g})
	return &(*list)[len(*list)-1]
}

// ClassBytes returns the memory that a list holds.
func ClassBytes(list []Class) int64 {
	n := int64(unsafe.Sizeof(Class{})) * int64(cap(list))
	for i := range list {
		n += 8 * int64(list[i].Counts.Len())
		if p := list[i].Places; p != nil {
			n += 8 * int64(p.len())
		}
	}
	return n
}

// MergeClasses adds other to list, class by class.
func MergeClasses(list *[]Class, other []Class) {
	for i := range other {
		ClassOf(list, other[i].Layout, other[i].Grid).Merge(&other[i])
	}
}

// compareClasses orders classes by their bounds, and then by their grids.
func compareClasses(a, b Class) int {
	return cmp.Or(slices.Compare(BoundsOf(a.Layout), BoundsOf(b.Layout)), CompareGrids(a.Grid, b.Grid))
}

// Merge adds the counts of a class of the same layout or grid.
func (c *Class) Merge(o *Class) {
	if c.Grid != nil {
		c.take(&o.Counts, 0, o.Places)
	} else {
		c.Counts.Merge(&o.Counts)
	}
	c.Sum.Merge(&o.Sum)
	c.NoSum = c.NoSum || o.NoSum
}

// AddColumn adds what a table has in a column now; sumless says that a sum of
// it was missing.
func (c *Class) AddColumn(t *Table, i int, sumless bool) {
	c.addRow(&t.columns, i, &t.Live, nil)
	c.NoSum = c.NoSum || t.Histograms && sumless
}

// Between returns what a column grew by from one row to another; from may be
// nil, where all was 0.
func (x *columns) Between(i int, r, from *Row, noSum bool) *Class {
	col := &x.Cols[i]
	c := &Class{Layout: col.Layout, Grid: col.Grid, NoSum: noSum}
	c.addRow(x, i, r, from)
	return c
}

func (c *Class) addRow(cols *columns, i int, r, from *Row) {
	col := &cols.Cols[i]
	before := &Row{}
	if from != nil {
		before = from
	}
	var x exact.Sum
	if col.Grid == nil {
		n := col.Width()
		c.Counts.Grow(n)
		for j := range n {
			x.Reset()
			r.Counts.SumDiff(&x, col.at+j, &before.Counts)
			c.Counts.AddSum(j, &x)
		}
	} else {
		var d exact.Vector // a row with nothing but this column
		d.Grow(cols.counts)
		for j := range col.Width() {
			x.Reset()
			r.Counts.SumDiff(&x, col.Cell(j), &before.Counts)
			d.AddSum(col.Cell(j), &x)
		}
		c.take(&d, col.at, col.Places)
	}
	if cols.Histograms {
		r.Sums.SumDiff(&c.Sum, i, &before.Sums)
	}
}

// take adds what a row, whose column begins at first, has by native buckets.
func (c *Class) take(from *exact.Vector, first int, p *Places) {
	if c.Places == nil {
		c.Places = &Places{}
	}
	next := GridHead + c.Places.len()
	negative, positive := populated(p.negative), populated(p.positive)
	c.Places = &Places{withPlaces(c.Places.negative, negative, &next), withPlaces(c.Places.positive, positive, &next)}
	c.Counts.Grow(next)
	var x exact.Sum
	move := func(to, at int) {
		x.Reset()
		from.SumDiff(&x, at, nil)
		c.Counts.AddSum(to, &x)
	}
	for i := range GridHead {
		move(i, first+i)
	}
	for _, side := range []struct {
		to, from []bucketPlace
		buckets  []layout.Bucket
	}{{c.Places.negative, p.negative, negative}, {c.Places.positive, p.positive, positive}} {
		i := 0
		eachPlace(side.to, side.buckets, func(_ layout.Bucket, at int32) {
			move(int(at), int(side.from[i].at))
			i++
		})
	}
}

// populated returns a bucket with a count for each place.
func populated(list []bucketPlace) []layout.Bucket {
	var all []layout.Bucket
	for _, x := range list {
		all = append(all, layout.Bucket{Index: x.index, Count: 1})
	}
	return all
}

// Count returns where in Counts that of all observations stands.
func (c *Class) Count() int {
	if c.Grid != nil {
		return 0
	}
	return c.Counts.Len() - 1
}

// Cell returns where in Counts count i stands, as of a column.
func (c *Class) Cell(i int) int {
	if c.Places != nil && i >= GridHead {
		return int(c.Places.at(i - GridHead))
	}
	return i
}

// Native returns the counts of native buckets, as a histogram without a sum.
func (c *Class) Native() *layout.Native { return c.Places.Native(c.Grid, 0, c.Counts.Float64) }

// Signed reports whether some of the observations may be negative.
func (c *Class) Signed() bool {
	return c.Layout != nil && c.Layout.Floor() < 0 || c.Places != nil && c.Places.Negative()
}

// Code writes a class down, or reads it back.
func (c *Class) Code(to *saved.Codec, set *Set) {
	p := c.packed()
	p.code(to)
	if to.Reading() && !to.Failed() {
		to.Must((p.Bounds == nil || p.Grid == nil) && c.unpack(set, &p))
	}
	if to.Failed() {
		return
	}
	n := p.width()
	for i := range n {
		var x exact.Sum
		if !to.Reading() {
			c.Counts.SumDiff(&x, c.Cell(i), nil)
		}
		if to.Sum(&x); to.Reading() {
			c.Counts.Grow(n)
			c.Counts.AddSum(i, &x)
		}
	}
	to.Sum(&c.Sum)
	to.Bool(&c.NoSum)
}

// part returns the buckets of a class.
func (c *Class) part() (p watch.Part) {
	c.Counts.SumDiff(&p.Count, c.Count(), nil)
	p.Count.Compact()
	if c.Grid == nil {
		p.Class.Layout = c.Layout
		p.Counts.Set(&c.Counts)
		return p
	}
	p.Class.Schema, p.Class.Zero = c.Grid.Schema, c.Grid.Zero
	put := func(place int64, at int) {
		var x exact.Sum
		if c.Counts.SumDiff(&x, at, nil); x.Sign() != 0 {
			n := len(p.Places)
			p.Places = append(p.Places, place)
			p.Counts.Grow(n + 1)
			p.Counts.AddSum(n, &x)
		}
	}
	if c.Places != nil {
		for _, x := range slices.Backward(c.Places.negative) {
			put(watch.NegativePlace(x.index), int(x.at))
		}
	}
	put(watch.ZeroPlace, 1)
	if c.Places != nil {
		for _, x := range c.Places.positive {
			put(watch.PositivePlace(x.index), int(x.at))
		}
	}
	return p
}
