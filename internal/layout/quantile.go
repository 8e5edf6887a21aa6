package layout

import (
	"math"
	"slices"

	"github.com/promfold/promfold"
)

// quantile returns the estimate of a quantile, false without one. Lo and Hi are the tightest bounds there are while
// the counts are exact: the observation's rank among the lower ends of all cells and among the upper ends. Value
// inverts the sum of the rows' interpolated cumulative counts at the real rank qN. On a single layout PromQL's
// histogram_quantile returns the same.
func (x *envelope) quantile(l level) (promfold.Estimate, bool) {
	if x.n == 0 {
		return promfold.Estimate{}, false
	}
	lower, upper := x.ends(l.rank(x.n, x.integral))
	e := promfold.Estimate{Lo: x.lowerEnd(lower), Hi: x.upperEnd(upper)}
	if math.IsInf(e.Hi, 1) {
		e.Value = max(x.lastFinite, e.Lo) // a floor may be above the only bounds
		return e, !math.IsInf(x.lastFinite, -1)
	}
	e.Value = x.invert(l, e.Lo, e.Hi)
	return e, true
}

// ends returns the ends of cells that bound the observation of rank r.
func (x *envelope) ends(r float64) (lower, upper float64) {
	if len(x.rows) == 1 {
		i, _ := slices.BinarySearchFunc(x.cells, r, func(c cell, r float64) int { return orderOf(c.after < r) })
		i = min(i, len(x.cells)-1)
		return x.cells[i].lower, x.cells[i].upper
	}
	x.edges = x.edges[:0]
	for i := range x.cells {
		c := &x.cells[i]
		x.edges = append(x.edges, edge{c.lower, c.before, c.after})
	}
	lower = ofRank(x.edges, r, x.integral, &x.tally)
	x.edges = x.edges[:0]
	for i := range x.cells {
		c := &x.cells[i]
		x.edges = append(x.edges, edge{c.upper, c.before, c.after})
	}
	return lower, ofRank(x.edges, r, x.integral, &x.tally)
}

// lowerEnd returns the end of a bucket that became this lower end of a cell.
func (x *envelope) lowerEnd(lower float64) float64 {
	if x.closedAt(lower) {
		return after(lower)
	}
	return lower
}

// closedAt reports whether a cell whose bucket includes its lower end begins at lower.
func (x *envelope) closedAt(lower float64) bool {
	for _, r := range x.rows {
		cells := x.cells[r.first:r.end]
		i, _ := slices.BinarySearchFunc(cells, lower, func(c cell, v float64) int { return orderOf(c.lower < v) })
		if i < len(cells) && cells[i].lower == lower && cells[i].closed() {
			return true
		}
	}
	return false
}

// upperEnd returns the end of a bucket that became this upper end of a cell.
func (x *envelope) upperEnd(upper float64) float64 {
	if x.includes(upper) {
		return upper
	}
	return after(upper)
}

// includes reports whether a cell whose bucket includes its upper end ends at upper.
func (x *envelope) includes(upper float64) bool {
	for _, r := range x.rows {
		cells := x.cells[r.first:r.end]
		i, _ := slices.BinarySearchFunc(cells, upper, func(c cell, v float64) int { return orderOf(c.upper < v) })
		if i < len(cells) && cells[i].upper == upper && !cells[i].open() {
			return true
		}
	}
	return false
}
