package aggregate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/lines"
)

// Family is a metric family of the fleet.
type Family struct {
	Name      string
	Type      model.MetricType // that most instances declare; ties go to the first name
	Help      string           // the first instance's, by name, that has one
	Unit      string
	Instances int // that expose it with this type
	Others    int // that expose it with another one, which are left out
	Series    []Series
	LeftOut   int    // series for which the fleet has no value
	Why       string // they are left out, in words
}

func (q *question) families() []Family {
	byName := map[string][]Family{}
	var help lines.Help
	for i := range q.states {
		in := q.states[i].member.in
		help.Read(q.f.store, &in.cols)
		for _, x := range q.f.familiesOf(in) {
			list := byName[x.Name]
			i := slices.IndexFunc(list, func(y Family) bool { return y.Type == x.Type })
			if i < 0 {
				i = len(list)
				list = append(list, Family{Name: x.Name, Type: x.Type, Help: x.Help, Unit: x.Unit})
			}
			list[i].Instances++
			byName[x.Name] = list
		}
	}
	var all []Family
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list := byName[name]
		slices.SortFunc(list, func(a, b Family) int {
			return cmp.Or(cmp.Compare(b.Instances, a.Instances), cmp.Compare(a.Type, b.Type))
		})
		x := list[0]
		if text, ok := help.Of(name); ok {
			x.Help = text
		}
		for _, other := range list[1:] {
			x.Others += other.Instances
		}
		all = append(all, x)
	}
	return all
}

func (f *Fleet) familiesOf(in *instance) []*lines.Family {
	var list []*lines.Family
	seen := map[*lines.Family]bool{}
	var last *lines.Family
	for pos := range in.cols.Len() {
		x := f.store.Line(in.cols.ID(pos)).Family
		if x == last {
			continue
		}
		if last = x; !seen[x] {
			seen[x] = true
			list = append(list, x)
		}
	}
	return list
}
