package layout

import (
	"math"

	"github.com/promfold/promfold"
)

// Count returns the number of observations, rounded once.
func (d *Distribution) Count() float64 {
	if d.empty() {
		return 0
	}
	if s, ok := singleOf(d); ok {
		return s.n()
	}
	return d.asked().all.n
}

// Sum returns the sum of all observations, rounded once; false if a part of it is unknown or not finite.
func (d *Distribution) Sum() (float64, bool) {
	sum := d.sum.Float64()
	return sum, !d.noSum && sum-sum == 0
}

// Mean returns Sum divided by Count, exact where that is a float64; false without observations, without their sum, and
// beyond all numbers.
func (d *Distribution) Mean() (float64, bool) {
	_, ok := d.Sum()
	n := d.Count()
	if !ok || n == 0 {
		return 0, false
	}
	mean := d.sum.Quo(n)
	return mean, mean-mean == 0
}

// Quantile returns the q-quantile: the observation of rank max(1, ⌈qN⌉), with q taken as its shortest decimal. Hi is
// +Inf if it may lie above every finite bound: then Value is the greatest of these. Lo is −Inf if it may lie in a first
// bucket without a lower bound. Where a bucket excludes its lower bound, as classic ones do, Lo itself is excluded.
//
// It returns false without observations, if Hi is +Inf and there is no finite bound, and for a q outside [0, 1].
func (d *Distribution) Quantile(q float64) (promfold.Estimate, bool) {
	l, ok := levelOf(q)
	if !ok {
		return promfold.Estimate{}, false
	}
	e, ok := d.quantile(l)
	if !ok {
		return promfold.Estimate{}, false
	}
	return e, true
}

// quantile returns the bounds of what may be observed, too, where it returns false.
func (d *Distribution) quantile(l level) (promfold.Estimate, bool) {
	if d.empty() {
		return promfold.Estimate{}, false
	}
	if s, ok := singleOf(d); ok {
		return s.quantile(l)
	}
	if b, ok := bandedOf(d); ok {
		if e, ok, known := b.quantile(l); known {
			return e, ok
		}
	}
	return d.asked().quantile(l)
}

// Over returns the share of observations above x. It is exact if x is a bound of every layout.
func (d *Distribution) Over(x float64) (promfold.Estimate, bool) { return d.Share(x, math.Inf(1)) }

// Share returns the share of observations in (lower, upper]. It is exact where both are infinite or bounds of every
// layout. It returns false without observations or if a limit is NaN.
func (d *Distribution) Share(lower, upper float64) (promfold.Estimate, bool) {
	if math.IsNaN(lower) || math.IsNaN(upper) || d.Count() == 0 {
		return promfold.Estimate{}, false
	}
	return d.asked().share(lower, upper), true
}

// UpTo bounds the number of observations ≤ x. The two are equal if x is a bound of every layout.
func (d *Distribution) UpTo(x float64) (lo, hi float64) { return d.asked().within(math.Inf(-1), x) }

// Row is one row of a heatmap: the number of observations in (Lower, Upper], not cumulative.
type Row struct {
	Lower, Upper float64
	Count        promfold.Estimate
}

// Rows returns the observations between ascending bounds, to which it adds +Inf, one row each. The rows add up to
// Count. Without bounds they are all that d knows. It returns nil if the bounds cannot be a layout's, and without
// observations if there are no bounds, either.
func (d *Distribution) Rows(bounds []float64) []Row {
	x := d.asked()
	if len(bounds) == 0 {
		if len(x.all.cells)+len(x.hi.cells) == 0 {
			return nil
		}
		return x.rows(x.all.union())
	}
	l, err := NewLayout(bounds)
	if err != nil {
		return nil
	}
	return x.rows(l.bounds)
}

// empty reports whether there are and can be no observations.
func (d *Distribution) empty() bool {
	return d.value.empty() && len(d.summaries) == 0 && !(d.loose && !d.hi.empty())
}

// certain reports whether there is at least one observation for certain.
func (d *Distribution) certain() bool {
	if !d.loose {
		return d.Count() > 0
	}
	m := d.asked()
	return m.lo.n > 0 || len(m.claims) > 0
}

// asked returns the model of d, made anew if d changed.
func (d *Distribution) asked() *model {
	if d.model == nil {
		d.model = new(model)
	}
	if !d.built {
		d.model.build(d)
		d.built = true
	}
	return d.model
}
