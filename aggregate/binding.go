package aggregate

import (
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/window"
)

// binding is what one view keeps of one instance.
type binding struct {
	*window.Table
	view    *view
	seg     *segment // of the process that answers; nil: not followed
	changed []int64  // gauges: when each column's value changed last; 0: never seen to

	// Of a copy, see before:
	entries  []growth.GaugeLine
	readings []reading
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

// gaugeColumn is what a gauge's column takes, as measured.
const gaugeColumn = 100

// spare is how many rows are kept of a table besides those of its checkpoints.
func (f *Fleet) spare() int {
	if f.joinable() {
		return 2
	}
	return 0
}

// bytes returns what the view keeps of an instance that follows a plan. Columns
// of gauges count as long as a line leads to them, see shed.
func (b *binding) bytes(p *growth.Plan) int64 {
	if b.view.kind == growth.Gauge {
		return gaugeColumn * int64(p.Columns(b.view.index, len(b.Cols)))
	}
	return b.Table.Bytes(b.view.fleet.spare())
}

// labelsOf returns the labels of a column's group, as it is answered.
func (b *binding) labelsOf(col int) labels.Labels {
	return b.view.finals.list[b.Cols[col].Group].labels
}

// outlives reports whether what a column counts goes on when a process ends.
func (b *binding) outlives(col int) bool { return b.view.finals.list[b.Cols[col].Group].outlives }

// adopted makes room for the columns that came.
func (b *binding) adopted() {
	if b.view.kind == growth.Gauge {
		b.changed = append(b.changed, make([]int64, len(b.Cols)-len(b.changed))...)
	}
	if b.seg != nil {
		b.seg.fit(b)
	}
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

// draft begins drafts of all bindings, and makes those that are missing.
func (f *Fleet) draft(in *instance, route *growth.Route) *drafts {
	bound := append([]*binding(nil), in.bindings...)
	for _, v := range f.views[len(bound):] {
		bound = append(bound, newBinding(v, &in.history))
	}
	return f.draftOf(in, route, bound)
}

func (f *Fleet) draftOf(in *instance, route *growth.Route, bound []*binding) *drafts {
	d := &drafts{f: f, in: in, route: route, bound: bound}
	for _, b := range bound {
		d.list = append(d.list, b.Draft())
	}
	return d
}

// Group, Column, Native and Layout are what a plan asks for.
func (d *drafts) Group(view, group int32) int32 {
	v := d.f.views[view]
	return v.finals.of(v, v.selection.Over(d.route.Group(view, group), d.in.labels))
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
			bytes += gaugeColumn * int64(next.Columns(i, len(d.list[i].Cols)))
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
		changed := make([]int64, len(b.Cols))
		for from, to := range moved {
			if to >= 0 {
				changed[to] = b.changed[from]
			}
		}
		b.changed = changed
		in.plan.Moved(int32(i), moved)
	}
}

// followsBuckets reports whether the native histogram at a position was
// followed by its classic buckets until now.
func (in *instance) followsBuckets(pos int) bool {
	if in.plan == nil {
		return in.chosen[in.cols.ID(pos)]
	}
	found := false
	in.plan.Buckets(func(at int) { found = found || at == pos })
	return found
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

// layout returns the view's own form of a layout.
func (v *view) layout(l *layout.Layout) *layout.Layout {
	if l == nil || !v.Signed {
		return l
	}
	return v.fleet.signed.Layout(window.BoundsOf(l))
}

// set is where the layouts of the view's columns are.
func (v *view) set() *window.Set {
	if v.Signed {
		return &v.fleet.signed
	}
	return &v.fleet.set
}
