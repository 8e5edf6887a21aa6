package growth

import (
	"slices"

	"github.com/promfold/promfold/internal/layout"
)

// Carry makes the plan of a scrape in which lines came, went or moved, in one
// pass over them. moved says of each object of p where it went, −1 if it ended.
func (p *Plan) Carry(s *Scraped, to Columns, st *State) (next *Plan, moved []int32) {
	b := newBuilder(st, p.route, p.admitted, s.Body, to)
	b.epochs, b.epochOf = p.epochs, p.epochOf
	places, fresh := p.place(s)
	fresh = b.names.carry(p, s, places, fresh)
	copy(b.views, p.views)
	b.uncount(p, s, places)
	b.tops, b.was = append(b.tops, p.tops...), map[uint32]*point{}
	c := &carrying{builder: b, from: p, places: places, fresh: fresh}
	moved = c.takeOver()
	c.remember(s, moved)
	b.stays = func(h *hist, pos uint32) bool {
		if h.carried || s.Process {
			return h.form == classic && !s.Process
		}
		return st.buriedClassic(p, h, s.Store.Line(s.Body.ID(int(pos))))
	}
	c.settle(s)
	for _, pos := range fresh {
		if !s.Body.Duplicate(int(pos)) {
			b.come(pos)
		}
	}
	if !s.Process {
		c.remember(s, moved)
	}
	return b.finish(), moved
}

// remember keeps what histograms read before whose lines came or went.
func (c *carrying) remember(s *Scraped, moved []int32) {
	if c.dirty.n == 0 {
		return
	}
	for i, to := range moved {
		if to >= 0 && c.dirty.has(uint32(to)) && c.was[uint32(to)] == nil {
			c.was[uint32(to)] = c.st.pointOf(c.from, uint32(i), s, 0)
		}
	}
}

// uncount takes the lines that went out of the numbers of those that no object
// has: of another type, or left out by the matchers.
func (b *builder) uncount(p *Plan, s *Scraped, to *places) {
	if !slices.ContainsFunc(p.views, func(x Presence) bool { return x.Refused+x.Unselected+x.Others > 0 }) {
		return
	}
	for _, old := range to.went(s) {
		if (KnownBody{s.Before}).Duplicate(int(old)) { // it was never counted
			continue
		}
		for _, w := range p.route.way(s.Before.ID(int(old))) {
			if !b.admitted[w.view] {
				continue
			}
			if w.other {
				if b.views[w.view].Others--; !p.names.take(w) {
					continue
				}
			}
			switch w.part {
			case Refused:
				b.views[w.view].Refused--
			case Matched:
				b.views[w.view].Unselected--
			}
		}
	}
}

// carrying takes the objects of a plan over into the next one.
type carrying struct {
	*builder
	from   *Plan
	places *places
	fresh  []uint32
	moved  []int32
}

// takeOver takes over the objects that still have lines.
func (c *carrying) takeOver() []int32 {
	c.moved = make([]int32, len(c.from.objects))
	more := 0 // lines that came and that some view wants
	for _, pos := range c.fresh {
		more += min(1, len(c.route.way(c.body.ID(int(pos)))))
	}
	c.objects, c.sinks = make([]object, 0, len(c.from.objects)+more), make([]Sink, 0, len(c.from.sinks)+more)
	c.hists, c.buckets = make([]hist, 0, len(c.from.hists)), make([]uint32, 0, len(c.from.buckets)+more)
	kept, all := c.places.entries(make([]entry, 0, len(c.from.entries)+more), c.from.entries)
	if all && len(c.from.doubles) == 0 {
		c.takeAll()
	} else {
		kept = c.takeSome(kept[:0])
	}
	c.entries, c.taken.objects = kept, len(c.objects)
	if c.places.ascend() {
		c.taken.entries = len(kept)
	}
	for v, list := range c.from.gauges {
		for _, g := range list {
			if at, ok := c.places.of(g.Pos); ok {
				c.gauges[v] = append(c.gauges[v], GaugeLine{at, g.Col})
			} else {
				c.ended = append(c.ended, Sink{View: int32(v), Col: int32(g.Col)})
			}
		}
	}
	return c.moved
}

// takeAll takes over all objects, of which none lost a line: as they are, but for
// the positions of their lines.
func (c *carrying) takeAll() {
	c.objects, c.sinks = append(c.objects, c.from.objects...), append(c.sinks, c.from.sinks...)
	for i := range c.objects {
		c.objects[i].line, _ = c.places.of(c.objects[i].line)
		c.moved[i] = int32(i)
	}
	for i := range c.from.hists {
		c.hists = append(c.hists, c.hist(c.from.hists[i], 0))
	}
	if len(c.from.led) == len(c.views) {
		c.led, c.ledBy = c.from.led, c.from.ledBy
	}
}

