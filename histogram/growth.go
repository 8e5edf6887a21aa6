package histogram

import (
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
)

// AddGrowth adds what was observed between two readings of one histogram, prev and then cur, and reports whether it was
// reset between them. restarted says that the process is known to have restarted in between; then prev does not matter.
//
// A histogram resets as one: if the count fell, or buckets by more than the count grew. Then all of cur is new; what was
// observed after prev and before the reset is unknown. If buckets fell by less, cur was read while the client updated
// it, and was not reset. As nothing proves either, intervals hold both.
//
// If the two readings have different buckets, growth is counted by the buckets that both have. A reading that cannot be
// a histogram is an error that wraps [ErrInvalid] and changes nothing.
func (d *Distribution) AddGrowth(prev, cur *Histogram, restarted bool) (reset bool, err error) {
	if restarted {
		return true, d.Add(cur)
	}
	if err := prev.Validate(); err != nil {
		return false, err
	}
	if err := cur.Validate(); err != nil {
		return false, err
	}
	if prev.Exponential && cur.Exponential {
		return d.addNativeGrowth(prev, cur)
	}
	return d.addClassicGrowth(prev, cur)
}

// addNativeGrowth is AddGrowth for valid histograms with exponential buckets.
func (d *Distribution) addNativeGrowth(prev, cur *Histogram) (reset bool, err error) {
	prev.native(&d.before)
	cur.native(&d.now)
	p, c := &d.before, &d.now
	if prev.Schema != cur.Schema || prev.ZeroThreshold != cur.ZeroThreshold {
		p, c = layout.Alike(p, c)
	}
	reset = layout.JudgeNative(&d.grown, p, c, false) == layout.Reset
	if reset {
		return true, d.Add(cur)
	}
	sum, rest := exact.TwoDiff(cur.Sum, prev.Sum)
	d.grown.Sum = sum
	if err := d.Engine.AddNative(&d.grown); err != nil {
		return false, invalid(err)
	}
	d.Engine.AddSum(rest)
	return false, nil
}

// addClassicGrowth is AddGrowth for valid histograms of which not both have exponential buckets. The count is all that
// a classic and an exponential one have in common: without bounds it is the count of the one bucket.
func (d *Distribution) addClassicGrowth(prev, cur *Histogram) (reset bool, err error) {
	sum, rest := exact.TwoDiff(cur.Sum, prev.Sum)
	before, err := d.layout(prev, sum)
	if err != nil {
		return false, err
	}
	now, err := d.layout(cur, sum)
	if err != nil {
		return false, err
	}
	both := layout.Common(before, now)
	p := before.At(nil, both, prev.cumulative(nil))
	c := now.At(nil, both, cur.cumulative(nil))
	grown := make([]float64, both.Len())
	value, hi, total := grown, grown, max(0, cur.total()-prev.total())
	switch layout.Judge(grown, p, c, false, true) {
	case layout.Reset:
		return true, d.Add(cur)
	case layout.Torn:
		if hi = c; layout.Fallen(p, c) > c[len(c)-1]-p[len(p)-1] {
			value, total, sum, rest = c, cur.total(), cur.Sum, 0
			reset = true
		}
	default:
		for i := range c {
			grown[i] = c[i] - p[i]
		}
	}
	if err := d.addCounts(both, grown, value, hi, total, sum); err != nil {
		return false, err
	}
	d.Engine.AddSum(rest)
	return reset, nil
}

// add adds a valid histogram.
func (d *Distribution) add(h *Histogram) error {
	if h.Exponential {
		h.native(&d.now)
		if err := d.Engine.AddNative(&d.now); err != nil {
			return invalid(err)
		}
		return nil
	}
	l, err := d.layout(h, h.Sum)
	if err != nil {
		return err
	}
	d.counts = h.cumulative(d.counts[:0])
	return d.addCounts(l, d.counts, d.counts, d.counts, h.total(), h.Sum)
}

// layout returns the layout of a valid histogram whose observations have a sum.
func (d *Distribution) layout(h *Histogram, sum float64) (*layout.Layout, error) {
	l, err := d.layouts.Of(h.Bounds, d.Signed || sum < 0)
	if err != nil {
		return nil, invalid(err)
	}
	return l, nil
}

// addCounts adds cumulative counts with bounds. total is the number of observations as said a second time. If it
// differs from the last count, the bounds are widened to hold both.
func (d *Distribution) addCounts(l *layout.Layout, lo, value, hi []float64, total, sum float64) error {
	n := value[len(value)-1]
	if total < n {
		lo = without(lo, n-total)
	}
	if err := d.Engine.AddBetween(l, lo, value, hi, sum); err != nil {
		return invalid(err)
	}
	if total > n {
		d.Engine.AddUnknown(total-n, l.Floor() < 0)
	}
	return nil
}

// without returns cumulative counts from which so many observations may be taken, whichever they are.
func without(counts []float64, surplus float64) []float64 {
	lo, before, sum := make([]float64, 0, len(counts)), 0.0, 0.0
	for _, c := range counts {
		sum += max(0, c-before-surplus)
		lo, before = append(lo, sum), c
	}
	return lo
}
