package layout

import (
	"math"
	"slices"
)

// Row is one row of a heatmap: the observations in (Lower, Upper], by themselves and not cumulative.
type Row struct {
	Lower, Upper float64
	Count        float64 // estimate
	Lo, Hi       float64 // bounds of it; equal to it where both ends are bounds of every layout
}

// Rows appends d's observations in the buckets of l to dst, a row each. The counts of the rows add up to Count. With a
// nil layout the rows are those of all bounds that d knows.
//
// A heatmap made of cumulative buckets, as the widely copied max by (le) is, hides the slow member: see the package's
// examples.
func (d *Distribution) Rows(dst []Row, l *Layout) []Row {
	x := d.reconciled()
	if l == nil {
		l = x.union()
	}
	lower, below := math.Inf(-1), 0.0
	for _, upper := range l.bounds {
		row := Row{Lower: lower, Upper: upper}
		row.Lo, row.Hi = x.within(lower, upper)
		upTo := x.shareUpTo(upper)
		row.Count = clamp(upTo-below, row.Lo, row.Hi)
		dst = append(dst, row)
		lower, below = upper, upTo
	}
	if first := &dst[len(dst)-l.Len()]; first.Upper > 0 && !x.negative() {
		first.Lower = 0
	}
	return dst
}

// union is all bounds of all classes.
func (x *index) union() *Layout {
	bounds := []float64{math.Inf(1)}
	for i := range x.cells {
		lo, hi := x.cells[i].ends()
		for _, b := range [...]float64{lo, hi} {
			if !math.IsInf(b, 0) && (b != 0 || x.cells[i].shape != floored) {
				bounds = append(bounds, b)
			}
		}
	}
	slices.Sort(bounds)
	return &Layout{bounds: slices.Compact(bounds), signed: true}
}

// negative tells whether an observation may be less than 0.
func (x *index) negative() bool {
	return slices.ContainsFunc(x.cells, func(c cell) bool { lo, _ := c.ends(); return lo < 0 })
}
