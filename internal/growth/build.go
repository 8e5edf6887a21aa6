package growth

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/lines"
)

// builder makes a plan.
type builder struct {
	*Plan
	st    *State
	body  Body
	to    Columns
	dirty marks // histograms whose lines came or went
	// taken are how many of the entries, and of the objects, a plan before had: those
	// entries are in order.
	taken struct{ entries, objects int }
	// series has the objects that are histograms; nil: not asked for yet.
	series map[seriesKey]uint32
	recent recent
	// stays says that a histogram with both, one line of which is at pos, is
	// followed by its classic buckets all the same.
	stays func(h *hist, pos uint32) bool
}

func newBuilder(st *State, route *Route, admitted []bool, body Body, to Columns) *builder {
	n := len(route.router.views)
	p := &Plan{route: route, admitted: admitted, views: make([]Presence, n), gauges: make([][]GaugeLine, n)}
	return &builder{Plan: p, st: st, body: body, to: to}
}

// began asks since when each view follows the instance.
func (b *builder) began() {
	for v := range b.admitted {
		since := b.to.Since(v)
		i := slices.Index(b.epochs, since)
		if i < 0 {
			i = len(b.epochs)
			b.epochs = append(b.epochs, since)
		}
		b.epochOf = append(b.epochOf, uint16(i))
	}
}

// come takes in a line that was not there before.
func (b *builder) come(pos uint32) {
	id := b.body.ID(int(pos))
	ways := b.route.way(id)
	watch, followed := false, false
	for i, w := range ways {
		if !b.admitted[w.view] {
			continue
		}
		if w.other {
			if b.views[w.view].Others++; !b.names.take(w) {
				continue
			}
		}
		switch w.part {
		case Matched:
			b.views[w.view].Exposes = true
			b.views[w.view].Unselected++
			watch = watch || b.route.router.views[w.view].Kind != Gauge
			continue
		case Refused:
			b.views[w.view].Refused++
			continue
		}
		b.views[w.view].Exposes = true
		followed = followed || b.route.router.views[w.view].Kind != Gauge
		same := func(x want) bool { return b.same(x, w) && b.admitted[x.view] && b.names.take(x) }
		if !slices.ContainsFunc(ways[:i], same) {
			b.entries = append(b.entries, entry{pos, b.object(id, pos, w, ways)})
		}
	}
	if watch && (!followed || len(b.epochs) > 1) {
		b.watch(id, pos, ways)
	}
}

// watch follows a line that a view leaves out, and none of its epoch selects:
// what is usual for a metric must not depend on which of its series some view
// selects.
func (b *builder) watch(id lines.ID, pos uint32, ways []want) {
	l := b.route.router.store.Line(id)
	if l.Family.Type == model.MetricTypeHistogram && !Cumulative(l) || l.Role == lines.Bucket || l.Role == lines.Quantile {
		return
	}
	from := uint32(len(b.sinks))
	for i := range b.epochs {
		epoch := uint16(i)
		has := func(selected bool) bool {
			return slices.ContainsFunc(ways, func(w want) bool {
				return b.epochOf[w.view] == epoch && b.admitted[w.view] && b.names.take(w) && w.part <= Matched &&
					(w.part < Matched) == selected && b.route.router.views[w.view].Kind != Gauge
			})
		}
		if has(false) && !has(true) {
			b.entries = append(b.entries, entry{pos, uint32(len(b.objects))})
			b.objects = append(b.objects, object{kind: watched, epoch: epoch, line: pos, family: b.family(watched, id, epoch), from: from, to: from})
		}
	}
}

// kind returns what a line is part of for a view: the count of a histogram is
// part of the histogram.
func (b *builder) kind(w want) Kind {
	if w.part != Whole {
		return Histogram
	}
	return b.route.router.views[w.view].Kind
}

// same reports whether two views take their steps from one object.
func (b *builder) same(x, w want) bool {
	return x.part < Matched && x.class == w.class && b.epochOf[x.view] == b.epochOf[w.view] && b.kind(x) == b.kind(w)
}

// recent is the histogram that a line was found to be of last. The lines of one stand
// together.
type recent struct {
	key    seriesKey
	object uint32
	known  bool
}

// object returns the object of a line under the rules of one view. A histogram
// may be there.
func (b *builder) object(id lines.ID, pos uint32, w want, ways []want) uint32 {
	o := object{kind: b.kind(w), class: w.class, epoch: b.epochOf[w.view], line: pos}
	if o.kind == Histogram {
		return b.histogram(o, id, w, ways)
	}
	if o.kind != Gauge {
		o.family = b.family(o.kind, id, o.epoch)
	}
	return b.add(o, pos, w, ways)
}

