package layout

import (
	"math"
	"slices"
	"sort"

	"github.com/promfold/promfold"
)

// banded is a distribution of which one classic layout knows the counts and their bounds, all of them integers, and how
// many observations there may be besides, anywhere: what fleets ask for most. Its quantiles need no model, either.
type banded struct {
	single
	lo, hi []int64 // cumulative, at least and at most
	more   float64 // besides hi; it may be +Inf
}

// bandedOf returns d as banded; false if it is not, or if there can be no observations.
func bandedOf(d *Distribution) (b banded, ok bool) {
	if !d.loose || d.torn || len(d.summaries) > 0 || !d.value.classicAlone(1) || !d.hi.classicAlone(2) || d.doubted && !d.lo.classicAlone(1) {
		return b, false
	}
	b.layout = d.value.classic[0].layout
	b.counts, ok = d.value.whole(b.layout)
	if b.lo = b.counts; d.doubted && ok {
		b.lo, ok = d.lo.whole(b.layout)
	}
	if ok {
		b.hi, ok = d.hi.whole(b.layout)
	}
	if !ok || b.layout.Len() == 1 {
		return b, false
	}
	for i := range d.hi.classic {
		c := &d.hi.classic[i]
		if c.layout == b.layout {
			continue
		}
		if c.layout.Len() > 1 || c.layout.signed != b.layout.signed {
			return b, false
		}
		b.more = c.counts.Float64(0)
	}
	return b, (isInteger(b.more) || math.IsInf(b.more, 1)) && float64(b.hi[len(b.hi)-1])+b.more > 0
}

// classicAlone reports whether m has some classes, at most so many, and none of them is native.
func (m *multiset) classicAlone(most int) bool {
	return len(m.native) == 0 && len(m.classic) > 0 && len(m.classic) <= most
}

// whole returns the counts of a layout; false unless they are integers, small ones, and cumulative.
func (m *multiset) whole(l *Layout) ([]int64, bool) {
	for i := range m.classic {
		if c := &m.classic[i]; c.layout == l {
			counts, ok := c.counts.Integers()
			return counts, ok && counts[0] >= 0 && slices.IsSorted(counts) && counts[len(counts)-1] <= maxInteger
		}
	}
	return nil, false
}

// quantile returns what model.quantile does; false at last if only that can tell.
func (b *banded) quantile(l level) (e promfold.Estimate, ok, known bool) {
	e, ok = b.single.quantile(l)
	if e.Lo, e.Hi, known = b.bounds(l); known {
		e.Value = clamp(e.Value, e.Lo, e.Hi)
	}
	return e, ok, known
}

// bounds returns what model.bounds does, for the same reasons: see model.ends. Only a bucket that may hold something has
// ends.
func (b *banded) bounds(l level) (lo, hi float64, known bool) {
	last := len(b.hi) - 1
	lower := sort.Search(last, func(i int) bool { return l.reached(float64(b.hi[i])+b.more, float64(b.lo[last]-b.lo[i])) })
	for lower < last && !b.fills(lower) && (lower > 0 || b.more == 0) {
		lower++
	}
	upper := sort.Search(last, func(i int) bool {
		beyond := float64(b.hi[last]-b.hi[i]) + b.more
		return beyond == 0 || l.reached(float64(b.lo[i]), beyond)
	})
	for upper < last && !b.fills(upper) {
		upper++
	}
	if !b.fills(lower) && (lower > 0 || b.more == 0) || !b.fills(upper) && b.more == 0 || !l.reached(float64(b.hi[lower])+b.more, float64(b.lo[last]-b.lo[lower])) {
		return 0, 0, false
	}
	if lo = b.layout.Floor(); lower > 0 {
		lo = b.layout.bounds[lower-1]
	}
	return lo, b.layout.bounds[upper], true
}

// fills reports whether bucket i may hold observations that are counted in hi.
func (b *banded) fills(i int) bool { return i == 0 && b.hi[0] > 0 || i > 0 && b.hi[i] > b.hi[i-1] }
