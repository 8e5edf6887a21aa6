package aggregate

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/window"
)

// Views that are asked of one snapshot agree, although scrapes come in between.
// Snapshots are numbered. Before an instance changes for the first time after a
// snapshot was taken, it keeps a copy of what questions read: one row of each
// counter, the readings of each gauge. A fleet that nobody asks copies nothing.
// Only the latest copy is kept, so a snapshot answers until the instance
// changes after a later snapshot was taken.

// before is the state of an instance for the snapshots numbered above from and
// up to to.
type before struct {
	in       *instance
	from, to uint64
}

// binding is what one view keeps of one instance.
type binding struct {
	*window.Table
	view   *view
	met    *window.Met   // the process that answers; nil: not followed
	tracks []gauge.Track // gauges: when each column's value changed last, and what it was over time

	// Of a copy, see before:
	entries []growth.GaugeLine
	gauges  []reading
	scraped []int64 // see readings
	copy    bool
}

// copied returns a copy of the binding without what only scrapes need. It
// reuses the room of another row, if there is one.
func (b *binding) copied(in *instance, room *window.Row) *binding {
	c := &binding{view: b.view, copy: true}
	if b.view.kind == growth.Gauge {
		c.Table = b.Table
		c.tracks = make([]gauge.Track, len(b.tracks))
		for i := range c.tracks {
			c.tracks[i] = b.tracks[i].Clone()
		}
		c.entries = slices.Clone(b.lines(in))
		c.gauges = make([]reading, len(c.entries))
		for i := range c.entries {
			c.gauges[i] = b.reading(in, i)
		}
		return c
	}
	c.Table, c.scraped = b.Copy(room), b.readings(in)
	return c
}

// lines returns the lines that a view of gauges follows.
func (b *binding) lines(in *instance) []growth.GaugeLine {
	if b.gauges != nil {
		return b.entries
	}
	return in.plan.Gauges(b.view.index)
}

// reading returns the i-th of these lines.
func (b *binding) reading(in *instance, i int) reading {
	if b.gauges != nil {
		return b.gauges[i]
	}
	pos := int(b.lines(in)[i].Pos)
	return reading{in.cols.Value(pos) + 0, in.cols.Time(pos), b.view.fleet.store.Line(in.cols.ID(pos))} // −0 is 0
}

// newBinding returns one without columns, of an instance with that history.
func newBinding(v *view, h *window.History) *binding {
	return &binding{view: v, Table: window.NewTable(v.kind == growth.Histogram, slots(v, h), h.N)}
}

// slots returns how many checkpoints a view may keep of an instance with that
// history: none where no windows are asked of it.
func slots(v *view, h *window.History) int {
	if v.kind == growth.Gauge || v.Window == ledgerOnly {
		return 0
	}
	return max(h.Slots(), v.fleet.spacing().Least())
}

// gaugeColumn is what a gauge's column takes, as measured, and gaugeStep what a
// value of the past takes.
const (
	gaugeColumn = 100
	gaugeStep   = 40
)

// readings returns which scrape read each column last; nil: the latest all.
func (b *binding) readings(in *instance) []int64 {
	if b.copy {
		return b.scraped
	}
	return in.state.Readings(in.plan, &in.cols, b.view.index, len(b.Cols), in.last)
}

// bytes returns what the view keeps of an instance that follows a plan. Columns
// of gauges count as long as a line leads to them, see shed.
func (b *binding) bytes(p *growth.Plan) int64 {
	if b.view.kind == growth.Gauge {
		return b.view.column() * int64(p.Columns(b.view.index, len(b.Cols)))
	}
	return b.Table.Bytes(b.view.fleet.spare())
}

// labelsOf returns the labels of a column's group, as it is answered.
func (b *binding) labelsOf(col int) labels.Labels {
	return b.view.groups.At(b.Cols[col].Group).Labels
}

// outlives reports whether what a column counts goes on when a process ends.
func (b *binding) outlives(col int) bool { return b.view.groups.At(b.Cols[col].Group).Outlives }

// adopted makes room for the columns that came.
func (b *binding) adopted() {
	if b.view.kind == growth.Gauge {
		b.tracks = append(b.tracks, make([]gauge.Track, len(b.Cols)-len(b.tracks))...)
	}
	if b.met != nil {
		b.met.Fit(b.Table)
	}
}

