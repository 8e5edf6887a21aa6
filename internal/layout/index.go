package layout

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// shape says what a cell's two ends are and how observations are taken to lie between them for an estimate.
type shape uint8

const (
	linear    shape = iota // (lower, upper], evenly
	floored                // [0, upper], evenly; if upper is +Inf, all there
	unbounded              // lower is −Inf: all at upper; or upper is +Inf: all there
	powers                 // (lower, upper], evenly on a logarithmic scale
	mirrored               // [lower, upper), the same below zero
	zero                   // the zero bucket [lower, upper], evenly
	zeroAbove              // the zero bucket where nothing is negative: evenly in [0, upper]
	zeroBelow              // the zero bucket where nothing is positive: evenly in [lower, 0]
)

// cell is a bucket that is not empty. All cells are half open, (lower, upper], so that one order serves them all: a
// bucket closed at a has lower = the float64 before a, and one open at b upper = the float64 before b.
type cell struct {
	lower, upper  float64
	before, after float64 // observations of its class up to lower, up to upper
	shape         shape
}

// ends are the ends between which an estimate spreads the cell's observations.
func (c *cell) ends() (lo, hi float64) {
	lo, hi = c.lower, c.upper
	switch c.shape {
	case floored, zeroAbove:
		lo = 0
	case mirrored:
		lo, hi = after(lo), after(hi)
	case zero:
		lo = after(lo)
	case zeroBelow:
		lo, hi = after(lo), 0
	}
	return lo, hi
}

// closed tells whether lower is shifted, and open whether upper is.
func (c *cell) closed() bool {
	return c.shape == floored || c.shape >= mirrored
}
func (c *cell) open() bool { return c.shape == mirrored }

// after and before are the neighbours of x; no zero they return is negative.
func after(x float64) float64  { return math.Nextafter(x, math.Inf(1)) + 0 }
func before(x float64) float64 { return math.Nextafter(x, math.Inf(-1)) + 0 }

// share is the part of the cell's observations taken to be ≤ x (of those < x, if there is a difference): 0 up to lo,
// 1 from hi, and never falling with x.
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

// logarithmic tells whether observations are spread over the cell logarithmically. A bucket so close to zero that its
// inner bound is zero has no logarithm.
func (c *cell) logarithmic() bool {
	lo, hi := c.ends()
	return c.shape == powers && lo > 0 || c.shape == mirrored && hi < 0
}

// fraction is how far x is on the way from lo to hi.
func fraction(lo, hi, x float64) float64 {
	if width := hi - lo; !math.IsInf(width, 1) {
		return (x - lo) / width
	}
	return (x/2 - lo/2) / (hi/2 - lo/2)
}

// upTo is the class's observations taken to be ≤ x (or < x), when x is not beyond the cell.
func (c *cell) upTo(x float64, below bool) float64 {
	switch s := c.share(x, below); {
	case s == 0:
		return c.before
	case s == 1:
		return c.after
	case c.shape > floored:
		return min(c.before+float64((c.after-c.before)*s), c.after)
	}
	// As PromQL rounds it for classic histograms.
	lo, hi := c.ends()
	if n := (c.after - c.before) * (x - lo) / (hi - lo); !math.IsInf(n, 1) && n == n {
		return min(c.before+n, c.after)
	}
	return min(c.before+float64((c.after-c.before)*c.share(x, below)), c.after)
}

// row is the cells of one class, in cells[first:end].
type row struct{ first, end int }

// index is a distribution made ready for questions: all classes as rows of cells, in the one order classes have.
type index struct {
	cells      []cell
	rows       []row
	n          float64 // observations
	classic    bool    // some of it is known by a classic layout
	integral   bool    // every count is an integer and n ≤ 2^53: then every sum of counts is exact in floating point
	lastFinite float64 // greatest finite bound of all, −Inf if there is none
	keys       []float64
	edges      []edge
	narrowed   []row
	tally      exact.Sum
	running    exact.Sum // of the cells of a native class so far
	cumulated  float64   // running, rounded
}

const maxInteger = 1 << 53

// reconciled returns the index of d, made anew if d changed.
func (d *Distribution) reconciled() *index {
	if d.index == nil {
		d.index = new(index)
	}
	x := d.index
	if d.indexed {
		return x
	}
	x.cells, x.rows = x.cells[:0], x.rows[:0]
	x.integral, x.lastFinite = true, math.Inf(-1)
	x.classic = len(d.classic) > 0
	x.tally.Reset()
	for i := range d.classic {
		x.addClassic(&d.classic[i])
	}
	for i := range d.native {
		x.addNative(&d.native[i])
	}
	x.n = x.tally.Float64()
	x.integral = x.integral && x.n <= maxInteger
	d.indexed = true
	return x
}

func (x *index) addClassic(c *class) {
	first := len(x.cells)
	x.lastFinite = max(x.lastFinite, c.layout.lastFinite())
	at := cell{lower: math.Inf(-1), shape: unbounded}
	if !c.layout.signed {
		at.lower, at.shape = before(0), floored
	}
	for i, upper := range c.layout.bounds {
		at.upper, at.after = upper, c.counts.Float64(i)
		if math.IsInf(upper, 1) && i > 0 {
			at.shape = unbounded
		}
		if at.after > at.before {
			x.cells = append(x.cells, at)
			x.integral = x.integral && at.after == math.Trunc(at.after)
		}
		at.lower, at.before, at.shape = upper, at.after, linear
	}
	x.addRow(first)
}

func (x *index) addRow(first int) {
	x.rows = append(x.rows, row{first, len(x.cells)})
	if n := len(x.cells); n > first {
		x.tally.Add(x.cells[n-1].after)
	}
}

// sum adds one number for each class: exactly, however many there are.
func (x *index) sum(of func(cells []cell) float64) float64 {
	if x.integral {
		total := 0.0
		for _, r := range x.rows {
			total += of(x.cells[r.first:r.end])
		}
		return total
	}
	x.tally.Reset()
	for _, r := range x.rows {
		x.tally.Add(of(x.cells[r.first:r.end]))
	}
	return x.tally.Float64()
}

// ended is the number of observations certainly ≤ v: those in cells that end there at the latest.
func (x *index) ended(v float64) float64 {
	return x.sum(func(cells []cell) float64 { return endedIn(cells, v) })
}

func endedIn(cells []cell, v float64) float64 {
	n, _ := slices.BinarySearchFunc(cells, v, func(c cell, v float64) int { return orderOf(c.upper <= v) })
	if n == 0 {
		return 0
	}
	return cells[n-1].after
}

// orderOf makes a binary search find the first cell of which less is false.
func orderOf(less bool) int {
	if less {
		return -1
	}
	return 1
}

// cdf is F̂: the observations taken to be ≤ v (or < v), each class interpolated by itself. It never falls with v.
// It sums in floating point, in the one order classes have: the same classes give the same bits.
func (x *index) cdf(rows []row, v float64, below bool) float64 {
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

// narrow leaves of each row in narrowed what F̂ needs from lo to hi: the last cell that begins up to lo and all that
// begin from there up to hi.
func (x *index) narrow(lo, hi float64) {
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

// cellAt is the last cell that begins below v or at it, nil if none does.
func cellAt(cells []cell, v float64) *cell {
	n, _ := slices.BinarySearchFunc(cells, v, func(c cell, v float64) int { return orderOf(c.lower < v) })
	if n == 0 {
		return nil
	}
	return &cells[n-1]
}
