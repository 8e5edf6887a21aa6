package aggregate

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/fold"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/kept"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/tally"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// Views that are asked of one snapshot agree, although scrapes come in between. Snapshots are numbered. Before an
// instance changes for the first time after a snapshot was taken, it keeps a copy of what questions read: one row of
// each counter, the readings of each gauge. A fleet that nobody asks copies nothing. Only the latest copy is kept, so
// a snapshot answers until the instance changes after a later snapshot was taken.

// before is the state of an instance for the snapshots numbered above from and up to to.
type before struct {
	in       *instance
	from, to uint64
}

// binding is what one view keeps of one instance.
type binding struct {
	fold.Binding
	view *view
}

// pack returns what is saved of the binding of an instance.
func (b *binding) pack(in *instance, groups *tally.Groups) *kept.Row {
	r := kept.Pack(b.Table, b.Met, b.Tracks, &in.History, in.Held(b.view.index), func(i int32) labels.Labels { return groups.At(i).Labels })
	r.Exposes, r.Since = in.exposes(b.view), b.Since
	return r
}

// standing returns the least version that counts of the process at hand, and until when it is counted elsewhere; if that
// is later than the scrape it is as it was, and a later one goes on anew, see [view.heard].
func (b *binding) standing(in *instance, at int64) (version, begin int64) {
	k := b.view.ledger.Known
	if k == nil {
		return 0, 0
	}
	version, begin = k.Standing(in.keys(watch.Unknown, b.Met.Starts...)...)
	_, outliving := k.Standing(in.keys(watch.External)...)
	if begin = max(begin, outliving); begin > at {
		return version, b.Met.Begin
	}
	return version, begin
}

// processes returns what the binding knows of the process that answers, and of what outlives processes. ended is when
// that one ended, 0 if it did not.
func (b *binding) processes(v *view, in *instance, ended int64) []watch.Process {
	if b.Met == nil {
		return nil
	}
	t := b.Table
	if before := in.Held(v.index); before != nil && in.pool != nil && in.Provisional {
		t = b.As(before) // what came since may be another one's
	}
	list := b.Met.Told(t, in.pool == nil, b.Outlives, func(group int32) string { return window.GroupName(v.groups.At(group).Labels) })
	own, outliving := &list[0], &list[1]
	own.Keys, own.Last, own.Ended = in.keys(watch.Unknown, b.Met.Starts...), in.Last, ended
	if outliving.Keys, outliving.Last = in.keys(watch.External), in.Last; ended <= in.Last {
		outliving.Ended = ended // nobody follows the process
	}
	if len(outliving.Groups) == 0 {
		return list[:1]
	}
	return list
}

// note keeps what a binding knows of a process that ends, or is not followed any more.
func (b *binding) note(in *instance, ended int64) {
	for _, p := range b.processes(b.view, in, ended) {
		b.view.tellOwn(p)
	}
}

// noteLeft is note for an instance that departed: at a time that was said, or nobody knows when.
func (b *binding) noteLeft(in *instance, at int64) {
	for _, p := range b.processes(b.view, in, in.Last) {
		p.Ended = max(p.Ended, at)
		b.view.tellOwn(p)
	}
}

// newBinding returns one without columns, of an instance with that history.
func newBinding(v *view, h *window.History) *binding { return &binding{fold.New(&v.own, h), v} }

// bindingsOf returns what the bindings of a view, which has its index, have in common.
func bindingsOf(v *view) fold.View {
	x := fold.View{
		Index: v.index, Kind: v.Kind, Selection: &v.selection, Groups: &v.groups, Set: v.set(), Totals: v.Window == declare.TotalsAlone,
		Slots: v.fleet.spacing().Least(), Within: v.InInstance(), Sentinels: v.Sentinels,
	}
	if v.fleet.joinable() {
		x.Spare = 2
	}
	if v.Kind == growth.Gauge && v.Window > 0 {
		x.Past, x.Steps = v.Window.Milliseconds(), 4*v.fleet.cfg.Checkpoints
	}
	return x
}

