package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/layout"
)

var meanOfQuantiles = rule{
	name: "mean-of-quantiles",
	what: "a mean or a sum of quantiles",
	why:  "A quantile of all requests is not the mean of the instances' quantiles, whatever their traffic; their sum is nothing at all.",
	find: func(_ *knowledge, n parser.Expr, _ []parser.Node) *match {
		a, ok := aggregation(n, parser.AVG, parser.SUM)
		if !ok || n != strip(n) || !across(a) {
			return nil
		}
		return ofQuantiles(a)
	},
}

var quantileOfQuantiles = rule{
	name: "quantile-of-quantiles",
	what: "a quantile of quantiles",
	why:  "It ranks the instances, not their requests: one that answers nearly nothing counts as much as all others.",
	find: func(_ *knowledge, n parser.Expr, _ []parser.Node) *match {
		a, ok := aggregation(n, parser.QUANTILE)
		if !ok || n != strip(n) || !across(a) {
			return nil
		}
		return ofQuantiles(a)
	},
}

// ofQuantiles returns a match if a combines quantiles of several instances.
func ofQuantiles(a *parser.AggregateExpr) *match {
	if c, ok := call(a.Expr, "histogram_quantile"); ok {
		return ofBuckets(a, c)
	}
	s, ok := plain(a.Expr)
	if !ok || fixed(s) || base(s.Name) != s.Name {
		return nil
	}
	q, ok := quantileOf(s)
	if !ok {
		return nil
	}
	return ofSummary(a, s, q)
}

// quantileOf returns the quantile that a selector of a summary fixes.
func quantileOf(s *parser.VectorSelector) (float64, bool) {
	for _, m := range s.LabelMatchers {
		if m.Name == "quantile" && m.Type == labels.MatchEqual {
			q, err := strconv.ParseFloat(m.Value, 64)
			return q, err == nil && q > 0 && q < 1
		}
	}
	return 0, false
}

// bucketsOf returns the selector of the buckets whose quantile a call takes, and
// the labels that it keeps apart; all if nothing is added up.
func bucketsOf(c *parser.Call) (s *parser.VectorSelector, kept []string, all bool) {
	inner := c.Args[1]
	if s, ok := rated(inner); ok {
		return s, nil, true
	}
	a, ok := aggregation(inner, parser.SUM)
	if !ok {
		return nil, nil, false
	}
	if s, ok := rated(a.Expr); ok {
		if a.Without {
			return s, nil, !across(a)
		}
		return s, without(a.Grouping, "le"), false
	}
	return nil, nil, false
}

func constantOf(e parser.Expr) (float64, bool) {
	n, ok := strip(e).(*parser.NumberLiteral)
	if !ok {
		return 0, false
	}
	return n.Val, n.Val > 0 && n.Val < 1
}

// ofBuckets: a has 10,000 fast observations and b 100 slow ones.
func ofBuckets(a *parser.AggregateExpr, c *parser.Call) *match {
	q, ok := constantOf(c.Args[0])
	if !ok {
		return nil
	}
	s, kept, all := bucketsOf(c)
	if s == nil || fixed(s) || matches(s, "le") || a.Without && !all {
		return nil
	}
	if more := without(kept, a.Grouping...); !all && len(more) == 0 {
		return nil // one quantile in each group: nothing is combined
	}
	in := newInput(a, grouping(a))
	in.say("a observes 10,000 fast requests between two scrapes, b 100 slow ones")
	addFastAndSlow(in, s, 10000, 100)
	view := aggregate.View{Select: selector(s, base(s.Name)), By: grouping(a)}
	m := &match{
		part: a, input: in, asked: quantileName(q),
		ours:   askHistogram(view, quantile(q)),
		promql: fmt.Sprintf("histogram_quantile(%g, sum%s(rate(%s[%s])))", q, regroup(a, "le"), s, rangeOf(c)),
		view:   histogramView(view) + fmt.Sprintf(".Quantile(%g)", q),
		note:   "the worst instance is another question: WorstQuantile",
	}
	if named := without(kept, a.Grouping...); len(named) > 0 && a.Op != parser.SUM && !tells(named) {
		m.meant = true // each service has a quantile of its own, and a say
		m.note = "it may be meant where each " + strings.Join(named, ", ") + " is to count alike, whatever its traffic"
	}
	return m
}

