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