// histogram returns the object of a line of a histogram, which is o if it is new.
func (b *builder) histogram(o object, id lines.ID, w want, ways []want) uint32 {
	key := seriesKey{b.route.seriesOf(id), o.class, o.epoch}
	if x := &b.recent; !x.known || x.key != key {
		x.key, x.known = key, true
		var ok bool
		if x.object, ok = b.bySeries()[key]; !ok {
			o.hist, o.family = uint32(len(b.hists)), b.family(o.kind, id, o.epoch)
			b.hists = append(b.hists, hist{series: key.series, class: key.class, epoch: key.epoch, sum: -1, count: -1, native: -1})
			x.object = b.add(o, o.line, w, ways)
			b.series[key] = x.object
		}
	}
	i := b.recent.object
	b.objects[i].line = o.line // its other lines may have gone
	b.dirty.add(i)
	return i
}

// bySeries returns the objects that are histograms. In most scrapes no line of one
// comes.
func (b *builder) bySeries() map[seriesKey]uint32 {
	if b.series == nil {
		b.series = make(map[seriesKey]uint32, len(b.hists))
		for i := range b.objects {
			if o := &b.objects[i]; o.kind == Histogram {
				b.series[seriesKey{b.hists[o.hist].series, o.class, o.epoch}] = uint32(i)
			}
		}
	}
	return b.series
}

// marks are objects that are marked. The zero value marks none.
type marks struct {
	n      int
	marked []bool // by object
}

func (m *marks) has(object uint32) bool { return int(object) < len(m.marked) && m.marked[object] }

func (m *marks) add(object uint32) {
	if m.has(object) {
		return
	}
	if n := int(object) + 1; n > len(m.marked) {
		m.marked = slices.Grow(m.marked, n-len(m.marked))[:n]
	}
	m.marked[object] = true
	m.n++
}

// family returns the number of what is usual for the metric of an object, one of
// whose lines is given.
func (b *builder) family(k Kind, id lines.ID, epoch uint16) uint32 {
	f := b.st.note(usualKey{k.metricOf(b.route.router.store.Line(id)), b.epochs[epoch]})
	if i := slices.Index(b.tops, f); i >= 0 {
		return uint32(i)
	}
	b.tops = append(b.tops, f)
	return uint32(len(b.tops) - 1)
}

// add gives an object its sinks.
func (b *builder) add(o object, pos uint32, w want, ways []want) uint32 {
	o.from = uint32(len(b.sinks))
	for _, x := range ways {
		if !b.same(x, w) || !b.admitted[x.view] || !b.names.take(x) {
			continue
		}
		s := Sink{View: x.view, Part: x.part, Group: b.to.Group(x.view, x.group), Col: -1}
		if o.kind != Histogram || x.part != Whole {
			s.Col = b.to.Column(s.View, s.Group, nil)
		}
		if o.kind == Gauge {
			b.gauges[s.View] = append(b.gauges[s.View], GaugeLine{pos, uint32(s.Col)})
		}
		b.sinks = append(b.sinks, s)
		b.views[s.View].Series++
	}
	o.to = uint32(len(b.sinks))
	b.objects = append(b.objects, o)
	return uint32(len(b.objects) - 1)
}

// finish puts the lines in order and gathers those of the histograms that
// changed.
func (b *builder) finish() *Plan {
	b.double()
	came := b.entries[b.taken.entries:]
	if slices.Contains(b.dirty.marked[:min(b.taken.objects, len(b.dirty.marked))], true) {
		came = b.entries // of a histogram that was there
	}
	if b.dirty.n > 0 {
		b.gather(came)
	}
	inOrder(b.entries, b.taken.entries, func(x, y entry) int { return cmp.Compare(x.pos, y.pos) })
	for _, list := range b.gauges {
		inOrder(list, 0, func(x, y GaugeLine) int { return cmp.Compare(x.Pos, y.Pos) })
	}
	b.doubleHists()
	for i := range b.views {
		b.views[i].Broken = 0
	}
	for i := range b.objects {
		if o := &b.objects[i]; o.kind == Histogram && b.hists[o.hist].form == formless {
			for _, s := range b.Sinks(uint32(i)) {
				b.views[s.View].Broken++
			}
		}
	}
	return b.Plan
}

// inOrder sorts a list and keeps the order of equals. The first n are in order.
// Nearly always all are, or what came was appended to them in its own order.
func inOrder[T any](list []T, n int, compare func(x, y T) int) {
	for n = max(n, 1); n < len(list) && compare(list[n-1], list[n]) <= 0; {
		n++
	}
	if n >= len(list) {
		return
	}
	if !slices.IsSortedFunc(list[n:], compare) {
		slices.SortStableFunc(list, compare)
		return
	}
	came := slices.Clone(list[n:])
	for at := len(list); len(came) > 0; { // list[at:] is done, and list[:n] is left of the others
		last := came[len(came)-1]
		behind := sort.Search(n, func(i int) bool { return compare(list[i], last) > 0 })
		at -= n - behind
		copy(list[at:], list[behind:n])
		n, at = behind, at-1
		list[at], came = last, came[:len(came)-1]
	}
}

