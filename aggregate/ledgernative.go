package aggregate

import (
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
)

// take adds what a row, whose column begins at first, has by native buckets.
func (r *retired) take(from *exact.Vector, first int, p *places) {
	if r.places == nil {
		r.places = &places{}
	}
	next := gridHead + r.places.len()
	marks := func(list []bucketPlace) []layout.Bucket {
		var all []layout.Bucket
		for _, x := range list {
			all = append(all, layout.Bucket{Index: x.index, Count: 1})
		}
		return all
	}
	negative, positive := marks(p.negative), marks(p.positive)
	r.places = &places{with(r.places.negative, negative, &next), with(r.places.positive, positive, &next)}
	r.counts.Grow(next)
	var x exact.Sum
	move := func(to, at int) {
		x.Reset()
		from.SumDiff(&x, at, nil)
		r.counts.AddSum(to, &x)
	}
	for i := range gridHead {
		move(i, first+i)
	}
	for _, side := range []struct {
		to, from []bucketPlace
		marks    []layout.Bucket
	}{{r.places.negative, p.negative, negative}, {r.places.positive, p.positive, positive}} {
		i := 0
		eachPlace(side.to, side.marks, func(_ layout.Bucket, at int32) {
			move(int(at), int(side.from[i].at))
			i++
		})
	}
}

// count is where in counts that of all observations stands.
func (r *retired) count() int {
	if r.grid != nil {
		return 0
	}
	return r.counts.Len() - 1
}

// cell is where in counts one stands, as of a column.
func (r *retired) cell(i int) int {
	if r.places != nil && i >= gridHead {
		return int(r.places.at(i - gridHead))
	}
	return i
}

// natives are the observations that are known by native buckets; nil if none
// can be.
func (s *settlement) natives() *layout.Distribution {
	var d *layout.Distribution
	for i := range s.classes {
		c := &s.classes[i]
		if c.grid == nil {
			continue
		}
		if d == nil {
			d = &layout.Distribution{}
		}
		n := c.places.native(c.grid, 0, c.counts.Float64)
		_ = d.AddNative(n) // cannot fail: these are sums of steps
	}
	return d
}

// native are all observations by native buckets; nil if some are known by
// others.
func (s *settlement) native() *layout.Native {
	if slices.ContainsFunc(s.classes, func(c retired) bool { return c.layout != nil }) {
		return nil
	}
	d := s.natives()
	if d == nil {
		return nil
	}
	n, ok := d.Native()
	if !ok { // nothing was observed yet
		for i := range s.classes {
			if g := s.classes[i].grid; g != nil && (i == 0 || g.schema < n.Schema) {
				n.Schema, n.ZeroThreshold = g.schema, g.zero
			}
		}
	}
	return &n
}

// showNative gives buckets none of which is less than what was shown before.
func (a *account) showNative(n *layout.Native) *layout.Native {
	if n == nil {
		return nil
	}
	for _, before := range a.natives {
		n = n.NotBelow(before)
	}
	a.natives = []*layout.Native{n}
	return n
}

// rememberNatives makes what either showed the least that is shown. Those of
// different buckets are kept apart until then, so that no order of merging
// shows.
func (a *account) rememberNatives(b *account) {
	for _, n := range b.natives {
		i, found := slices.BinarySearchFunc(a.natives, n, func(x, y *layout.Native) int {
			g, h := gridOf(x), gridOf(y)
			return compareGrids(&g, &h)
		})
		if found {
			a.natives[i] = a.natives[i].NotBelow(n)
		} else {
			a.natives = slices.Insert(slices.Clone(a.natives), i, n)
		}
	}
}
