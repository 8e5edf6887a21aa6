package growth

import (
	"iter"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// Router knows of each line of a store which views want it. A line's way is
// worked out once for a fleet, not for each instance or scrape.
type Router struct {
	// Tolerance has those of all rules, with which starts are compared.
	Tolerance judge.Rules

	store   *lines.Store
	views   []*Selection
	routes  map[string]*Route // by the names that targets give
	rules   [256]judge.Rules  // those of the objects, each once; what a class has is never written again
	classes int
}

// NewRouter returns a router without views.
func NewRouter(s *lines.Store) *Router { return &Router{store: s, routes: map[string]*Route{}} }

// Admits says of each view whether the labels of a target let it in.
func (r *Router) Admits(target labels.Labels) []bool {
	list := make([]bool, len(r.views))
	for i, v := range r.views {
		list[i] = v.Admits(target)
	}
	return list
}

// Only makes the first n views the only ones.
func (r *Router) Only(n int) {
	r.views = r.views[:n]
	r.routes = map[string]*Route{}
}

// Add adds a view, whose number is the number of those before it. Lines have to
// be asked for anew.
func (r *Router) Add(s *Selection) {
	r.views = append(r.views, s)
	r.routes = map[string]*Route{}
}

// Views returns how many there are.
func (r *Router) Views() int { return len(r.views) }

func (r *Router) tolerant(x judge.Rules) judge.Rules {
	x.StartTolerance, x.ClockSkew = r.Tolerance.StartTolerance, r.Tolerance.ClockSkew
	return x
}

// class returns the number of a set of rules.
func (r *Router) class(x judge.Rules) uint8 {
	if i := slices.Index(r.rules[:r.classes], x); i >= 0 {
		return uint8(i)
	}
	if r.classes == len(r.rules) {
		return uint8(r.classes - 1) // no program has so many
	}
	r.rules[r.classes] = x
	r.classes++
	return uint8(r.classes - 1)
}

// classLike returns the number of the rules of something that was read back.
func (r *Router) classLike(k *kept) uint8 {
	return r.class(r.tolerant(k.rules))
}

// ownerOf returns who keeps the counts of a line, whatever a view says.
func (r *Router) ownerOf(l *lines.Line) judge.Owner { return ownerOf(l.Name) }

// For returns the route of instances with the given target labels: those whose
// targets give the same names share one.
func (r *Router) For(target labels.Labels) *Route {
	given := make([][]string, len(r.views))
	var key strings.Builder
	for i, v := range r.views {
		given[i] = v.given(target)
		key.WriteString(strings.Join(given[i], "\xff"))
		key.WriteByte('\xfe')
	}
	route, ok := r.routes[key.String()]
	if !ok {
		route = &Route{router: r, given: given, groups: make([]groups, len(r.views)), lists: make([][]want, 1)}
		route.listAt.Of("") // no view wants the line: list wayNone
		r.routes[key.String()] = route
	}
	return route
}

// Forget drops what is known of lines that the store no longer holds.
func (r *Router) Forget(ids []lines.ID) {
	for _, route := range r.routes {
		for _, id := range ids {
			if int(id) < len(route.ways) {
				route.ways[id], route.series[id] = wayUnasked, 0
			}
		}
		route.sweep()
	}
}

// Route leads a line to the views that want it, for instances whose targets
// give the same label names: those names are then the target's, not the line's.
type Route struct {
	router *Router
	given  [][]string // by view
	groups []groups   // by view
	ways   []int32    // by line: its list, plus 1; wayUnasked
	series []int32    // by line of a histogram: its series, plus 1
	lists  [][]want   // by number
	listAt Interner

	bySeries Interner
}

// groups are those of a view, as series say them: targets' labels are put over.
type groups struct {
	list []labels.Labels
	byID Interner
}

// want is what one view wants of a line.
type want struct {
	view  int32
	group int32
	part  Part
	class uint8
	// other says that the line has the name of the view's counter but for
	// _total: see names.
	other bool
}

const (
	wayUnasked int32 = 0 // not looked at yet
	wayNone    int32 = 1 // list 0: no view wants the line
)

// Group returns what series say of a group.
func (r *Route) Group(view, group int32) labels.Labels { return r.groups[view].list[group] }

// way returns what the views want of a line.
func (r *Route) way(id lines.ID) []want {
	if int(id) >= len(r.ways) {
		n := max(r.router.store.Cap(), int(id)+1)
		r.ways = append(r.ways, make([]int32, n-len(r.ways))...)
		r.series = append(r.series, make([]int32, n-len(r.series))...)
	}
	w := r.ways[id]
	if w == wayUnasked {
		w = r.work(id)
		r.ways[id] = w
	}
	return r.lists[w-wayNone]
}

// Exemplars yields the exemplars that an instance exposed last, with the labels of
// their series in a view. They are decoded.
func (r *Route) Exemplars(s *Selection, c *lines.Columns, view int32, target labels.Labels) iter.Seq2[labels.Labels, exemplar.Exemplar] {
	return func(yield func(labels.Labels, exemplar.Exemplar) bool) {
		for pos, e := range c.Exemplars() {
			id := c.ID(pos)
			if s.Kind == Counter && r.router.store.Line(id).Role != lines.Value {
				continue
			}
			if group, ok := r.GroupOf(id, view); ok && !yield(s.Over(r.Group(view, group), target), e) {
				return
			}
		}
	}
}

// GroupOf returns the group that a line leads to in a view; false if the view
// does not want it.
func (r *Route) GroupOf(id lines.ID, view int32) (int32, bool) {
	for _, w := range r.way(id) {
		if w.view == view && w.part < Matched {
			return w.group, true
		}
	}
	return 0, false
}

// work finds out what the views want of a line.
func (r *Route) work(id lines.ID) int32 {
	l := r.router.store.Line(id)
	var list []want
	for i, v := range r.router.views {
		f, part := v.fits(l)
		switch {
		case f == OfAnother:
			continue
		case f == OfAnotherType:
			list = append(list, want{view: int32(i), part: Refused})
			continue
		case !v.matches(l, r.given[i]):
			list = append(list, want{view: int32(i), part: Matched, other: v.otherName(l, part)})
			continue
		}
		w := want{view: int32(i), part: part, group: r.group(int32(i), v.group(l, r.given[i])), other: v.otherName(l, part)}
		if v.Kind != Gauge {
			w.class = r.router.class(r.router.tolerant(v.rulesOf(l)))
		}
		list = append(list, w)
	}
	return r.list(list) + wayNone
}

// group interns a group of a view.
func (r *Route) group(view int32, ls labels.Labels) int32 {
	g := &r.groups[view]
	i, added := g.byID.Of(string(ls.Bytes(nil)))
	if added {
		g.list = Put(g.list, i, ls)
	}
	return i
}

// list interns what views want: many lines have it in common.
func (r *Route) list(list []want) int32 {
	var key strings.Builder
	for _, w := range list {
		for _, x := range [...]int32{w.view, w.group, int32(w.part), int32(w.class), int32(bit(w.other))} {
			key.WriteString(string([]byte{byte(x), byte(x >> 8), byte(x >> 16), byte(x >> 24)}))
		}
	}
	i, added := r.listAt.Of(key.String())
	if added {
		r.lists = Put(r.lists, i, list)
	}
	return i
}

// seriesOf returns the number of the histogram that a line belongs to.
func (r *Route) seriesOf(id lines.ID) int32 {
	if s := r.series[id]; s != 0 {
		return s - 1
	}
	s, _ := r.bySeries.Of(r.seriesKey(id))
	r.series[id] = s + 1
	return s
}

// seriesKey names a histogram, whatever form its lines have.
func (r *Route) seriesKey(id lines.ID) string {
	l := r.router.store.Line(id)
	b := labels.NewBuilder(l.Labels).Del(labels.BucketLabel, rangeLabel).Set(model.MetricNameLabel, l.Family.Name)
	return string(b.Labels().Bytes(nil))
}

// sweep frees the lists, groups and series that no line leads to; their numbers
// will name others. Plans hold none of these numbers beyond a scrape but series,
// whose lines they hold, too.
func (r *Route) sweep() {
	used, series := make([]bool, len(r.lists)), make([]bool, r.bySeries.n)
	used[0] = true
	for _, w := range r.ways {
		if w != wayUnasked {
			used[w-wayNone] = true
		}
	}
	for _, s := range r.series {
		if s != 0 {
			series[s-1] = true
		}
	}
	r.listAt.Keep(used)
	r.bySeries.Keep(series)
	for v := range r.groups {
		g := &r.groups[v]
		kept := make([]bool, len(g.list))
		for i, list := range r.lists {
			if !used[i] {
				continue
			}
			for _, w := range list {
				if int(w.view) == v && w.part < Matched {
					kept[w.group] = true
				}
			}
		}
		g.byID.Keep(kept)
	}
}
