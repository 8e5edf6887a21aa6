package layout

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Layout is an immutable set of classic bucket bounds: strictly increasing upper bounds, the last of them +Inf.
// Bucket i holds the observations in (Bound(i−1), Bound(i)].
//
// A layout also says where its first bucket begins, its floor: 0 if the values are declared non-negative and every
// bound is positive, else −Inf.
type Layout struct {
	bounds []float64
	signed bool
}

// LayoutError tells what is wrong with a set of bounds.
type LayoutError struct {
	Bound   float64
	Problem string
}

func (e *LayoutError) Error() string {
	return fmt.Sprintf("histogram: bucket bound %v %s", e.Bound, e.Problem)
}

// NewLayout makes a layout of upper bounds in increasing order; +Inf is added if it is missing. It declares the
// observed values non-negative if every bound is positive, as is true of durations and sizes and as PromQL assumes of
// everything; [NewSignedLayout] does not. A bound that is NaN, repeated or out of order is a [*LayoutError].
func NewLayout(bounds []float64) (*Layout, error) { return newLayout(bounds, false) }

// NewSignedLayout is [NewLayout] for values that may be negative although every bound is positive: what lies in the
// first bucket is then bounded above only.
func NewSignedLayout(bounds []float64) (*Layout, error) { return newLayout(bounds, true) }

func newLayout(bounds []float64, signed bool) (*Layout, error) {
	own := make([]float64, 0, len(bounds)+1)
	for i, b := range bounds {
		b += 0 // −0 and 0 are the same bound
		switch {
		case math.IsNaN(b):
			return nil, &LayoutError{b, "is not a number"}
		case math.IsInf(b, -1):
			return nil, &LayoutError{b, "holds nothing"}
		case i > 0 && b == own[i-1]:
			return nil, &LayoutError{b, "occurs twice"}
		case i > 0 && b < own[i-1]:
			return nil, &LayoutError{b, "is out of order"}
		}
		own = append(own, b)
	}
	if n := len(own); n == 0 || !math.IsInf(own[n-1], 1) {
		own = append(own, math.Inf(1))
	}
	return &Layout{bounds: own, signed: signed || own[0] <= 0}, nil
}

// Len is the number of buckets, that of +Inf included: at least 1.
func (l *Layout) Len() int { return len(l.bounds) }

// Bound is the upper bound of bucket i.
func (l *Layout) Bound(i int) float64 { return l.bounds[i] }

// Floor is where the first bucket begins: 0 (which belongs to it) or −Inf.
func (l *Layout) Floor() float64 {
	if l.signed {
		return math.Inf(-1)
	}
	return 0
}

// Equal tells whether two layouts have the same bounds and floor.
func (l *Layout) Equal(o *Layout) bool { return l.compare(o) == 0 }

// compare orders layouts, so that the classes of a distribution have one order however they came together.
func (l *Layout) compare(o *Layout) int {
	if l == o {
		return 0
	}
	if c := cmp.Compare(len(l.bounds), len(o.bounds)); c != 0 {
		return c
	}
	if c := slices.Compare(l.bounds, o.bounds); c != 0 {
		return c
	}
	switch {
	case l.signed == o.signed:
		return 0
	case o.signed:
		return -1
	}
	return 1
}

// lastFinite is the greatest bound below +Inf, or −Inf if there is none.
func (l *Layout) lastFinite() float64 {
	if n := len(l.bounds); n > 1 {
		return l.bounds[n-2]
	}
	return math.Inf(-1)
}
