package aggregate

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// binding is what one view keeps of one instance. Where the instance's lines
// stay in place, a scrape changes only live, snaps and events.
type binding struct {
	view    *view
	route   *route
	target  labels.Labels
	exposes bool // the metric is there, selected or not
	refused int  // lines of the metric that are of another type

	entries []entry  // the wanted lines, by position
	objects []object // histograms
	buckets []uint32 // positions of the objects' buckets
	natives []uint32 // objects that are followed by native buckets

	cols   []column
	byCol  map[columnKey]int32
	shared bool // byCol is the old binding's
	counts int  // length of a row's counts

	seg   *segment // of the process that answers; nil: not followed
	live  row
	snaps []row      // by checkpoint, as instance.history.points
	since int        // the first checkpoint that this binding has
	floor int        // checkpoints before it say nothing any more
	begun checkpoint // when the view began to look, if after the first scrape

	events  []event            // by time. Answers refer to them: once their scrape is over they never change
	past    map[noteKey]*event // of events that no window reaches any more
	changed []int64            // gauges: when each column's value last changed; 0: never seen to

	pastShared bool      // a copy has past, too
	readings   []reading // of a gauge's copy: the values of its entries
}

// entry: the line at pos belongs to column ref (counters, gauges) or to
// objects[ref] (histograms).
type entry struct{ pos, ref uint32 }

// object is one histogram series of the instance. Its buckets' positions are
// buckets[from:to], aligned with the layout; where +Inf has no line of its
// own, the last is that of _count.
type object struct {
	col      uint32 // of what is followed; a native histogram's may change
	from, to uint32 // none where there are native buckets alone
	sum      int32  // positions; −1: none
	native   int32
	series   int32 // its number in the route
	classic  bool  // the classic buckets are followed
	reworded bool  // it was there before, in buckets that say nothing of these
}

// column is a group (and layout) in which the instance has something.
type column struct {
	columnKey
	at     int     // the first of its counts in a row
	final  int32   // the group as it is answered
	places *places // of a native histogram's buckets; else nil
}

// count is where in a row the column's count stands: a classic histogram's is
// its last bucket.
func (c *column) count() int {
	if c.layout == nil {
		return c.at
	}
	return c.at + c.layout.Len() - 1
}

// width is how many counts the column has, and cell where in a row one stands.
func (c *column) width() int {
	if c.places != nil {
		return gridHead + c.places.len()
	}
	return c.columnKey.width()
}

func (c *column) cell(i int) int {
	if c.places != nil && i >= gridHead {
		return int(c.places.at(i - gridHead))
	}
	return c.at + i
}

// columnKey: of a histogram there is a layout, or else a grid.
type columnKey struct {
	group  int32
	layout *layout.Layout
	grid   *grid
}

// width is how many counts a column begins with.
func (k columnKey) width() int {
	switch {
	case k.grid != nil:
		return gridHead
	case k.layout != nil:
		return k.layout.Len()
	}
	return 1
}

// row holds exact increases since the binding began: of each column one count,
// or for histograms one for each bucket, cumulative, and a sum. Native buckets
// are not cumulative.
type row struct{ counts, sums exact.Vector }

func (r *row) set(o *row) {
	r.counts.Set(&o.counts)
	r.sums.Set(&o.sums)
}

// bind leads the lines of a staged scrape to the view's columns. It leaves the
// old binding as it was: the two are swapped when the scrape is accepted.
func bind(v *view, in *instance, old *binding, body series) *binding {
	s := v.fleet.store
	b := &binding{view: v, byCol: map[columnKey]int32{}}
	if old == nil {
		b.route, b.target = v.routeFor(in.labels), in.labels
		b.since = in.history.n
		b.snaps = make([]row, slots(v))
	} else {
		*b = *old
		b.entries, b.objects, b.buckets, b.natives = nil, nil, nil, nil
		b.cols, b.shared = slices.Clip(b.cols), true
		b.refused = 0
	}
	if !b.route.admits(in.labels) {
		return b
	}
	if v.kind == kindHistogram {
		b.bindObjects(s, old, body)
		return b
	}
	for pos := range body.Len() {
		if body.Duplicate(pos) {
			continue
		}
		id := body.ID(pos)
		switch w := b.route.way(s, id); {
		case w == wayMatched:
			b.exposes = true
		case w == wayRefused:
			b.refused++
		case w >= 0:
			b.exposes = true
			b.entries = append(b.entries, entry{uint32(pos), uint32(b.column(columnKey{group: w}))})
		}
	}
	if v.kind == kindGauge {
		b.shed()
	}
	return b
}

// lines are those of an instance's columns, or those of a staged scrape. Of a
// series that stands twice in a body, the first one counts.
type lineSet interface {
	Len() int
	ID(pos int) lines.ID
	Duplicate(pos int) bool
}

// slots is how many checkpoints a view keeps: one before the window, one for
// each part of it, and one for the part that has begun.
func slots(v *view) int {
	if v.Window == ledgerOnly {
		return 2
	}
	return v.fleet.cfg.Checkpoints + 2
}

// column is the index of a column, made when it is new.
func (b *binding) column(k columnKey) int32 {
	if c, ok := b.byCol[k]; ok {
		return c
	}
	b.own()
	c := int32(len(b.cols))
	final := b.view.finals.of(b.view, b.route.labelsOf(k.group, b.target))
	b.cols = append(b.cols, column{columnKey: k, at: b.counts, final: final})
	if k.grid != nil {
		b.cols[c].places = &places{}
	}
	b.counts += k.width()
	b.byCol[k] = c
	return c
}

