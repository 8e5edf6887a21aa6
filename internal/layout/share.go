package layout

import "math"

// Share estimates the share of observations in (lower, upper]. It is exact where both are bounds of every layout or
// infinite; otherwise Lo counts the buckets certainly inside, Hi those that reach in, and Value interpolates. There is
// no answer without observations or if a limit is NaN.
//
// Bounds of native histograms below zero belong to the bucket above them: with lower or upper on one, the
// observations equal to it are known only to be on either side.
func (d *Distribution) Share(lower, upper float64) (Estimate, bool) {
	x := d.reconciled()
	if x.n == 0 || math.IsNaN(lower) || math.IsNaN(upper) {
		return Estimate{}, false
	}
	e := Estimate{N: x.n}
	if lower >= upper {
		return e, true
	}
	inside, reach := x.within(lower, upper)
	e.Lo, e.Hi = inside/x.n, min(1, reach/x.n)
	e.Value = clamp((x.shareUpTo(upper)-x.shareUpTo(lower))/x.n, e.Lo, e.Hi)
	return e, true
}

// UpTo bounds the number of observations ≤ v: those that certainly are, and those that may be. The two are equal if v
// is a bound of every layout.
func (d *Distribution) UpTo(v float64) (lo, hi float64) {
	return d.reconciled().within(math.Inf(-1), v)
}

// within bounds the number of observations in (lower, upper]: those certainly inside and those that may be.
func (x *index) within(lower, upper float64) (inside, reach float64) {
	if math.IsInf(lower, -1) { // −Inf itself may have been observed
		inside = x.ended(upper)
		reach = x.sum(func(cells []cell) float64 { return begunBelow(cells, upper) })
		return inside, reach
	}
	inside = x.sum(func(cells []cell) float64 { return max(0, endedIn(cells, upper)-begunBelow(cells, lower)) })
	reach = x.sum(func(cells []cell) float64 { return begunBelow(cells, upper) - endedIn(cells, lower) })
	return inside, reach
}

// Over estimates the share of observations above v, and Under that of those up to v, v included: what a latency
// objective is about. Both are exact if v is a bound of every layout.
func (d *Distribution) Over(v float64) (Estimate, bool) { return d.Share(v, math.Inf(1)) }

// Under is the complement of Over.
func (d *Distribution) Under(v float64) (Estimate, bool) { return d.Share(math.Inf(-1), v) }

// begunBelow is the class's observations that can be ≤ v.
func begunBelow(cells []cell, v float64) float64 {
	if c := cellAt(cells, v); c != nil {
		return c.after
	}
	return 0
}

// shareUpTo is F̂(v), with all observations at +Inf. What lies in a first bucket without a lower bound is taken to lie
// below v, as PromQL takes it.
func (x *index) shareUpTo(v float64) float64 {
	switch {
	case math.IsInf(v, 1):
		return x.n
	case math.IsInf(v, -1):
		return 0
	}
	total := x.cdf(x.rows, v, false)
	for _, r := range x.rows {
		if r.first == r.end {
			continue
		}
		if c := &x.cells[r.first]; math.IsInf(c.lower, -1) && v < c.upper && !math.IsInf(c.upper, 1) {
			total += c.after
		}
	}
	return total
}
