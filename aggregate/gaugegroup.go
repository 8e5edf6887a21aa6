package aggregate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
)

// GaugeGroup is one group's answer, of the instances that are alive.
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

// gaugeMember is the part of one instance in a group.
type gaugeMember struct {
	gauge.Member
	series int           // with a value
	age    time.Duration // since the oldest of them was read, or measured if it has a timestamp
	from   *explain.Source
}

// Labels returns the group's labels.
func (g *GaugeGroup) Labels() labels.Labels { return g.labels }

// Coverage returns how much of the fleet the answer rests on.
func (g *GaugeGroup) Coverage() Coverage {
	if g.asked == nil {
		return Coverage{}
	}
	return g.asked.covered
}

// Warnings returns what a reader of the numbers should know, in words.
func (g *GaugeGroup) Warnings() []string { return slices.Clone(g.said) }

// Value returns the number that View.Combine asks for; false if it asks for
// none, or nobody has it. Lo and Hi allow for members in doubt, see
// [Fleet.ScrapeFailed], and for expected ones that never answered; of Consensus,
// they are what the instances say.
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

// Stddev returns the standard deviation of the members' values: of these
// members, divided by their number, as PromQL does. Values that are not finite
// have none.
func (g *GaugeGroup) Stddev() (float64, bool) { return g.all.Stddev() }

// Quantile returns the member of rank max(1, ⌈q·n⌉) from the lowest: a member,
// not a number between two as PromQL has it; false for a q outside [0, 1].
func (g *GaugeGroup) Quantile(q float64) (Member, bool) { return memberAt(q, g.Members()) }

// Members returns the members by name. Series that are NaN or a sentinel are left
// out; an instance of which none is left is no member, nor is one that cannot be
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

// Variants returns what is shown and by whom, for Combine Distinct: by labels,
// then by value.
func (g *GaugeGroup) Variants() []Variant {
	list := slices.Clone(g.variants)
	for i := range list {
		list[i].Instances = slices.Clone(list[i].Instances)
	}
	return list
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
