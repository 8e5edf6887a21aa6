package layout

import (
	"math"
	"slices"
)

// cdf returns F̂(v): the observations in rows taken to be ≤ v, or < v if below, each row interpolated by itself. It
// never falls with v. It sums in floating point and in the one order of rows: the same rows give the same bits.
func (x *envelope) cdf(rows []row, v float64, below bool) float64 {
	total := 0.0
	for _, r := range rows {
		cells := x.cells[r.first:r.end]
		if c := cellAt(cells, v); c != nil {
			total += c.upTo(v, below)
		} else if len(cells) > 0 {
			total += cells[0].before
		}
	}
	return total
}

// narrow leaves of each row in narrowed what F̂ needs from lo to hi: the last cell that begins up to lo, and all that
// begin from there up to hi.
func (x *envelope) narrow(lo, hi float64) {
	x.narrowed = x.narrowed[:0]
	for _, r := range x.rows {
		cells := x.cells[r.first:r.end]
		first, _ := slices.BinarySearchFunc(cells, lo, func(c cell, v float64) int { return orderOf(c.lower <= v) })
		end := first
		for end < len(cells) && cells[end].lower <= hi {
			end++
		}
		x.narrowed = append(x.narrowed, row{r.first + max(first-1, 0), r.first + end})
	}
}

// upTo returns F̂(v) with all observations at v = +Inf. Observations in a first bucket without a lower bound are taken to
// lie below v, as in PromQL.
func (x *envelope) upTo(v float64) float64 {
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

// invert returns where F̂ reaches qN, in [lo, hi] with a finite hi. Observations in a first bucket without a lower bound
// are taken to lie at its upper bound.
func (x *envelope) invert(l level, lo, hi float64) float64 {
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

// evenly returns the point between a and b that is t on the way.
func evenly(a, b, t float64) float64 {
	if width := b - a; !math.IsInf(width, 1) {
		return clamp(a+float64(width*t), a, b)
	}
	return clamp(float64(a*(1-t))+float64(b*t), a, b)
}

// way returns how far the rank is on the way from fa to fb. For native histograms it counts from the nearer side, as
// PromQL does: the rank is the same, but rounded otherwise.
func (x *envelope) way(l level, rank, fa, fb float64) float64 {
	if x.classic || l.q < 0.5 {
		return (rank - fa) / (fb - fa)
	}
	return ((x.n - fa) - float64((1-l.q)*x.n)) / (fb - fa)
}

// powerAt returns the point between a and b, both positive, that is t on the way on a logarithmic scale.
func powerAt(a, b, t float64) float64 {
	from, to := math.Log2(a), math.Log2(b)
	return math.Exp2(from + float64((to-from)*t))
}

func clamp(v, lo, hi float64) float64 { return max(lo, min(v, hi)) }

// between reports how observations are spread between two neighbouring knots a and b.
func (x *envelope) between(a, b float64) (linear, log bool) {
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
// logarithmically, there is no formula for it.
func (x *envelope) bisect(rank, a, b float64) float64 {
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

// ordinal numbers the float64s in ascending order; numeral is its inverse.
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
