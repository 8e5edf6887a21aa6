package aggregate

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// Family is what the instances say of a metric family.
type Family struct {
	Name      string
	Type      model.MetricType // that most instances declare; of equals the first by name
	Help      string           // the first instance's, by name, that has one
	Unit      string
	Instances int // that expose it with this type
	Others    int // that expose it with another one: no view of every family has both
}

// Families are those that the instances exposed last, by name.
func (f *Fleet) Families() []Family {
	f.mu.ask()
	defer f.mu.Unlock()
	byName := map[string][]Family{}
	var help lines.Help
	for _, in := range f.ordered {
		help.Read(f.store, &in.cols)
		for _, x := range f.familiesOf(in) {
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

// Health is how it stands with the fleet and what is kept of it.
type Health struct {
	Coverage  Coverage
	Instances int   // ever seen, those that left too
	Gone      int   // of them, those said to be gone
	Lines     int   // distinct ones that are known
	Bytes     int64 // that the views may hold, see [Config.MaxBytes]
	Views     []ViewHealth
}

// ViewHealth is what a view saw since the beginning, besides plain growth:
// series by verdict.
type ViewHealth struct {
	View     string
	Kind     string // counter or histogram
	Verdicts map[judge.Verdict]int
}

// Health looks at the fleet at a time not before the last scrape.
func (f *Fleet) Health(now time.Time) Health {
	f.mu.ask()
	defer f.mu.Unlock()
	e := now.UnixMilli()
	for _, in := range f.ordered {
		e = max(e, in.last)
	}
	every := &view{View: View{Metric: Every}}
	q := &question{f: f, v: every, s: f.since, e: e, all: true}
	h := Health{Coverage: q.cover(), Instances: len(f.ordered), Lines: f.store.Len(), Bytes: f.bytes}
	for _, in := range f.ordered {
		if in.gone {
			h.Gone++
		}
	}
	for _, v := range f.views {
		if v.kind == growth.Gauge {
			continue
		}
		x := ViewHealth{View: v.String(), Kind: v.kind.String(), Verdicts: map[judge.Verdict]int{}}
		for _, in := range f.ordered {
			b := in.bindings[v.index]
			for i := range b.Events {
				x.Verdicts[b.Events[i].Verdict] += b.Events[i].N
			}
			for k, e := range b.Past {
				x.Verdicts[k.Verdict] += e.N
			}
		}
		h.Views = append(h.Views, x)
	}
	return h
}
