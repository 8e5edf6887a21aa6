package aggregate

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
)

// Counters of the fleet that are exposed again must not fall. A view's total is
// what its instances grew by, those that are gone included, but it can shrink
// for all that: when two addresses turn out to be one process, or a restart
// turns out to be none. So a ledger remembers what was shown, and shows the
// greater of that and the truth; the truth will be greater again.

// ledger is that of one view: an account for each group.
type ledger struct {
	created  int64 // when all totals were 0; 0: at the fleet's Since
	accounts map[string]*account
	known    known // of a fleet that can be joined
}

// account is what a ledger knows of one group.
type account struct {
	labels  labels.Labels
	retired []retired // of groups that had to make room, see evict; by bounds
	left    departures
	bounds  []float64 // of what was shown; of a counter's total, +Inf
	shown   []float64
	sum     float64          // of what a histogram showed
	natives []*layout.Native // the same by native buckets, by grid
}

// retired are the counts of one layout, and their sum.
type retired struct {
	layout *layout.Layout // nil but for histograms
	grid   *grid          // of a native one, in place of a layout
	places *places
	counts exact.Vector
	sum    exact.Sum
	noSum  bool
}

// show gives counts that are not less than what was shown before, nor fall with
// their bounds.
func (a *account) show(bounds, counts []float64) []float64 {
	shown := slices.Clone(counts)
	for i, b := range bounds {
		if j, ok := slices.BinarySearch(a.bounds, b); ok {
			shown[i] = notLess(shown[i], a.shown[j])
		}
		if i > 0 {
			shown[i] = notLess(shown[i], shown[i-1])
		}
	}
	a.bounds, a.shown = bounds, shown
	return slices.Clone(shown)
}

// notLess returns the larger value and ignores NaN.
func notLess(x, before float64) float64 {
	if x > before {
		return x
	}
	return before
}

func (v *view) createdAt() time.Time {
	if v.ledger.created != 0 {
		return time.UnixMilli(v.ledger.created)
	}
	return time.UnixMilli(v.fleet.since)
}

func (v *view) account(ls labels.Labels) *account {
	key := string(ls.Bytes(nil))
	a, ok := v.ledger.accounts[key]
	if !ok {
		if v.ledger.accounts == nil {
			v.ledger.accounts = map[string]*account{}
		}
		a = &account{labels: ls}
		v.ledger.accounts[key] = a
	}
	return a
}

// settlement is the truth about a group: what all its instances grew by.
type settlement struct {
	labels  labels.Labels
	classes []retired
}

// settle adds up all groups of a view, sorted, as they were at a moment.
func (v *view) settle(m *moment) []*settlement {
	f := v.fleet
	list := v.settleOf(f, func(i int) *binding { return m.bindingOf(v, f.ordered[i]) }, m.e)
	if f.joinable() {
		return v.joined(list)
	}
	return list
}

// settleOf adds up what a fleet counts by itself.
func (v *view) settleOf(f *Fleet, of func(i int) *binding, e int64) []*settlement {
	byKey := map[string]*settlement{}
	group := func(ls labels.Labels) *settlement {
		key := string(ls.Bytes(nil))
		s, ok := byKey[key]
		if !ok {
			s = &settlement{labels: ls}
			byKey[key] = s
		}
		return s
	}
	for _, a := range v.ledger.accounts {
		s := group(a.labels)
		for i := range a.retired {
			s.class(a.retired[i].layout, a.retired[i].grid).merge(&a.retired[i])
		}
		for i := range a.left.classes {
			s.class(a.left.classes[i].layout, a.left.classes[i].grid).merge(&a.left.classes[i])
		}
	}
	for i, in := range f.ordered {
		if !f.counts(in, e) {
			continue
		}
		b := of(i)
		if b == nil {
			continue
		}
		sumless := b.sumless()
		for i := range b.cols {
			s := group(b.route.labelsOf(b.cols[i].group, in.labels))
			s.class(b.cols[i].layout, b.cols[i].grid).add(b, i, sumless[int32(i)])
		}
	}
	list := slices.Collect(maps.Values(byKey))
	for _, s := range list {
		if len(s.classes) == 0 {
			s.class(nil, nil) // shown once, of an instance that is another one's twin now
		}
	}
	slices.SortFunc(list, func(a, b *settlement) int { return labels.Compare(a.labels, b.labels) })
	return list
}

