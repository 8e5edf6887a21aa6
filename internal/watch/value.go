package watch

import (
	"cmp"
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
)

// Value is what was counted: of a counter its total, of a histogram the number
// of observations, with their sum and buckets. A Value that was handed over is
// never written to again.
type Value struct {
	Count     exact.Sum
	Histogram *Histogram // nil: a counter, or a total of nothing
}

// Histogram refines a count.
type Histogram struct {
	Sum   exact.Sum
	NoSum bool // the sum is not known
	// Parts have no observation in common. What they do not hold of the count
	// lies in buckets that are not known. They are sorted by class, each once.
	Parts []Part
}

// Part is the observations that are known by the buckets of one class.
type Part struct {
	Class  Class
	Count  exact.Sum    // of all observations in the part
	Places []int64      // of exponential buckets, ascending; nil for classic ones
	Counts exact.Vector // by Places; of classic buckets cumulative, by the layout's bounds
}

// Class is a layout of classic buckets, or a resolution of exponential ones.
type Class struct {
	Layout *layout.Layout // nil: exponential
	Schema int32
	Zero   float64 // threshold of the zero bucket
}

// ZeroPlace is the place of the zero bucket.
const ZeroPlace int64 = 0

// PositivePlace returns the place of a bucket above zero.
func PositivePlace(index int32) int64 { return 1<<33 + int64(index) }

// NegativePlace returns the place of a bucket below zero.
func NegativePlace(index int32) int64 { return -1<<33 - int64(index) }

// IndexOf returns the index of the bucket at a place, and whether it is above
// zero.
func IndexOf(place int64) (index int32, positive bool) {
	if place > 0 {
		return int32(place - 1<<33), true
	}
	return int32(-1<<33 - place), false
}

// compare orders classes, exponential ones first.
func (c *Class) compare(o *Class) int {
	if c.Layout == nil || o.Layout == nil {
		return cmp.Or(compareBool(c.Layout != nil, o.Layout != nil), cmp.Compare(c.Schema, o.Schema), cmp.Compare(c.Zero, o.Zero))
	}
	return compareLayouts(c.Layout, o.Layout)
}

