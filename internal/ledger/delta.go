package ledger

import (
	"cmp"
	"math"
	"slices"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/window"
)

// given is what of a total was given out as deltas. Of a counter it is the count
// to +Inf.
type given struct {
	bounds, counts []float64
	sum            float64
	native         *layout.Native // nil if the latest delta had no native buckets
}

// GiveOut notes that growth is given out until now, Unix ms, and returns since
// when it is: 0 if none was before.
func (l *Ledger) GiveOut(now int64) (since int64) {
	since = min(l.given, now)
	l.given = max(l.given, now)
	return since
}

// Delta gives out what of a total was not given out before; h is nil for a
// counter, and else what Histogram just returned. A bound that is new to the total
// is in the delta after the next one, and so are native buckets. It returns 0 and
// nil if nothing is new.
func (a *Account) Delta(total float64, h *histogram.Histogram) (float64, *histogram.Histogram) {
	if h == nil {
		return a.given.cumulative([]float64{math.Inf(1)}, []float64{total})[0], nil
	}
	d := a.histogramDelta(h)
	if d.Count == 0 && (d.Sum == 0 || math.IsNaN(d.Sum)) {
		return 0, nil
	}
	return d.Count, d
}

func (a *Account) histogramDelta(total *histogram.Histogram) *histogram.Histogram {
	g := &a.given
	known := slices.Clone(g.bounds)
	first := known == nil
	grown := g.cumulative(total.Bounds, total.Counts)
	d := &histogram.Histogram{Sum: total.Sum - g.sum, Count: grown[len(grown)-1]}
	if !math.IsNaN(total.Sum) {
		g.sum = total.Sum
	}
	for i, b := range total.Bounds {
		if _, ok := slices.BinarySearch(known, b); ok || first {
			d.Bounds, d.Counts = append(d.Bounds, b), append(d.Counts, grown[i])
		}
	}
	before := g.native
	if g.native = nil; total.Exponential {
		g.native = a.natives[0]
		switch {
		case first:
			exponential(d, g.native)
		case before != nil:
			exponential(d, g.native.Minus(before))
		}
	}
	return d
}

// cumulative gives out what cumulative counts grew by: none of it is above that of
// the next bound. What is up to a new bound counts as given out.
func (g *given) cumulative(bounds, counts []float64) []float64 {
	grown, now, limit := make([]float64, len(bounds)), slices.Clone(counts), math.Inf(1)
	for i, b := range slices.Backward(bounds) {
		before := 0.0
		if j, known := slices.BinarySearch(g.bounds, b); known {
			before = g.counts[j]
		} else if g.bounds != nil {
			continue
		}
		limit = min(limit, max(0, counts[i]-before))
		grown[i], now[i] = limit, before+limit
	}
	g.bounds, g.counts = slices.Clone(bounds), now
	return grown
}

// merge adds what was given out of other instances.
func (g *given) merge(o *given) {
	switch {
	case o.bounds == nil:
	case g.bounds == nil:
		*g = o.clone()
	default:
		x := given{sum: g.sum + o.sum}
		for i, b := range g.bounds {
			if j, common := slices.BinarySearch(o.bounds, b); common {
				x.bounds, x.counts = append(x.bounds, b), append(x.counts, g.counts[i]+o.counts[j])
			}
		}
		*g = x
	}
}

// join makes the more that was given out of the same instances what was given
// out.
func (g *given) join(o *given) {
	if o.bounds == nil {
		return
	}
	sum := o.sum
	if g.bounds != nil {
		sum = max(sum, g.sum)
	}
	if g.order(o) < 0 {
		*g = o.clone()
	}
	g.sum = sum
}

// order compares how much was given out; which of two equals comes first is the
// same for everybody.
func (g *given) order(o *given) int {
	if g.bounds == nil || o.bounds == nil {
		return len(g.bounds) - len(o.bounds)
	}
	return cmp.Or(
		cmp.Compare(g.counts[len(g.counts)-1], o.counts[len(o.counts)-1]),
		slices.Compare(g.counts, o.counts), slices.Compare(g.bounds, o.bounds), compareGrids(g.native, o.native),
	)
}

// compareGrids orders native buckets by their bounds; nil comes first.
func compareGrids(a, b *layout.Native) int {
	grid := func(n *layout.Native) *window.Grid {
		if n == nil {
			return nil
		}
		g := window.GridOf(n)
		return &g
	}
	return window.CompareGrids(grid(a), grid(b))
}

func (g *given) clone() given {
	return given{slices.Clone(g.bounds), slices.Clone(g.counts), g.sum, g.native}
}

func (g *given) code(c *saved.Codec) {
	saved.List(c, &g.bounds, 1, c.Float)
	saved.List(c, &g.counts, 1, c.Float)
	c.Float(&g.sum)
	growth.CodeNative(c, &g.native)
	c.Must(len(g.bounds) == len(g.counts))
	if n := len(g.bounds); n > 0 && !c.Failed() {
		c.Must(slices.IsSorted(g.bounds) && len(slices.Compact(slices.Clone(g.bounds))) == n && math.IsInf(g.bounds[n-1], 1))
		c.Must(slices.Min(g.counts) >= 0)
	}
}
