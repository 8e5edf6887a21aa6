package layout

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Layout is an immutable set of classic bucket bounds: ascending upper bounds, the last of them +Inf. Bucket i holds
// the observations in (Bound(i−1), Bound(i)].
//
// The first bucket begins at the floor. It is 0 if the values are declared non-negative and every bound is positive,
// else −Inf.
type Layout struct {
	bounds []float64
	signed bool // the floor is −Inf
}

// NewLayout returns the layout of upper bounds in ascending order; it appends +Inf if that is missing. It declares the
// values non-negative if every bound is positive, which is true of durations and sizes; [Set.Of] can do without. It
// returns an error for a bound that is NaN, −Inf, repeated or out of order.
func NewLayout(bounds []float64) (*Layout, error) { return newLayout(bounds, false) }

func newLayout(bounds []float64, signed bool) (*Layout, error) {
	own := make([]float64, 0, len(bounds)+1)
	for i, b := range bounds {
		b += 0 // −0 and 0 are the same bound
		switch {
		case math.IsNaN(b):
			return nil, fmt.Errorf("bucket bound %v is not a number", b)
		case math.IsInf(b, -1):
			return nil, fmt.Errorf("bucket bound %v holds nothing", b)
		case i > 0 && b == own[i-1]:
			return nil, fmt.Errorf("bucket bound %v occurs twice", b)
		case i > 0 && b < own[i-1]:
			return nil, fmt.Errorf("bucket bound %v is out of order", b)
		}
		own = append(own, b)
	}
	if n := len(own); n == 0 || !math.IsInf(own[n-1], 1) {
		own = append(own, math.Inf(1))
	}
	return &Layout{bounds: own, signed: signed || own[0] <= 0}, nil
}

// anywhere returns the layout of one bucket: nothing is known of what is in it.
func anywhere(signed bool) *Layout {
	if signed {
		return anySigned
	}
	return anyCount
}

var (
	anyCount  = &Layout{bounds: []float64{math.Inf(1)}}
	anySigned = &Layout{bounds: []float64{math.Inf(1)}, signed: true}
)

// ParseBound returns the value of an le label. Bounds are numbers: "1", "1.0" and "1e0" are one bound. It returns an
// error for anything else, such as NaN or the value of a vmrange label, which is a range and not a bound.
func ParseBound(le string) (float64, error) {
	b, err := strconv.ParseFloat(le, 64)
	if err != nil || math.IsNaN(b) {
		return 0, fmt.Errorf("bucket bound %q is not a number", le)
	}
	return b + 0, nil
}

// Len returns the number of buckets, the one up to +Inf included: at least 1.
func (l *Layout) Len() int { return len(l.bounds) }

// Bound returns the upper bound of bucket i.
func (l *Layout) Bound(i int) float64 { return l.bounds[i] }

// Bounds returns a copy of all upper bounds.
func (l *Layout) Bounds() []float64 { return slices.Clone(l.bounds) }

// Negative returns l with a first bucket that begins at −Inf.
func (l *Layout) Negative() *Layout {
	if l.signed {
		return l
	}
	return &Layout{bounds: l.bounds, signed: true}
}

// Floor returns where the first bucket begins: 0, which belongs to it, or −Inf.
func (l *Layout) Floor() float64 {
	if l.signed {
		return math.Inf(-1)
	}
	return 0
}

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

// lastFinite returns the greatest bound below +Inf, or −Inf if there is none.
func (l *Layout) lastFinite() float64 {
	if n := len(l.bounds); n > 1 {
		return l.bounds[n-2]
	}
	return math.Inf(-1)
}

// bucket returns the bucket that holds x. NaN is in the last one, as in every client.
func (l *Layout) bucket(x float64) int {
	if math.IsNaN(x) {
		return len(l.bounds) - 1
	}
	i, _ := slices.BinarySearch(l.bounds, x)
	return i
}

// Common returns the layout of the bounds that a and b both have; +Inf is always one.
func Common(a, b *Layout) *Layout {
	if a == b {
		return a
	}
	both := slices.DeleteFunc(a.Bounds(), func(x float64) bool {
		_, found := slices.BinarySearch(b.bounds, x)
		return !found
	})
	return &Layout{bounds: both, signed: a.signed || b.signed}
}

// At appends to dst the cumulative counts of l at the bounds of o, all of which l has.
func (l *Layout) At(dst []float64, o *Layout, counts []float64) []float64 {
	for _, b := range o.bounds {
		i, _ := slices.BinarySearch(l.bounds, b)
		dst = append(dst, counts[i])
	}
	return dst
}

// maxCount is more than anybody observes and leaves room for adding up.
const maxCount = 1e100

// Check returns an error unless counts are cumulative, one for each bucket.
func (l *Layout) Check(counts []float64) error {
	if len(counts) != len(l.bounds) {
		return fmt.Errorf("%d counts for %d buckets", len(counts), len(l.bounds))
	}
	i := invalidCount(counts)
	switch {
	case i < 0:
		return nil
	case i > 0 && counts[i] < counts[i-1]:
		return fmt.Errorf("count %v of bucket %v is less than the count %v of bucket %v", counts[i], l.bounds[i], counts[i-1], l.bounds[i-1])
	}
	return fmt.Errorf("count %v of bucket %v is not a number of observations", counts[i], l.bounds[i])
}

var errNotBetween = errors.New("the count of a bucket is not between its bounds")

// checkRoom returns an error unless both are cumulative counts and no bucket has more in least than in most, but for
// rounding.
func (l *Layout) checkRoom(least, most []float64) error {
	for _, counts := range [...][]float64{least, most} {
		if err := l.Check(counts); err != nil {
			return err
		}
	}
	for i := range most {
		if own(least, i)-own(most, i) > 1e-9*most[len(most)-1] {
			return errNotBetween
		}
	}
	return nil
}

// checkNumbers returns an error unless c has a number for each bucket, the last of them not less than that of p.
func (l *Layout) checkNumbers(p, c []float64) error {
	if len(c) != len(l.bounds) {
		return fmt.Errorf("%d counts for %d buckets", len(c), len(l.bounds))
	}
	for i, x := range c {
		if !(math.Abs(x) <= maxCount) {
			return fmt.Errorf("count %v of bucket %v is not a number of observations", x, l.bounds[i])
		}
	}
	if n := len(c) - 1; c[n] < p[n] {
		return fmt.Errorf("count %v of bucket %v fell from %v", c[n], l.bounds[n], p[n])
	}
	return nil
}

// invalidCount returns the index of the first count that cannot be cumulative, −1 if there is none.
func invalidCount(counts []float64) int {
	before := 0.0
	for i, c := range counts {
		if !(c >= before) {
			return i
		}
		before = c
	}
	if before <= maxCount {
		return -1
	}
	return slices.IndexFunc(counts, func(c float64) bool { return c > maxCount })
}