// gather makes the histograms whose lines came or went of their lines, wherever
// in the body these stand. Their entries are among those given.
func (b *builder) gather(entries []entry) {
	pieces := make(map[uint32][]piece, b.dirty.n)
	for _, e := range entries {
		if b.dirty.has(e.object) {
			l := b.route.router.store.Line(b.body.ID(int(e.pos)))
			pieces[e.object] = append(pieces[e.object], piece{l.Role, l.Bound, e.pos})
		}
	}
	for i := range b.objects {
		if b.dirty.has(uint32(i)) {
			o, list := &b.objects[i], pieces[uint32(i)]
			h := &b.hists[o.hist]
			if i < b.taken.objects && len(list) > 0 { // it may have been a summary
				o.family = b.family(o.kind, b.body.ID(int(list[0].pos)), o.epoch)
			}
			b.compose(h, list)
			b.lead(uint32(i), h)
			b.fresh = append(b.fresh, uint32(i))
		}
	}
}

// piece is a line of a histogram.
type piece struct {
	role  lines.Role
	bound float64
	pos   uint32
}

// compose makes a histogram of its lines.
func (b *builder) compose(h *hist, pieces []piece) {
	slices.SortStableFunc(pieces, func(x, y piece) int {
		return cmp.Or(cmp.Compare(x.role, y.role), cmp.Compare(x.bound, y.bound), cmp.Compare(x.pos, y.pos))
	})
	h.from, h.sum, h.count, h.native = uint32(len(b.buckets)), -1, -1, -1
	var bounds []float64
	unreadable := false
	for _, p := range pieces {
		switch p.role {
		case lines.Value: // a bucket without a bound that is a number, such as a vmrange
			unreadable = true
		case lines.Bucket:
			bounds = append(bounds, p.bound)
			b.buckets = append(b.buckets, p.pos)
		case lines.Count:
			h.count = int32(p.pos)
		case lines.Sum:
			h.sum = int32(p.pos)
		case lines.Native:
			h.native = int32(p.pos)
		}
	}
	if n := len(bounds); h.count >= 0 && (n == 0 && h.native < 0 || n > 0 && !math.IsInf(bounds[n-1], 1)) {
		bounds = append(bounds, math.Inf(1))
		b.buckets = append(b.buckets, uint32(h.count))
	}
	h.layout = nil
	if n := len(bounds); n > 0 && math.IsInf(bounds[n-1], 1) && !unreadable { // else not all observations are in it
		h.layout = b.to.Layout(bounds)
	}
	if h.layout == nil {
		b.buckets = b.buckets[:h.from]
	}
	h.to = uint32(len(b.buckets))
	if len(pieces) > 0 {
		h.form = b.choose(h, pieces[0].pos)
	}
}

// choose says by which buckets a histogram is followed. Native ones are
// preferred; a series that came without them is followed by its classic ones
// until its process ends: they were in every body, so nothing is lost.
func (b *builder) choose(h *hist, pos uint32) form {
	switch {
	case h.native < 0 && h.layout == nil:
		return formless
	case h.native < 0:
		return classic
	case h.layout != nil && (b.body.Native(int(h.native)) == nil || b.stays(h, pos)):
		return classic
	}
	return native
}

// lead gives the sinks of a histogram their columns.
func (b *builder) lead(i uint32, h *hist) {
	o := &b.objects[i]
	if int(o.from) < b.ledBy {
		b.led, b.ledBy = nil, 0 // the columns change
	}
	for j := o.from; j < o.to; j++ {
		s := &b.sinks[j]
		switch {
		case s.Part != Whole:
		case h.form == classic:
			s.Col = b.to.Column(s.View, s.Group, h.layout)
		case h.form == native:
			s.Col = b.to.Native(s.View, s.Group, b.body.Native(int(h.native)))
		}
		x := b.was[i]
		if x == nil || x.missed() || h.form == formless || s.Part != Whole {
			continue // there are no two forms
		}
		if h.form == native || x.layout != h.layout {
			// What both forms have in common is counted, too.
			b.to.Column(s.View, s.Group, b.to.Layout(commonBounds(x.layout, h.layout)))
		}
	}
}

// leadFormless leaves histograms that cannot be one any more in the columns of what
// was read of them last: what they counted there is still theirs. before may be nil.
func (b *builder) leadFormless(before *Plan) {
	if !slices.ContainsFunc(b.hists, func(h hist) bool { return h.form == formless }) {
		return
	}
	was := b.st.heldList(before, b.body.ID)
	for _, e := range b.entries {
		o, id := &b.objects[e.object], b.body.ID(int(e.pos))
		if o.kind != Histogram || b.hists[o.hist].form != formless {
			continue
		}
		i := slices.IndexFunc(was, func(k kept) bool { return k.of(b.Plan, o, id) })
		if i < 0 {
			continue
		}
		x := &was[i].point
		for j := o.from; j < o.to; j++ {
			switch s := &b.sinks[j]; {
			case s.Part != Whole || s.Col >= 0:
			case x.layout != nil:
				s.Col = b.to.Column(s.View, s.Group, x.layout)
			case x.native != nil:
				s.Col = b.to.Native(s.View, s.Group, x.native)
			}
		}
	}
}
