package growth

import (
	"iter"
	"slices"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// Plan is what is followed of one instance's body. A scrape whose lines stay in
// place reads it; any other scrape carries it over into a new one, which takes
// its place when the scrape is accepted.
//
// Invariants: entries ascend by position; an object's sinks are
// sinks[o.from:o.to]; a histogram's buckets are buckets[h.from:h.to] and ascend
// by bound; gauges[v] ascends by position.
type Plan struct {
	route    *Route
	admitted []bool   // by view
	epochs   []int64  // since when views follow the instance, each time once
	epochOf  []uint16 // by view, in epochs
	entries  []entry
	objects  []object
	sinks    []Sink
	hists    []hist
	buckets  []uint32
	views    []Presence
	gauges   [][]GaugeLine // by view
	tops     []*usual      // for the objects
	names    names
	doubles  [][]uint32 // of objects, where the series stands once more
	led      []led      // by view, see leads; nil: not asked for yet
	ledBy    int        // by so many sinks

	// Of the scrape for which the plan was made:
	fresh []uint32          // histograms whose lines came or went
	was   map[uint32]*point // what those grow from
	ended []Sink            // of gauges, lines that went
}

// entry says which object a followed line belongs to. A line may belong to
// several objects, one for each set of rules.
type entry struct{ pos, object uint32 }

// object is what is judged as one.
type object struct {
	kind     Kind
	class    uint8  // its rules
	epoch    uint16 // of its views
	hist     uint32 // of a histogram: its index in hists
	line     uint32 // position of one of its lines
	family   uint32 // index in tops
	double   uint32 // index in doubles, plus 1
	from, to uint32 // its sinks
}

type seriesKey struct {
	series int32
	class  uint8
	epoch  uint16
}

// Sink is where the steps of an object go: a column of a view's table.
type Sink struct {
	View  int32
	Part  Part
	Group int32
	Col   int32
}

// hist is one histogram series. Where +Inf has no line of its own, its last
// bucket is the line of the count.
type hist struct {
	series   int32
	class    uint8
	epoch    uint16
	from, to uint32         // no buckets: from == to
	layout   *layout.Layout // of the buckets
	sum      int32          // positions; −1: none
	count    int32
	native   int32
	form     form
	carried  bool // it was there in the scrape before
}

// form says by which of its buckets a histogram is followed.
type form uint8

const (
	formless form = iota // its lines cannot be a histogram
	classic
	native
)

// Presence says how a metric that a view asks for is there.
type Presence struct {
	Exposes    bool // it was there once, selected or not
	Refused    int  // lines of it that have another type
	Unselected int  // lines of it that the matchers leave out
	Others     int  // lines that have its name but for _total
	Series     int  // objects of which the view takes something
	Broken     int  // of them, histograms that cannot be one
}

// Now reports whether the metric is there now, selected or not.
func (p *Presence) Now() bool { return p.Series+p.Unselected > 0 }

// GaugeLine is a line that a view of gauges follows, and its column.
type GaugeLine struct{ Pos, Col uint32 }

// Columns makes the columns of the views' tables that a plan leads to.
type Columns interface {
	// Since returns since which scrape a view follows the instance, as Unix
	// milliseconds; 0 if it was there before the first one. What objects remember
	// begins there: views of different times share none.
	Since(view int) int64
	// Group returns the number of a view's group, as it is answered, for a
	// group of the route.
	Group(view, group int32) int32
	// Column returns the column of a group and layout.
	Column(view, group int32, l *layout.Layout) int32
	// Native returns the column of a group for a native histogram, which is nil
	// if it cannot be read.
	Native(view, group int32, n *layout.Native) int32
	// Layout returns the layout of a set of bounds, or nil if they cannot be one.
	Layout(bounds []float64) *layout.Layout
}

// Body is the lines of a scrape, or those that an instance exposed last.
type Body interface {
	Len() int
	ID(pos int) lines.ID
	IDs() iter.Seq2[int, lines.ID] // by position
	Duplicate(pos int) bool
	Duplicates() []uint32
	// Native returns the native histogram at a position; nil if it cannot be one.
	Native(pos int) *layout.Native
}

// Route returns the route by which the plan was made.
func (p *Plan) Route() *Route { return p.route }

// Presence returns how a view's metric is there.
func (p *Plan) Presence(view int) *Presence { return &p.views[view] }

// Gauges returns the lines that a view of gauges follows.
func (p *Plan) Gauges(view int) []GaugeLine { return p.gauges[view] }

// Sinks returns where the steps of an object go.
func (p *Plan) Sinks(object uint32) []Sink {
	o := &p.objects[object]
	return p.sinks[o.from:o.to]
}

// Ended returns, as sinks, the gauges' lines that went with the scrape for which
// the plan was made.
func (p *Plan) Ended() []Sink { return p.ended }

// entriesAt yields the entries at positions, which ascend.
func (p *Plan) entriesAt(positions []uint32) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		entries, i := p.entries, 0
		for _, pos := range positions {
			for i < len(entries) && entries[i].pos < pos {
				i++
			}
			for ; i < len(entries) && entries[i].pos == pos; i++ {
				if !yield(entries[i]) {
					return
				}
			}
			if i == len(entries) {
				return
			}
		}
	}
}

