package aggregate

import (
	"cmp"
	"time"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/ledger"
)

// Totals returns the groups as counters to expose.
func (v *CounterView) Totals(s Snapshot) []Series {
	return totalsAt(s, behind(v), (*view).counterTotals)
}

// Totals returns the groups as histograms to expose.
//
// The bounds are those that all instances have; observations in native buckets count from the first bound that is
// certainly not below them. Native buckets have a schema that all instances have, and are left out where some have
// classic ones alone. The sum is NaN where one is not known; it may fall if observations may be negative.
func (v *HistogramView) Totals(s Snapshot) []Series {
	return totalsAt(s, behind(v), (*view).histogramTotals)
}

// Series is one series of the fleet as it is to be exposed.
type Series struct {
	Labels    labels.Labels
	Value     float64
	Start     time.Time            // when a counter or histogram was 0, or a delta began; zero for a gauge
	Histogram *histogram.Histogram // nil unless it is one; of a summary its count and sum
	Quantiles map[float64]float64  // of a summary that one instance alone has
	Exemplars []exemplar.Exemplar  // the latest: of a counter one, of a histogram one a bucket
}

// totalsAt returns the totals of a view, if the snapshot is of the whole fleet and enough of it answers. Totals are
// remembered, and later ones are never less. Two addresses of one process count once, as of the moment.
func totalsAt(s Snapshot, v *view, of func(*view, *moment) []Series) []Series {
	f := wholeFleet(s, v)
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return of(v, s.m)
}

// wholeFleet returns the fleet of the snapshot and the view; nil if the snapshot is of a part, or refuses an answer.
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
	latest := v.exemplarsOf(m)
	for _, s := range v.settle(m) {
		list = append(list, Series{
			Labels: s.Labels, Value: v.ledger.Account(s.Labels).Counter(s), Start: v.createdAt(), Exemplars: latest.Of(s.Labels, nil),
		})
	}
	return list
}

func (v *view) histogramTotals(m *moment) []Series {
	var list []Series
	latest := v.exemplarsOf(m)
	for _, s := range v.settle(m) {
		h := v.ledger.Account(s.Labels).Histogram(s)
		list = append(list, Series{Labels: s.Labels, Value: h.Count, Start: v.createdAt(), Histogram: h, Exemplars: latest.Of(s.Labels, h)})
	}
	return list
}

// deltas gives out what the totals grew by.
func (v *view) deltas(m *moment, totals func(*view, *moment) []Series) (grown []Series) {
	list := totals(v, m)
	since := v.ledger.GiveOut(m.e)
	for _, x := range list {
		if since != 0 {
			x.Start = time.UnixMilli(since)
		}
		if x.Value, x.Histogram = v.ledger.Account(x.Labels).Delta(x.Value, x.Histogram); x.Value != 0 || x.Histogram != nil {
			grown = append(grown, x)
		}
	}
	return grown
}

func (v *view) createdAt() time.Time { return time.UnixMilli(cmp.Or(v.ledger.Created, v.fleet.since)) }

// settle returns the settlements of a view at a moment, sorted by labels.
func (v *view) settle(m *moment) []*ledger.Settlement {
	f := v.fleet
	list := v.apart
	if list == nil {
		list = v.settleOf(f, func(i int) *binding { return m.bindingOf(v, f.ordered[i]) }, m.e)
	}
	if f.joinable() {
		return ledger.Joined(list, v.watched().Totals(), v.set())
	}
	return list
}

// settleOf adds up what the fleet itself observed.
func (v *view) settleOf(f *Fleet, of func(i int) *binding, e int64) []*ledger.Settlement {
	list := v.ledger.Settle()
	for i, in := range f.ordered {
		if !in.counts(f, e) {
			continue
		}
		if b := of(i); b != nil {
			list.Add(b.Table, b.labelsOf)
		}
	}
	return list.Sorted()
}

// bindingOf returns what a view kept of an instance at the moment, or what it keeps now if the former is gone: totals
// never fall. It returns nil if the instance was not there.
func (m *moment) bindingOf(v *view, in *instance) *binding {
	switch b := in.before; {
	case in.after < m.number || b == nil || m.f.joinable() || m.number <= v.moved:
	case b.from < m.number && m.number <= b.to && v.index < len(b.in.bindings):
		return b.in.bindings[v.index]
	}
	if in.First > m.e {
		return nil
	}
	return in.bindings[v.index]
}