// addFastAndSlow adds buckets of a, whose observations are all below the first
// bound, and of b, whose are all between the second and the third.
func addFastAndSlow(in *input, s *parser.VectorSelector, fast, slow float64) {
	in.addHistogram("a", s, func(i int) [4]float64 {
		n := fast * float64(i)
		return [4]float64{n, n, n, n}
	}, func(i int) float64 { return .05 * fast * float64(i) })
	in.addHistogram("b", s, func(i int) [4]float64 {
		n := slow * float64(i)
		return [4]float64{0, 0, n, n}
	}, func(i int) float64 { return 5 * slow * float64(i) })
}

// ofSummary: a observes a hundred thousand times as much as b.
func ofSummary(a *parser.AggregateExpr, s *parser.VectorSelector, q float64) *match {
	in := newInput(a, grouping(a))
	in.say("a observes 100,000 fast requests between two scrapes, b 1 slow one")
	for _, one := range []struct {
		name          string
		count, values float64
	}{{"a", 100000, .1}, {"b", 1, 5}} {
		ls := in.labelsOf(s, one.name)
		for _, phi := range []float64{q, .9999} {
			with := map[string]string{"quantile": strconv.FormatFloat(phi, 'g', -1, 64)}
			for k, v := range ls {
				if k != "quantile" {
					with[k] = v
				}
			}
			in.addNamed(one.name, s.Name, s.Name, "summary", with, func(int) float64 { return one.values })
		}
		delete(ls, "quantile")
		in.addNamed(one.name, s.Name+"_sum", s.Name, "summary", ls, func(i int) float64 { return one.values * one.count * float64(i) })
		in.addNamed(one.name, s.Name+"_count", s.Name, "summary", ls, func(i int) float64 { return one.count * float64(i) })
	}
	return &match{
		part: a, input: in, asked: quantileName(q), ours: in.askSummaries(q),
		view: "a histogram in the program; of summaries the fleet has the count, the sum and the mean",
		note: fmt.Sprintf("PromQL has the worst instance's alone: max%s(%s)", regroup(a), s),
	}
}

// askSummaries returns what all summaries of an input say together of a quantile.
func (in *input) askSummaries(q float64) func(*aggregate.Fleet) (ask, error) {
	return func(*aggregate.Fleet) (ask, error) {
		var all layout.Distribution
		for _, name := range in.instances() {
			s := layout.Summary{Described: true}
			for _, r := range in.rows {
				first, last := r.values[0], r.values[len(r.values)-1]
				switch {
				case r.instance != name:
				case strings.HasSuffix(r.name, "_count"):
					s.Count = last - first
				case strings.HasSuffix(r.name, "_sum"):
					s.Sum = last - first
				default:
					phi, err := strconv.ParseFloat(r.labels["quantile"], 64)
					if err != nil {
						return nil, err
					}
					s.Quantiles = append(s.Quantiles, layout.SummaryQuantile{Level: phi, Value: last})
				}
			}
			if err := all.AddSummary(&s); err != nil {
				return nil, err
			}
		}
		return func(aggregate.Snapshot, aggregate.Window) (promfold.Estimate, bool, error) {
			e, ok := all.Quantile(q)
			return e, ok, nil
		}, nil
	}
}

func quantile(q float64) func(*aggregate.HistogramGroup) (promfold.Estimate, bool) {
	return func(g *aggregate.HistogramGroup) (promfold.Estimate, bool) { return g.Quantile(q) }
}

func quantileName(q float64) string { return fmt.Sprintf("the %g-quantile", q) }

func histogramView(v aggregate.View) string { return "fleet.Histogram(" + viewOf(v) + ")" }

// rangeOf returns the range of the first matrix selector in e.
func rangeOf(e parser.Expr) string {
	r := "5m"
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if m, ok := n.(*parser.MatrixSelector); ok {
			r = short(m.Range)
		}
		return nil
	})
	return r
}
