package aggregate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/whole"
)

// GaugeGroup is one group's answer, of the live instances.
type GaugeGroup struct {
	labels   labels.Labels
	asked    *asked // nil: of no question
	excluded explain.Exclusions
	silent   []string // instances without a vote
	members  []gaugeMember
	all      gauge.Members // and those in doubt
	variants []Variant
	said     []string
}

// addTo adds what the view makes of the values of the members.
func (g *GaugeGroup) addTo(w *whole.Whole, c Combine) {
	if (c == 0 || c == Sum) && whole.SaysSomething(g.labels.Get(model.MetricNameLabel)) || c == 0 && len(g.members) == 1 {
		c = Max
	}
	x, _, ok := g.all.Combined(gauge.Combine(c))
	why := ""
	switch {
	case c == 0 && len(g.members) > 0:
		why = whole.Undecided
	case g.excluded[explain.Unsaid] != nil:
		why = whole.Unsaid
	}
	w.Gauge(g.labels, x.Value, ok, why)
}

// Labels implements [Group].
func (g *GaugeGroup) Labels() labels.Labels { return g.labels }

// Coverage implements [Group].
func (g *GaugeGroup) Coverage() Coverage { return g.asked.coverage() }

// Warnings implements [Group].
func (g *GaugeGroup) Warnings() []string { return slices.Clone(g.said) }

// Value returns the number that View.Combine asks for; false if it asks for
// none, or no member has it. Lo and Hi allow for members in doubt and for
// expected ones that never answered; of Consensus, they are what the instances
// say.
func (g *GaugeGroup) Value() (promfold.Estimate, bool) {
	x, _, ok := g.answer()
	return x, ok
}

// Max returns the member with the highest value; ties go to the first name. Lo
// and Hi hold the highest of all members', those in doubt among them.
func (g *GaugeGroup) Max() (Member, bool) { return g.member(g.all.Max()) }

// Min returns the member with the lowest value; ties go to the first name. Lo
// and Hi are as those of Max.
func (g *GaugeGroup) Min() (Member, bool) { return g.member(g.all.Min()) }

// Leader returns the elected member, for Combine Leader: false if nobody leads,
// two do, or the leader has no series in the group; the warnings say which.
func (g *GaugeGroup) Leader() (Member, bool) { return g.member(g.all.Combined(gauge.Leader)) }

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
	x, ok := g.all.Mean()
	return x.Value, ok
}

// Stddev returns the standard deviation of the members' values, divided by
// their number, as PromQL does; false if one is not finite.
func (g *GaugeGroup) Stddev() (float64, bool) { return g.all.Stddev() }

// Quantile returns the member of rank max(1, ⌈q·n⌉) from the lowest, not a
// number between two as PromQL does; false for a q outside [0, 1].
func (g *GaugeGroup) Quantile(q float64) (Member, bool) { return memberAt(q, g.Members()) }

// Members returns the members by name. Series that are NaN or a sentinel are
// left out; an instance without others is no member, nor is one that cannot be
// reached.
func (g *GaugeGroup) Members() []Member {
	list := make([]Member, 0, len(g.members))
	total, parts := 0.0, g.asked != nil && g.asked.view.Combine == Sum
	if parts {
		sum, _ := g.all.Sum()
		total = sum.Value
	}
	for i := range g.members {
		m := &g.members[i]
		x := Member{Instance: m.Name, Estimate: exactly(m.Value), Age: m.age, Live: true}
		if parts = parts && m.Value >= 0; total > 0 && !math.IsInf(total, 1) {
			x.Share = m.Value / total
		}
		list = append(list, x)
	}
	if !parts {
		for i := range list {
			list[i].Share = 0
		}
	}
	return list
}

// Variants returns what is shown and by whom, for Combine Distinct, by labels,
// then by value.
func (g *GaugeGroup) Variants() []Variant {
	list := slices.Clone(g.variants)
	for i := range list {
		list[i].Instances = slices.Clone(list[i].Instances)
	}
	return list
}

// answer returns the number that Combine asks for, and the instance if it is
// that of one.
func (g *GaugeGroup) answer() (x estimate, instance string, ok bool) {
	if g.asked == nil {
		return estimate{}, "", false
	}
	return g.all.Combined(gauge.Combine(g.asked.view.Combine))
}

// disagreement returns how many instances agree with the consensus, and which
// do not know.
func (g *GaugeGroup) disagreement() (list []string) {
	if c := g.all.Agreement(); c.Agree < c.Of {
		list = append(list, fmt.Sprintf("%d of %d instances say %g", c.Agree, c.Of, c.Value))
	}
	if len(g.silent) > 0 {
		list = append(list, "not known to "+explain.Few(g.silent))
	}
	return list
}

// refusals are the reasons by gauge.Refusal.
var refusals = map[gauge.Refusal]explain.Reason{gauge.NoSum: explain.NoSum, gauge.Unsaid: explain.Unsaid, gauge.Differ: explain.NotOne}

