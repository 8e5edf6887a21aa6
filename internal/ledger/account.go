package ledger

import (
	"maps"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/window"
)

// Account keeps the total of one group.
type Account struct {
	Labels  labels.Labels
	Retired []window.Class   // of series that were evicted
	Left    *Departures      // of instances; nil: none departed
	bounds  []float64        // of all counts that were shown; +Inf for a counter
	shown   []float64        // the latest of each
	sum     float64          // that a histogram showed
	natives []*layout.Native // native buckets that were shown, by grid
	given   given
}

// left returns what departed instances leave in the group, to be added to.
func (a *Account) left() *Departures {
	if a.Left == nil {
		a.Left = &Departures{Labels: a.Labels}
	}
	return a.Left
}

func (a *Account) mergeLeft(d *Departures) {
	if d != nil {
		a.left().Merge(d)
	}
}

// Retire adds a column of a table that is about to be dropped. sumless says
// that a sum of it was missing.
func (a *Account) Retire(t *window.Table, col int, sumless bool) {
	window.ClassOf(&a.Retired, t.Cols[col].Layout, t.Cols[col].Grid).AddColumn(t, col, sumless)
}

// Counter returns the total of a counter to expose.
func (a *Account) Counter(s *Settlement) float64 {
	return a.show(s.commonBounds(), []float64{exact.Finite(s.Classes[0].Counts.Float64(0))})[0]
}

// Histogram returns the total of a histogram to expose. Its sum is NaN where
// that is not known of all.
func (a *Account) Histogram(s *Settlement) *histogram.Histogram {
	h := &histogram.Histogram{Bounds: s.commonBounds(), Sum: math.NaN()}
	natives := s.natives()
	for _, b := range h.Bounds {
		h.Counts = append(h.Counts, s.upTo(b, natives))
	}
	last := len(h.Counts) - 1
	n := a.showNative(s.native())
	if n != nil {
		h.Counts[last] = n.Count
	}
	h.Counts = a.show(h.Bounds, h.Counts)
	if sum, ok, signed := s.sum(); ok {
		if !signed {
			sum = notLess(sum, a.sum)
		}
		h.Sum, a.sum = sum, sum
	}
	h.Count = h.Counts[last]
	exponential(h, n)
	return h
}

// exponential gives a histogram the native buckets of n, if it is not nil.
func exponential(h *histogram.Histogram, n *layout.Native) {
	if n == nil {
		return
	}
	side := func(list []layout.Bucket) []histogram.Bucket {
		out := make([]histogram.Bucket, len(list))
		for i, b := range list {
			out[i] = histogram.Bucket{Index: b.Index, Count: b.Count}
		}
		return out
	}
	h.Exponential, h.Schema, h.ZeroThreshold, h.ZeroCount = true, n.Schema, n.ZeroThreshold, n.ZeroCount
	h.Positive, h.Negative = side(n.Positive), side(n.Negative)
}

// show returns counts that are not less than those shown before, nor than 0 (of a
// histogram that is read while it is written a bucket may fall before anything was
// counted), and do not fall with their bounds.
func (a *Account) show(bounds, counts []float64) []float64 {
	shown, least := slices.Clone(counts), 0.0
	for i, b := range bounds {
		if j, ok := slices.BinarySearch(a.bounds, b); ok {
			shown[i] = notLess(shown[i], a.shown[j])
		}
		shown[i] = notLess(shown[i], least)
		least = shown[i]
	}
	a.note(bounds, slices.Clone(shown))
	return shown
}

// note makes counts the latest that were shown. A bound that some instances lack
// may be back later.
func (a *Account) note(bounds, shown []float64) {
	for i, b := range a.bounds {
		if j, now := slices.BinarySearch(bounds, b); !now {
			bounds, shown = slices.Insert(slices.Clone(bounds), j, b), slices.Insert(shown, j, a.shown[i])
		}
	}
	a.bounds, a.shown = bounds, shown
}

// notLess returns the larger value and ignores NaN.
func notLess(x, before float64) float64 {
	if x > before {
		return x
	}
	return before
}

// showNative returns buckets none of which is less than what was shown before.
func (a *Account) showNative(n *layout.Native) *layout.Native {
	if n == nil {
		return nil
	}
	for _, before := range a.natives {
		n = n.NotBelow(before)
	}
	a.natives = []*layout.Native{n}
	return n
}

// remember makes what either showed the least that is shown.
func (a *Account) remember(b *Account) {
	a.sum = max(a.sum, b.sum)
	a.rememberNatives(b)
	shown := map[float64]float64{}
	for _, x := range []*Account{a, b} {
		for i, bound := range x.bounds {
			shown[bound] = max(shown[bound], x.shown[i])
		}
	}
	a.bounds, a.shown = slices.Sorted(maps.Keys(shown)), nil
	for _, bound := range a.bounds {
		a.shown = append(a.shown, shown[bound])
	}
}

// rememberNatives makes what either showed the least that is shown. Those of
// different buckets are kept apart until then, so that no order of merging
// shows.
func (a *Account) rememberNatives(b *Account) {
	for _, n := range b.natives {
		i, found := slices.BinarySearchFunc(a.natives, n, func(x, y *layout.Native) int {
			g, h := window.GridOf(x), window.GridOf(y)
			return window.CompareGrids(&g, &h)
		})
		if found {
			a.natives[i] = a.natives[i].NotBelow(n)
		} else {
			a.natives = slices.Insert(slices.Clone(a.natives), i, n)
		}
	}
}
