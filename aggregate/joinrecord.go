package aggregate

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
)

// record is what a process counted in a group. What it refers to never changes.
type record struct {
	labels labels.Labels
	grown  *retired // the most that one watcher saw
	// Where watchers met it, and where they left it: what it had when it was met,
	// as far as that is not growth, and that with the growth they saw since. The
	// one less the other, of watchers that met it in this order, is growth, too,
	// whatever was reset between. Only those are kept that are of use: met
	// earlier than others or at less, or left higher than others that met it as
	// late. That is nearly always one.
	met, left []point
}

// point of a watcher that met a process at a time.
type point struct {
	at    int64
	value *retired
}

// useful are the points of which no other one is as good: earlier, when sign is
// 1, and less; later and more, when it is −1. They stand in a total order.
func useful(sign int, a, b []point) []point {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(p, q point) int {
		return sign * cmp.Or(cmp.Compare(p.at, q.at), p.value.compare(q.value))
	})
	var list []point
	for _, p := range all {
		if !slices.ContainsFunc(list, func(q point) bool { return q.value.within(p.value, sign) }) {
			list = append(list, p)
		}
	}
	return list
}

// each calls do with the order of each count, and of the sums.
func (r *retired) each(o *retired, do func(order int) (more bool)) {
	var x, y exact.Sum
	for i := max(r.counts.Len(), o.counts.Len()) - 1; i >= 0; i-- {
		x.Reset()
		y.Reset()
		r.counts.SumDiff(&x, i, nil)
		o.counts.SumDiff(&y, i, nil)
		if !do(x.Cmp(&y)) {
			return
		}
	}
	if do(r.sum.Cmp(&o.sum)) {
		do(compareBool(r.noSum, o.noSum))
	}
}

// compare is a total order.
func (r *retired) compare(o *retired) (order int) {
	if r.grid != nil {
		return r.compareNative(o)
	}
	if r != o {
		r.each(o, func(c int) bool { order = c; return c == 0 })
	}
	return order
}

// compareNative orders native buckets by how many observations there are, then
// anyhow: of two watchers' buckets those of the one who saw more stand.
func (r *retired) compareNative(o *retired) int {
	var x, y exact.Sum
	cell := func(i int) int {
		x.Reset()
		y.Reset()
		r.counts.SumDiff(&x, r.cell(i), nil)
		o.counts.SumDiff(&y, o.cell(i), nil)
		return x.Cmp(&y)
	}
	if c := cmp.Or(cell(0), cell(1)); c != 0 || r == o || r.places == nil || o.places == nil {
		return c
	}
	if c := cmp.Compare(r.places.len(), o.places.len()); c != 0 {
		return c
	}
	index := func(p, q bucketPlace) int { return cmp.Compare(p.index, q.index) }
	if c := cmp.Or(slices.CompareFunc(r.places.negative, o.places.negative, index),
		slices.CompareFunc(r.places.positive, o.places.positive, index)); c != 0 {
		return c
	}
	for i := range r.places.len() {
		if c := cell(gridHead + i); c != 0 {
			return c
		}
	}
	return cmp.Or(r.sum.Cmp(&o.sum), compareBool(r.noSum, o.noSum))
}

// within: nothing of r is greater than in o; or less, when sign is −1.
func (r *retired) within(o *retired, sign int) bool {
	if r.grid != nil {
		return sign*r.compareNative(o) <= 0
	}
	ok := true
	if r != o {
		r.each(o, func(c int) bool { ok = sign*c <= 0; return ok })
	}
	return ok
}

// greater is the greater of both in each bucket, which is at most the truth as
// both are. It is monotone in le, as both are.
func greater(a, b *retired) *retired {
	switch {
	case a == nil || a == b:
		return b
	case b == nil:
		return a
	}
	switch {
	case b.within(a, 1):
		return a
	case a.within(b, 1):
		return b
	}
	n := max(a.counts.Len(), b.counts.Len())
	g := &retired{layout: a.layout, noSum: a.noSum || b.noSum}
	g.counts.Grow(n)
	var x, y exact.Sum
	for i := range n {
		x.Reset()
		y.Reset()
		a.counts.SumDiff(&x, i, nil)
		b.counts.SumDiff(&y, i, nil)
		if x.Cmp(&y) < 0 {
			x.Set(&y)
		}
		g.counts.AddSum(i, &x)
	}
	g.sum.Set(&a.sum)
	if a.sum.Cmp(&b.sum) < 0 {
		g.sum.Set(&b.sum)
	}
	return g
}

// minus is the difference.
func (r *retired) minus(o *retired) *retired {
	d := &retired{layout: r.layout, noSum: r.noSum || o.noSum}
	d.counts.Grow(r.counts.Len())
	var x exact.Sum
	for i := range r.counts.Len() {
		x.Reset()
		r.counts.SumDiff(&x, i, &o.counts)
		d.counts.AddSum(i, &x)
	}
	d.sum.Set(&r.sum)
	d.sum.Sub(&o.sum)
	return d
}

func (r *retired) plus(o *retired) *retired {
	s := &retired{layout: r.layout, grid: r.grid}
	s.merge(r)
	s.merge(o)
	return s
}

func (r *record) join(o *record) *record {
	return &record{labels: r.labels, grown: greater(r.grown, o.grown), met: useful(1, r.met, o.met), left: useful(-1, r.left, o.left)}
}

// value is how much it grew, at least.
func (r *record) value() *retired {
	v := r.grown
	for _, p := range r.met {
		for _, q := range r.left {
			if p.at <= q.at {
				v = greater(v, q.value.minus(p.value))
			}
		}
	}
	return v
}
