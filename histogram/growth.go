package histogram

import (
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
)

// AddGrowth adds what was observed between two readings of one histogram, prev and then cur, and reports whether it was
// reset between them. restarted says that the process is known to have restarted in between; then prev does not matter.
//
// A histogram resets as one: if the count fell, all of cur is new. What was observed after prev and before the reset is
// unknown, and in no interval. If a bucket fell and the count did not, either cur was read while the client updated it,
// or the histogram was cleared and grew beyond its former count. Growth is counted as in the first case, where the next
// reading sets right what this one has too much or too little, and the intervals hold both.
//
// If the two readings have different buckets, growth is counted by the buckets that both have. A reading that cannot be
// a histogram is an error that wraps [ErrInvalid] and changes nothing.
func (d *Distribution) AddGrowth(prev, cur *Histogram, restarted bool) (reset bool, err error) {
	if !restarted {
		if err := prev.Validate(); err != nil {
			return false, err
		}
	}
	if err := cur.Validate(); err != nil {
		return false, err
	}
	switch {
	case restarted:
		reset = true
	case prev.Exponential && cur.Exponential:
		reset, err = d.addNativeGrowth(prev, cur)
	default:
		reset, err = d.addClassicGrowth(prev, cur)
	}
	if reset {
		err = d.Add(cur)
	}
	return reset, err
}

// addNativeGrowth adds growth by exponential buckets; it adds nothing after a reset.
func (d *Distribution) addNativeGrowth(prev, cur *Histogram) (reset bool, err error) {
	p, c := prev.native(), cur.native()
	if p.Schema != c.Schema || p.ZeroThreshold != c.ZeroThreshold {
		p, c = layout.Alike(p, c)
	}
	var grown layout.Native
	if layout.JudgeNative(&grown, p, c, false) == layout.Reset {
		return true, nil
	}
	var rest float64
	grown.Sum, rest = exact.TwoDiff(cur.Sum, prev.Sum)
	if err := d.Engine.AddNative(&grown); err != nil {
		return false, invalid(err)
	}
	d.Engine.AddSum(rest)
	return false, nil
}

// addClassicGrowth adds growth by classic buckets; it adds nothing after a reset. An exponential histogram without
// classic buckets has one, up to +Inf.
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
	p := before.At(nil, both, prev.cumulative())
	c := now.At(nil, both, cur.cumulative())
	if c[len(c)-1] < p[len(p)-1] {
		return true, nil
	}
	if err := d.Engine.AddIncrease(both, p, c, sum); err != nil {
		return false, invalid(err)
	}
	d.Engine.AddSum(rest)
	for i := range c {
		c[i] -= p[i]
	}
	d.doubt(both, c, max(0, cur.total()-prev.total()))
	return false, nil
}