// takeSome takes over the objects that still have lines, one by one. It returns the
// entries of these lines.
func (c *carrying) takeSome(kept []entry) []entry {
	for i := range c.views {
		c.views[i].Series = 0
	}
	for i := range c.moved {
		c.moved[i] = -1
	}
	for _, e := range c.from.entries {
		if at, ok := c.places.of(e.pos); ok && !c.again(e, int(at)) {
			kept = append(kept, entry{at, e.object})
			c.moved[e.object] = 0
		}
	}
	goesOn := c.returning()
	for i := range c.from.objects {
		o := &c.from.objects[i]
		if c.moved[i] == 0 || o.kind == Histogram && goesOn[seriesKey{c.from.hists[o.hist].series, o.class, o.epoch}] {
			c.moved[i] = int32(len(c.objects))
			c.take(uint32(i))
		}
	}
	for i := range kept {
		e := &kept[i]
		e.object = uint32(c.moved[e.object])
		c.objects[e.object].line = e.pos
	}
	return kept
}

// returning returns the histograms that lost all of their lines and have others
// now: a client turned from a summary to a histogram, or back.
func (c *carrying) returning() map[seriesKey]bool {
	lost := map[seriesKey]bool{}
	for i := range c.from.objects {
		if o := &c.from.objects[i]; o.kind == Histogram && c.moved[i] < 0 {
			lost[seriesKey{c.from.hists[o.hist].series, o.class, o.epoch}] = false
		}
	}
	if len(lost) == 0 {
		return nil
	}
	for _, pos := range c.fresh {
		id := c.body.ID(int(pos))
		for _, w := range c.route.way(id) {
			if w.part >= Matched || c.kind(w) != Histogram {
				continue
			}
			if key := (seriesKey{c.route.seriesOf(id), w.class, c.epochOf[w.view]}); c.admitted[w.view] {
				if _, ok := lost[key]; ok {
					lost[key] = true
				}
			}
		}
	}
	return lost
}

// again reports whether a line is a series that stands in the body once more: it
// is found anew.
func (c *carrying) again(e entry, at int) bool {
	return c.from.objects[e.object].double > 0 && c.body.Duplicate(at)
}

func (c *carrying) take(i uint32) {
	o := c.from.objects[i]
	o.double = 0
	from, to := o.from, o.to
	o.from = uint32(len(c.sinks))
	for _, s := range c.from.sinks[from:to] {
		c.sinks = append(c.sinks, s)
		c.views[s.View].Series++
	}
	o.to = uint32(len(c.sinks))
	next := uint32(len(c.objects))
	if o.kind == Histogram {
		h := c.from.hists[o.hist]
		o.hist = uint32(len(c.hists))
		c.hists = append(c.hists, c.hist(h, next))
	}
	c.objects = append(c.objects, o)
}

// hist moves the positions of a histogram; one that lost lines is dirty.
func (c *carrying) hist(h hist, object uint32) hist {
	h.carried = h.form != formless
	whole := true
	at := func(pos int32) int32 {
		if pos < 0 {
			return -1
		}
		now, ok := c.places.of(uint32(pos))
		if whole = whole && ok; !ok {
			return -1
		}
		return int32(now)
	}
	from := uint32(len(c.buckets))
	var ok bool
	c.buckets, ok = c.places.positions(c.buckets, c.from.buckets[h.from:h.to])
	whole = whole && ok
	h.from, h.to = from, uint32(len(c.buckets))
	h.sum, h.count, h.native = at(h.sum), at(h.count), at(h.native)
	if !whole {
		c.buckets = c.buckets[:from]
		c.dirty.add(object)
	}
	return h
}

// settle makes places for the native buckets that came, and lets go of what was
// chosen for a process that ended.
func (c *carrying) settle(s *Scraped) {
	for i := range c.objects {
		o, object := &c.objects[i], uint32(i)
		if o.kind != Histogram {
			continue
		}
		switch h := &c.hists[o.hist]; {
		case c.dirty.has(object):
		case s.Process && h.form == classic && h.native >= 0:
			c.dirty.add(object)
		case h.form == native:
			if _, changed := slices.BinarySearch(s.Reader.Changed(), uint32(h.native)); changed {
				c.lead(object, h)
			}
		}
	}
}

// Placer knows which columns have places for the buckets of a native histogram.
type Placer interface {
	Placed(*Sink, *layout.Native) bool
}

// Roomy reports whether every native histogram that changed has places for all
// of its buckets, in a scrape whose lines stay in place.
func (p *Plan) Roomy(s *Scraped, to Placer) bool {
	for i := range p.objects {
		o := &p.objects[i]
		if o.kind != Histogram || p.hists[o.hist].form != native {
			continue
		}
		pos := p.hists[o.hist].native
		if _, changed := slices.BinarySearch(s.Reader.Changed(), uint32(pos)); !changed || s.Body.Native(int(pos)) == nil {
			continue
		}
		for j := o.from; j < o.to; j++ {
			if k := &p.sinks[j]; k.Part == Whole && !to.Placed(k, s.Body.Native(int(pos))) {
				return false
			}
		}
	}
	return true
}
