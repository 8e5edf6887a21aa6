package main

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// normalise makes an expression one that a small input can answer: a variable
// in a regular expression matches anything, and offsets are taken away. It
// changes e.
func normalise(e parser.Expr) {
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			n.LabelMatchers = loosen(n.LabelMatchers)
		case *parser.SubqueryExpr:
			n.OriginalOffset, n.OriginalOffsetExpr, n.Timestamp, n.StartOrEnd = 0, nil, nil, 0
		case *parser.MatrixSelector:
			if s, ok := n.VectorSelector.(*parser.VectorSelector); ok {
				s.OriginalOffset, s.OriginalOffsetExpr, s.Timestamp, s.StartOrEnd = 0, nil, nil, 0
			}
		}
		return nil
	})
}

// loosen returns matchers without what variables decide. A variable that stands
// beside another matcher of its label is one that the other admits.
func loosen(list []*labels.Matcher) (kept []*labels.Matcher) {
	for i, m := range list {
		alone := !slices.ContainsFunc(slices.Delete(slices.Clone(list), i, i+1), func(o *labels.Matcher) bool { return o.Name == m.Name })
		if strings.Contains(m.Value, placeholder) && (m.Type != labels.MatchEqual || !alone) {
			if m.Type != labels.MatchRegexp && m.Type != labels.MatchEqual {
				continue
			}
			m = labels.MustNewMatcher(labels.MatchRegexp, m.Name, ".*")
		}
		kept = append(kept, m)
	}
	return kept
}

const (
	deepest    = 5      // rules in rules
	mostInside = 10_000 // nodes: rules that stand on many others many times would fill any memory
)

// expand puts what rules record in place of the names they record it under, and
// returns all that was put there. Rules may stand on rules, but not on
// themselves.
func expand(e parser.Expr, k *knowledge, depth int) (parser.Expr, map[parser.Node]bool) {
	inside := map[parser.Node]bool{}
	if depth > deepest {
		return e, inside
	}
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.Call:
			for i, a := range n.Args {
				n.Args[i] = expandOne(a, k, depth, inside)
			}
		case *parser.AggregateExpr:
			n.Expr = expandOne(n.Expr, k, depth, inside)
		case *parser.BinaryExpr:
			n.LHS, n.RHS = expandOne(n.LHS, k, depth, inside), expandOne(n.RHS, k, depth, inside)
		case *parser.ParenExpr:
			n.Expr = expandOne(n.Expr, k, depth, inside)
		case *parser.SubqueryExpr:
			n.Expr = expandOne(n.Expr, k, depth, inside)
		}
		return nil
	})
	return e, inside
}

func expandOne(e parser.Expr, k *knowledge, depth int, inside map[parser.Node]bool) parser.Expr {
	if inside[e] || len(inside) > mostInside {
		return e
	}
	var name string
	var span time.Duration
	switch n := e.(type) {
	case *parser.VectorSelector:
		name = n.Name
	case *parser.MatrixSelector:
		if s, ok := n.VectorSelector.(*parser.VectorSelector); ok {
			name, span = s.Name, n.Range
		}
	}
	rule, ok := k.recorded[name]
	if !ok || name == "" {
		return e
	}
	body, err := parse(rule.Text)
	if err != nil {
		return e
	}
	normalise(body)
	body, _ = expand(&parser.ParenExpr{Expr: body}, k, depth+1)
	parser.Inspect(body, func(n parser.Node, _ []parser.Node) error {
		if n != nil {
			inside[n] = true
		}
		return nil
	})
	if span > 0 {
		q := &parser.SubqueryExpr{Expr: body, Range: span}
		inside[q] = true
		return q
	}
	return body
}

// masked writes … for what a variable of a dashboard stands for.
func masked(text string) string { return strings.ReplaceAll(text, placeholder, "…") }
