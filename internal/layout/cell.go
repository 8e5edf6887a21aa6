package layout

import "math"

// shape is how the ends of a cell are meant, and how an estimate spreads observations between them.
type shape uint8

const (
	linear    shape = iota // (lower, upper], evenly
	floored                // [0, upper], evenly; if upper is +Inf, all there
	unbounded              // lower is −Inf: all at upper; or upper is +Inf: all there
	powers                 // (lower, upper], evenly on a logarithmic scale
	mirrored               // [lower, upper), the same below zero
	closed                 // [lower, upper], evenly; the zero bucket is such a cell
	zeroAbove              // the zero bucket where nothing is negative: evenly in [0, upper]
	zeroBelow              // the zero bucket where nothing is positive: evenly in [lower, 0]
)

// cell is a bucket that is not empty. All cells are half open, (lower, upper], so that one order serves them all: a
// bucket closed at a has lower = the float64 before a, a bucket open at b has upper = the float64 before b.
type cell struct {
	lower, upper  float64
	before, after float64 // observations of its row up to lower, and up to upper
	shape         shape
}

// ends returns the ends between which an estimate spreads the cell's observations.
func (c *cell) ends() (lo, hi float64) {
	lo, hi = c.lower, c.upper
	switch c.shape {
	case floored, zeroAbove:
		lo = 0
	case mirrored:
		lo, hi = after(lo), after(hi)
	case closed:
		lo = after(lo)
	case zeroBelow:
		lo, hi = after(lo), 0
	}
	return lo, hi
}

// closed reports whether lower is shifted, and open whether upper is.
func (c *cell) closed() bool { return c.shape == floored || c.shape >= mirrored }
func (c *cell) open() bool   { return c.shape == mirrored }

// after and before return the neighbours of x, and never a negative zero.
func after(x float64) float64  { return math.Nextafter(x, math.Inf(1)) + 0 }
func before(x float64) float64 { return math.Nextafter(x, math.Inf(-1)) + 0 }

// share returns the part of the cell's observations taken to be ≤ x, or < x if below and there is a difference. It is
// 0 up to lo, 1 from hi, and never falls with x.
func (c *cell) share(x float64, below bool) float64 {
	lo, hi := c.ends()
	switch {
	case x > hi || x == hi && (lo < hi || !below):
		return 1
	case x <= lo:
		return 0
	case math.IsInf(lo, -1) || math.IsInf(hi, 1):
		return 0
	}
	switch {
	case !c.logarithmic():
		return fraction(lo, hi, x)
	case c.shape == powers:
		return fraction(math.Log2(lo), math.Log2(hi), math.Log2(x))
	}
	return 1 - fraction(math.Log2(-hi), math.Log2(-lo), math.Log2(-x))
}

// logarithmic reports whether observations are spread over the cell logarithmically. A bucket so close to zero that its
// inner bound is zero has no logarithm.
func (c *cell) logarithmic() bool {
	lo, hi := c.ends()
	return c.shape == powers && lo > 0 || c.shape == mirrored && hi < 0
}

// fraction returns how far x is on the way from lo to hi.
func fraction(lo, hi, x float64) float64 {
	if width := hi - lo; !math.IsInf(width, 1) {
		return (x - lo) / width
	}
	return (x/2 - lo/2) / (hi/2 - lo/2)
}

// upTo returns the row's observations taken to be ≤ x (or < x), where x is not beyond the cell.
func (c *cell) upTo(x float64, below bool) float64 {
	switch s := c.share(x, below); {
	case s == 0:
		return c.before
	case s == 1:
		return c.after
	case c.shape > floored:
		return min(c.before+float64((c.after-c.before)*s), c.after)
	}
	// Rounded as PromQL rounds it for classic histograms.
	lo, hi := c.ends()
	if n := (c.after - c.before) * (x - lo) / (hi - lo); !math.IsInf(n, 1) && n == n {
		return min(c.before+n, c.after)
	}
	return min(c.before+float64((c.after-c.before)*c.share(x, below)), c.after)
}