// class is that of a layout or grid.
func (s *settlement) class(l *layout.Layout, g *grid) *retired {
	for i := range s.classes {
		if s.classes[i].layout == l && s.classes[i].grid == g {
			return &s.classes[i]
		}
	}
	s.classes = append(s.classes, retired{layout: l, grid: g})
	return &s.classes[len(s.classes)-1]
}

func (r *retired) merge(o *retired) {
	if r.grid != nil {
		r.take(&o.counts, 0, o.places)
	} else {
		r.counts.Merge(&o.counts)
	}
	r.sum.Merge(&o.sum)
	r.noSum = r.noSum || o.noSum
}

// add adds what an instance has in a column.
func (r *retired) add(b *binding, i int, sumless bool) {
	col := &b.cols[i]
	if col.grid != nil {
		r.take(&b.live.counts, col.at, col.places)
	} else {
		n := col.width()
		r.counts.Grow(n)
		var x exact.Sum
		for j := range n {
			x.Reset()
			b.live.counts.SumDiff(&x, col.at+j, nil)
			r.counts.AddSum(j, &x)
		}
	}
	if b.view.kind == kindHistogram {
		b.live.sums.SumDiff(&r.sum, i, nil)
		r.noSum = r.noSum || sumless
	}
}

// sumless are the columns of which a sum was missing.
func (b *binding) sumless() map[int32]bool {
	if b.view.kind != kindHistogram {
		return nil
	}
	m := map[int32]bool{}
	for i := range b.events {
		if e := &b.events[i]; e.quirk == noSum {
			m[e.col] = true
		}
	}
	for k := range b.past {
		if k.quirk == noSum {
			m[k.col] = true
		}
	}
	return m
}

// boundsOf returns l's bounds, or nil if l is nil.
func boundsOf(l *layout.Layout) []float64 {
	if l == nil {
		return nil
	}
	list := make([]float64, l.Len())
	for i := range list {
		list[i] = l.Bound(i)
	}
	return list
}

// commonBounds are those of all classes.
func (s *settlement) commonBounds() []float64 {
	common := []float64{math.Inf(1)}
	first := true
	for i := range s.classes {
		l := s.classes[i].layout
		if l == nil {
			continue
		}
		own := boundsOf(l)
		if first {
			first = false
		} else {
			own = slices.DeleteFunc(own, func(b float64) bool { _, ok := slices.BinarySearch(common, b); return !ok })
		}
		common = own
	}
	return common
}

// upTo is how many observations are not above a bound that all classes have.
func (s *settlement) upTo(bound float64, natives *layout.Distribution) float64 {
	var sum exact.Sum
	if natives != nil {
		n, _ := natives.UpTo(bound)
		sum.Add(n)
	}
	for i := range s.classes {
		c := &s.classes[i]
		if c.layout == nil {
			continue
		}
		for j := range c.layout.Len() {
			if c.layout.Bound(j) == bound {
				c.counts.SumDiff(&sum, j, nil)
			}
		}
	}
	return sum.Float64()
}

// sum of all observations; signed: some may be negative.
func (s *settlement) sum() (x float64, ok, signed bool) {
	var sum exact.Sum
	ok = true
	for i := range s.classes {
		c := &s.classes[i]
		sum.Merge(&c.sum)
		ok = ok && !c.noSum
		signed = signed || c.layout != nil && c.layout.Floor() < 0 || c.places != nil && len(c.places.negative) > 0
	}
	x = sum.Float64()
	return x, ok && finite(x), signed
}

// retireColumns keeps the columns of an instance that are about to be forgotten.
func (b *binding) retireColumns(in *instance, forgotten func(col int) bool) {
	if b.view.kind == kindGauge {
		return
	}
	sumless := b.sumless()
	for i := range b.cols {
		if !forgotten(i) {
			continue
		}
		a := b.view.account(b.route.labelsOf(b.cols[i].group, in.labels))
		s := settlement{classes: a.retired}
		s.class(b.cols[i].layout, b.cols[i].grid).add(b, i, sumless[int32(i)])
		a.retired = s.classes
	}
}
