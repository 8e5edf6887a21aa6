package main

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

var sumOfCounters = rule{
	name: "sum-of-counters",
	what: "a sum of counters as they stand",
	why:  "Each instance counts since its own start. What one counted is gone from the sum when it restarts or leaves.",
	find: func(k *knowledge, n parser.Expr, path []parser.Node) *match {
		if b, ok := n.(*parser.BinaryExpr); ok && b.Op == parser.SUB {
			return k.subtraction(b)
		}
		a, s, ok := k.rawSum(n)
		if !ok || n != strip(n) || s.OriginalOffset != 0 || counted(path) {
			return nil
		}
		m := sumOfCountersMatch(a, a, s)
		m.meant = true // “since the processes began”
		return m
	},
}

// rawSum returns e if it is a sum of a counter as it stands.
func (k *knowledge) rawSum(e parser.Expr) (*parser.AggregateExpr, *parser.VectorSelector, bool) {
	a, ok := aggregation(e, parser.SUM)
	if !ok || !across(a) {
		return nil, nil, false
	}
	s, ok := plain(a.Expr)
	return a, s, ok && !fixed(s) && k.isCounter(s.Name) && s.Name == base(s.Name) && s.Timestamp == nil && s.StartOrEnd == 0
}

// subtraction finds what a sum grew by, taken as its difference from the past.
func (k *knowledge) subtraction(b *parser.BinaryExpr) *match {
	now, s, ok1 := k.rawSum(b.LHS)
	_, then, ok2 := k.rawSum(b.RHS)
	if !ok1 || !ok2 || s.OriginalOffset != 0 || then.OriginalOffset <= 0 {
		return nil
	}
	same := *then
	same.OriginalOffset, same.OriginalOffsetExpr = 0, nil
	if same.String() != s.String() {
		return nil
	}
	return sumOfCountersMatch(b, now, s)
}

// counted reports whether what stands around a sum asks something that a
// restart does not change much: whether there is any, whether it changed, what
// it grew by (see rate-of-sum), or how many of one kind are open, as the
// difference of two counters of the same processes.
func counted(path []parser.Node) bool {
	for i := len(path) - 1; i >= 0; i-- {
		switch n := path[i].(type) {
		case *parser.SubqueryExpr, *parser.AggregateExpr:
			return true
		case *parser.Call:
			switch n.Func.Name {
			case "absent", "absent_over_time", "changes", "resets", "timestamp":
				return true
			}
		case *parser.BinaryExpr:
			if scalar(n.LHS) == scalar(n.RHS) || n.Op.IsComparisonOperator() {
				return true
			}
		}
	}
	return false
}

func scalar(e parser.Expr) bool { return e.Type() == parser.ValueTypeScalar }

func sumOfCountersMatch(part parser.Expr, a *parser.AggregateExpr, s *parser.VectorSelector) *match {
	in := newInput(part, grouping(a))
	anew := in.half()
	in.say("a and b count 10 from one scrape to the next; b restarts")
	in.restarts["b"] = anew
	in.add("a", s, "counter", func(i int) float64 { return float64(10 * i) })
	in.add("b", s, "counter", func(i int) float64 {
		if i >= anew {
			return float64(10 * (i - anew))
		}
		return float64(10 * i)
	})
	view := aggregate.View{Select: selector(s, s.Name), By: grouping(a), Owner: counter.Process}
	return &match{
		part: part, input: in, asked: "counted since the first scrape", ours: askCounter(view, (*aggregate.CounterGroup).Increase),
		promql: fmt.Sprintf("sum%s(increase(%s[%s]))", regroup(a), s, short(in.window)),
		view:   counterView(view) + ".Totals",
		note:   "put the time you want to know about in place of " + short(in.window),
	}
}

// counterView writes a view as a program declares it.
func counterView(v aggregate.View) string { return "fleet.Counter(" + viewOf(v) + ")" }

func viewOf(v aggregate.View) string {
	text := fmt.Sprintf("View{Select: `%s`", v.Select)
	if len(v.By) > 0 {
		text += fmt.Sprintf(", By: %q", v.By)
	}
	if v.Combine != 0 {
		text += ", Combine: " + combineName[v.Combine]
	}
	if v.Limit != "" {
		text += fmt.Sprintf(", Limit: `%s`", v.Limit)
	}
	if v.Leader != "" {
		text += fmt.Sprintf(", Leader: `%s`", v.Leader)
	}
	return text + "}"
}

var combineName = map[aggregate.Combine]string{
	aggregate.Sum: "Sum", aggregate.Max: "Max", aggregate.Min: "Min", aggregate.Consensus: "Consensus", aggregate.Leader: "Leader",
	aggregate.Distinct: "Distinct", aggregate.Mean: "Mean",
}
