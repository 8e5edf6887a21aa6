package aggregate

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/window"
)

// record is what a process counted in a group. What it refers to never changes.
type record struct {
	labels labels.Labels
	grown  *window.Class // the most that one watcher saw
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
	value *window.Class
}

// useful are the points of which no other one is as good: earlier, when sign is
// 1, and less; later and more, when it is −1. They stand in a total order.
func useful(sign int, a, b []point) []point {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(p, q point) int {
		return sign * cmp.Or(cmp.Compare(p.at, q.at), compare(p.value, q.value))
	})
	var list []point
	for _, p := range all {
		if !slices.ContainsFunc(list, func(q point) bool { return within(q.value, p.value, sign) }) {
			list = append(list, p)
		}
	}
	return list
}

// each calls do with the order of each count, and of the sums.
func each(r, o *window.Class, do func(order int) (more bool)) {
	var x, y exact.Sum
	for i := max(r.Counts.Len(), o.Counts.Len()) - 1; i >= 0; i-- {
		x.Reset()
		y.Reset()
		r.Counts.SumDiff(&x, i, nil)
		o.Counts.SumDiff(&y, i, nil)
		if !do(x.Cmp(&y)) {
			return
		}
	}
	if do(r.Sum.Cmp(&o.Sum)) {
		do(compareBool(r.NoSum, o.NoSum))
	}
}

// compare is a total order.
func compare(r, o *window.Class) (order int) {
	if r.Grid != nil {
		return r.CompareNative(o)
	}
	if r != o {
		each(r, o, func(c int) bool { order = c; return c == 0 })
	}
	return order
}

// within: nothing of r is greater than in o; or less, when sign is −1.
func within(r, o *window.Class, sign int) bool {
	if r.Grid != nil {
		return sign*r.CompareNative(o) <= 0
	}
	ok := true
	if r != o {
		each(r, o, func(c int) bool { ok = sign*c <= 0; return ok })
	}
	return ok
}

// greater is the greater of both in each bucket, which is at most the truth as
// both are. It is monotone in le, as both are.
func greater(a, b *window.Class) *window.Class {
	switch {
	case a == nil || a == b:
		return b
	case b == nil:
		return a
	}
	switch {
	case within(b, a, 1):
		return a
	case within(a, b, 1):
		return b
	}
	n := max(a.Counts.Len(), b.Counts.Len())
	g := &window.Class{Layout: a.Layout, NoSum: a.NoSum || b.NoSum}
	g.Counts.Grow(n)
	var x, y exact.Sum
	for i := range n {
		x.Reset()
		y.Reset()
		a.Counts.SumDiff(&x, i, nil)
		b.Counts.SumDiff(&y, i, nil)
		if x.Cmp(&y) < 0 {
			x.Set(&y)
		}
		g.Counts.AddSum(i, &x)
	}
	g.Sum.Set(&a.Sum)
	if a.Sum.Cmp(&b.Sum) < 0 {
		g.Sum.Set(&b.Sum)
	}
	return g
}

// minus is the difference.
func minus(r, o *window.Class) *window.Class {
	d := &window.Class{Layout: r.Layout, NoSum: r.NoSum || o.NoSum}
	d.Counts.Grow(r.Counts.Len())
	var x exact.Sum
	for i := range r.Counts.Len() {
		x.Reset()
		r.Counts.SumDiff(&x, i, &o.Counts)
		d.Counts.AddSum(i, &x)
	}
	d.Sum.Set(&r.Sum)
	d.Sum.Sub(&o.Sum)
	return d
}

func plus(r, o *window.Class) *window.Class {
	s := &window.Class{Layout: r.Layout, Grid: r.Grid}
	s.Merge(r)
	s.Merge(o)
	return s
}

func (r *record) join(o *record) *record {
	return &record{labels: r.labels, grown: greater(r.grown, o.grown), met: useful(1, r.met, o.met), left: useful(-1, r.left, o.left)}
}

// value is how much it grew, at least.
func (r *record) value() *window.Class {
	v := r.grown
	for _, p := range r.met {
		for _, q := range r.left {
			if p.at <= q.at {
				v = greater(v, minus(q.value, p.value))
			}
		}
	}
	return v
}
