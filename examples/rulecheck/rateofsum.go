package main

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

var rateOfSum = rule{
	name: "rate-of-sum",
	what: "a rate of a sum of counters",
	why:  "The sum falls when one instance restarts or leaves. The rate takes that for a reset of all, and counts everything once more.",
	find: func(k *knowledge, n parser.Expr, _ []parser.Node) *match {
		c, ok := call(n, "rate", "increase", "irate")
		if !ok {
			return nil
		}
		q, ok := strip(c.Args[0]).(*parser.SubqueryExpr)
		if !ok {
			return nil
		}
		a, ok := aggregation(q.Expr, parser.SUM, parser.AVG)
		if !ok || !across(a) {
			return nil
		}
		s, ok := plain(a.Expr)
		if !ok || fixed(s) || k.isGauge(s.Name) || matches(s, "le") {
			return nil
		}
		return rateOfSumMatch(c, q, a, s)
	},
}

func rateOfSumMatch(c *parser.Call, q *parser.SubqueryExpr, a *parser.AggregateExpr, s *parser.VectorSelector) *match {
	in := newInput(c, grouping(a))
	anew := in.half()
	if c.Func.Name == "irate" {
		anew = in.moments - 1
	}
	in.say("a and b count 10 from one scrape to the next; b restarts")
	in.restarts["b"] = anew
	in.add("a", s, "counter", func(i int) float64 { return float64(100000 + 10*i) })
	in.add("b", s, "counter", func(i int) float64 {
		if i >= anew {
			return float64(10 * (i - anew))
		}
		return float64(50000 + 10*i)
	})
	read, method := (*aggregate.CounterGroup).Rate, "Rate"
	asked := "per second"
	if c.Func.Name == "increase" {
		read, method, asked = (*aggregate.CounterGroup).Increase, "Increase", "increase"
	}
	view := aggregate.View{Select: selector(s, s.Name), By: grouping(a), Owner: counter.Process}
	mean := func(g *aggregate.CounterGroup) (promfold.Estimate, bool) {
		e, ok := read(g)
		if a.Op == parser.AVG {
			e = times(e, 1/float64(len(g.Increases())))
		}
		return e, ok
	}
	return &match{
		part: c, input: in, asked: asked, ours: askCounter(view, mean),
		promql: fmt.Sprintf("%s%s(%s(%s[%s]))", a.Op, regroup(a), c.Func.Name, s, short(q.Range)),
		view:   counterView(view) + "." + method,
	}
}
