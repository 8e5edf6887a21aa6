package aggregate

import (
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/layout"
)

// Series is one series of the fleet as it is to be exposed.
type Series struct {
	Labels    labels.Labels
	Value     float64
	Start     time.Time            // when a counter or histogram was 0; zero for a gauge
	Histogram *histogram.Histogram // nil unless it is one; of a summary its count and sum
	Quantiles map[float64]float64  // of a summary that one instance alone has
}

// totalsAt returns the totals of a view, if the snapshot is of the whole fleet
// and enough of it answers. Totals are remembered, and later ones are never
// less. Two addresses of one process count once, as of the moment.
func totalsAt(s Snapshot, v *view, of func(*view, *moment) []Series) []Series {
	f := wholeFleet(s, v)
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return of(v, s.m)
}

// wholeFleet returns the fleet of the snapshot and the view; nil if the
// snapshot is of a part, or refuses an answer.
func wholeFleet(s Snapshot, v *view) *Fleet {
	if s.err != nil || s.m == nil || v == nil || s.m.f != v.fleet || len(s.scope.only) > 0 {
		return nil
	}
	if s.scope.least > 0 {
		if share, ok := s.Coverage().Share(); !ok || share < s.scope.least {
			return nil
		}
	}
	return v.fleet
}

func (v *view) counterTotals(m *moment) []Series {
	var list []Series
	for _, s := range v.settle(m) {
		shown := v.account(s.labels).show(s.commonBounds(), []float64{s.classes[0].Counts.Float64(0)})
		list = append(list, Series{Labels: s.labels, Value: shown[0], Start: v.createdAt()})
	}
	return list
}

func (v *view) histogramTotals(m *moment) []Series {
	var list []Series
	for _, s := range v.settle(m) {
		h := &histogram.Histogram{Bounds: s.commonBounds(), Sum: math.NaN()}
		natives := s.natives()
		for _, b := range h.Bounds {
			h.Counts = append(h.Counts, s.upTo(b, natives))
		}
		a, last := v.account(s.labels), len(h.Counts)-1
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
		list = append(list, Series{Labels: s.labels, Value: h.Count, Start: v.createdAt(), Histogram: h})
	}
	return list
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

// bindingOf returns what a view kept of an instance at the moment, or what it
// keeps now if the former is gone: totals never fall. It returns nil if the
// instance was not there.
func (m *moment) bindingOf(v *view, in *instance) *binding {
	switch b := in.before; {
	case in.after < m.number || b == nil || m.f.joinable() || m.number <= v.moved:
	case b.from < m.number && m.number <= b.to && v.index < len(b.in.bindings):
		return b.in.bindings[v.index]
	}
	if in.first > m.e {
		return nil
	}
	return in.bindings[v.index]
}
