package growth

import (
	"maps"
	"math"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// State is what an instance remembers of its objects besides their last values:
// the states that are not ordinary, what vanished while its process went on, and
// what its families showed. The zero value remembers nothing.
type State struct {
	shown
	held  map[uint32]*point // by object of the plan
	tombs map[tombKey]*tomb
	reads []int64 // by object, the scrape that read it last; of lines with timestamps of their own
	gone  gone
	// Lost says that tombstones had to be given up, so absence proves no birth.
	Lost bool
	// Until the first scrape after a saved state was read: loaded is what was read
	// for objects that no plan has yet, and stay the native lines of histograms that
	// were followed by their classic buckets, whether a plan has them or not.
	loaded []kept
	stay   map[stay]bool
}

// point is the state of an object, and what its parts grow from.
type point struct {
	judge.Series // of a histogram: by its count
	// Of a histogram:
	layout  *layout.Layout
	buckets []float64
	native  *layout.Native
	sum     float64 // NaN: none
	mark    *point  // its parts where the count was Mark or Other; nil: not known
}

// tomb is an object that vanished: where it was, and one of its lines, which it
// holds in the store.
type tomb struct {
	point
	id  lines.ID
	key tombKey
}

// tombKey names an object whatever words it is written in: hash is that of a
// counter's labels, or of a histogram's without le.
type tombKey struct {
	hash  uint64
	class uint8
	hist  bool
	since int64
}

// stay is a native histogram, by its line, as it is followed since a time.
type stay struct {
	id    lines.ID
	since int64
}

// Release gives up the tombstones and what is held.
func (st *State) Release(s *lines.Store) {
	st.ReleaseTombs(s)
	clear(st.held)
}

// ReleaseTombs gives up the tombstones.
func (st *State) ReleaseTombs(s *lines.Store) {
	for _, t := range st.tombs {
		s.Release(t.id)
	}
	clear(st.tombs)
	clear(st.gone)
	st.Lost = false
}

// Clone returns a copy; its tombstones hold their lines as well, unless s is nil.
func (st *State) Clone(s *lines.Store) State {
	c := *st
	c.shown = st.shown.clone()
	c.held, c.tombs, c.gone, c.loaded = nil, nil, maps.Clone(st.gone), slices.Clone(st.loaded)
	for object, p := range st.held {
		c.hold(object, p.clone())
	}
	if len(st.tombs) > 0 {
		c.tombs = make(map[tombKey]*tomb, len(st.tombs))
	}
	for key, t := range st.tombs {
		if c.tombs[key] = (&tomb{*t.point.clone(), t.id, t.key}); s != nil {
			s.Retain(t.id)
		}
	}
	return c
}

func (p *point) clone() *point {
	if p == nil {
		return nil
	}
	c := *p
	c.buckets, c.mark = slices.Clone(p.buckets), p.mark.clone()
	return &c
}

// Claimed drops what was read and no object took: a scrape has come.
func (st *State) Claimed() { st.loaded, st.stay = nil, nil }

// byBuckets returns the native lines of the histograms that are followed by their
// classic buckets all the same: those of a plan, which may be nil, and of views of a
// saved state that are not declared yet.
func (st *State) byBuckets(p *Plan, line func(pos int) lines.ID) map[stay]bool {
	if p == nil {
		return st.stay
	}
	list := map[stay]bool{}
	maps.Copy(list, st.stay)
	for i := range p.hists {
		if h := &p.hists[i]; h.form == classic && h.native >= 0 {
			list[stay{line(int(h.native)), p.epochs[h.epoch]}] = true
		}
	}
	return list
}

// Moved follows the objects into the plan that replaced theirs.
func (st *State) Moved(moved []int32) {
	st.moveReads(moved)
	if len(st.held) == 0 {
		return
	}
	held := make(map[uint32]*point, len(st.held))
	for i, p := range st.held {
		if m := moved[i]; m >= 0 {
			held[uint32(m)] = p
		}
	}
	st.held = held
}

func (st *State) hold(object uint32, p *point) {
	if st.held == nil {
		st.held = map[uint32]*point{}
	}
	st.held[object] = p
}

// HistogramHash returns a hash that all lines of one histogram have.
func HistogramHash(l *lines.Line) uint64 {
	b := labels.NewBuilder(l.Labels()).Del(labels.BucketLabel, rangeLabel).Set(model.MetricNameLabel, l.Family.Name)
	return b.Labels().Hash()
}

// dying is an object that ends with a scrape.
type dying struct {
	tomb
	class  uint8
	epoch  uint16
	kind   Kind
	sinks  []Sink
	family *lines.Family
}

// Follow goes over to the plan of a staged scrape, which replaces *p unless it is
// nil; moved says where the objects of *p went. It returns those that end.
func (st *State) Follow(p **Plan, next *Plan, moved []int32, s *Scraped) (list []dying) {
	if next != nil && *p != nil {
		list = st.dying(*p, moved, s)
		st.Moved(moved)
	}
	if next != nil {
		*p = next
	}
	if s.First {
		clear(st.held) // all grow from what is read next
		clear(st.reads)
	}
	return list
}

// dying lists the objects of p that end with a staged scrape. moved is of the
// plan that is about to replace p.
func (st *State) dying(p *Plan, moved []int32, s *Scraped) (list []dying) {
	if !slices.Contains(moved, -1) {
		return nil
	}
	last := int64(-1)
	for _, e := range p.entries {
		o := &p.objects[e.object]
		if moved[e.object] >= 0 || o.kind != Counter && o.kind != Histogram || int64(e.object) == last || o.double != 0 && e.pos != o.line {
			continue
		}
		last = int64(e.object)
		x := st.pointOf(p, e.object, s, int(e.pos))
		if x == nil || x.Last.Time == 0 {
			continue // it was never read
		}
		id := s.Before.ID(int(e.pos))
		l := s.Store.Line(id)
		list = append(list, dying{tomb{*x, id, p.tombOf(o, l)}, o.class, o.epoch, o.kind, p.Sinks(e.object), l.Family})
	}
	return list
}

// pointOf returns the state of an object whose line stood at pos.
func (st *State) pointOf(p *Plan, object uint32, s *Scraped, pos int) *point {
	if x := st.held[object]; x != nil {
		return x
	}
	o := &p.objects[object]
	if o.kind != Histogram {
		return &point{Series: judge.Series{Last: columnPoint(s.Before, pos, s.LastTime)}}
	}
	h := &p.hists[o.hist]
	x := &point{sum: math.NaN()}
	if h.sum >= 0 {
		x.sum = s.Before.Value(int(h.sum))
	}
	switch h.form {
	case classic:
		x.layout = h.layout
		for _, pos := range p.buckets[h.from:h.to] {
			x.buckets = append(x.buckets, s.Before.Value(int(pos)))
		}
		x.Last = columnPoint(s.Before, int(p.buckets[h.to-1]), s.LastTime)
	case native:
		if x.native = nativeOf(s.Before.Native(int(h.native))); x.native == nil {
			return nil
		}
		x.sum = x.native.Sum
		x.Last = columnPoint(s.Before, int(h.native), s.LastTime)
	default:
		return nil
	}
	return x
}

// columnPoint returns the last reading of a line.
func columnPoint(c *lines.Columns, pos int, last int64) judge.Point {
	p := judge.Point{Time: c.Time(pos), Value: c.Value(pos), Start: c.Start(pos)}
	if p.Time == lines.NoTime {
		p.Time = last
	}
	return p
}

// Exhume removes the tombstones of objects that are back and were read.
func (st *State) Exhume(p *Plan, s *Scraped, store *lines.Store) {
	if len(st.tombs) == 0 {
		return
	}
	for e := range p.entriesAt(s.Reader.Came()) {
		o := &p.objects[e.object]
		if o.kind == watched || p.formless(o) || st.held[e.object].missed() {
			continue
		}
		st.unearth(p.tombOf(o, store.Line(s.Body.ID(int(e.pos)))), store)
	}
}

// unearth removes a tombstone, if there is one.
func (st *State) unearth(key tombKey, store *lines.Store) {
	if t := st.tombs[key]; t != nil {
		delete(st.tombs, key)
		store.Release(t.id)
	}
}

// formless reports whether an object is a histogram of which lines are missing.
func (p *Plan) formless(o *object) bool {
	return o.kind == Histogram && p.hists[o.hist].form == formless
}

// buriedClassic reports whether a histogram vanished that was followed by its
// classic buckets.
func (st *State) buriedClassic(p *Plan, h *hist, line *lines.Line) bool {
	if len(st.tombs) == 0 || line == nil {
		return false
	}
	t := st.tombs[tombKey{HistogramHash(line), h.class, true, p.epochs[h.epoch]}]
	return t != nil && t.layout != nil
}

// NewPlan makes the plan of a body for the views that the instance's target
// labels admit. A native histogram of it stays followed by its classic buckets if
// before, the plan of the same body until now, does so, or a saved state did.
func (st *State) NewPlan(route *Route, admitted []bool, body Body, to Columns, before *Plan) *Plan {
	b := newBuilder(st, route, admitted, body, to)
	b.began()
	b.names.read(b.Plan, body)
	for pos, id := range body.IDs() {
		if len(route.way(id)) > 0 && !body.Duplicate(pos) {
			b.come(uint32(pos))
		}
	}
	stays := st.byBuckets(before, body.ID)
	b.stays = func(h *hist, _ uint32) bool { return stays[stay{body.ID(int(h.native)), b.epochs[h.epoch]}] }
	p := b.finish()
	b.leadFormless(before)
	return p
}

// Judge judges every object that a staged scrape, which is accepted, says
// something new about: those with lines that changed, those in an unusual state
// and, where not only growth is plain, all. It writes the steps to out.
func (st *State) Judge(p *Plan, s *Scraped, gone []dying, out *Steps) {
	out.reset()
	w := &out.walk
	*w = walk{State: st, Plan: p, Scraped: s, out: out, dirty: out.dirty[:0], ms: float64(s.interval())}
	w.run(gone)
	st.learn(s)
	*w = walk{}
}
