package gauge

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/roster"
)

// Group gathers what the instances read in one group, and what was left out.
type Group struct {
	Combine  Combine
	All      Members // and those in doubt
	Parts    []Part  // of the instances that count, by name
	Excluded explain.Exclusions
	silent   []string // instances without a vote
	variants []Variant
}

// Part is the part of one instance in a group.
type Part struct {
	Member
	Series int           // with a value
	Age    time.Duration // since the oldest of them was read, or measured if it has a timestamp
	Source *explain.Source
}

// refusals are the reasons by Refusal.
var refusals = map[Refusal]explain.Reason{NoSum: explain.NoSum, TooGreat: explain.TooGreat, Unsaid: explain.Unsaid, Differ: explain.NotOne}

// Add adds what an instance reads at a time, or notes why not; double is [Member.Double]. It returns its part, or nil if
// it has none.
func (g *Group) Add(name string, s roster.Standing, double int32, b *Body, changed, now int64) *Part {
	value, why := b.Value()
	m := Member{Name: name, Value: value, Changed: changed, Standing: s, Double: double, Silent: b.Silent() || why != Fine}
	if why == Fine {
		g.All.List = append(g.All.List, m)
	}
	if !s.Counts() {
		return nil
	}
	g.Excluded.Add(explain.NaN, name, b.NaNs)
	if b.Sentinels > 0 && g.Combine != Consensus { // which says so itself
		g.Excluded.Add(explain.Sentinel, name, b.Sentinels)
	}
	if text := refusals[why]; text != "" {
		g.Excluded.Add(text, name, b.Series())
	}
	if m.Silent {
		g.silent = append(g.silent, name)
	}
	if why != Fine {
		return nil
	}
	g.Parts = append(g.Parts, Part{Member: m, Series: b.Series(), Age: time.Duration(now-b.Oldest) * time.Millisecond})
	return &g.Parts[len(g.Parts)-1]
}

// Value returns the number that Combine asks for and, if it is that of one
// member, its name.
func (g *Group) Value() (x promfold.Estimate, who string, ok bool) { return g.All.Combined(g.Combine) }

// Shares returns the share of each part in the sum, with the bounds of the sum; nil if the parts do not add up.
func (g *Group) Shares() []promfold.Estimate {
	if g.Combine != Sum || slices.ContainsFunc(g.Parts, func(p Part) bool { return p.Value < 0 }) {
		return nil
	}
	sum, _ := g.All.Sum()
	if !(sum.Value > 0) || math.IsInf(sum.Value, 1) {
		return nil
	}
	list := make([]promfold.Estimate, len(g.Parts))
	for i := range list {
		x := g.Parts[i].Value
		switch {
		case x == 0:
		case g.Parts[i].Standing == roster.Present:
			list[i] = promfold.Estimate{Value: x / sum.Value, Lo: x / sum.Hi, Hi: min(1, x/sum.Lo)}
		default: // it is in no lower bound
			list[i] = promfold.Estimate{Value: x / sum.Value, Hi: x / exact.NotAbove(sum.Lo+x)}
		}
	}
	return list
}

// Said returns in words what a consensus or a leader leaves open.
func (g *Group) Said() (list []string) {
	if _, _, ok := g.All.Combined(Leader); g.All.Leader != "" && !ok {
		list = append(list, "the leader has nothing in this group: "+g.All.Leader)
	}
	if g.Combine != Consensus {
		return list
	}
	if c := g.All.Agreement(); c.Agree < c.Of {
		list = append(list, fmt.Sprintf("%d of %d instances say %g", c.Agree, c.Of, c.Value))
	}
	if len(g.silent) > 0 {
		list = append(list, "not known to "+explain.Few(g.silent))
	}
	return list
}

// Explain fills in the value, the members and the variants.
func (g *Group) Explain(x *explain.Gauge) {
	x.Value.Estimate, x.Who, x.Value.Known = g.Value()
	for i := range g.Parts {
		p := &g.Parts[i]
		x.Members = append(x.Members, explain.Reading{Name: p.Name, Value: p.Value, Series: p.Series, Age: p.Age, Changed: p.Changed, Source: p.Source})
	}
	for _, v := range g.variants {
		x.Variants = append(x.Variants, v.String())
	}
}

// Variant is one way in which instances show a metric. Package aggregate shows
// it, and documents its fields.
type Variant struct {
	Labels    labels.Labels
	Value     float64
	Instances []string
}

// String returns labels, value and instances.
func (v Variant) String() string {
	return fmt.Sprintf("%s %g: %s", v.Labels, v.Value, strings.Join(v.Instances, ", "))
}

// Show notes that an instance shows a series with a value.
func (g *Group) Show(series labels.Labels, value float64, name string) {
	v := Variant{Labels: WithoutName(series), Value: value}
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

// Variants returns copies of what is shown and by whom, by labels, then by value.
func (g *Group) Variants() []Variant {
	list := slices.Clone(g.variants)
	for i := range list {
		list[i].Instances = slices.Clone(list[i].Instances)
	}
	return list
}

// Quantile returns the value of rank max(1, ⌈q·n⌉) from the lowest, and whose it is; of equal ones the first by name.
// It is false for a q outside [0, 1].
func (g *Group) Quantile(q float64) (promfold.Estimate, string, bool) {
	rank, ok := exact.Rank(q, len(g.Parts))
	if !ok {
		return promfold.Estimate{}, "", false
	}
	sorted := slices.Clone(g.Parts)
	slices.SortStableFunc(sorted, func(a, b Part) int { return cmp.Compare(a.Value, b.Value) })
	x := sorted[rank-1]
	return promfold.Estimate{Value: x.Value, Lo: x.Value, Hi: x.Value}, x.Name, true
}
