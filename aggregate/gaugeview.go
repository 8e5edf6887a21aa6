package aggregate

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/lines"
)

// GaugeView answers what a gauge reads. What the number of a fleet is depends on
// what the gauge means, see View.Combine; a rate is not offered.
type GaugeView struct{ v *view }

func (v *GaugeView) kept() *view {
	if v == nil {
		return nil
	}
	return v.v
}

// At returns the groups at a moment, sorted by labels; a view without By has
// exactly one. Instances that are stale or have left are not in them.
func (v *GaugeView) At(s Snapshot) ([]*GaugeGroup, error) {
	q, err := s.SinceStart().ask(v.kept())
	if err != nil {
		return nil, err
	}
	defer q.close()
	a := q.gauges()
	switch {
	case q.v.limit != nil:
		a.readShares()
	case q.v.Combine == Distinct:
		a.readVariants()
	default:
		a.read()
	}
	return a.finish(), nil
}

// One returns the group of a view without By.
func (v *GaugeView) One(s Snapshot) (*GaugeGroup, error) {
	if err := v.kept().checkSingle(); err != nil {
		return nil, err
	}
	return only(v.At(s))
}

// Status says what the view selects.
func (v *GaugeView) Status(s Snapshot) Status { return statusAt(s, v.kept()) }

// gaugeAnswer gathers the groups of an answer.
type gaugeAnswer struct {
	q        *question
	asked    asked
	groups   map[string]*GaugeGroup
	common   explain.Exclusions // of no group
	leader   string             // the elected instance; empty if there is none, or it is unknown
	election []string           // warnings about it
}

func (q *question) gauges() *gaugeAnswer {
	a := &gaugeAnswer{q: q, asked: q.asked(), groups: map[string]*GaugeGroup{}, common: explain.Exclusions{}}
	if q.v.Combine == Leader {
		a.leader, a.election = q.elect()
	}
	if q.v.single() {
		a.group(labels.EmptyLabels())
	}
	return a
}

func (a *gaugeAnswer) group(ls labels.Labels) *GaugeGroup {
	key := string(ls.Bytes(nil))
	g, ok := a.groups[key]
	if !ok {
		g = &GaugeGroup{labels: ls, asked: &a.asked, excluded: explain.Exclusions{}, all: gauge.Members{Unmet: a.asked.unmet, Leader: a.leader}}
		a.groups[key] = g
	}
	return g
}

// possible yields the instances that are present or in doubt, and what the view
// keeps of them, by name.
func (q *question) possible(v *view) iter.Seq2[*state, *binding] {
	return func(yield func(*state, *binding) bool) {
		for i := range q.states {
			x := &q.states[i]
			if x.standing.Possible() && !yield(x, x.in.bindings[v.index]) {
				return
			}
		}
	}
}

// read gathers the values of the instances.
func (a *gaugeAnswer) read() {
	for x, b := range a.q.possible(a.q.v) {
		if x.live() {
			a.noteMistyped(x.in, b.view)
		}
		for c, body := range b.read(x.in, a.q.v) {
			if body.Lines > 0 {
				a.group(b.labelsOf(c)).add(a.q, x, &body, b.lastChange(x.in, c, a.q.m.opening))
			}
		}
	}
}

// lastChange returns when the value of a column changed last. What a process
// shows first is a change, unless it was there when observation began.
func (b *binding) lastChange(in *instance, col int, opening int64) int64 {
	if at := b.changed[col]; at != 0 || b.Begun.At != 0 || in.first < opening {
		return at
	}
	return in.first
}

// readVariants gathers what is shown and by whom, for values that cannot be
// added or compared: versions, switches, cluster identities. Members are the
// instances that expose the metric.
func (a *gaugeAnswer) readVariants() {
	for in, b := range a.q.present() {
		a.noteMistyped(in, b.view)
		for i, e := range b.lines(in) {
			r := b.reading(in, i)
			if math.IsNaN(r.value) {
				a.common.Add(explain.NaN, in.name, 1)
				continue
			}
			g := a.group(b.labelsOf(int(e.Col)))
			g.show(Variant{Labels: withoutName(r.line.Labels), Value: r.value}, in.name)
		}
	}
	for in, b := range a.q.present() {
		for _, g := range a.groups {
			if in.exposes(b.view) && b.view.selection.SpeaksFor(g.labels, in.labels) {
				g.members = append(g.members, gaugeMember{Member: gauge.Member{Name: in.name}, from: a.q.source(in),
					age: time.Duration(a.q.e-in.last) * time.Millisecond})
			}
		}
	}
}

// finish sorts the groups and adds their warnings.
func (a *gaugeAnswer) finish() []*GaugeGroup {
	q := a.q
	if q.v.limit != nil && len(a.groups) == 0 && len(a.common) > 0 {
		a.group(labels.EmptyLabels())
	}
	list := make([]*GaugeGroup, 0, len(a.groups))
	for _, g := range a.groups {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *GaugeGroup) int { return labels.Compare(a.labels, b.labels) })
	notes, partials, common := q.notes(), q.partials(), a.common.Words()
	for _, g := range list {
		g.said = slices.Concat(g.excluded.Words(), common, a.election, notes, partials.words(q.v, g.labels))
		if _, ok := g.Leader(); a.leader != "" && !ok {
			g.said = append(g.said, "the leader has nothing in this group: "+a.leader)
		}
		if q.v.Combine == Consensus {
			g.said = append(g.said, g.disagreement()...)
		}
	}
	return list
}

// noteMistyped notes an instance that exposes the metric as another type alone.
func (a *gaugeAnswer) noteMistyped(in *instance, v *view) {
	a.common.Add(explain.AnotherType, in.name, in.refused(v))
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

// within returns how the lines of one instance make its value.
func (s *spec) within() gauge.Combine {
	if s.Within != 0 {
		return gauge.Combine(s.Within)
	}
	return gauge.Combine(s.Combine).Within()
}
