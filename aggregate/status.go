package aggregate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/growth"
)

// Status tells why a view is silent: a typo, a type that lies, a selector that
// matches nothing, or simply no scrape yet.
type Status struct {
	Instances int // that were scraped
	Exposing  int // of them, those that expose the metric
	Selected  int // of them, those with a series that the view selects
	Series    int // selected, over all instances
	Groups    int

	// Types are those that bodies declare for the metric. Excluded are the
	// instances whose type is not one that the view takes.
	Types    []model.MetricType
	Excluded []string
}

// Status looks at what the instances exposed last.
func (v *view) Status() Status {
	f := v.fleet
	f.mu.ask()
	defer f.mu.Unlock()
	s := Status{Instances: len(f.ordered)}
	types := map[model.MetricType]bool{}
	groups := map[string]bool{}
	for _, in := range f.ordered {
		b := in.bindings[v.index]
		named, refused := false, false
		for pos := range in.cols.Len() {
			switch l := f.store.Line(in.cols.ID(pos)); v.selection.Takes(l) {
			case growth.OfAnotherType:
				types[l.Family.Type], refused = true, true
			case growth.OfTheMetric:
				types[l.Family.Type], named = true, true
			}
		}
		if named || refused {
			s.Exposing++
		}
		if refused && !named {
			s.Excluded = append(s.Excluded, in.name)
		}
		n := in.plan.Presence(v.index).Series - in.plan.Presence(v.index).Broken
		if n > 0 {
			s.Selected++
		}
		s.Series += n
		used := make([]bool, len(b.Cols))
		if v.kind == growth.Gauge {
			in.plan.Used(int32(v.index), used)
		}
		for c := range b.Cols {
			if v.kind == growth.Gauge && !used[c] {
				continue
			}
			groups[string(b.labelsOf(c).Bytes(nil))] = true
		}
	}
	s.Groups = len(groups)
	s.Types = slices.Sorted(maps.Keys(types))
	return s
}

func (s Status) String() string {
	switch {
	case s.Instances == 0:
		return "nothing scraped yet"
	case s.Exposing == 0:
		return "no instance exposes the metric"
	case s.Selected == 0 && len(s.Excluded) > 0:
		return fmt.Sprintf("the metric is of another type: %v", s.Types)
	case s.Selected == 0:
		return "the metric is there, but no series is selected"
	}
	return fmt.Sprintf("%d series in %d groups, of %d instances", s.Series, s.Groups, s.Selected)
}
