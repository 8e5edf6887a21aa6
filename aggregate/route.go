package aggregate

import (
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/lines"
)

// route leads a line of the store to what a view makes of it: its group, or
// for a histogram its object (the series without le), whose group is known.
// A line's way is worked out once per fleet, not per instance or scrape.
//
// Instances whose target labels name what the view matches or groups by share
// a route of their own: those names are then the target's, not the series'.
type route struct {
	view     *view
	given    []string // names given by target labels, sorted
	matchers []*labels.Matcher
	ways     []int32 // by lines.ID

	groups  []labels.Labels // what the series say; targets' labels are put over
	byGroup interner

	objects  []int32 // histograms: the group of each object
	byObject interner
}

// Values of ways below the first index.
const (
	wayUnasked  int32 = 0  // not looked at
	wayUnwanted int32 = -1 // not of this view
	wayMatched  int32 = -2 // of the metric, but not selected
	wayRefused  int32 = -3 // of the metric, but of another type
	wayFirst    int32 = 1  // index 0
)

// routeFor is the route of an instance with the given target labels.
func (v *view) routeFor(target labels.Labels) *route {
	var given []string
	target.Range(func(l labels.Label) {
		if v.mentions(l.Name) {
			given = append(given, l.Name)
		}
	})
	key := strings.Join(given, "\xff")
	if r, ok := v.routes[key]; ok {
		return r
	}
	r := &route{view: v, given: given}
	for _, m := range v.Where {
		if !slices.Contains(given, m.Name) {
			r.matchers = append(r.matchers, m)
		}
	}
	v.routes[key] = r
	return r
}

// mentions: without groups by every label it does not list.
func (v *view) mentions(name string) bool {
	if v.role == electoral {
		return false // the election is named in the body
	}
	return slices.Contains(v.By, name) || len(v.Without) > 0 ||
		slices.ContainsFunc(v.Where, func(m *labels.Matcher) bool { return m.Name == name })
}

// admits asks the matchers on names that the target gives.
func (r *route) admits(target labels.Labels) bool {
	for _, m := range r.view.Where {
		if slices.Contains(r.given, m.Name) && !m.Matches(target.Get(m.Name)) {
			return false
		}
	}
	return true
}

// way is where a line leads: an index of groups or objects, or a negative way.
func (r *route) way(s *lines.Store, id lines.ID) int32 {
	if int(id) >= len(r.ways) {
		r.ways = append(r.ways, make([]int32, max(s.Cap(), int(id)+1)-len(r.ways))...)
	}
	w := r.ways[id]
	if w == wayUnasked {
		w = r.work(s.Line(id))
		r.ways[id] = w
	}
	if w >= wayFirst {
		return w - wayFirst
	}
	return w
}

func (r *route) work(l *lines.Line) int32 {
	switch r.view.fits(l) {
	case fitNone:
		return wayUnwanted
	case fitType:
		return wayRefused
	}
	for _, m := range r.matchers {
		if !m.Matches(r.view.label(l, m.Name)) {
			return wayMatched
		}
	}
	g := r.group(l)
	if r.view.kind != kindHistogram {
		return g + wayFirst
	}
	series := labels.NewBuilder(l.Labels).Del(model.MetricNameLabel, labels.BucketLabel)
	o, added := r.byObject.intern(string(r.view.named(series, l).Labels().Bytes(nil)))
	if added {
		r.objects = put(r.objects, o, g)
	}
	return o + wayFirst
}

// group interns what a series says of its group.
func (r *route) group(l *lines.Line) int32 {
	b, v := labels.NewBuilder(l.Labels), r.view
	part := labels.BucketLabel // tells the lines of one object apart
	if v.role == unmergeable {
		if part = ""; l.Role == lines.Quantile {
			part = model.QuantileLabel
		}
	}
	if len(v.Without) > 0 {
		b.Del(model.MetricNameLabel, part).Del(v.Without...)
	} else {
		b.Keep(v.By...)
	}
	key := r.view.named(b.Del(r.given...), l).Labels()
	g, added := r.byGroup.intern(string(key.Bytes(nil)))
	if added {
		r.groups = put(r.groups, g, key)
	}
	return g
}

// put sets list[i], which may be the next one after its end.
func put[T any](list []T, i int32, x T) []T {
	if int(i) == len(list) {
		return append(list, x)
	}
	list[i] = x
	return list
}

// labelsOf puts the target's labels over a group's.
func (r *route) labelsOf(group int32, target labels.Labels) labels.Labels {
	if len(r.given) == 0 {
		return r.groups[group]
	}
	b := labels.NewBuilder(r.groups[group])
	target.Range(func(l labels.Label) {
		v := r.view
		if slices.Contains(v.By, l.Name) || len(v.Without) > 0 && !slices.Contains(v.Without, l.Name) {
			b.Set(l.Name, l.Value)
		}
	})
	return b.Labels()
}

// forget drops what is known of lines that the store no longer holds.
func (r *route) forget(ids []lines.ID) {
	for _, id := range ids {
		if int(id) < len(r.ways) {
			r.ways[id] = wayUnasked
		}
	}
}

// speaksFor: an instance with the given target labels could have series in a
// group with these labels, as far as the target decides it.
func (r *route) speaksFor(group, target labels.Labels) bool {
	for _, name := range r.given {
		if slices.Contains(r.view.By, name) && group.Get(name) != target.Get(name) {
			return false
		}
	}
	return true
}
