package window

import "github.com/promfold/promfold/internal/exact"

// Row holds exact increases since a table began: of each column one count, or
// for a histogram one for each bucket, and a sum. The counts of classic buckets
// are cumulative, those of native ones are not.
type Row struct{ Counts, Sums exact.Vector }

// Set makes r a copy of o, in the storage r has.
func (r *Row) Set(o *Row) {
	r.Counts.Set(&o.Counts)
	r.Sums.Set(&o.Sums)
}

// Clone returns a copy of r.
func (r *Row) Clone() (c Row) {
	c.Set(r)
	return c
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
