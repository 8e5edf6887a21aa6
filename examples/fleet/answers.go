package main

import (
	"strings"

	"github.com/promfold/promfold/aggregate"
)

func counterGroup(g *aggregate.CounterGroup) group {
	out := grown(g)
	increase, ok := g.Increase()
	rate, now := out.perSecond, (*number)(nil)
	if a, ok := g.RateNow(); ok {
		now = known(a.Value, true)
	}
	out.Increase, out.Lo, out.Hi = known(increase.Value, ok), known(increase.Lo, ok), known(increase.Hi, ok)
	out.Rate, out.RateNow = rate, now
	return out
}

// grown is what counters and histograms have in common.
func grown(g *aggregate.CounterGroup) group {
	out := newGroup(&g.Group)
	if a, ok := g.Rate(); ok {
		out.perSecond = known(a.Value, true)
	}
	total := 0.0
	var older []string
	for _, m := range g.Members() {
		c := counterMember(m)
		resets := m.Resets
		c.Resets = &resets
		out.Members = append(out.Members, c)
		total += m.Increase.Value
		if m.Older {
			older = append(older, m.Instance)
		}
	}
	if m, share, ok := g.MaxRate(); ok {
		hottest := counterMember(m)
		hottest.Share = known(share, total > 0) // a share of nothing is none
		out.Max = &hottest
	}
	if older != nil {
		out.Warnings = append(out.Warnings, "no scrape in the window, the rate is an older one: "+strings.Join(older, ", "))
	}
	return out
}

// observed: the member was watched for some time of the window, so that what
// it grew is known.
func observed(m aggregate.CounterMember) bool { return m.HasRate && !m.Older }

func counterMember(m aggregate.CounterMember) member {
	return member{
		Instance: m.Instance,
		Increase: known(m.Increase.Value, observed(m)),
		Rate:     known(m.Rate, m.HasRate),
	}
}

func gaugeGroup(g *aggregate.GaugeGroup, operation string) group {
	out := newGroup(&g.Group)
	out.Operation = operation
	for _, m := range g.Members() {
		out.Members = append(out.Members, *gaugeMember(m, true))
	}
	lowest, ok := g.Min()
	out.Min = gaugeMember(lowest, ok)
	highest, ok := g.Max()
	out.Max = gaugeMember(highest, ok)
	switch operation {
	case "sum":
		x, ok := g.Sum()
		out.Value = known(x, ok)
	case "mean":
		x, ok := g.Mean()
		out.Value = known(x, ok)
	case "min":
		out.Value = known(lowest.Value, out.Min != nil)
	case "max":
		out.Value = known(highest.Value, out.Max != nil)
	case "fact":
		out.takeFact(g)
	}
	return out
}

func gaugeMember(m aggregate.GaugeMember, ok bool) *member {
	if !ok {
		return nil
	}
	return &member{Instance: m.Instance, Value: known(m.Value, true)}
}

// takeFact: instances that say −1 do not know, so they are neither the least
// nor the greatest.
func (g *group) takeFact(from *aggregate.GaugeGroup) {
	g.Min, g.Max = nil, nil
	a, ok := from.Fact()
	if !ok {
		return
	}
	g.Value = known(a.Value, true)
	g.Min, g.Max = g.saying(a.Min), g.saying(a.Max)
	if a.Agree < a.Of {
		g.Warnings = append(g.Warnings, "instances say otherwise: "+strings.Join(g.otherwise(a.Value), ", "))
	}
}

// otherwise are the instances that know, and say something else than x.
func (g *group) otherwise(x float64) (names []string) {
	for _, m := range g.Members {
		if v := float64(*m.Value); v != x && v != unknownFact {
			names = append(names, m.Instance)
		}
	}
	return names
}

// saying is the first instance that says x.
func (g *group) saying(x float64) *member {
	for _, m := range g.Members {
		if float64(*m.Value) == x {
			return &m
		}
	}
	return &member{Value: known(x, true)}
}

func histogramGroup(g *aggregate.HistogramGroup, levels []float64) (group, error) {
	out := grown(g.CounterGroup)
	_, seen := g.Increase()
	out.Count = known(g.Count(), seen)
	sum, ok := g.Sum()
	out.Sum = known(sum, ok && seen)
	for _, q := range levels {
		answer := quantile{Q: number(q)}
		all, ok, err := g.Quantile(q)
		if err != nil {
			return group{}, err
		}
		answer.Value, answer.Lo, answer.Hi = known(all.Value, ok), known(all.Lo, ok), known(all.Hi, ok)
		slowest, ok, err := g.WorstQuantile(q)
		if err != nil {
			return group{}, err
		}
		if ok {
			answer.Worst = &worst{slowest.Name, number(slowest.Estimate.Value), number(slowest.Lo), number(slowest.Hi), number(slowest.Share)}
		}
		out.Quantiles = append(out.Quantiles, answer)
	}
	return out, nil
}
