package growth

import (
	"cmp"
	"math"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// State is what an instance remembers of its objects besides their last values:
// points that they grow from where those are not the last values, and what
// vanished while its process went on. The zero value remembers nothing.
type State struct {
	held  map[uint32]*point // by object of the plan
	tombs map[tombKey]*tomb
	// Lost says that tombstones had to be given up, so absence proves no birth.
	Lost bool
	// loaded is what was read for objects that no plan has yet.
	loaded []kept
}

// point is what an object grows from.
type point struct {
	judge.Point      // of a histogram: by its count
	zero        bool // a counter that fell to 0 since
	// Of a histogram:
	layout  *layout.Layout
	buckets []float64
	native  *layout.Native
	sum     float64 // NaN: none
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
}

// Release gives up the tombstones and what is held.
func (st *State) Release(s *lines.Store) {
	st.ReleaseTombs(s)
	clear(st.held)
}

// ReleaseTombs gives up the tombstones: their process ended.
func (st *State) ReleaseTombs(s *lines.Store) {
	for _, t := range st.tombs {
		s.Release(t.id)
	}
	clear(st.tombs)
	st.Lost = false
}

// Forget lets every object grow from what is read next.
func (st *State) Forget() { clear(st.held) }

// Claimed drops what was read and no object took: a scrape has come.
func (st *State) Claimed() { st.loaded = nil }

// Moved follows the objects into the plan that replaced theirs.
func (st *State) Moved(moved []int32) {
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

// tombOf returns the key of an object by one of its lines.
func (p *Plan) tombOf(o *object, l *lines.Line) tombKey {
	if o.kind == Histogram {
		return tombKey{histHash(l), o.class, true}
	}
	return tombKey{l.Labels.Hash(), o.class, false}
}

func histHash(l *lines.Line) uint64 {
	b := labels.NewBuilder(l.Labels).Del(labels.BucketLabel).Set(model.MetricNameLabel, l.Family.Name)
	return b.Labels().Hash()
}

// maxTombs is a part of the lines, since a tombstone holds a line in the store;
// and some for small bodies.
func maxTombs(n int) int { return max(1000, n/5) }

// Dying are objects that end with a scrape, and what they would grow from.
type Dying []tomb

// Dying lists the objects of p that end with a staged scrape while their process
// goes on. moved is of the plan that is about to replace p.
func (st *State) Dying(p *Plan, moved []int32, s *Scraped) (list Dying) {
	if s.Process {
		return nil
	}
	last := int64(-1)
	for _, e := range p.entries {
		o := &p.objects[e.object]
		if moved[e.object] >= 0 || o.kind == Gauge || int64(e.object) == last {
			continue
		}
		last = int64(e.object)
		if x := st.pointOf(p, e.object, s, int(e.pos)); x != nil {
			id := s.Before.ID(int(e.pos))
			list = append(list, tomb{*x, id, p.tombOf(o, s.Store.Line(id))})
		}
	}
	return list
}

// Bury leaves a tombstone for each of them: what comes back is not born. n is
// the number of lines of the scrape before.
func (st *State) Bury(list Dying, n int, store *lines.Store) {
	for i := range list {
		t := &list[i]
		old := st.tombs[t.key]
		if old == nil && len(st.tombs) >= maxTombs(n) {
			st.Lost = true
			continue
		}
		if old != nil {
			store.Release(old.id)
		}
		if st.tombs == nil {
			st.tombs = map[tombKey]*tomb{}
		}
		store.Retain(t.id)
		st.tombs[t.key] = t
	}
}

// pointOf returns what an object whose line stood at pos grows from.
func (st *State) pointOf(p *Plan, object uint32, s *Scraped, pos int) *point {
	if x := st.held[object]; x != nil {
		return x
	}
	o := &p.objects[object]
	if o.kind != Histogram {
		return &point{Point: ColumnPoint(s.Before, pos, s.LastTime)}
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
		x.Point = ColumnPoint(s.Before, int(p.buckets[h.to-1]), s.LastTime)
	case native:
		x.native = NativeOf(s.Before.Native(int(h.native)))
		x.Point = ColumnPoint(s.Before, int(h.native), s.LastTime)
	default:
		return nil
	}
	return x
}

// ColumnPoint returns the last reading of a line.
func ColumnPoint(c *lines.Columns, pos int, last int64) judge.Point {
	p := judge.Point{Time: c.Time(pos), Value: c.Value(pos), Start: c.Start(pos)}
	if p.Time == lines.NoTime {
		p.Time = last
	}
	return p
}

// Exhume removes the tombstones of objects that are back.
func (st *State) Exhume(p *Plan, s *Scraped, store *lines.Store) {
	if len(st.tombs) == 0 {
		return
	}
	for _, e := range p.entries {
		if _, old, _, _ := s.Reader.At(int(e.pos)); old >= 0 {
			continue
		}
		key := p.tombOf(&p.objects[e.object], store.Line(s.Body.ID(int(e.pos))))
		if t, ok := st.tombs[key]; ok {
			delete(st.tombs, key)
			store.Release(t.id)
		}
	}
}

// buriedClassic reports whether a histogram vanished that was followed by its
// classic buckets.
func (st *State) buriedClassic(p *Plan, h *hist, line *lines.Line) bool {
	if len(st.tombs) == 0 || line == nil {
		return false
	}
	t := st.tombs[tombKey{histHash(line), h.class, true}]
	return t != nil && t.layout != nil
}

// PointAt returns what the line that stood at a position of the columns grows
// from: its last reading, or the point that is held for it.
func (st *State) PointAt(p *Plan, c *lines.Columns, pos int, last int64) judge.Point {
	if len(st.held) > 0 {
		i, found := slices.BinarySearchFunc(p.entries, uint32(pos), func(e entry, pos uint32) int { return cmp.Compare(e.pos, pos) })
		if found && p.objects[p.entries[i].object].kind == Counter {
			if x := st.held[p.entries[i].object]; x != nil {
				return x.Point
			}
		}
	}
	return ColumnPoint(c, pos, last)
}
