package main

import (
	"cmp"
	"slices"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// newGroup returns what the groups of every kind have in common.
func newGroup(g aggregate.Group) group {
	c := g.Coverage()
	return group{
		Labels:   g.Labels(),
		Coverage: coverage{c.Expected, c.Reporting, c.Stale},
		Warnings: append([]string{}, g.Warnings()...),
		Members:  []member{},
	}
}

// estimate returns value, lower and upper bound, each nil unless ok.
func estimate(e promfold.Estimate, ok bool) (value, lo, hi *number) {
	return known(e.Value, ok), known(e.Lo, ok), known(e.Hi, ok)
}

func counterGroup(g *aggregate.CounterGroup) group {
	out := grown(g)
	out.Increase, out.Lo, out.Hi = estimate(g.Increase())
	out.Rate, out.RateLo, out.RateHi = estimate(g.Rate())
	out.RateNow, out.RateNowLo, out.RateNowHi = estimate(g.RateNow())
	return out
}

// grown returns what counters and the observations of histograms have in
// common.
func grown(g *aggregate.CounterGroup) group {
	out := newGroup(g)
	out.perSecond, _, _ = estimate(g.Rate())
	from, to := g.Covers()
	out.Covers = known(to.Sub(from).Seconds(), to.After(from))
	rates := map[string]aggregate.Member{}
	for _, m := range g.Rates() {
		rates[m.Instance] = m
	}
	hottest, ok := g.Hottest()
	for _, m := range g.Increases() {
		rate, hasRate := rates[m.Instance]
		next := member{
			Instance: m.Instance,
			Increase: known(m.Estimate.Value, hasRate && !rate.Older), // an older rate is of no step in the window
			Rate:     known(rate.Estimate.Value, hasRate),
		}
		if ok && m.Instance == hottest.Instance {
			max := next
			max.Share = known(hottest.Share.Value, hottest.Estimate.Value > 0)
			out.Max = &max
		}
		next.Resets = &m.Resets
		out.Members = append(out.Members, next)
	}
	return out
}

func gaugeGroup(g *aggregate.GaugeGroup, operation string) group {
	out := newGroup(g)
	out.Operation = operation
	out.Value, _, _ = estimate(g.Value())
	if operation == "mean" {
		out.Value = known(g.Mean())
	}
	for _, m := range g.Members() {
		out.Members = append(out.Members, member{Instance: m.Instance, Value: known(m.Estimate.Value, true)})
	}
	voters := slices.Clone(out.Members)
	if operations[operation] == aggregate.Consensus {
		voters = slices.DeleteFunc(voters, func(m member) bool { return *m.Value == uncounted })
	}
	if len(voters) > 0 {
		byValue := func(a, b member) int { return cmp.Compare(*a.Value, *b.Value) }
		lowest, highest := slices.MinFunc(voters, byValue), slices.MaxFunc(voters, byValue)
		out.Min, out.Max = &lowest, &highest
	}
	return out
}

func histogramGroup(g *aggregate.HistogramGroup, levels []float64) group {
	out := grown(g.Observations())
	out.Count, _, _ = estimate(g.Observations().Increase())
	out.Sum, _, _ = estimate(g.Sum())
	for _, q := range levels {
		answer := quantile{Q: number(q)}
		answer.Value, answer.Lo, answer.Hi = estimate(g.Quantile(q))
		if m, ok := g.WorstQuantile(q); ok {
			answer.Worst = &worst{m.Instance, number(m.Estimate.Value), number(m.Estimate.Lo), number(m.Estimate.Hi), number(m.Share.Value)}
		}
		out.Quantiles = append(out.Quantiles, answer)
	}
	return out
}