// exposed returns what the instance exposed last.
func (in *instance) exposed(s *lines.Store) fold.Exposed {
	return fold.Exposed{Store: s, Columns: &in.Columns, Plan: in.Plan, State: &in.State, Last: in.Last}
}

// reading returns the i-th line that a view of gauges follows.
func (b *binding) reading(in *instance, i int) fold.Reading {
	x := in.exposed(b.view.fleet.store)
	return b.Reading(&x, i)
}

// read gathers the lines of an instance in each column.
func (b *binding) read(in *instance) []gauge.Body {
	x := in.exposed(b.view.fleet.store)
	return b.Read(&x)
}

// labelsOf returns the labels of a column's group, as it is answered.
func (b *binding) labelsOf(col int) labels.Labels { return b.view.groups.At(b.Cols[col].Group).Labels }

// relabel gives an instance the new labels of its target. What it counted until now stays in the groups it was counted
// in, and in the new groups it counts from now on.
func (in *instance) relabel(f *Fleet, ls labels.Labels) {
	if labels.Equal(in.labels, ls) {
		return
	}
	in.change(f)
	old := in.Plan
	var moved []*binding
	for _, b := range in.bindings {
		if b.View.Minds(in.labels, ls) {
			f.bytes -= b.Bytes(old)
			b.note(in, 0)
			b.Turn(in.labels, ls, in.Present())
			moved = append(moved, b)
		}
	}
	in.Settle(f.store)
	in.labels = ls
	in.replan(f)
	for _, b := range moved {
		b.Turned(old, in.Plan)
		f.bytes += b.Bytes(in.Plan)
	}
}

// draft begins drafts of all bindings of the i-th instance, and makes those that are missing.
func (in *instance) draft(f *Fleet, route *growth.Route, i int) *drafts {
	d := &drafts{Drafts: fold.Drafts{Route: route, Target: in.labels, Set: &f.set}, bound: slices.Clone(in.bindings)}
	for _, v := range f.declared[len(d.bound):] {
		b := newBinding(v, &in.History)
		if b.Begun, b.Since = in.Present(), in.Last; v.kept != nil {
			b = v.unpack(v.kept.Rows[i], in)
		}
		d.bound = append(d.bound, b)
	}
	for _, b := range d.bound {
		d.Add(&b.Binding)
	}
	return d
}

// drafts are the columns that a scrape on its way in adds to the bindings of an instance, which change with adopt.
type drafts struct {
	fold.Drafts
	bound []*binding
	next  *growth.Plan // see extend
}

// adopt makes the columns those of the bindings, and the bindings and the plan, if it was made, the instance's.
func (d *drafts) adopt(in *instance) {
	d.Adopt(len(in.bindings))
	if in.bindings = d.bound; d.next != nil {
		in.Adopt(d.next)
	}
}

// exposes reports whether the instance has shown the view's metric, selected or not.
func (in *instance) exposes(v *view) bool { return in.Plan.Presence(v.index).Exposes }

// refused returns how many lines of the view's metric have another type, of an instance that has no others. (A gauge x
// beside a counter x_total is no contradiction.)
func (in *instance) refused(v *view) int {
	if x := in.Plan.Presence(v.index); x.Series == 0 {
		return x.Refused
	}
	return 0
}

// replan makes the plan of an instance anew: its target's labels changed, or views did.
func (in *instance) replan(f *Fleet) {
	in.extend(f, 0).adopt(in)
}

// extend makes the plan of the i-th instance for all views that are declared, with drafts of its bindings.
func (in *instance) extend(f *Fleet, i int) *drafts {
	d := in.draft(f, f.router.For(in.labels), i)
	d.next = in.State.NewPlan(d.Route, f.router.Admits(in.labels), growth.KnownBody{Columns: &in.Columns}, d, in.Plan)
	for _, v := range f.declared[len(in.bindings):] {
		if v.kept != nil && v.kept.Rows[i].Exposes {
			d.next.Presence(v.index).Exposes = true
		}
	}
	return d
}