// Columns returns how many of the n columns of a view of gauges a line leads to.
func (p *Plan) Columns(view, n int) int {
	used, sum := make([]bool, n), 0
	for _, g := range p.gauges[view] {
		if !used[g.Col] {
			used[g.Col] = true
			sum++
		}
	}
	return sum
}

// Used marks the columns of a view to which an object leads.
func (p *Plan) Used(view int32, used []bool) {
	for i := range p.sinks {
		if s := &p.sinks[i]; s.View == view && s.Col >= 0 {
			used[s.Col] = true
		}
	}
}

// Moved says where the columns of a view went.
func (p *Plan) Moved(view int32, moved []int32) {
	p.led = nil
	for i := range p.sinks {
		if s := &p.sinks[i]; s.View == view && s.Col >= 0 {
			s.Col = moved[s.Col]
		}
	}
	for i := range p.gauges[view] {
		g := &p.gauges[view][i]
		g.Col = uint32(moved[g.Col])
	}
	p.ended = slices.DeleteFunc(p.ended, func(s Sink) bool { return s.View == view && moved[s.Col] < 0 })
	for i := range p.ended {
		if s := &p.ended[i]; s.View == view {
			s.Col = moved[s.Col]
		}
	}
}

// Broken calls do with a line of each histogram of a view that cannot be one.
func (p *Plan) Broken(view int, do func(pos uint32)) {
	if p.views[view].Broken == 0 {
		return
	}
	for i := range p.objects {
		o := &p.objects[i]
		if o.kind == Histogram && p.hists[o.hist].form == formless &&
			slices.ContainsFunc(p.sinks[o.from:o.to], func(s Sink) bool { return int(s.View) == view }) {
			do(o.line)
		}
	}
}

// rules returns those by which an object is judged.
func (p *Plan) rules(o *object) *judge.Rules { return &p.route.router.rules[o.class] }

// Succeed says of each object of p where it is in a plan of the same lines, −1
// if it is not there.
func (p *Plan) Succeed(next *Plan) (moved []int32) {
	moved = make([]int32, len(p.objects))
	for i := range moved {
		moved[i] = -1
	}
	rest := next.entries
	for _, e := range p.entries {
		for len(rest) > 0 && rest[0].pos < e.pos {
			rest = rest[1:]
		}
		for _, x := range rest {
			if x.pos != e.pos {
				break
			}
			if a, b := &p.objects[e.object], &next.objects[x.object]; a.kind == b.kind && a.class == b.class && p.epochs[a.epoch] == next.epochs[b.epoch] {
				moved[e.object] = int32(x.object)
			}
		}
	}
	return moved
}

// Remember makes a plan of the same lines remember which metrics were there
// once; old may be nil, and of other views behind the first ones.
func (p *Plan) Remember(old *Plan) {
	if old == nil {
		return
	}
	for i := range min(len(p.views), len(old.views)) {
		p.views[i].Exposes = p.views[i].Exposes || old.views[i].Exposes
	}
}

// tombOf returns the key of an object by one of its lines.
func (p *Plan) tombOf(o *object, l *lines.Line) tombKey {
	if o.kind == Histogram {
		return tombKey{HistogramHash(l), o.class, true, p.epochs[o.epoch]}
	}
	return tombKey{l.Labels().Hash(), o.class, false, p.epochs[o.epoch]}
}

// led says to which columns of a view objects lead.
type led struct {
	to []bool // by column, of which there may be more
	n  int
}

// leads returns to which columns of a view objects lead. A plan whose objects all stay hands it on to the next one, which
// adds those that came.
func (p *Plan) leads(view int) *led {
	own := p.led == nil
	if own {
		p.led, p.ledBy = make([]led, len(p.views)), 0
	}
	for ; p.ledBy < len(p.sinks); p.ledBy++ {
		s := &p.sinks[p.ledBy]
		if s.Col < 0 || p.led[s.View].has(s.Col) {
			continue
		}
		if !own {
			p.ownLeads() // the plan before has them, too
			own = true
		}
		p.led[s.View].add(s.Col)
	}
	return &p.led[view]
}

func (p *Plan) ownLeads() {
	p.led = slices.Clone(p.led)
	for i := range p.led {
		p.led[i].to = slices.Clone(p.led[i].to)
	}
}

func (x *led) has(col int32) bool { return int(col) < len(x.to) && x.to[col] }

func (x *led) add(col int32) {
	if n := int(col) + 1 - len(x.to); n > 0 {
		x.to = append(x.to, make([]bool, n)...)
	}
	x.to[col] = true
	x.n++
}