// own makes the columns the binding's alone.
func (b *binding) own() {
	if b.shared {
		b.byCol, b.cols, b.shared = maps.Clone(b.byCol), slices.Clone(b.cols), false
	}
}

// bytes is what the rows hold when all slots are filled.
func (b *binding) bytes() int64 {
	if b.view.kind == kindGauge {
		return gaugeColumn * int64(len(b.cols))
	}
	sum := int64(0)
	for i := range b.cols {
		sum += b.columnBytes(&b.cols[i])
	}
	return sum
}

func (b *binding) columnBytes(c *column) int64 {
	width := int64(c.width())
	if b.view.kind == kindHistogram {
		width++ // the sum
	}
	rows := 1 + len(b.snaps)
	if b.view.fleet.joinable() {
		rows += 2
	}
	bytes := columnOverhead + 8*width*int64(rows)
	if c.places != nil {
		bytes += 8 * int64(c.places.len())
	}
	return bytes
}

// What a column takes besides its numbers, as measured: itself and the way to
// it, which is all that a gauge's takes, and the event of its first sight. Of a
// view with many groups that is most of what it holds.
const (
	gaugeColumn    = 100
	columnOverhead = 220
)

// piece is a line of a histogram object on the way to its binding.
type piece struct {
	object int32
	role   lines.Role
	bound  float64
	pos    uint32
}

// bindObjects gathers each object's lines, wherever in the body they stand.
func (b *binding) bindObjects(s *lines.Store, old *binding, body series) {
	var pieces []piece
	for pos := range body.Len() {
		if body.Duplicate(pos) {
			continue
		}
		id := body.ID(pos)
		w := b.route.way(s, id)
		switch w {
		case wayMatched:
			b.exposes = true
		case wayRefused:
			b.refused++
		}
		if w >= 0 {
			l := s.Line(id)
			pieces = append(pieces, piece{w, l.Role, l.Bound, uint32(pos)})
		}
	}
	b.exposes = b.exposes || len(pieces) > 0
	slices.SortStableFunc(pieces, func(x, y piece) int {
		return cmp.Or(cmp.Compare(x.object, y.object), cmp.Compare(x.role, y.role), cmp.Compare(x.bound, y.bound))
	})
	for len(pieces) > 0 {
		n := 1
		for n < len(pieces) && pieces[n].object == pieces[0].object {
			n++
		}
		b.bindObject(pieces[:n], old, body)
		pieces = pieces[n:]
	}
	slices.SortFunc(b.entries, func(x, y entry) int { return cmp.Compare(x.pos, y.pos) })
}

// bindObject makes one object of its lines. One that has no buckets, or the
// same bound twice, is none: it is left out, which Status tells.
func (b *binding) bindObject(pieces []piece, old *binding, body series) {
	o := object{from: uint32(len(b.buckets)), sum: -1, native: -1, series: pieces[0].object}
	var bounds []float64
	count := int32(-1)
	for _, p := range pieces {
		switch p.role {
		case lines.Bucket:
			bounds = append(bounds, p.bound)
			b.buckets = append(b.buckets, p.pos)
		case lines.Count:
			count = int32(p.pos)
		case lines.Sum:
			o.sum = int32(p.pos)
		case lines.Native:
			o.native = int32(p.pos)
		}
	}
	if n := len(bounds); n > 0 && !math.IsInf(bounds[n-1], 1) && count >= 0 {
		bounds = append(bounds, math.Inf(1))
		b.buckets = append(b.buckets, uint32(count))
	}
	var lay *layout.Layout
	if len(bounds) > 0 {
		lay = b.view.layout(bounds)
	}
	if lay == nil {
		b.buckets = b.buckets[:o.from]
	}
	o.to = uint32(len(b.buckets))
	if lay == nil && o.native < 0 {
		return
	}
	group := b.route.objects[o.series]
	if o.classic = lay != nil && (o.native < 0 || body.followsBuckets(pieces)); o.classic {
		o.col = uint32(b.column(columnKey{group: group, layout: lay}))
	} else {
		o.col = uint32(b.nativeColumn(group, body.native(int(o.native))))
		b.natives = append(b.natives, uint32(len(b.objects)))
	}
	o.reworded = body.reworded(old, b.route, pieces)
	for _, p := range pieces {
		b.entries = append(b.entries, entry{p.pos, uint32(len(b.objects))})
	}
	b.objects = append(b.objects, o)
}

// fit makes room for the columns that came.
func (b *binding) fit() {
	switch b.view.kind {
	case kindGauge:
		b.changed = append(b.changed, make([]int64, len(b.cols)-len(b.changed))...)
		return
	case kindHistogram:
		b.live.sums.Grow(len(b.cols))
	}
	b.live.counts.Grow(b.counts)
	if b.seg != nil {
		b.seg.fit(b)
	}
}

// snap keeps the present as checkpoint n.
func (b *binding) snap(n int) { b.snaps[n%len(b.snaps)].set(&b.live) }

// base is the row of checkpoint n: nil is the beginning, where all is 0.
func (b *binding) base(n int) *row {
	if n < b.since {
		return &row{}
	}
	return &b.snaps[n%len(b.snaps)]
}
