package layout

import (
	"math"
	"slices"
)

// Quantile estimates the q-quantile: the observation of rank max(1, ⌈qN⌉), q taken as its shortest decimal.
//
// Lo and Hi are the tightest bounds there are: Lo is the observation's rank among the lower ends of all buckets, Hi
// among the upper ends. Value inverts the sum of the classes' interpolated cumulative counts at the real
// rank qN: on a single layout that is what PromQL's histogram_quantile answers.
//
// There is no answer without observations, or if Hi is +Inf and there is no finite bound at all. A q outside [0, 1] is
// a [*LevelError].
func (d *Distribution) Quantile(q float64) (Estimate, bool, error) {
	l, err := parseLevel(q)
	if err != nil {
		return Estimate{}, false, err
	}
	e, ok := d.quantile(l)
	return e, ok, nil
}

func (d *Distribution) quantile(l level) (Estimate, bool) {
	if d.empty() {
		return Estimate{}, false
	}
	if s, ok := d.single(); ok {
		return s.quantile(l)
	}
	return d.reconciled().quantile(l)
}

func (x *index) quantile(l level) (Estimate, bool) {
	if x.n == 0 {
		return Estimate{}, false
	}
	e := Estimate{N: x.n}
	if l.few(x.n, x.integral) {
		e.Flags |= FewObservations
	}
	lower, upper := x.envelope(l.rank(x.n, x.integral))
	e.Lo, e.Hi = x.lowerEnd(lower), x.upperEnd(upper)
	if math.IsInf(e.Lo, -1) {
		e.Flags |= BelowBounds
	}
	if math.IsInf(e.Hi, 1) {
		e.Flags |= AboveBounds
		e.Value = x.lastFinite
		return e, !math.IsInf(x.lastFinite, -1)
	}
	e.Value = x.invert(l, e.Lo, e.Hi)
	return e, true
}

// envelope bounds the observation of rank r, by its rank among the lower and among the upper ends of cells.
func (x *index) envelope(r float64) (lower, upper float64) {
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

// lowerEnd is the end of a bucket that became this lower end of a cell.
func (x *index) lowerEnd(lower float64) float64 {
	for _, r := range x.rows {
		cells := x.cells[r.first:r.end]
		i, _ := slices.BinarySearchFunc(cells, lower, func(c cell, v float64) int { return orderOf(c.lower < v) })
		if i < len(cells) && cells[i].lower == lower && cells[i].closed() {
			return after(lower)
		}
	}
	return lower
}

// upperEnd is the end of a bucket that became this upper end of a cell.
func (x *index) upperEnd(upper float64) float64 {
	for _, r := range x.rows {
		cells := x.cells[r.first:r.end]
		i, _ := slices.BinarySearchFunc(cells, upper, func(c cell, v float64) int { return orderOf(c.upper < v) })
		if i < len(cells) && cells[i].upper == upper && !cells[i].open() {
			return upper
		}
	}
	return after(upper)
}

// invert finds where F̂ reaches qN, in [lo, hi]; hi is finite. What lies in a first bucket without a lower bound is
// taken to lie at its upper bound.
func (x *index) invert(l level, lo, hi float64) float64 {
	rank := float64(l.q * x.n)
	x.narrow(lo, hi)
	x.keys = append(x.keys[:0], hi)
	for _, r := range x.narrowed {
		for i := range x.cells[r.first:r.end] {
			a, b := x.cells[r.first+i].ends()
			if a > lo && a < hi {
				x.keys = append(x.keys, a)
			}
			if b > lo && b < hi {
				x.keys = append(x.keys, b)
			}
		}
	}
	b, a := firstTrue(x.keys, func(v float64) bool { n := x.cdf(x.narrowed, v, false); return n >= rank && n > 0 })
	a, b = max(a, lo), min(b, hi)
	if math.IsInf(a, -1) {
		return b // F̂ begins there
	}
	fa, fb := x.cdf(x.narrowed, a, false), x.cdf(x.narrowed, b, true)
	switch {
	case rank > fb || fb == 0:
		return b // F̂ jumps there, or passes qN beyond hi
	case rank <= fa:
		return a
	}
	switch linear, log := x.between(a, b); {
	case linear && log:
		return x.bisect(rank, a, b)
	case log:
		t := x.way(l, rank, fa, fb)
		if a > 0 {
			return clamp(powerAt(a, b, t), a, b)
		}
		return clamp(-powerAt(-b, -a, 1-t), a, b)
	}
	return evenly(a, b, x.way(l, rank, fa, fb))
}

// evenly is the point between a and b that is t on the way.
func evenly(a, b, t float64) float64 {
	if width := b - a; !math.IsInf(width, 1) {
		return clamp(a+float64(width*t), a, b)
	}
	return clamp(float64(a*(1-t))+float64(b*t), a, b)
}

// way is how far the rank is on the way from fa to fb. For native histograms it is counted from the nearer side, as
// PromQL does: the rank is the same, rounded otherwise.
func (x *index) way(l level, rank, fa, fb float64) float64 {
	if x.classic || l.q < 0.5 {
		return (rank - fa) / (fb - fa)
	}
	return ((x.n - fa) - float64((1-l.q)*x.n)) / (fb - fa)
}

// powerAt is the point between a and b, both positive, that is t on the way on a logarithmic scale.
func powerAt(a, b, t float64) float64 {
	from, to := math.Log2(a), math.Log2(b)
	return math.Exp2(from + float64((to-from)*t))
}

func clamp(v, lo, hi float64) float64 { return max(lo, min(v, hi)) }

// between tells how observations are spread between two neighbouring knots a and b.
func (x *index) between(a, b float64) (linear, log bool) {
	for _, r := range x.narrowed {
		c := cellAt(x.cells[r.first:r.end], after(a))
		if c == nil {
			continue
		}
		if lo, hi := c.ends(); lo > a || hi < b || math.IsInf(lo, -1) || math.IsInf(hi, 1) {
			continue
		}
		if c.logarithmic() {
			log = true
		} else {
			linear = true
		}
	}
	return linear, log
}

// bisect returns the least number in (a, b] where F̂ reaches rank: where some classes are spread evenly and others
// logarithmically there is no formula for it.
func (x *index) bisect(rank, a, b float64) float64 {
	lo, hi := ordinal(a), ordinal(b)
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		if x.cdf(x.narrowed, numeral(mid), false) >= rank {
			hi = mid
		} else {
			lo = mid
		}
	}
	return numeral(hi)
}

// ordinal numbers the float64s in increasing order; numeral is its inverse.
func ordinal(v float64) int64 {
	if n := int64(math.Float64bits(v)); n >= 0 {
		return n
	}
	return -int64(math.Float64bits(-v))
}

func numeral(n int64) float64 {
	if n >= 0 {
		return math.Float64frombits(uint64(n))
	}
	return -math.Float64frombits(uint64(-n))
}