func compareLayouts(a, b *layout.Layout) int {
	if a == b {
		return 0
	}
	for i := range min(a.Len(), b.Len()) {
		if c := cmp.Compare(a.Bound(i), b.Bound(i)); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(a.Len(), b.Len()), cmp.Compare(a.Floor(), b.Floor()))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// compare is a total order of values; the count comes first.
func (v *Value) compare(o *Value) int {
	if c := v.Count.Cmp(&o.Count); c != 0 || v.Histogram == o.Histogram {
		return c
	}
	if v.Histogram == nil || o.Histogram == nil {
		return compareBool(v.Histogram != nil, o.Histogram != nil)
	}
	a, b := v.Histogram, o.Histogram
	if c := cmp.Or(a.Sum.Cmp(&b.Sum), compareBool(a.NoSum, b.NoSum)); c != 0 {
		return c
	}
	return slices.CompareFunc(a.Parts, b.Parts, func(p, q Part) int { return p.compare(&q) })
}

func (p *Part) compare(q *Part) int {
	if c := cmp.Or(p.Class.compare(&q.Class), p.Count.Cmp(&q.Count), slices.Compare(p.Places, q.Places)); c != 0 {
		return c
	}
	var x, y exact.Sum
	for i := range min(p.Counts.Len(), q.Counts.Len()) {
		p.cell(&x, i)
		q.cell(&y, i)
		if c := x.Cmp(&y); c != 0 {
			return c
		}
	}
	return cmp.Compare(p.Counts.Len(), q.Counts.Len())
}

func (p *Part) cell(x *exact.Sum, i int) {
	x.Reset()
	p.Counts.SumDiff(x, i, nil)
}

// within reports whether v is nowhere more than o: neither in the count nor in
// the count of any class, in a classic bucket or in a sum that cannot fall. It is
// a partial order; ties go by compare.
func (v *Value) within(o *Value) bool {
	c := v.Count.Cmp(&o.Count)
	if v.Histogram == o.Histogram || c > 0 {
		return c <= 0
	}
	less := c < 0
	switch c := v.rising().compare(o.rising()); {
	case c > 0:
		return false
	case c < 0:
		less = true
	}
	a, b := v.parts(), o.parts()
	for len(a) > 0 || len(b) > 0 {
		switch c := compareFirst(a, b); {
		case c < 0:
			if a[0].Count.Sign() > 0 {
				return false
			}
			a = a[1:]
		case c > 0:
			less, b = less || b[0].Count.Sign() > 0, b[1:]
		default:
			below, above := a[0].order(&b[0])
			if above && !below || !above && !below {
				return false
			}
			less, a, b = less || !above, a[1:], b[1:]
		}
	}
	return less || v.compare(o) <= 0
}

// order reports whether p has nowhere more than q, and nowhere less.
func (p *Part) order(q *Part) (below, above bool) {
	c := p.Count.Cmp(&q.Count)
	below, above = c <= 0, c >= 0
	if p.Class.Layout == nil {
		return below, above
	}
	var x, y exact.Sum
	for i := 0; i < p.Counts.Len()-1 && (below || above); i++ {
		p.cell(&x, i)
		q.cell(&y, i)
		c := x.Cmp(&y)
		below, above = below && c <= 0, above && c >= 0
	}
	return below, above
}

// rising returns the sum, if no observation can be negative; else nil.
func (v *Value) rising() *sumOf {
	if len(v.parts()) == 0 || v.Histogram.NoSum || slices.ContainsFunc(v.Histogram.Parts, func(p Part) bool { return !p.Class.positive() }) {
		return nil
	}
	return (*sumOf)(&v.Histogram.Sum)
}

// sumOf is a sum, or nil where it is not known, which is less than any.
type sumOf exact.Sum

func (s *sumOf) compare(o *sumOf) int {
	if s == nil || o == nil {
		return compareBool(s != nil, o != nil)
	}
	return (*exact.Sum)(s).Cmp((*exact.Sum)(o))
}

// positive reports whether the class is of classic buckets that hold nothing
// below zero.
func (c *Class) positive() bool { return c.Layout != nil && c.Layout.Floor() == 0 }

func (v *Value) parts() []Part {
	if v.Histogram == nil {
		return nil
	}
	return v.Histogram.Parts
}

// compareFirst compares the classes of the first parts; an empty list is last.
func compareFirst(a, b []Part) int {
	if len(a) == 0 || len(b) == 0 {
		return compareBool(len(a) == 0, len(b) == 0)
	}
	return a[0].Class.compare(&b[0].Class)
}

// partsMinus returns what a has more than b. There is no such thing unless a
// has every class in which b has something, and in every bucket as much. Classic
// bounds stay known where nothing is left; so does a resolution, if there are none.
func partsMinus(a, b []Part) (diff []Part, ok bool) {
	if len(b) == 0 {
		return a, true
	}
	var none []Part
	for i := range a {
		for len(b) > 0 && b[0].Class.compare(&a[i].Class) < 0 && b[0].Count.Sign() == 0 {
			b = b[1:]
		}
		p, ok := a[i], true
		if len(b) > 0 && p.Class.compare(&b[0].Class) == 0 {
			if p, ok = p.minus(&b[0]); !ok {
				return nil, false
			}
			b = b[1:]
		}
		if p.Count.Sign() > 0 || p.Class.Layout != nil {
			diff = append(diff, p)
		} else {
			none = append(none, Part{Class: p.Class})
		}
	}
	for len(b) > 0 && b[0].Count.Sign() == 0 {
		b = b[1:]
	}
	if diff == nil {
		diff = none
	}
	return diff, len(b) == 0
}

func (p *Part) minus(q *Part) (d Part, ok bool) {
	d = Part{Class: p.Class, Places: p.Places}
	d.Count.Set(&p.Count)
	d.Count.Sub(&q.Count)
	d.Counts.Set(&p.Counts)
	var none exact.Vector
	var x exact.Sum
	for j := range q.Counts.Len() {
		i, ok := j, true
		if p.Class.Layout == nil {
			i, ok = slices.BinarySearch(p.Places, q.Places[j])
		}
		if !ok {
			return d, false
		}
		x.Reset()
		none.SumDiff(&x, j, &q.Counts)
		d.Counts.AddSum(i, &x)
		if d.cell(&x, i); x.Sign() < 0 {
			return d, false
		}
	}
	return d, d.Count.Sign() >= 0
}

// refined returns how much of a count its parts hold.
func refined(parts []Part) (n exact.Sum) {
	for i := range parts {
		n.Merge(&parts[i].Count)
	}
	return n
}

// plain reports whether s is a number that is not negative.
func plain(s *exact.Sum) bool { return finite(s) && s.Sign() >= 0 }

func finite(s *exact.Sum) bool {
	if _, ok := s.Int64(); ok {
		return true
	}
	x := s.Float64()
	return !math.IsNaN(x) && !math.IsInf(x, 0)
}

// proper reports whether v is well formed.
func (v *Value) proper() bool {
	if !plain(&v.Count) || v.Histogram == nil {
		return plain(&v.Count)
	}
	n := refined(v.Histogram.Parts)
	if !finite(&v.Histogram.Sum) || n.Cmp(&v.Count) > 0 {
		return false
	}
	for i := range v.Histogram.Parts {
		p := &v.Histogram.Parts[i]
		if i > 0 && v.Histogram.Parts[i-1].Class.compare(&p.Class) >= 0 || !p.proper() {
			return false
		}
	}
	return true
}

func (p *Part) proper() bool {
	c := &p.Class
	if c.Layout != nil {
		if c.Schema != 0 || c.Zero != 0 || p.Places != nil || p.Counts.Len() != c.Layout.Len() {
			return false
		}
	} else if !(c.Zero >= 0) || math.IsInf(c.Zero, 0) || math.Signbit(c.Zero) || len(p.Places) != p.Counts.Len() {
		return false
	}
	var x exact.Sum
	for i := range p.Counts.Len() {
		if p.cell(&x, i); !finite(&x) || i > 0 && p.Places != nil && p.Places[i-1] >= p.Places[i] {
			return false
		}
	}
	return plain(&p.Count)
}
