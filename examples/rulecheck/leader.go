package main

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold/aggregate"
)

var leaderMax = rule{
	name: "leader-gauge",
	what: "a sum or maximum of a gauge that only the leader's instance knows",
	why:  "Standbys fill queues that they do not work off: theirs are larger than the leader's, and are nobody's backlog.",
	find: func(_ *knowledge, n parser.Expr, _ []parser.Node) *match {
		a, ok := aggregation(n, parser.SUM, parser.MAX, parser.AVG)
		if !ok || n != strip(n) || !across(a) {
			return nil
		}
		s, ok := plain(a.Expr)
		if !ok || fixed(s) {
			return nil
		}
		component := electedComponent(s)
		if component == "" {
			return nil
		}
		return leaderMatch(a, s, component)
	},
}

// electedComponent returns the election that decides whose value of s is real;
// empty if none is known.
func electedComponent(s *parser.VectorSelector) string {
	switch s.Name {
	case "scheduler_pending_pods":
		return "kube-scheduler"
	case "workqueue_depth": // components without an election have it, too
		for _, m := range s.LabelMatchers {
			if m.Name == "job" && m.Type != labels.MatchNotEqual && strings.Contains(m.Value, "kube-controller-manager") {
				return "kube-controller-manager"
			}
		}
	}
	return ""
}

func leaderMatch(a *parser.AggregateExpr, s *parser.VectorSelector, component string) *match {
	in := newInput(a, grouping(a))
	in.say("a leads and has 2 waiting; the standbys b and c have 70 and 30 that they do not work off")
	for name, waiting := range map[string]float64{"a": 2, "b": 70, "c": 30} {
		in.add(name, s, "gauge", func(int) float64 { return waiting })
		led := 0.0
		if name == "a" {
			led = 1
		}
		in.addNamed(name, "leader_election_master_status", "leader_election_master_status", "gauge", map[string]string{"name": component}, func(int) float64 { return led })
	}
	in.sort()
	elected := fmt.Sprintf("leader_election_master_status{name=%q}", component)
	view := aggregate.View{Select: selector(s, s.Name), By: grouping(a), Combine: aggregate.Leader, Within: aggregate.Sum, Leader: elected}
	return &match{
		part: a, input: in, asked: "now", ours: askGauge(view, (*aggregate.GaugeGroup).Value),
		promql: fmt.Sprintf("sum%s(%s and on (instance) %s == 1)", regroup(a), s, elected),
		view:   "fleet.Gauge(" + viewOf(view) + ").Value",
	}
}