// add adds what an instance reads, or notes why not.
func (g *GaugeGroup) add(q *question, x *state, b *gauge.Body, changed int64) {
	value, why := b.Value()
	m := gaugeMember{
		Member: gauge.Member{Name: x.in.name, Value: value, Changed: changed, Standing: x.standing, Silent: b.Silent() || why != gauge.Fine},
		series: b.Series(), age: time.Duration(q.e-b.Oldest) * time.Millisecond,
	}
	if why == gauge.Fine {
		g.all.List = append(g.all.List, m.Member)
	}
	if !x.live() {
		return
	}
	g.excluded.Add(explain.NaN, m.Name, b.NaNs)
	if b.Sentinels > 0 && q.v.Combine != Consensus { // which says so itself
		g.excluded.Add(explain.Sentinel, m.Name, b.Sentinels)
	}
	if text := refusals[why]; text != "" {
		g.excluded.Add(text, m.Name, m.series)
	}
	if m.Silent {
		g.silent = append(g.silent, m.Name)
	}
	if why == gauge.Fine {
		m.from = q.source(x.in)
		g.members = append(g.members, m)
	}
}

// show adds an instance to a variant.
func (g *GaugeGroup) show(v Variant, name string) {
	i, ok := slices.BinarySearchFunc(g.variants, v, func(a, b Variant) int {
		return cmp.Or(labels.Compare(a.Labels, b.Labels), cmp.Compare(a.Value, b.Value))
	})
	if !ok {
		g.variants = slices.Insert(g.variants, i, v)
	}
	if at := &g.variants[i].Instances; len(*at) == 0 || (*at)[len(*at)-1] != name {
		*at = append(*at, name)
	}
}

// gaugeMember is the part of one instance in a group.
type gaugeMember struct {
	gauge.Member
	series int           // with a value
	age    time.Duration // since the oldest of them was read, or measured if it has a timestamp
	from   *explain.Source
}

// Variant is one way in which instances show a metric.
type Variant struct {
	Labels    labels.Labels // of the series, without the metric's name
	Value     float64
	Instances []string // that show it, by name
}

// String returns labels, value and instances.
func (v Variant) String() string {
	return fmt.Sprintf("%s %g: %s", v.Labels, v.Value, strings.Join(v.Instances, ", "))
}

// GaugeView answers what a gauge reads; a rate is not offered.
type GaugeView struct{ v *view }

func (v *GaugeView) kept() *view {
	if v == nil {
		return nil
	}
	return v.v
}

// At returns the groups at a moment, without instances that are stale or have
// left.
func (v *GaugeView) At(s Snapshot) ([]*GaugeGroup, error) {
	q, err := s.SinceStart().ask(v.kept())
	if err != nil {
		return nil, err
	}
	defer q.close()
	a := gaugesOf(q)
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

// One returns the only group.
func (v *GaugeView) One(s Snapshot) (*GaugeGroup, error) {
	if err := v.kept().checkSingle(); err != nil {
		return nil, err
	}
	return only(v.At(s))
}

// gaugeAnswer gathers the groups of an answer.
type gaugeAnswer struct {
	q        *question
	asked    asked
	groups   map[string]*GaugeGroup
	common   explain.Exclusions // of no group
	leader   string             // the elected instance; empty if there is none, or it is unknown
	election []string           // warnings about it
}

func gaugesOf(q *question) *gaugeAnswer {
	a := &gaugeAnswer{q: q, asked: q.asked(), groups: map[string]*GaugeGroup{}, common: explain.Exclusions{}}
	if q.v.Combine == Leader {
		a.leader, a.election = elect(q)
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

// read gathers the values of the instances.
func (a *gaugeAnswer) read() {
	for x, b := range a.q.possible(a.q.v) {
		if x.live() {
			a.noteMistyped(x.in, b.view)
		}
		for c, body := range b.read(x.in) {
			if body.Lines > 0 {
				a.group(b.labelsOf(c)).add(a.q, x, &body, b.LastChange(c, x.in.first, a.q.m.opening))
			}
		}
	}
}

// readVariants gathers what is shown and by whom, for values that cannot be
// added or compared: versions, switches, cluster identities. Members are the
// instances that expose the metric.
func (a *gaugeAnswer) readVariants() {
	for in, b := range a.q.present() {
		a.noteMistyped(in, b.view)
		for i, e := range b.Lines(in.plan) {
			r := b.reading(in, i)
			if math.IsNaN(r.Value) {
				a.common.Add(explain.NaN, in.name, 1)
				continue
			}
			g := a.group(b.labelsOf(int(e.Col)))
			g.show(Variant{Labels: withoutName(r.Line.Labels), Value: r.Value}, in.name)
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
	notes, partials, common := q.notes(), partialsOf(q), a.common.Words()
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
