package aggregate

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
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

// change is called before the state of an instance changes.
func (f *Fleet) change(in *instance) {
	if in.after < f.snapshots && in.seen() {
		in.before = &before{in.copied(), in.after, f.snapshots}
	}
	in.after = f.snapshots
}

// changeAhead keeps the state before a scrape that is stamped so late that
// questions may leave it out.
func (f *Fleet) changeAhead(in *instance, at int64) {
	if in.seen() && at > max(f.latest.Load(), in.last)+f.cfg.ClockSkew.Milliseconds() && in.after >= f.snapshots {
		in.before = &before{in.copied(), in.after, f.snapshots}
	}
}

// until returns the instance as of a time that may be before its latest scrape;
// nil if that state is not kept.
func (in *instance) until(e int64) *instance {
	switch {
	case in.last <= e:
		return in
	case in.before != nil && in.before.in.last <= e:
		return in.before.in
	}
	return nil
}

// copied returns a copy of the instance for questions, without columns.
func (in *instance) copied() *instance {
	c := &instance{
		name: in.name, targets: in.targets, labels: in.labels, clocks: in.clocks, incarnation: in.incarnation,
		gone: in.gone, since: in.since, restarts: in.restarts, gaps: in.gaps, shrunk: slices.Clone(in.shrunk),
		Kin: identity.Kin[*instance]{Twins: in.Twins}, starts: in.starts, alternates: in.alternates, another: in.another, pool: in.pool, lost: in.lost, late: in.late,
		history: in.history.Clone(), plan: in.plan,
	}
	for i, b := range in.bindings {
		var room *window.Row
		if in.before != nil && i < len(in.before.in.bindings) {
			room = &in.before.in.bindings[i].Live // no snapshot needs the state before this one
		}
		c.bindings = append(c.bindings, b.copied(in, room))
	}
	return c
}

// copied returns a copy of the binding without what only scrapes need. It
// reuses the room of another row, if there is one.
func (b *binding) copied(in *instance, room *window.Row) *binding {
	c := &binding{view: b.view}
	if b.view.kind == growth.Gauge {
		c.Table = b.Table
		c.changed = slices.Clone(b.changed)
		c.entries = slices.Clone(b.lines(in))
		c.readings = make([]reading, len(c.entries))
		for i := range c.entries {
			c.readings[i] = b.reading(in, i)
		}
		return c
	}
	c.Table = b.Copy(room)
	return c
}

// reading is one line of a gauge as it was read.
type reading struct {
	value float64
	own   int64 // its own timestamp, or lines.NoTime
	line  *lines.Line
}

// lines returns the lines that a view of gauges follows.
func (b *binding) lines(in *instance) []growth.GaugeLine {
	if b.readings != nil {
		return b.entries
	}
	return in.plan.Gauges(b.view.index)
}

// reading returns the i-th of these lines.
func (b *binding) reading(in *instance, i int) reading {
	if b.readings != nil {
		return b.readings[i]
	}
	pos := int(b.lines(in)[i].Pos)
	return reading{in.cols.Value(pos) + 0, in.cols.Time(pos), b.view.fleet.store.Line(in.cols.ID(pos))} // −0 is 0
}

// relabel gives an instance the new labels of its target. What it counted until
// now stays in the groups it was counted in, as if an instance had departed; in
// the new groups it counts from now on.
func (f *Fleet) relabel(in *instance, ls labels.Labels) {
	if labels.Equal(in.labels, ls) {
		return
	}
	f.change(in)
	var moved []*view
	for _, b := range in.bindings {
		v := b.view
		if labels.Equal(v.seen(in.labels), v.seen(ls)) {
			continue
		}
		moved = append(moved, v)
		v.ledger.known.note(in, b)
		if f.counts(in, in.last) {
			f.depart(in, b, v.ledger.departures)
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
	f.replan(in)
	for _, v := range moved {
		f.bytes += in.bindings[v.index].bytes(in.plan)
	}
}

// seen returns those of a target's labels that matter to the view.
func (v *view) seen(target labels.Labels) labels.Labels {
	b := labels.NewBuilder(target)
	target.Range(func(l labels.Label) {
		if !v.selection.Mentions(l.Name) {
			b.Del(l.Name)
		}
	})
	return b.Labels()
}
