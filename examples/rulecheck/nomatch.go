package main

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

var noMatch = rule{
	name: "no-match",
	what: "an operation on vectors whose labels never match",
	why:  "The sides keep different labels, so no series finds a partner. The result is empty, which looks like a quiet fleet.",
	find: func(_ *knowledge, n parser.Expr, _ []parser.Node) *match {
		b, ok := n.(*parser.BinaryExpr)
		if !ok || b.Op != parser.DIV || b.VectorMatching == nil || b.VectorMatching.Card != parser.CardOneToOne || len(b.VectorMatching.MatchingLabels) > 0 || b.VectorMatching.On {
			return nil
		}
		left, ok1 := aggregation(b.LHS, parser.SUM)
		right, ok2 := aggregation(b.RHS, parser.SUM)
		if !ok1 || !ok2 || left.Without || right.Without || !across(left) || !across(right) {
			return nil
		}
		if slices.Equal(sorted(left.Grouping), sorted(right.Grouping)) {
			return nil
		}
		x, ok1 := rated(left.Expr)
		y, ok2 := rated(right.Expr)
		if !ok1 || !ok2 || fixed(x) || fixed(y) || matches(x, "le") || matches(y, "le") {
			return nil
		}
		if optional(left, x, right, y) {
			return nil
		}
		return noMatchMatch(b, left, right, x, y)
	},
}

// optional reports whether the labels that only one side keeps may be missing
// from all series, so that both sides match after all: those that a server puts
// on what it scrapes, such as cluster, and those of a variable.
func optional(left *parser.AggregateExpr, x *parser.VectorSelector, right *parser.AggregateExpr, y *parser.VectorSelector) bool {
	only := append(without(left.Grouping, right.Grouping...), without(right.Grouping, left.Grouping...)...)
	sure := false
	for _, l := range only {
		switch l {
		case "cluster", "cluster_name", "job", "namespace", "environment", "env", "region", "datacenter", "dc", "tenant", "service", "prometheus", "site":
		default:
			sure = true
		}
	}
	_, _ = x, y
	return !sure
}

func noMatchMatch(b *parser.BinaryExpr, left, right *parser.AggregateExpr, x, y *parser.VectorSelector) *match {
	in := newInput(b, append(slices.Clone(left.Grouping), right.Grouping...))
	in.say("a and b count 5 and 10 from one scrape to the next")
	for _, name := range []string{"a", "b"} {
		in.add(name, x, "counter", func(i int) float64 { return float64(5 * i) })
		in.add(name, y, "counter", func(i int) float64 { return float64(10 * i) })
	}
	var common []string
	for _, l := range left.Grouping {
		if slices.Contains(right.Grouping, l) {
			common = append(common, l)
		}
	}
	num, den := aggregate.View{Select: selector(x, x.Name), By: common, Type: "counter"}, aggregate.View{Select: selector(y, y.Name), By: common, Type: "counter"}
	m := &match{
		empty: true,
		part:  b, input: in, asked: "the ratio", ours: askRatio(num, den),
		promql: fmt.Sprintf("sum%s(%s) / sum%s(%s)", by(common), left.Expr, by(common), right.Expr),
		view:   fmt.Sprintf("fleet.Ratio(%s, %s)", viewOf(num), viewOf(den)),
	}
	if len(common) == len(right.Grouping) {
		m.promql = fmt.Sprintf("%s / on (%s) group_left %s", left, join(common), right)
		m.note = "each series of the left side, as a part of all"
	}
	return m
}

func join(list []string) string {
	text := ""
	for i, l := range list {
		if i > 0 {
			text += ", "
		}
		text += l
	}
	return text
}

func askRatio(num, den aggregate.View) func(*aggregate.Fleet) (ask, error) {
	return func(f *aggregate.Fleet) (ask, error) {
		view, err := f.Ratio(num, den)
		return func(_ aggregate.Snapshot, w aggregate.Window) (promfold.Estimate, bool, error) {
			groups, err := view.In(w)
			if err != nil || len(groups) != 1 {
				return promfold.Estimate{}, false, err
			}
			e, ok := groups[0].Ratio()
			return e, ok, nil
		}, err
	}
}