// retireColumns adds the columns that are about to be dropped to the account.
func (b *binding) retireColumns(forgotten func(col int) bool) {
	if b.view.kind == growth.Gauge {
		return
	}
	sumless := b.Sumless()
	for i := range b.Cols {
		if forgotten(i) {
			b.view.ledger.Account(b.labelsOf(i)).Retire(b.Table, i, sumless[int32(i)])
		}
	}
}

// lastChange returns when the value of a column changed last. What a process
// shows first is a change, unless it was there when observation began.
func (b *binding) lastChange(in *instance, col int, opening int64) int64 {
	if at := b.tracks[col].Changed; at != 0 || b.Begun.At != 0 || in.first < opening {
		return at
	}
	return in.first
}

// read gathers the lines of an instance in each column.
func (b *binding) read(in *instance, v *view) []gauge.Body {
	cols := make([]gauge.Body, len(b.Cols))
	for i := range cols {
		cols[i].Within = v.within()
	}
	for i, e := range b.lines(in) {
		r, at := b.reading(in, i), in.last
		if r.own != lines.NoTime {
			at = min(at, r.own)
		}
		cols[e.Col].Add(r.value, at, slices.Contains(v.Sentinels, r.value))
	}
	return cols
}

// reading is one line of a gauge as it was read.
type reading struct {
	value float64
	own   int64 // its own timestamp, or lines.NoTime
	line  *lines.Line
}

// relabel gives an instance the new labels of its target. What it counted until
// now stays in the groups it was counted in, as if an instance had departed; in
// the new groups it counts from now on.
func (in *instance) relabel(f *Fleet, ls labels.Labels) {
	if labels.Equal(in.labels, ls) {
		return
	}
	in.change(f)
	var moved []*view
	for _, b := range in.bindings {
		v := b.view
		if labels.Equal(v.seen(in.labels), v.seen(ls)) {
			continue
		}
		moved = append(moved, v)
		b.note(in, 0)
		if in.counts(f, in.last) {
			in.depart(f, b, v.ledger.Departures)
		}
	}
	in.settle(f.store)
	in.labels = ls
	for _, v := range moved {
		if v.kind != growth.Gauge {
			v.moved = f.snapshots
		}
		f.bytes -= in.bindings[v.index].bytes(in.plan)
		b := newBinding(v, &in.history)
		b.Begun = in.present()
		in.bindings[v.index] = b
	}
	in.replan(f)
	for _, v := range moved {
		f.bytes += in.bindings[v.index].bytes(in.plan)
	}
}

// draft begins drafts of all bindings, and makes those that are missing.
func (in *instance) draft(f *Fleet, route *growth.Route) *drafts {
	bound := append([]*binding(nil), in.bindings...)
	for _, v := range f.views[len(bound):] {
		bound = append(bound, newBinding(v, &in.history))
	}
	return in.draftOf(f, route, bound)
}

func (in *instance) draftOf(f *Fleet, route *growth.Route, bound []*binding) *drafts {
	d := &drafts{f: f, in: in, route: route, bound: bound}
	for _, b := range bound {
		d.list = append(d.list, b.Draft())
	}
	return d
}

// shed drops the columns of gauges that no line leads to any more, once they are
// most of them: a gauge that ended has nothing to tell.
func (in *instance) shed() {
	for i, b := range in.bindings {
		if b.view.kind != growth.Gauge || len(b.Cols) < 16 || 2*len(in.plan.Gauges(i)) >= len(b.Cols) {
			continue
		}
		used, marks := make([]bool, len(b.Cols)), make([]bool, len(b.Cols))
		in.plan.Used(int32(i), used)
		for j := range marks {
			marks[j] = !used[j]
		}
		moved, _ := b.Drop(marks)
		tracks := make([]gauge.Track, len(b.Cols))
		for from, to := range moved {
			if to >= 0 {
				tracks[to] = b.tracks[from]
			}
		}
		b.tracks = tracks
		in.plan.Moved(int32(i), moved)
	}
}

// exposes reports whether the instance has shown the view's metric, selected or
// not.
func (in *instance) exposes(v *view) bool { return in.plan.Presence(v.index).Exposes }

// refused returns how many lines of the view's metric have another type, of an
// instance that has no others. (A gauge x beside a counter x_total is no
// contradiction.)
func (in *instance) refused(v *view) int {
	if x := in.plan.Presence(v.index); x.Series == 0 {
		return x.Refused
	}
	return 0
}

// Series come and go. What nothing refers to any more is dropped in three
// places: lines of the store, groups of the routes and, where MaxBytes would be
// exceeded, columns of the bindings.

