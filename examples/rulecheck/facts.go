package main

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

var sumOfFacts = rule{
	name: "sum-of-facts",
	what: "a sum of a number that every instance repeats",
	why:  "All instances report one truth, such as how many objects one database holds. The sum has it once for each instance.",
	find: func(k *knowledge, n parser.Expr, _ []parser.Node) *match {
		a, ok := aggregation(n, parser.SUM)
		if !ok || n != strip(n) || !across(a) {
			return nil
		}
		if s, ok := plain(a.Expr); ok && !fixed(s) && k.isFact(s.Name) && s.Name[len(s.Name)-min(6, len(s.Name)):] != "_total" {
			return factMatch(a, s)
		}
		if s, ok := rated(a.Expr); ok && !fixed(s) && slices.Contains(replicated, s.Name) {
			return replicatedMatch(a, s)
		}
		return nil
	},
}

func factMatch(a *parser.AggregateExpr, s *parser.VectorSelector) *match {
	in := newInput(a, grouping(a))
	in.say("two servers of one database with 5000 objects")
	for _, name := range []string{"a", "b"} {
		in.add(name, s, "gauge", func(int) float64 { return 5000 })
	}
	view := aggregate.View{Select: selector(s, s.Name), By: grouping(a), Combine: aggregate.Consensus, Within: aggregate.Sum, Sentinels: []float64{-1}}
	return &match{
		part: a, input: in, asked: "now", ours: askGauge(view, (*aggregate.GaugeGroup).Value),
		promql: fmt.Sprintf("max%s(sum%s(%s))", regroup(a), regroup(a, "instance"), s),
		view:   "fleet.Gauge(" + viewOf(view) + ").Value",
		note:   "the maximum is late by up to a minute after objects were deleted; Consensus takes the value that changed last",
	}
}

func replicatedMatch(a *parser.AggregateExpr, s *parser.VectorSelector) *match {
	c, _ := call(a.Expr, "rate", "increase", "irate")
	in := newInput(a, grouping(a))
	in.say("three members of one cluster that all count the same 10 events from one scrape to the next")
	for _, name := range []string{"a", "b", "c"} {
		in.add(name, s, "counter", func(i int) float64 { return float64(1000 + 10*i) })
	}
	view := aggregate.View{Select: selector(s, s.Name), By: grouping(a), Type: "counter"}
	seconds, asked := in.window.Seconds(), "per second"
	if c.Func.Name == "increase" {
		seconds, asked = 1, "increase"
	}
	return &match{
		part: a, input: in, asked: asked,
		ours: askCounter(view, func(g *aggregate.CounterGroup) (promfold.Estimate, bool) {
			m, ok := g.MaxIncrease()
			return times(m.Estimate, 1/seconds), ok
		}),
		promql: fmt.Sprintf("max%s(%s)", regroup(a), a.Expr),
		view:   counterView(view) + ".MaxIncrease",
	}
}
