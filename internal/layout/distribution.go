package layout

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// Distribution is a multiset of observations known by the buckets they fell into: exact counts for each layout met.
// The zero value is empty, ready to use, and the identity of Merge.
//
// Adding and merging never reconcile layouts; questions do, and change nothing: order, grouping and sharding of what
// was added cannot show in an answer. Neither Add and Merge nor questions allocate once a Distribution has seen the
// layouts; Reset keeps its storage. Questions use storage of the Distribution, so that two of them must not be asked
// at once.
//
// A Distribution must not be copied by assignment while both copies are used.
type Distribution struct {
	classic []class // in layout order, each once, none empty
	native  []nativeClass
	sum     exact.Sum
	noSum   bool // a sum was missing or not finite

	index   *index // what questions need, made when the first is asked
	indexed bool
}

// class is the observations known by one layout.
type class struct {
	layout *Layout
	counts exact.Vector // cumulative, as long as the layout
}

// Reset empties d and keeps its storage.
func (d *Distribution) Reset() {
	d.classic = d.classic[:0]
	d.native = d.native[:0]
	d.sum.Reset()
	d.noSum, d.indexed = false, false
}

// Add adds the observations of a classic histogram: cumulative counts by the buckets of l, the last of them all, and
// their sum, NaN if it is not known. Counts that are no histogram are a [*CountError] and change nothing. Counts need
// not be integers. Add keeps l, and no reference to cumulative.
func (d *Distribution) Add(l *Layout, cumulative []float64, sum float64) error {
	if len(cumulative) != l.Len() {
		return &CountError{math.NaN(), float64(len(cumulative)), "is not the number of the layout's buckets"}
	}
	if err := checkCumulative(l, cumulative); err != nil {
		return err
	}
	d.addSum(sum)
	if cumulative[len(cumulative)-1] == 0 {
		return nil
	}
	c := d.class(l)
	c.counts.AddAll(cumulative)
	return nil
}

func (d *Distribution) addSum(sum float64) {
	if sum-sum != 0 { // NaN or infinite
		d.noSum = true
		return
	}
	d.sum.Add(sum)
}

// Merge adds what o holds to d and leaves o as it is. d.Merge(d) doubles d.
func (d *Distribution) Merge(o *Distribution) {
	for i := range o.classic {
		from := &o.classic[i]
		if i < len(d.classic) && d.classic[i].layout == from.layout { // the usual case: a fleet has one set of layouts
			d.classic[i].counts.Merge(&from.counts)
			continue
		}
		d.class(from.layout).counts.Merge(&from.counts)
	}
	for i := range o.native {
		from := &o.native[i]
		d.nativeClass(from.schema, from.zeroThreshold).merge(from)
	}
	d.sum.Merge(&o.sum)
	d.noSum = d.noSum || o.noSum
	d.indexed = false
}

// class returns the class of l, a new one if there is none yet.
func (d *Distribution) class(l *Layout) *class {
	d.indexed = false
	if len(d.classic) == 1 && d.classic[0].layout == l {
		return &d.classic[0]
	}
	i, found := slices.BinarySearchFunc(d.classic, l, func(c class, l *Layout) int { return c.layout.compare(l) })
	if !found {
		d.classic = insertReusing(d.classic, i)
		d.classic[i].reset(l)
	}
	return &d.classic[i]
}

// reset makes c empty, in storage that may be another layout's.
func (c *class) reset(l *Layout) {
	c.layout = l
	if c.counts.Len() != l.Len() {
		c.counts.Set(new(exact.Vector))
		c.counts.Grow(l.Len())
		return
	}
	c.counts.Reset()
}

// insertReusing makes room at i, and puts the storage that lies beyond the end of s there.
func insertReusing[T any](s []T, i int) []T {
	if len(s) == cap(s) {
		var zero T
		s = append(s, zero)
	} else {
		s = s[:len(s)+1]
	}
	spare := s[len(s)-1]
	copy(s[i+1:], s[i:])
	s[i] = spare
	return s
}

func (d *Distribution) empty() bool { return len(d.classic)+len(d.native) == 0 }

// Count is the number of observations, rounded once.
func (d *Distribution) Count() float64 {
	if d.empty() {
		return 0
	}
	if s, ok := d.single(); ok {
		return s.n()
	}
	return d.reconciled().n
}

// Sum is the sum of all observations, rounded once; none if a part of it is not known or not finite.
func (d *Distribution) Sum() (float64, bool) {
	sum := d.sum.Float64()
	return sum, !d.noSum && sum-sum == 0
}

// Mean is Sum/Count; none without observations or without their sum.
func (d *Distribution) Mean() (float64, bool) {
	sum, ok := d.Sum()
	n := d.Count()
	return sum / n, ok && n > 0 // 0/0 is not shown
}