// sweep frees the lines that no instance holds once they are about a quarter of
// the store, which spreads the cost over the churn. The fleet's lock is held.
func sweep(f *Fleet, gone int) {
	f.garbage += gone
	if f.garbage < 256 || 4*f.garbage < f.store.Len() {
		return
	}
	f.garbage = 0
	f.reading.Lock() // for no reader of the store may be at work
	ids := f.store.Sweep()
	f.reading.Unlock()
	f.router.Forget(ids)
	for _, v := range f.views {
		v.sweepGroups()
	}
}

// evict drops the columns that have no series left and did not change within
// the window, if that makes enough room. What they counted stays in the totals,
// but not in answers since the start; a view that keeps totals alone drops
// none.
func evict(f *Fleet, enough int64) bool {
	idle := map[*binding][]bool{}
	room := int64(0)
	for _, in := range f.ordered {
		for i, b := range in.bindings {
			if b.view.Window == ledgerOnly || b.view.kind == growth.Gauge {
				continue
			}
			used := make([]bool, len(b.Cols))
			in.plan.Used(int32(i), used)
			if marks, bytes := b.Idle(&in.history, used, f.spare()); bytes > 0 {
				idle[b], room = marks, room+bytes
			}
		}
	}
	if room < enough {
		return false
	}
	for _, in := range f.ordered {
		for i, b := range in.bindings {
			if marks, ok := idle[b]; ok {
				b.note(in, 0)
				b.retireColumns(func(col int) bool { return marks[col] })
				cols := b.Cols
				moved, move := b.Drop(marks)
				if b.met != nil {
					b.met.Drop(cols, moved, move)
				}
				in.plan.Moved(int32(i), moved)
				in.settle(f.store) // its rows have the columns that were
			}
		}
	}
	f.bytes -= room
	return true
}

// adopt makes a plan of the lines that an instance exposed last its own.
func (in *instance) adopt(f *Fleet, next *growth.Plan) {
	if in.plan != nil {
		in.state.Moved(in.plan.Succeed(next))
	}
	next.Remember(in.plan)
	in.plan = next
	in.state.Adopt(in.plan, &in.cols)
}

// replan makes the plan of an instance anew: its target's labels changed.
func (in *instance) replan(f *Fleet) {
	d := in.draftOf(f, f.router.For(in.labels), in.bindings)
	next := in.state.NewPlan(d.route, in.admitted(f), growth.KnownBody{Columns: &in.cols}, d, in.plan)
	d.adopt()
	in.adopt(f, next)
}

// admitted says of each view whether the instance's target labels let it in.
func (in *instance) admitted(f *Fleet) []bool {
	list := make([]bool, len(f.views))
	for i, v := range f.views {
		list[i] = v.selection.Admits(in.labels)
	}
	return list
}

// drafts are the columns that a scrape on its way in adds to the bindings of an
// instance, which are as they were until adopt.
type drafts struct {
	f     *Fleet
	in    *instance
	route *growth.Route
	bound []*binding
	list  []*window.Draft
}

// Group, Column, Native and Layout are what a plan asks for.
func (d *drafts) Group(view, group int32) int32 {
	v := d.f.views[view]
	return v.groups.Of(v.selection.Over(d.route.Group(view, group), d.in.labels))
}

func (d *drafts) Column(view, group int32, l *layout.Layout) int32 {
	return d.list[view].Column(window.Key{Group: group, Layout: d.f.views[view].layout(l)})
}

func (d *drafts) Native(view, group int32, n *layout.Native) int32 {
	return d.list[view].Native(d.f.views[view].set(), group, n)
}

func (d *drafts) Layout(bounds []float64) *layout.Layout { return d.f.set.Layout(bounds) }

// need returns by how much what the bindings hold grows with the next plan.
func (d *drafts) need(next *growth.Plan) (bytes int64) {
	for i, b := range d.bound {
		if b.view.kind == growth.Gauge {
			bytes += b.view.column() * int64(next.Columns(i, len(d.list[i].Cols)))
		} else {
			bytes += d.list[i].Bytes(d.f.spare())
		}
		if i < len(d.in.bindings) {
			bytes -= b.bytes(d.in.plan)
		}
	}
	return bytes
}

// adopt makes the columns those of the bindings, and the bindings the
// instance's.
func (d *drafts) adopt() {
	for i, b := range d.bound {
		if d.list[i].Changed() || i >= len(d.in.bindings) {
			d.list[i].Adopt()
		}
		b.adopted()
	}
	d.in.bindings = d.bound
}
