package growth

import (
	"encoding/binary"
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
	routes  map[string]*Route   // by the names that targets give
	former  []map[string]*Route // those before each of the latest views, which plans may hold: see Settled
	rules   [256]judge.Rules    // those of the objects, each once; what a class has is never written again
	classes int
	fits    map[named][]fitting
	last    named // what was asked for last, and its answer: lines of one metric stand together
	lastFit []fitting
}

// named is all that a view knows of a line before it looks at the line's labels.
type named struct {
	family  *lines.Family
	name    string
	role    lines.Role
	dropped bool
}

// fitting is what a line is to a view that may want it, by its name and type.
type fitting struct {
	view  int32
	part  Part // Refused, or what the view takes if it selects the line
	class uint8
	other bool
}

// fitting returns the views that may want a line.
func (r *Router) fitting(l *lines.Line) []fitting {
	key := named{l.Family, l.Name, l.Role, l.Dropped}
	if r.fits != nil && key == r.last {
		return r.lastFit
	}
	list, ok := r.fits[key]
	if ok {
		r.last, r.lastFit = key, list
		return list
	}
	for i, v := range r.views {
		fit, part := v.fits(l)
		f := fitting{view: int32(i), part: part}
		switch {
		case fit == OfAnother:
			continue
		case fit == OfAnotherType:
			f.part = Refused
		default:
			f.other = v.otherName(l, part)
			if v.Kind != Gauge {
				f.class = r.class(r.tolerant(v.rulesOf(l)))
			}
		}
		list = append(list, f)
	}
	if r.fits == nil {
		r.fits = map[named][]fitting{}
	}
	r.fits[key], r.last, r.lastFit = list, key, list
	return list
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

// Only makes the first n views the only ones again; the others were added since the
// router was Settled.
func (r *Router) Only(n int) {
	at := len(r.former) - (len(r.views) - n)
	r.views, r.routes, r.former, r.fits = r.views[:n], r.former[at], r.former[:at], nil
}

// Add adds a view, whose number is the number of those before it. Lines have to
// be asked for anew. Plans may keep the routes that they have until the router is
// Settled, but have no way to the view.
func (r *Router) Add(s *Selection) {
	r.views, r.former = append(r.views, s), append(r.former, r.routes)
	r.routes, r.fits = map[string]*Route{}, nil
}

// Settled says that no plan has a route of before the latest view any more.
func (r *Router) Settled() { r.former = nil }

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
		route.bounds = slices.ContainsFunc(r.views, (*Selection).bounds)
		route.listAt.Of(nil) // no view wants the line: list wayNone
		r.routes[key.String()] = route
	}
	return route
}

// Forget drops what is known of lines that the store no longer holds.
func (r *Router) Forget(ids []lines.ID) {
	r.fits = nil // families may have gone
	for _, routes := range append(r.former[:len(r.former):len(r.former)], r.routes) {
		for _, route := range routes {
			route.forget(ids)
		}
	}
}

func (r *Route) forget(ids []lines.ID) {
	for _, id := range ids {
		if int(id) < len(r.ways) {
			r.ways[id], r.series[id] = wayUnasked, 0
		}
	}
	if n := r.router.store.Cap(); 2*n+1024 < cap(r.ways) {
		n = min(n, len(r.ways))
		r.ways, r.series = slices.Clone(r.ways[:n]), slices.Clone(r.series[:n])
	}
	r.sweep()
}

// Route leads a line to the views that want it, for instances whose targets
// give the same label names: those names are then the target's, not the line's.
type Route struct {
	router *Router
	given  [][]string // by view
	bounds bool       // a view matches or groups by bounds of buckets
	groups []groups   // by view
	ways   []int32    // by line: its list, plus 1; wayUnasked
	series []int32    // by line of a histogram: its series, plus 1
	lists  [][]want   // by number
	listAt Interner

	bySeries Interner

	wants []want // scratch
	key   []byte // scratch
}

// groups are those of a view, as series say them: targets' labels are put over.
type groups struct {
	list  []labels.Labels
	byID  Interner // by what tells their labels apart
	bytes int64    // of the labels
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
	if before := int(id) - 1; before >= 0 && r.ways[before] != wayUnasked && !r.bounds && l.Beside(r.router.store.Line(id-1)) {
		return r.ways[before]
	}
	fits := r.router.fitting(l)
	if len(fits) == 0 {
		return wayNone
	}
	list := r.wants[:0]
	for _, f := range fits {
		if int(f.view) >= len(r.given) {
			break // it was added since
		}
		v := r.router.views[f.view]
		w := want{view: f.view, part: f.part, other: f.other}
		switch {
		case f.part == Refused:
		case !v.matches(l, r.given[f.view]):
			w.part = Matched
		default:
			w.group, w.class = r.group(f.view, l), f.class
		}
		list = append(list, w)
	}
	r.wants = list
	return r.list(list) + wayNone
}

// group interns the group of a view that a line is in.
func (r *Route) group(view int32, l *lines.Line) int32 {
	g, v, given := &r.groups[view], r.router.views[view], r.given[view]
	key, ok := v.groupKey(r.key[:0], l, given)
	if !ok {
		key = v.group(l, given).Bytes(key)
	}
	r.key = key
	i, added := g.byID.Of(key)
	if added {
		ls := v.group(l, given)
		g.list = Put(g.list, i, ls)
		g.bytes += int64(ls.ByteSize())
	}
	return i
}

// list interns what views want: many lines have it in common.
func (r *Route) list(list []want) int32 {
	key := r.key[:0]
	for _, w := range list {
		key = binary.LittleEndian.AppendUint32(key, uint32(w.view))
		key = binary.LittleEndian.AppendUint32(key, uint32(w.group))
		key = append(key, byte(w.part), w.class, byte(bit(w.other)))
	}
	r.key = key
	i, added := r.listAt.Of(key)
	if added {
		r.lists = Put(r.lists, i, slices.Clone(list))
	}
	return i
}

// seriesOf returns the number of the histogram that a line belongs to.
func (r *Route) seriesOf(id lines.ID) int32 {
	if s := r.series[id]; s != 0 {
		return s - 1
	}
	l := r.router.store.Line(id)
	if before := int(id) - 1; before >= 0 && r.series[before] != 0 && l.Beside(r.router.store.Line(id-1)) {
		r.series[id] = r.series[before]
		return r.series[id] - 1
	}
	r.key = appendSeries(r.key[:0], l)
	s, _ := r.bySeries.Of(r.key)
	r.series[id] = s + 1
	return s
}

// appendSeries appends a name of the histogram that a line belongs to, whatever
// form its lines have.
func appendSeries(key []byte, l *lines.Line) []byte {
	key = append(binary.AppendUvarint(key, uint64(len(l.Family.Name))), l.Family.Name...)
	l.Labels().Range(func(x labels.Label) {
		if x.Name == model.MetricNameLabel || x.Name == labels.BucketLabel || x.Name == rangeLabel {
			return
		}
		key = append(binary.AppendUvarint(key, uint64(len(x.Name))), x.Name...)
		key = append(binary.AppendUvarint(key, uint64(len(x.Value))), x.Value...)
	})
	return key
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
		for i, ls := range g.list {
			if !kept[i] {
				g.bytes -= int64(ls.ByteSize())
				g.list[i] = labels.EmptyLabels()
			}
		}
		g.list = Cut(g.list, g.byID.Keep(kept))
	}
	r.lists = Cut(r.lists, r.listAt.Keep(used))
}
