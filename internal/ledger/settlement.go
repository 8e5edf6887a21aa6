package ledger

import (
	"maps"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// Settlement is the growth of all instances in a group.
type Settlement struct {
	Labels  labels.Labels
	Classes []window.Class
}

// Settlements are those of a view, by group.
type Settlements map[string]*Settlement

// Settle begins settlements with what retired columns and departed instances
// counted.
func (l *Ledger) Settle() Settlements {
	list := Settlements{}
	for _, a := range l.accounts {
		s := list.Of(a.Labels)
		window.MergeClasses(&s.Classes, a.Retired)
		if a.Left != nil {
			window.MergeClasses(&s.Classes, a.Left.Classes)
		}
	}
	return list
}

// Of returns the settlement of a group, which it adds if it is new.
func (x Settlements) Of(group labels.Labels) *Settlement {
	key := string(group.Bytes(nil))
	s, ok := x[key]
	if !ok {
		s = &Settlement{Labels: group}
		x[key] = s
	}
	return s
}

// Add adds all columns of a table; group returns the group of a column.
func (x Settlements) Add(t *window.Table, group func(col int) labels.Labels) {
	sumless := t.Sumless()
	for i := range t.Cols {
		window.ClassOf(&x.Of(group(i)).Classes, t.Cols[i].Layout, t.Cols[i].Grid).AddColumn(t, i, sumless[int32(i)])
	}
}

// Best adds what several watchers counted of the same instances: of each group what
// the one has that counted most, as they may all have counted one process.
func (x Settlements) Best(watchers []Settlements) {
	best := Settlements{}
	for _, w := range watchers {
		for _, s := range w {
			best.Of(s.Labels).Raise(s.Classes)
		}
	}
	for _, s := range best {
		window.MergeClasses(&x.Of(s.Labels).Classes, s.Classes)
	}
}

// Sorted returns the settlements by their labels. Each has a class: a group
// that was shown once may have no instance any more.
func (x Settlements) Sorted() []*Settlement {
	list := slices.Collect(maps.Values(x))
	for _, s := range list {
		if len(s.Classes) == 0 {
			s.Classes = []window.Class{{}}
		}
	}
	slices.SortFunc(list, func(a, b *Settlement) int { return labels.Compare(a.Labels, b.Labels) })
	return list
}

// Raise makes classes those of the settlement, unless there are none or they count less. Where nothing was counted they
// do, too: which bounds are shown must not depend on who asks.
func (s *Settlement) Raise(classes []window.Class) {
	mine, other := counted(s.Classes), counted(classes)
	if len(classes) > 0 && other.Cmp(&mine) >= 0 {
		s.Classes = classes
	}
}

func counted(classes []window.Class) (n exact.Sum) {
	for i := range classes {
		if c := &classes[i]; c.Counts.Len() > 0 {
			c.Counts.SumDiff(&n, c.Count(), nil)
		}
	}
	return n
}

// commonBounds returns the bounds that all classes have.
func (s *Settlement) commonBounds() []float64 {
	common := []float64{math.Inf(1)}
	first := true
	for i := range s.Classes {
		l := s.Classes[i].Layout
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
func (s *Settlement) upTo(bound float64, natives *layout.Distribution) float64 {
	var sum exact.Sum
	if natives != nil {
		n, _ := natives.UpTo(bound)
		sum.Add(n)
	}
	for i := range s.Classes {
		c := &s.Classes[i]
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
func (s *Settlement) sum() (x float64, ok, signed bool) {
	var sum exact.Sum
	ok = true
	for i := range s.Classes {
		c := &s.Classes[i]
		sum.Merge(&c.Sum)
		ok = ok && !c.NoSum
		signed = signed || c.Signed()
	}
	x = sum.Float64()
	return x, ok && !math.IsNaN(x) && !math.IsInf(x, 0), signed
}

// natives returns the observations that are known by native buckets; nil if
// none can be.
func (s *Settlement) natives() *layout.Distribution {
	var d *layout.Distribution
	for i := range s.Classes {
		c := &s.Classes[i]
		if c.Grid == nil {
			continue
		}
		if d == nil {
			d = &layout.Distribution{}
		}
		_ = d.AddNative(c.Native()) // cannot fail: these are sums of steps
	}
	return d
}

// native returns all observations by native buckets; nil if some are known by
// others.
func (s *Settlement) native() *layout.Native {
	if slices.ContainsFunc(s.Classes, func(c window.Class) bool { return c.Layout != nil }) {
		return nil
	}
	d := s.natives()
	if d == nil {
		return nil
	}
	n, ok := d.Native()
	if !ok { // nothing was observed yet
		for i := range s.Classes {
			if g := s.Classes[i].Grid; g != nil && (i == 0 || g.Schema < n.Schema) {
				n.Schema, n.ZeroThreshold = g.Schema, g.Zero
			}
		}
	}
	return &n
}

// Joined returns settlements as far as all watchers know them: of each group what
// they know together, where that is not less than what this one counted itself.
func Joined(own []*Settlement, known []watch.Total, set *window.Set) []*Settlement {
	all := Settlements{}
	for _, s := range own {
		all.Of(s.Labels).Classes = s.Classes
	}
	for i := range known {
		t := &known[i]
		all.Of(window.GroupLabels(t.Group)).Raise(window.ClassesOf(&t.Value, set))
	}
	return all.Sorted()
}
