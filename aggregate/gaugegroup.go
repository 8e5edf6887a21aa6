package aggregate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
)

// GaugeGroup is one group's answer, of the instances that are alive.
type GaugeGroup struct {
	labels   labels.Labels
	asked    *asked // nil: of no question
	leader   string // the elected instance; empty if there is none, or it is unknown
	excluded exclusions
	silent   []string // instances without a vote
	members  []gaugeMember
	variants []Variant
	said     []string
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
// none, or nobody has it. Of Consensus, Lo and Hi are what the instances say.
func (g *GaugeGroup) Value() (promfold.Estimate, bool) {
	x, _, ok := g.answer()
	return x, ok
}

// Max returns the member with the highest value; ties go to the first name.
func (g *GaugeGroup) Max() (Member, bool) { return greatest(g.Members(), Member.value) }

// Min returns the member with the lowest value; ties go to the first name.
func (g *GaugeGroup) Min() (Member, bool) {
	return greatest(g.Members(), func(m Member) float64 { return -m.value() })
}

// Leader returns the elected member, for Combine Leader: false if nobody leads,
// two do, or the leader has no series in the group; the warnings say which.
func (g *GaugeGroup) Leader() (Member, bool) {
	members := g.Members()
	i, ok := slices.BinarySearchFunc(members, g.leader, func(m Member, name string) int { return cmp.Compare(m.Instance, name) })
	if !ok || g.leader == "" {
		return Member{}, false
	}
	return members[i], true
}

func (g *GaugeGroup) has(name string) bool {
	return slices.ContainsFunc(g.members, func(m gaugeMember) bool { return m.instance == name })
}

// Mean returns the mean of the members' values.
func (g *GaugeGroup) Mean() (float64, bool) {
	s := g.total()
	mean := s.Quo(float64(max(1, len(g.members))))
	return mean, len(g.members) > 0 && !math.IsNaN(mean)
}

// Stddev returns the standard deviation of the members' values: of these
// members, divided by their number, as PromQL does. Values that are not finite
// have none.
func (g *GaugeGroup) Stddev() (float64, bool) {
	mean, ok := g.Mean()
	if !ok || !finite(mean) {
		return 0, false
	}
	widest := 0.0
	for _, m := range g.members {
		widest = max(widest, math.Abs(m.value-mean))
	}
	if widest == 0 || !finite(widest) {
		return 0, widest == 0
	}
	var squares exact.Sum // relative to the widest: a square may not be a number
	for _, m := range g.members {
		d := (m.value - mean) / widest
		squares.Add(d * d)
	}
	return widest * math.Sqrt(squares.Float64()/float64(len(g.members))), true
}

// Quantile returns the member of rank max(1, ⌈q·n⌉) from the lowest: a member,
// not a number between two as PromQL has it; false for a q outside [0, 1].
func (g *GaugeGroup) Quantile(q float64) (Member, bool) { return memberAt(q, g.Members()) }

// Members returns the members by name. Series that are NaN or a sentinel are left
// out; an instance of which none is left is no member.
func (g *GaugeGroup) Members() []Member {
	list := make([]Member, 0, len(g.members))
	total, parts := 0.0, g.asked != nil && g.asked.view.Combine == Sum
	if parts {
		total, _ = g.sum()
	}
	for i := range g.members {
		m := &g.members[i]
		x := Member{Instance: m.instance, Estimate: exactly(m.value), Age: m.age, Live: true}
		if parts = parts && m.value >= 0; total > 0 && !math.IsInf(total, 1) {
			x.Share = m.value / total
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

// answer returns the number that Combine asks for, and the instance if it is
// that of one.
func (g *GaugeGroup) answer() (x estimate, instance string, ok bool) {
	if g.asked == nil {
		return estimate{}, "", false
	}
	return g.combined(g.asked.view.Combine)
}

func (g *GaugeGroup) combined(c Combine) (x estimate, instance string, ok bool) {
	var m Member
	switch c {
	case Sum:
		sum, ok := g.sum()
		return exactly(sum), "", ok
	case Max:
		m, ok = g.Max()
	case Min:
		m, ok = g.Min()
	case Leader:
		m, ok = g.Leader()
	case Consensus:
		c := g.consensus()
		return estimate{Value: c.value, Lo: c.least, Hi: c.most}, c.instance, c.of > 0
	}
	return m.Estimate, m.Instance, ok
}

func (g *GaugeGroup) total() *exact.Sum {
	var s exact.Sum
	for _, m := range g.members {
		s.Add(m.value)
	}
	return &s
}

func (g *GaugeGroup) sum() (float64, bool) {
	x := g.total().Float64()
	if math.IsNaN(x) { // +Inf and −Inf have no sum
		return 0, false
	}
	return x, len(g.members) > 0
}

// consensus is one truth that every instance repeats.
type consensus struct {
	value       float64
	instance    string  // that has the value; ties go to the first name
	least, most float64 // values of the instances
	agree, of   int     // instances with this value, of those with a vote
}

// consensus returns the one truth that every instance repeats, such as the
// number of objects in the store behind them: the value that changed last,
// since its instance read it last; the first reading of a process is a change. If several changed then, or none did, it is
// the value that most of them have, then the larger one. Instances that read at
// different times normally disagree.
//
// A sentinel has no vote, nor has an instance that lacks a part of its value
// because of a sentinel or NaN.
func (g *GaugeGroup) consensus() consensus {
	a := consensus{least: math.Inf(1), most: math.Inf(-1)}
	says := map[float64]int{}
	latest := int64(-1)
	for _, m := range g.members {
		if m.silent {
			continue
		}
		a.of++
		says[m.value]++
		a.least, a.most = min(a.least, m.value), max(a.most, m.value)
		latest = max(latest, m.changed)
	}
	if a.of == 0 {
		return consensus{}
	}
	for _, m := range g.members {
		if m.silent || m.changed != latest {
			continue
		}
		if n := says[m.value]; n > a.agree || n == a.agree && m.value > a.value {
			a.value, a.agree, a.instance = m.value, n, m.instance
		}
	}
	return a
}

// disagreement returns how many instances agree with the consensus, and which
// do not know.
func (g *GaugeGroup) disagreement() (list []string) {
	if c := g.consensus(); c.agree < c.of {
		list = append(list, fmt.Sprintf("%d of %d instances say %g", c.agree, c.of, c.value))
	}
	if len(g.silent) > 0 {
		list = append(list, "not known to "+few(g.silent))
	}
	return list
}

// add adds what an instance reads, or notes why not.
func (g *GaugeGroup) add(in *instance, c columnRead, changed int64, q *question) {
	m := gaugeMember{
		instance: in.name, value: c.sum.Float64(), series: c.lines - c.nans - c.sentinels,
		age:     time.Duration(q.e-c.oldest) * time.Millisecond,
		changed: changed, silent: c.nans+c.sentinels > 0 || math.IsNaN(c.sum.Float64()),
	}
	if c.nans > 0 {
		g.excluded.add(isNaN, in.name, c.nans)
	}
	if c.sentinels > 0 && q.v.Combine != Consensus { // which says so itself
		g.excluded.add(isSentinel, in.name, c.sentinels)
	}
	if m.silent {
		g.silent = append(g.silent, in.name)
	}
	switch {
	case m.series == 0:
	case math.IsNaN(m.value):
		g.excluded.add(hasNoSum, in.name, m.series)
	default:
		m.from = q.provenance(in)
		g.members = append(g.members, m)
	}
}

// addShare adds one match of an instance; instances come by name.
func (g *GaugeGroup) addShare(q *question, in *instance, x float64) {
	if n := len(g.members); n > 0 && g.members[n-1].instance == in.name {
		m := &g.members[n-1]
		if m.series++; q.v.Combine == Min {
			m.value = min(m.value, x)
		} else {
			m.value = max(m.value, x)
		}
		return
	}
	age := time.Duration(q.e-in.last) * time.Millisecond
	g.members = append(g.members, gaugeMember{instance: in.name, value: x, series: 1, age: age, from: q.provenance(in)})
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
