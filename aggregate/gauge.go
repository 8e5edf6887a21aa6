package aggregate

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
)

// GaugeGroup is one group's answer, of the live instances.
type GaugeGroup struct {
	labels labels.Labels
	asked  *asked // nil: of no question
	gauge  gauge.Group
	said   []string
}

// Labels implements [Group].
func (g *GaugeGroup) Labels() labels.Labels { return g.labels }

// Coverage implements [Group].
func (g *GaugeGroup) Coverage() Coverage { return g.asked.coverage() }

// Warnings implements [Group].
func (g *GaugeGroup) Warnings() []string { return slices.Clone(g.said) }

// Value returns the number that View.Combine asks for; false if it asks for none, or no member has it. Lo and Hi allow
// for members in doubt and for expected ones that never answered; of Consensus, they are what the instances say.
func (g *GaugeGroup) Value() (promfold.Estimate, bool) {
	x, _, ok := g.gauge.Value()
	return x, ok
}

// Max returns the member with the highest value; ties go to the first name. Lo and Hi hold the highest of all
// members', those in doubt among them.
func (g *GaugeGroup) Max() (Member, bool) { return g.member(g.gauge.All.Max()) }

// Min returns the member with the lowest value; ties go to the first name. Lo and Hi are as those of Max.
func (g *GaugeGroup) Min() (Member, bool) { return g.member(g.gauge.All.Min()) }

// Leader returns the elected member, for Combine Leader: false if nobody leads, two do, or the leader has no series in
// the group; the warnings say which.
func (g *GaugeGroup) Leader() (Member, bool) { return g.member(g.gauge.All.Combined(gauge.Leader)) }

// member returns the member of a name, with a number.
func (g *GaugeGroup) member(x promfold.Estimate, name string, ok bool) (Member, bool) {
	members := g.Members()
	i, found := slices.BinarySearchFunc(members, name, func(m Member, name string) int { return cmp.Compare(m.Instance, name) })
	if !ok || !found {
		return Member{}, false
	}
	members[i].Estimate = x
	return members[i], true
}

// Mean returns the mean of the members' values.
func (g *GaugeGroup) Mean() (float64, bool) {
	x, ok := g.gauge.All.Mean()
	return x.Value, ok
}

// Stddev returns the standard deviation of the members' values, divided by their number, as PromQL does; false if one
// is not finite.
func (g *GaugeGroup) Stddev() (float64, bool) { return g.gauge.All.Stddev() }

// Quantile returns the member of rank max(1, ⌈q·n⌉) from the lowest, not a number between two as PromQL does; false
// for a q outside [0, 1].
func (g *GaugeGroup) Quantile(q float64) (Member, bool) { return g.member(g.gauge.Quantile(q)) }

// Members returns the members by name. Series that are NaN or a sentinel are left out; an instance without others is
// no member, nor is one that cannot be reached.
func (g *GaugeGroup) Members() []Member {
	list, shares := make([]Member, len(g.gauge.Parts)), g.gauge.Shares()
	for i := range list {
		p := &g.gauge.Parts[i]
		list[i] = Member{Instance: p.Name, Estimate: exactly(p.Value), Age: p.Age, Live: true}
		if shares != nil {
			list[i].Share = shares[i]
		}
	}
	return list
}

// Variants returns what is shown and by whom, for Combine Distinct, by labels, then by value.
func (g *GaugeGroup) Variants() []Variant {
	return converted(g.gauge.Variants(), func(v gauge.Variant) Variant { return Variant(v) })
}

// add adds what an instance reads, or notes why not.
func (g *GaugeGroup) add(q *question, x *state, b *gauge.Body, changed int64) {
	if p := g.gauge.Add(x.in.name, x.standing, x.double, b, changed, q.e); p != nil {
		p.Source = q.source(x.in)
	}
}

// Variant is one way in which instances show a metric.
type Variant struct {
	Labels    labels.Labels // of the series, without the metric's name
	Value     float64
	Instances []string // that show it, by name
}

// String returns labels, value and instances.
func (v Variant) String() string { return gauge.Variant(v).String() }

