package layout

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// multiset is observations counted by the buckets they fell into: exact counts for each layout.
type multiset struct {
	classic []class // in layout order, each once
	native  []nativeClass
}

// class is the observations known by one layout.
type class struct {
	layout *Layout
	counts exact.Vector // cumulative, as long as the layout
}

func (m *multiset) empty() bool { return len(m.classic)+len(m.native) == 0 }

func (m *multiset) reset() { m.classic, m.native = m.classic[:0], m.native[:0] }

// set makes m a copy of o, in the storage m has.
func (m *multiset) set(o *multiset) {
	m.reset()
	for i := range o.classic {
		m.classic = insertReusing(m.classic, i)
		m.classic[i].layout = o.classic[i].layout
		m.classic[i].counts.Set(&o.classic[i].counts)
	}
	for i := range o.native {
		m.native = insertReusing(m.native, i)
		m.native[i].reset(o.native[i].schema, o.native[i].zeroThreshold)
		m.native[i].merge(&o.native[i])
	}
}

// merge adds o. m.merge(m) doubles m.
func (m *multiset) merge(o *multiset) {
	for i := range o.classic {
		from := &o.classic[i]
		if i < len(m.classic) && m.classic[i].layout == from.layout { // the usual case: a fleet has one set of layouts
			m.classic[i].counts.Merge(&from.counts)
			continue
		}
		m.class(from.layout).counts.Merge(&from.counts)
	}
	for i := range o.native {
		from := &o.native[i]
		m.nativeClass(from.schema, from.zeroThreshold).merge(from)
	}
}

// add adds cumulative counts.
func (m *multiset) add(l *Layout, counts []float64) {
	if counts[len(counts)-1] > 0 {
		m.class(l).counts.AddAll(counts)
	}
}

// addDiff adds what cumulative counts grew by from p to c, exactly.
func (m *multiset) addDiff(l *Layout, p, c []float64) {
	counts := &m.class(l).counts
	for i := range c {
		counts.AddDiff(i, c[i], p[i])
	}
}

// own returns the count of bucket i by itself.
func own(cumulative []float64, i int) float64 {
	if i == 0 {
		return cumulative[0]
	}
	return cumulative[i] - cumulative[i-1]
}

// addNative adds a native histogram.
func (m *multiset) addNative(n *Native, outside float64) {
	switch {
	case n.Count == 0:
	case n.Custom != nil:
		m.add(n.Custom, n.cumulative(outside))
	default:
		m.nativeClass(n.Schema, n.ZeroThreshold+0).add(n, outside)
	}
}

// class returns the class of l, which it makes if there is none.
func (m *multiset) class(l *Layout) *class {
	for i := range m.classic { // there are few, and nearly always the pointer tells
		if m.classic[i].layout == l {
			return &m.classic[i]
		}
	}
	i, found := slices.BinarySearchFunc(m.classic, l, func(c class, l *Layout) int { return c.layout.compare(l) })
	if !found {
		m.classic = insertReusing(m.classic, i)
		m.classic[i].reset(l)
	}
	return &m.classic[i]
}

// reset empties c, in storage that may be another layout's.
func (c *class) reset(l *Layout) {
	c.layout = l
	if c.counts.Len() != l.Len() {
		c.counts.Set(new(exact.Vector))
		c.counts.Grow(l.Len())
		return
	}
	c.counts.Reset()
}

// appendTo appends the cells of a class to x.
func (c *class) appendTo(x *envelope) {
	first := len(x.cells)
	x.classic = true
	x.lastFinite = max(x.lastFinite, c.layout.lastFinite())
	at := cell{lower: math.Inf(-1), shape: unbounded}
	if !c.layout.signed {
		at.lower, at.shape = before(0), floored
	}
	x.cells = slices.Grow(x.cells, len(c.layout.bounds))
	counts, plain := c.counts.Integers()
	for i, upper := range c.layout.bounds {
		if at.upper = upper; plain {
			at.after = float64(counts[i])
		} else {
			at.after = c.counts.Float64(i)
		}
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

// nativeClass returns the class of a schema and a zero threshold, which it makes if there is none.
func (m *multiset) nativeClass(schema int32, zeroThreshold float64) *nativeClass {
	i, found := slices.BinarySearchFunc(m.native, zeroThreshold, func(c nativeClass, z float64) int {
		switch {
		case c.schema != schema:
			return int(c.schema) - int(schema)
		case c.zeroThreshold < z:
			return -1
		case c.zeroThreshold > z:
			return 1
		}
		return 0
	})
	if !found {
		m.native = insertReusing(m.native, i)
		m.native[i].reset(schema, zeroThreshold)
	}
	return &m.native[i]
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
