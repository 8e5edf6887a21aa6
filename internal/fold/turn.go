package fold

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

// Minds reports whether it makes a difference to the view that the target of an
// instance gets other labels.
func (v *View) Minds(before, now labels.Labels) bool {
	return !labels.Equal(v.Selection.Seen(before), v.Selection.Seen(now))
}

// Turn notes that the target of an instance, of which the present is the latest
// scrape, gets other labels. What was counted stays in the groups it was counted
// in.
func (b *Binding) Turn(before, now labels.Labels, present window.Checkpoint) {
	s := b.View.Selection
	b.Table.Turn(s.Seen(before), s.Seen(now), present)
	b.Met = nil
}

// Turned follows the lines of an instance, which lead elsewhere since its target
// got other labels: a value of a gauge is as old as it was.
func (b *Binding) Turned(old, p *growth.Plan) {
	if b.View.Kind != growth.Gauge {
		return
	}
	list := old.Gauges(b.View.Index)
	for _, line := range p.Gauges(b.View.Index) {
		for len(list) > 0 && list[0].Pos < line.Pos {
			list = list[1:]
		}
		if len(list) > 0 && list[0].Pos == line.Pos {
			t := &b.Tracks[line.Col]
			t.Changed = max(t.Changed, b.Tracks[list[0].Col].Changed)
		}
	}
}

// crossing is a step at whose beginning the target of an instance had other labels
// than at its end. When they changed is not known, so that all of it or nothing
// may be of either.
type crossing struct {
	b           *Binding
	plan        *growth.Plan
	last, at    int64
	before, now labels.Labels
}

// cross widens the bounds of the steps of a binding whose target got other labels
// since the scrape before.
func cross(b *Binding, p *growth.Plan, steps *growth.Steps, last, at int64) {
	before, now, ok := b.Table.Turned(last)
	if !ok || b.View.Kind == growth.Gauge {
		return
	}
	x := crossing{b, p, last, at, before, now}
	if !b.View.Selection.Admits(now) {
		x.lost()
		return
	}
	for i := range steps.Plain {
		s := &steps.Plain[i]
		x.step(s.Object, func(growth.Part) (lo, hi float64) { return s.Now - s.Before, s.Now - s.Before })
	}
	for i := range steps.Odd {
		s := &steps.Odd[i]
		x.step(s.Object, func(growth.Part) (lo, hi float64) { return s.Lo, s.Hi })
	}
	for i := range steps.Hists {
		s := &steps.Hists[i]
		x.step(s.Object, func(part growth.Part) (lo, hi float64) { return around(s, part) })
	}
}

// around returns the bounds of what a part of a histogram grew by.
func around(x *growth.Hist, part growth.Part) (lo, hi float64) {
	from, to, _ := x.Of(part)
	lo, hi = to-from, to-from
	for i := range x.Notes {
		n := &x.Notes[i]
		s := n.Step
		if part == growth.SumOf {
			s = n.OfSum(x.Sum, x.SumRead)
		}
		lo, hi = lo-max(0, s.Value()-s.Lo), hi+max(0, s.Hi-s.Value())
	}
	return lo, hi
}

// step widens the bounds by an object's step: where it is counted, and where it
// would have been before.
func (x *crossing) step(object uint32, of func(growth.Part) (lo, hi float64)) {
	for _, k := range x.plan.Sinks(object) {
		if int(k.View) != x.b.View.Index || k.Part > growth.SumOf {
			continue
		}
		s, groups := x.b.View.Selection, x.b.View.Groups
		group, admitted := s.Former(groups.Labels(k.Group), x.before, x.now), s.Admits(x.before)
		lo, hi := of(k.Part)
		if admitted && labels.Equal(group, groups.Labels(k.Group)) || hi <= 0 {
			continue
		}
		for col, found := 0, false; col < len(x.b.Cols); col++ {
			switch c := &x.b.Cols[col]; {
			case int32(col) == k.Col || k.Col < 0 && c.Group == k.Group:
				x.note(int32(col), max(0, lo), 0)
				k.Col = int32(col) // the others have none of it
			case admitted && !found && labels.Equal(groups.Labels(c.Group), group):
				x.note(int32(col), 0, hi)
				found = true
			}
		}
	}
}

// lost opens the bounds of all that the view, to which the instance is none any
// more, had of it: nobody follows what it counted until its labels changed.
func (x *crossing) lost() {
	for col := range x.b.Cols {
		x.note(int32(col), 0, math.Inf(1))
	}
}

// note says that a column may have grown by so much less, or more.
func (x *crossing) note(col int32, below, above float64) {
	step := judge.Step{Verdict: judge.Grew, Add: below, Hi: below + above, From: x.last, To: x.at, Reach: x.last}
	x.b.Note(x.at, window.Note{Col: col, Verdict: judge.Grew, Quirk: growth.Relabelled}, &step)
}
