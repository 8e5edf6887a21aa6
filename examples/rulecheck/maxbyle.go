package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

var maxByLE = rule{
	name: "max-by-le",
	what: "a maximum or minimum of buckets, by le",
	why:  "Buckets are cumulative: the fast instance has the greater counts at each bound, and hides the slow one.",
	find: func(_ *knowledge, n parser.Expr, path []parser.Node) *match {
		a, ok := aggregation(n, parser.MAX, parser.MIN)
		if !ok || n != strip(n) || slices.Contains(a.Grouping, "le") == a.Without || !across(a) {
			return nil
		}
		s, ok := rated(a.Expr)
		if inner, deeper := aggregation(a.Expr, parser.SUM); deeper && !inner.Without && slices.Contains(inner.Grouping, "le") {
			s, ok = rated(inner.Expr)
		}
		if !ok || fixed(s) || matches(s, "le") || base(s.Name)+"_bucket" != s.Name || strings.Contains(s.Name, "_last_") {
			return nil // the last of something, such as a job in a database, may be what every instance repeats
		}
		outer := without(grouping(a), "le")
		if c, ok := parent(path).(*parser.Call); ok && c.Func.Name == "histogram_quantile" {
			return maxQuantile(c, a, s, outer)
		}
		if len(path) > 0 {
			return nil // something else is made of the buckets
		}
		return maxBuckets(a, s, outer)
	},
}

func maxInput(e parser.Expr, a *parser.AggregateExpr, s *parser.VectorSelector, outer []string) *input {
	in := newInput(e, outer)
	fast, slow := 100.0, 100.0
	if a.Op == parser.MIN {
		slow = 1000 // the smaller counts are those of the fast one then
	}
	in.say("a observes %g fast requests between two scrapes, b %g slow ones", fast, slow)
	addFastAndSlow(in, s, fast, slow)
	return in
}

func maxQuantile(c *parser.Call, a *parser.AggregateExpr, s *parser.VectorSelector, outer []string) *match {
	q, ok := constantOf(c.Args[0])
	if !ok {
		return nil
	}
	view := aggregate.View{Select: selector(s, base(s.Name)), By: outer}
	return &match{
		part: c, input: maxInput(c, a, s, outer), asked: quantileName(q), ours: askHistogram(view, quantile(q)),
		promql: fmt.Sprintf("histogram_quantile(%g, sum%s(rate(%s[%s])))", q, regroup(a, "le"), s, rangeOf(a)),
		view:   histogramView(view) + fmt.Sprintf(".Quantile(%g)", q),
		note: fmt.Sprintf("the worst instance is another question: WorstQuantile, or max%s(histogram_quantile(%g, sum%s(rate(%s[%s]))))",
			leave(a, "le"), q, regroup(a, "le", "instance"), s, rangeOf(a)),
	}
}

// maxBuckets is about a heatmap.
func maxBuckets(a *parser.AggregateExpr, s *parser.VectorSelector, outer []string) *match {
	view := aggregate.View{Select: selector(s, base(s.Name)), By: outer}
	return &match{
		part: a, input: maxInput(a, a, s, outer), asked: "the share above 1",
		read: func(v promql.Vector) (float64, bool) {
			at := map[string]float64{}
			for _, s := range v {
				at[s.Metric.Get("le")] = s.F
			}
			return 1 - at["1"]/at["+Inf"], at["+Inf"] > 0
		},
		ours:   askHistogram(view, func(g *aggregate.HistogramGroup) (promfold.Estimate, bool) { return g.Over(1) }),
		promql: fmt.Sprintf("sum%s(rate(%s[%s]))", regroup(a), s, rangeOf(a)),
		view:   histogramView(view) + ".Distribution, or .Distributions for each instance",
	}
}

// leave writes the grouping of an aggregation without some labels.
func leave(a *parser.AggregateExpr, labels ...string) string {
	if a.Without {
		return regroup(a)
	}
	return by(without(a.Grouping, labels...))
}
