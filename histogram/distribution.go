package histogram

import (
	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/layout"
)

// Distribution is a multiset of observations known by the buckets they fell into. The zero value is empty, ready to
// use, and the identity of [Distribution.Merge].
//
// A Distribution must not be copied by assignment; [Distribution.Clone] copies. It is not safe for concurrent use, not
// even for questions alone, which use its storage.
type Distribution struct {
	// Signed says that values may be negative although every bound is positive, and holds for what is added from then
	// on. Otherwise the first of positive buckets begins at 0, as PromQL assumes, unless a negative value or sum shows
	// that it does not.
	Signed bool

	engine
}

// engine is what a Distribution stands on. Engine is promoted for package aggregate, which fills a Distribution with
// counts and bounds that no Histogram holds. Its type is internal, so that nobody else can make one.
type engine struct {
	Engine layout.Distribution

	layouts layout.Set
}

// Observe adds one value by classic bounds, for callers that measure themselves. If the bounds cannot be those of a
// histogram (see [Histogram.Validate]), the value counts in one bucket up to +Inf. A value of NaN is above every bound.
func (d *Distribution) Observe(bounds []float64, value float64) {
	signed := d.Signed || value < 0
	l, err := d.layouts.Of(bounds, signed)
	if err != nil {
		l, _ = d.layouts.Of(nil, signed)
	}
	d.Engine.Observe(l, value)
}

// Add adds the observations of one histogram. One that cannot be is an error that wraps [ErrInvalid] and changes
// nothing.
func (d *Distribution) Add(h *Histogram) error {
	if err := h.Validate(); err != nil {
		return err
	}
	if h.Exponential {
		return refused(d.Engine.AddNative(h.native()))
	}
	l, err := d.layout(h, h.Sum)
	if err != nil {
		return err
	}
	counts := h.cumulative()
	if err := d.Engine.Add(l, counts, h.Sum); err != nil {
		return invalid(err)
	}
	d.doubt(l, counts, h.total())
	return nil
}

// layout returns the layout of a histogram whose observations have a sum.
func (d *Distribution) layout(h *Histogram, sum float64) (*layout.Layout, error) {
	l, err := d.layouts.Of(h.Bounds, d.Signed || sum < 0)
	return l, refused(err)
}

// doubt widens the bounds of cumulative counts that were added, to hold a number of observations that is said a second
// time.
func (d *Distribution) doubt(l *layout.Layout, counts []float64, total float64) {
	switch n := counts[len(counts)-1]; {
	case total < n:
		d.Engine.AddDoubt(l, counts, n-total)
	case total > n:
		d.Engine.AddUnknown(total-n, l.Floor() < 0)
	}
}

// Merge adds what o holds to d and leaves o as it is. d.Merge(d) doubles d.
func (d *Distribution) Merge(o *Distribution) {
	if o != nil {
		d.Engine.Merge(&o.Engine)
	}
}

// Reset empties d and keeps its storage.
func (d *Distribution) Reset() { d.Engine.Reset() }

// Clone returns a copy.
func (d *Distribution) Clone() *Distribution {
	c := &Distribution{Signed: d.Signed}
	c.Merge(d)
	return c
}

// Count returns the number of observations. Where bounds are known of it, it is the estimate between them.
func (d *Distribution) Count() float64 { return d.Engine.Count() }

// Sum returns the sum of the observations; false if a part of it is unknown or not finite.
func (d *Distribution) Sum() (float64, bool) { return d.Engine.Sum() }

// Mean returns Sum divided by Count; false without observations or if their sum is unknown.
func (d *Distribution) Mean() (float64, bool) { return d.Engine.Mean() }

// Quantile returns the q-quantile: the observation of rank max(1, ⌈q·Count⌉), with q taken as the decimal that it
// prints as. The value is interpolated as PromQL does. Where a bucket excludes its lower bound, as classic ones do, Lo
// itself is excluded.
//
// Hi is +Inf if the quantile may lie above every finite bound: then the value is the greatest of these. Lo is −Inf if
// it may lie in a first bucket without a lower bound. Quantile returns false without observations, without a finite
// bound where Hi is +Inf, and for a q outside [0, 1].
func (d *Distribution) Quantile(q float64) (promfold.Estimate, bool) { return d.Engine.Quantile(q) }

// Over returns the share of observations above x, from 0 to 1. It is exact if x is a bound of every layout. It returns
// false without observations or if x is NaN.
func (d *Distribution) Over(x float64) (promfold.Estimate, bool) { return d.Engine.Over(x) }

// Share returns the share of observations in (lower, upper], from 0 to 1. It is exact where both limits are infinite or
// bounds of every layout. It returns false without observations or if a limit is NaN.
func (d *Distribution) Share(lower, upper float64) (promfold.Estimate, bool) {
	return d.Engine.Share(lower, upper)
}

// Row is one row of a heatmap: the number of observations in (Lower, Upper], not cumulative. A Lower of 0 is included.
type Row struct {
	Lower, Upper float64
	Count        promfold.Estimate
}

// Rows returns the observations between the given bounds, or between all known bounds, one row each. Bounds must
// ascend; Rows adds +Inf. The values of the rows add up to Count. Rows returns nil if the bounds do not ascend, and
// without bounds if there are no observations.
func (d *Distribution) Rows(bounds ...float64) []Row {
	var rows []Row
	for _, r := range d.Engine.Rows(bounds) {
		rows = append(rows, Row(r))
	}
	return rows
}

// Histogram returns d as one histogram to expose: with the finest exponential buckets that all of it can be brought to,
// or, if any of it has classic buckets, at the bounds that all layouts have. Intervals are not exposed. It returns false
// without observations.
func (d *Distribution) Histogram() (*Histogram, bool) {
	if n, ok := d.Engine.Native(); ok {
		return fromNative(&n), true
	}
	c, ok := d.Engine.Classic()
	if !ok {
		return nil, false
	}
	return &Histogram{Bounds: c.Layout.Bounds(), Counts: c.Counts, Count: c.Counts[len(c.Counts)-1], Sum: c.Sum}, true
}