// GaugeView answers what a gauge reads; a rate is not offered.
type GaugeView struct{ v *view }

// At returns the groups at a moment, without instances that are stale or have left.
func (v *GaugeView) At(s Snapshot) ([]*GaugeGroup, error) {
	q, err := s.SinceStart().ask(behind(v))
	if err != nil {
		return nil, err
	}
	defer q.close()
	a := gaugesOf(q)
	switch {
	case q.v.limit != nil:
		a.readShares()
	case q.v.Combine == gauge.Distinct:
		a.readVariants()
	default:
		a.read()
	}
	return a.finish(), nil
}

// One returns the only group.
func (v *GaugeView) One(s Snapshot) (*GaugeGroup, error) {
	return only(behind(v), s, v.At)
}

// gaugeAnswer gathers the groups of an answer.
type gaugeAnswer struct {
	q        *question
	asked    asked
	groups   byLabels[*GaugeGroup]
	common   explain.Exclusions // of no group
	leader   string             // the elected instance; empty if there is none, or it is unknown
	election []string           // warnings about it
}

func gaugesOf(q *question) *gaugeAnswer {
	a := &gaugeAnswer{q: q, asked: q.asked(), groups: byLabels[*GaugeGroup]{}, common: explain.Exclusions{}}
	if q.v.Combine == gauge.Leader {
		a.leader, a.election = elect(q)
	}
	if q.v.Single() {
		a.group(labels.EmptyLabels())
	}
	return a
}

func (a *gaugeAnswer) group(ls labels.Labels) *GaugeGroup {
	key := string(ls.Bytes(nil))
	g, ok := a.groups[key]
	if !ok {
		g = &GaugeGroup{labels: ls, asked: &a.asked, gauge: gauge.Group{
			Combine: a.q.v.Combine, All: gauge.Members{Unmet: a.asked.unmetIn(ls), Leader: a.leader}, Excluded: explain.Exclusions{},
		}}
		a.groups[key] = g
	}
	return g
}

// read gathers the values of the instances.
func (a *gaugeAnswer) read() {
	for x, b := range a.q.possible(a.q.v) {
		if x.live() {
			a.noteMistyped(x.in, b.view)
		}
		for c, body := range b.read(x.in) {
			if body.Lines > 0 {
				a.group(b.labelsOf(c)).add(a.q, x, &body, b.LastChange(c, x.in.First, a.q.m.opening))
			}
		}
	}
}

// readVariants gathers what is shown and by whom, for values that cannot be added or compared: versions, switches,
// cluster identities. Members are the instances that expose the metric.
func (a *gaugeAnswer) readVariants() {
	for in, b := range a.q.present(a.q.v) {
		a.noteMistyped(in, b.view)
		for i, e := range b.Lines(in.Plan) {
			r := b.reading(in, i)
			if math.IsNaN(r.Value) {
				a.common.Add(explain.NaN, in.name, 1)
				continue
			}
			a.group(b.labelsOf(int(e.Col))).gauge.Show(r.Line.Labels(), r.Value, in.name)
		}
	}
	for in, b := range a.q.present(a.q.v) {
		for _, g := range a.groups {
			if in.exposes(b.view) && b.view.selection.SpeaksFor(g.labels, in.labels) {
				g.gauge.Parts = append(g.gauge.Parts, gauge.Part{
					Member: gauge.Member{Name: in.name}, Source: a.q.source(in), Age: time.Duration(a.q.e-in.Last) * time.Millisecond,
				})
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
	list := a.groups.sorted((*GaugeGroup).Labels)
	notes, partials, common := q.notes(), q.partials(), a.common.Words()
	for _, g := range list {
		g.said = slices.Concat(g.gauge.Excluded.Words(), common, a.election, notes, partials.Words(q.v.Every(), g.labels), g.gauge.Said())
	}
	return list
}

// noteMistyped notes an instance that exposes the metric as another type alone.
func (a *gaugeAnswer) noteMistyped(in *instance, v *view) {
	a.common.Add(explain.AnotherType, in.name, in.refused(v))
}
