package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

var maxOverMax = rule{
	name: "max-over-max",
	what: "a maximum divided by a maximum",
	why:  "The greatest use and the greatest limit may be of different instances. A full instance beside a larger idle one is not seen.",
	find: func(k *knowledge, n parser.Expr, _ []parser.Node) *match {
		b, ok := n.(*parser.BinaryExpr)
		if !ok || b.Op != parser.DIV {
			return nil
		}
		left, factor := scaled(b.LHS)
		used, ok1 := aggregation(left, parser.MAX)
		limit, ok2 := aggregation(b.RHS, parser.MAX)
		if !ok1 || !ok2 || !across(used) || !across(limit) || used.Without || limit.Without {
			return nil
		}
		u, ok1 := plain(used.Expr)
		l, ok2 := plain(limit.Expr)
		if !ok1 || !ok2 || fixed(u) || fixed(l) || !k.limits(u.Name, l.Name) {
			return nil
		}
		if !slices.Equal(sorted(used.Grouping), sorted(limit.Grouping)) {
			return nil
		}
		return maxOverMaxMatch(b, used, u, l, factor)
	},
}

// pairs are a use and its limit, both of the same instance, that the catalogue
// does not have: older names of priority and fairness.
var pairs = map[string][]string{
	"apiserver_flowcontrol_request_concurrency_in_use": {"apiserver_flowcontrol_request_concurrency_limit", "apiserver_flowcontrol_nominal_limit_seats", "apiserver_flowcontrol_current_limit_seats"},
	"apiserver_flowcontrol_current_executing_requests": {"apiserver_flowcontrol_request_concurrency_limit", "apiserver_flowcontrol_nominal_limit_seats", "apiserver_flowcontrol_current_limit_seats"},
	"apiserver_flowcontrol_current_executing_seats":    {"apiserver_flowcontrol_request_concurrency_limit", "apiserver_flowcontrol_nominal_limit_seats", "apiserver_flowcontrol_current_limit_seats"},
	"go_memstats_heap_inuse_bytes":                     {"go_memstats_heap_sys_bytes"},
}

// limits reports whether limit is the limit of used, inside each instance.
func (k *knowledge) limits(used, limit string) bool {
	if slices.Contains(pairs[used], limit) {
		return true
	}
	e, ok := k.catalogue.Lookup(used)
	return ok && e.Metric == used && e.View.Limit != "" && strings.HasPrefix(e.View.Limit, limit)
}

func maxOverMaxMatch(b *parser.BinaryExpr, a *parser.AggregateExpr, u, l *parser.VectorSelector, factor float64) *match {
	in := newInput(b, a.Grouping)
	in.say("a uses 240 of 245, b 3 of 980")
	for _, one := range []struct {
		name        string
		used, limit float64
	}{{"a", 240, 245}, {"b", 3, 980}} {
		in.add(one.name, u, "gauge", func(int) float64 { return one.used })
		in.add(one.name, l, "gauge", func(int) float64 { return one.limit })
	}
	view := aggregate.View{Select: selector(u, u.Name), Limit: selector(l, l.Name), By: a.Grouping, Combine: aggregate.Max}
	inside := by(a.Grouping, "instance")
	return &match{
		part: b, input: in, asked: "the greatest share of its limit",
		ours: askGauge(view, func(g *aggregate.GaugeGroup) (promfold.Estimate, bool) {
			e, ok := g.Value()
			return times(e, factor), ok
		}),
		promql: percent(factor) + fmt.Sprintf("max%s(sum%s(%s) / sum%s(%s))", by(a.Grouping), inside, u, inside, l),
		view:   "fleet.Gauge(" + viewOf(view) + ").Value",
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// percent writes a factor in front of an expression.
func percent(f float64) string {
	if f == 1 {
		return ""
	}
	return fmt.Sprintf("%g * ", f)
}
