package aggregate

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// Counters of the fleet that are exposed again must not fall. The total of a
// view is the growth of all its instances, including those that left. It can
// still shrink: when two addresses turn out to be one process, or a restart
// turns out to be none. So a ledger keeps the total that was shown, and shows
// the greater of it and the truth until the truth is greater again.

// ledger keeps the totals of one view: an account for each group.
type ledger struct {
	created  int64 // when all totals were 0; 0: at the fleet's Since
	accounts map[string]*account
	known    *watch.State // of a fleet that can be joined; nil: nothing but what its bindings know
}

// account keeps the total of one group.
type account struct {
	labels  labels.Labels
	retired []window.Class // of series that were evicted, by bounds
	left    departures
	bounds  []float64 // of the counts shown; +Inf for a counter
	shown   []float64
	sum     float64          // that a histogram showed
	natives []*layout.Native // native buckets that were shown, by grid
}

// show returns counts that are not less than those shown before, and do not
// fall with their bounds.
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

// settlement is the growth of all instances in a group.
type settlement struct {
	labels  labels.Labels
	classes []window.Class
}

// settle returns the settlements of a view at a moment, sorted by labels.
func (v *view) settle(m *moment) []*settlement {
	f := v.fleet
	list := v.settleOf(f, func(i int) *binding { return m.bindingOf(v, f.ordered[i]) }, m.e)
	if f.joinable() {
		return v.joined(list)
	}
	return list
}

// settleOf adds up what the fleet itself observed.
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
		window.MergeClasses(&s.classes, a.retired)
		window.MergeClasses(&s.classes, a.left.classes)
	}
	for i, in := range f.ordered {
		if !f.counts(in, e) {
			continue
		}
		b := of(i)
		if b == nil {
			continue
		}
		sumless := b.Sumless()
		for i := range b.Cols {
			s := group(b.labelsOf(i))
			window.ClassOf(&s.classes, b.Cols[i].Layout, b.Cols[i].Grid).AddColumn(b.Table, i, sumless[int32(i)])
		}
	}
	list := slices.Collect(maps.Values(byKey))
	for _, s := range list {
		if len(s.classes) == 0 {
			s.classes = []window.Class{{}} // shown once; its instance is a twin of another one now
		}
	}
	slices.SortFunc(list, func(a, b *settlement) int { return labels.Compare(a.labels, b.labels) })
	return list
}

// commonBounds returns the bounds that all classes have.
func (s *settlement) commonBounds() []float64 {
	common := []float64{math.Inf(1)}
	first := true
	for i := range s.classes {
		l := s.classes[i].Layout
		if l == nil {
			continue
		}
		own := window.BoundsOf(l)
		if first {
			first = false
		} else {
			own = slices.DeleteFunc(own, func(b float64) bool { _, ok := slices.BinarySearch(common, b); return !ok })
		}
		common = own
	}
	return common
}

// upTo returns the number of observations up to a bound that all classes have.
func (s *settlement) upTo(bound float64, natives *layout.Distribution) float64 {
	var sum exact.Sum
	if natives != nil {
		n, _ := natives.UpTo(bound)
		sum.Add(n)
	}
	for i := range s.classes {
		c := &s.classes[i]
		if c.Layout == nil {
			continue
		}
		for j := range c.Layout.Len() {
			if c.Layout.Bound(j) == bound {
				c.Counts.SumDiff(&sum, j, nil)
			}
		}
	}
	return sum.Float64()
}

// sum returns the sum of all observations; signed reports whether some may be
// negative.
func (s *settlement) sum() (x float64, ok, signed bool) {
	var sum exact.Sum
	ok = true
	for i := range s.classes {
		c := &s.classes[i]
		sum.Merge(&c.Sum)
		ok = ok && !c.NoSum
		signed = signed || c.Signed()
	}
	x = sum.Float64()
	return x, ok && finite(x), signed
}

// retireColumns adds the columns that are about to be dropped to the account.
func (b *binding) retireColumns(forgotten func(col int) bool) {
	if b.view.kind == growth.Gauge {
		return
	}
	sumless := b.Sumless()
	for i := range b.Cols {
		if forgotten(i) {
			a := b.view.account(b.labelsOf(i))
			window.ClassOf(&a.retired, b.Cols[i].Layout, b.Cols[i].Grid).AddColumn(b.Table, i, sumless[int32(i)])
		}
	}
}
