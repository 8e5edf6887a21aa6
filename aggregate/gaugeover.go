package aggregate

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/roster"
)

// Over returns the groups in a window, for views with a Window.
func (v *GaugeView) Over(w Window) ([]*GaugeRange, error) {
	q, err := w.ask(behind(v))
	if err != nil {
		return nil, err
	}
	defer q.close()
	if kept := q.v.Window; kept <= 0 || time.Duration(q.e-q.s)*time.Millisecond > kept {
		return nil, fmt.Errorf("%w: of a gauge the past is kept for View.Window: %s", ErrWindow, max(kept, 0))
	}
	a := q.asked()
	groups := byLabels[*GaugeRange]{}
	group := func(ls labels.Labels) *GaugeRange {
		return groups.of(ls, func() *GaugeRange { return &GaugeRange{labels: ls, asked: &a} })
	}
	if q.v.Single() {
		group(labels.EmptyLabels())
	}
	for i := range q.states {
		x := &q.states[i]
		b, presence := x.in.bindings[q.v.index], presenceOf(q.f, x)
		for col := range b.Tracks {
			if t := &b.Tracks[col]; len(t.Steps) > 0 {
				g := group(b.labelsOf(col))
				g.lines = append(g.lines, gauge.Line{Name: x.in.name, Steps: t.Steps, Presence: presence})
			}
		}
	}
	list := groups.sorted((*GaugeRange).Labels)
	for _, g := range list {
		g.finish(q)
	}
	return list, nil
}

// GaugeRange is one group's answer about a window. Between two scrapes a member has the value of the first. After
// its last one before a failure, or a long silence, Lo and Hi allow for its being there or not.
type GaugeRange struct {
	labels labels.Labels
	asked  *asked       // nil: of no question
	lines  []gauge.Line // until the answer is made
	past   gauge.Past
	said   []string
}

// finish makes the answer of the lines.
func (g *GaugeRange) finish(q *question) {
	g.past = gauge.PastOf(q.v.Combine, g.lines, q.s, q.e, g.asked.unmetIn(g.labels))
	g.lines, g.said = nil, slices.Concat(q.notes(), q.partials().Words(q.v.Every(), g.labels), g.past.Said())
}

// Labels implements [Group].
func (g *GaugeRange) Labels() labels.Labels { return g.labels }

// Coverage implements [Group].
func (g *GaugeRange) Coverage() Coverage { return g.asked.coverage() }

// Warnings implements [Group]. Among others, they name members that came or ended within the window.
func (g *GaugeRange) Warnings() []string { return slices.Clone(g.said) }

// Max returns the greatest value in the window of what View.Combine makes of the members at each moment: a maximum of
// sums, not a sum of maxima. Combine is Sum, Max, Min or Mean; false for others, or without a value.
func (g *GaugeRange) Max() (promfold.Estimate, bool) { return g.past.All.Max, g.past.Known }

// Min returns the least such value.
func (g *GaugeRange) Min() (promfold.Estimate, bool) { return g.past.All.Min, g.past.Known }

// Mean returns the mean of such values, over the time in which there was one.
func (g *GaugeRange) Mean() (promfold.Estimate, bool) { return g.past.All.Mean, g.past.Known }

// Members returns the members that had a value in the window, by name.
func (g *GaugeRange) Members() []GaugeMember {
	return converted(g.past.Members, func(m gauge.PastMember) GaugeMember { return GaugeMember(m) })
}

// Explain implements [Group].
func (g *GaugeRange) Explain() string {
	if g.asked == nil {
		return ""
	}
	a := g.asked
	return explain.Span(a.view.String(), g.labels.String(), a.s, a.e, a.coveredText(), g.past.Write, g.said)
}

// String returns one line.
func (g *GaugeRange) String() string {
	all := &g.past.All
	if !g.past.Known {
		return summary(g, "value", estimate{}, false)
	}
	return summary(g, fmt.Sprintf("%s %s to %s, mean", g.past.Combine, all.Min, all.Max), all.Mean, true)
}

// noteFailure notes that the target of an instance failed.
func noteFailure(f *Fleet, name string, at int64) {
	if !f.pasts {
		return
	}
	f.names.Lock()
	in := f.instances[name]
	f.names.Unlock()
	if in != nil && in.Seen() && !in.retired {
		in.notePresence(f, at)
	}
}

// presenceOf returns how far an instance was part of the present over time.
func presenceOf(f *Fleet, x *state) gauge.Presence {
	p := slices.Clone(x.in.presence)
	if x.standing == roster.Absent && !x.gone {
		silent := x.end.Counted
		if x.in.pool != nil {
			silent = x.in.Last + x.in.Spacings.Patience(f.cfg.Staleness)
		}
		p.End(x.in.Last, silent, roster.Doubtful, 0)
	}
	return p
}

// GaugeMember is an instance and what its value was in a window.
type GaugeMember struct {
	Instance       string
	Max, Min, Mean promfold.Estimate // of its own values; Mean over the time in Covers
	Covers         time.Duration     // for how long it had a value
	From, To       time.Time         // the first and the last moment of that
}

// String returns one line.
func (m GaugeMember) String() string { return gauge.PastMember(m).String() }
