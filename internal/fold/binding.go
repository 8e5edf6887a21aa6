package fold

import (
	"iter"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/window"
)

// Binding is what one view keeps of one instance.
type Binding struct {
	*window.Table
	View   *View
	Since  int64         // the scrape after which the view was declared; 0: before the first one
	Met    *window.Met   // the process that answers; nil: not followed
	Tracks []gauge.Track // gauges: when each column's value changed last, and what it was over time

	// Of a copy:
	copied  bool
	lines   []growth.GaugeLine
	gauges  []Reading
	scraped []int64 // see Readings
}

// New returns a binding without columns, of an instance with that history.
func New(v *View, h *window.History) Binding {
	return Binding{View: v, Table: window.NewTable(v.Kind == growth.Histogram, v.slots(h), h.N)}
}

// Copy returns what questions read of the binding, which later scrapes leave as it
// is. It reuses the room of another row, if there is one.
func (b *Binding) Copy(x *Exposed, room *window.Row) Binding {
	c := Binding{View: b.View, Since: b.Since, copied: true}
	if b.View.Kind != growth.Gauge {
		c.Table, c.scraped = b.Table.Copy(room), b.Readings(x)
		return c
	}
	c.Table, c.Tracks = b.Table, cloneTracks(b.Tracks)
	c.lines = slices.Clone(b.Lines(x.Plan))
	c.gauges = make([]Reading, len(c.lines))
	for i := range c.lines {
		c.gauges[i] = b.Reading(x, i)
	}
	return c
}

// Whole returns a copy of all that the view keeps of an instance with that history.
func (b *Binding) Whole(h *window.History) Binding {
	c := Binding{View: b.View, Since: b.Since, Table: b.Table.Whole(h), Met: b.Met.Clone()}
	if b.Tracks != nil {
		c.Tracks = cloneTracks(b.Tracks)
	}
	return c
}

func cloneTracks(list []gauge.Track) []gauge.Track {
	c := make([]gauge.Track, len(list))
	for i := range list {
		c[i] = list[i].Clone()
	}
	return c
}

// Groups yields the labels of the groups in which the instance has a series, which
// labelsOf returns of a column.
func (b *Binding) Groups(p *growth.Plan, labelsOf func(col int) labels.Labels) iter.Seq[labels.Labels] {
	used := make([]bool, len(b.Cols))
	if b.View.Kind == growth.Gauge {
		p.Used(int32(b.View.Index), used)
	}
	return func(yield func(labels.Labels) bool) {
		for c := range b.Cols {
			if (b.View.Kind != growth.Gauge || used[c]) && !yield(labelsOf(c)) {
				return
			}
		}
	}
}

// Lines returns the lines that a view of gauges follows.
func (b *Binding) Lines(p *growth.Plan) []growth.GaugeLine {
	if b.gauges != nil {
		return b.lines
	}
	return p.Gauges(b.View.Index)
}

// Reading returns the i-th of these lines.
func (b *Binding) Reading(x *Exposed, i int) Reading {
	if b.gauges != nil {
		return b.gauges[i]
	}
	pos := int(b.Lines(x.Plan)[i].Pos)
	return Reading{x.Columns.Value(pos) + 0, x.Columns.Time(pos), x.Store.Line(x.Columns.ID(pos))} // −0 is 0
}

// Readings returns which scrape read each column last; nil: the latest all.
func (b *Binding) Readings(x *Exposed) []int64 {
	if b.copied {
		return b.scraped
	}
	return x.State.Readings(x.Plan, x.Columns, b.View.Index, len(b.Cols), x.Last)
}

// Read gathers the lines of a view of gauges in each column.
func (b *Binding) Read(x *Exposed) []gauge.Body {
	cols := make([]gauge.Body, len(b.Cols))
	for i := range cols {
		cols[i].Within = b.View.Within
	}
	for i, e := range b.Lines(x.Plan) {
		r, at := b.Reading(x, i), x.Last
		if r.Own != lines.NoTime {
			at = min(at, r.Own)
		}
		cols[e.Col].Add(r.Value, at, slices.Contains(b.View.Sentinels, r.Value))
	}
	return cols
}

// LastChange returns when the value of a column changed last. What a process shows
// first, at the given time, is a change, unless it was there when observation
// began, at opening.
func (b *Binding) LastChange(col int, first, opening int64) int64 {
	if at := b.Tracks[col].Changed; at != 0 || b.Begun.At != 0 || first < opening {
		return at
	}
	return first
}

// Malformed reports whether a scrape had a histogram that could not be one.
func (b *Binding) Malformed(at int64) bool {
	for i := len(b.Events) - 1; i >= 0 && b.Events[i].At == at; i-- {
		if b.Events[i].Quirk == growth.Malformed {
			return true
		}
	}
	return false
}

// Outlives reports whether what a column counts goes on when a process ends.
func (b *Binding) Outlives(col int) bool { return b.View.Groups.Outlives(b.Cols[col].Group) }

// Bytes returns what the view keeps of an instance that follows a plan. Columns
// of gauges count as long as a line leads to them, see Shed; without a plan, all of
// them do.
func (b *Binding) Bytes(p *growth.Plan) int64 {
	switch {
	case b.View.Kind != growth.Gauge:
		return b.Table.Bytes(b.View.Spare)
	case p == nil:
		return b.View.Column() * int64(len(b.Cols))
	}
	return b.View.Column() * int64(p.Columns(b.View.Index, len(b.Cols)))
}

// Fit makes room for the columns that came.
func (b *Binding) Fit() {
	if b.View.Kind == growth.Gauge {
		b.Tracks = append(b.Tracks, make([]gauge.Track, len(b.Cols)-len(b.Tracks))...)
	}
	if b.Met != nil {
		b.Met.Fit(b.Table)
	}
}

// Follow begins to follow a process that started at start, 0 if that is not known,
// in place of the one that was followed.
func (b *Binding) Follow(start int64) {
	old := b.Met
	b.Met = b.Meet()
	if start != 0 {
		b.Met.Name(start)
	}
	if old != nil {
		b.Met.Keep(b.Table, old, b.Outlives)
	}
}

// Shed drops the columns of a gauge that no line leads to any more, once they are
// most of them: a gauge that ended has nothing to tell.
func (b *Binding) Shed(p *growth.Plan) {
	if b.View.Kind != growth.Gauge || len(b.Cols) < 16 || 2*len(p.Gauges(b.View.Index)) >= len(b.Cols) {
		return
	}
	marks, over := b.used(p), 0
	for i := range marks {
		if marks[i] = !marks[i] && b.Tracks[i].Over(); marks[i] {
			over++
		}
	}
	if 2*over <= len(marks) {
		return
	}
	moved, _ := b.Table.Drop(marks)
	tracks := make([]gauge.Track, len(b.Cols))
	for from, to := range moved {
		if to >= 0 {
			tracks[to] = b.Tracks[from]
		}
	}
	b.Tracks = tracks
	p.Moved(int32(b.View.Index), moved)
}

// used marks the columns to which an object leads.
func (b *Binding) used(p *growth.Plan) []bool {
	used := make([]bool, len(b.Cols))
	p.Used(int32(b.View.Index), used)
	return used
}
