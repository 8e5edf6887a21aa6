package main

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold"
)

// identity are the labels that tell instances apart. What keeps or fixes one of
// them is not a question to a fleet, and no rule is about it.
var identity = []string{
	"instance", "exported_instance", "pod", "pod_name", "pod_ip", "kubernetes_pod_name", "exported_pod", "node", "node_name", "nodename",
	"kubernetes_node", "host", "hostname", "machine", "server", "server_id", "server_name", "addr", "address", "ip", "replica", "shard", "shard_ordinal", "worker", "worker_id", "member", "member_id",
	"container_id", "id", "uid", "pid", "device", "endpoint", "broker", "broker_id", "brokerid", "node_id", "instance_id", "apiserver",
}

// across reports whether an aggregation combines instances: what it keeps tells
// none apart. Series of API servers have no label pod, those of others may.
func across(a *parser.AggregateExpr) bool {
	if a.Without {
		servers := !slices.ContainsFunc(selectors(a), func(s *parser.VectorSelector) bool { return !strings.HasPrefix(s.Name, "apiserver_") })
		return slices.Contains(a.Grouping, "instance") && (servers || slices.Contains(a.Grouping, "pod"))
	}
	return !tells(a.Grouping)
}

// tells reports whether labels tell instances apart; those of a variable may.
func tells(names []string) bool {
	return slices.ContainsFunc(names, func(l string) bool { return slices.Contains(identity, l) || strings.Contains(l, placeholder) })
}

// fixed reports whether a selector chooses instances by name.
func fixed(s *parser.VectorSelector) bool {
	for _, m := range s.LabelMatchers {
		if slices.Contains(identity, m.Name) && (m.Type == labels.MatchEqual && m.Value != "" || m.Type == labels.MatchRegexp && !m.Matches(placeholder)) {
			return true
		}
	}
	return false
}

// matches reports whether a selector has a matcher for a label.
func matches(s *parser.VectorSelector, name string) bool {
	return slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == name })
}

// strip returns e without parentheses.
func strip(e parser.Expr) parser.Expr {
	for {
		p, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = p.Expr
	}
}

// aggregation returns e if it is one of these aggregations.
func aggregation(e parser.Expr, ops ...parser.ItemType) (*parser.AggregateExpr, bool) {
	a, ok := strip(e).(*parser.AggregateExpr)
	return a, ok && slices.Contains(ops, a.Op)
}

// call returns e if it is a call of one of these functions.
func call(e parser.Expr, names ...string) (*parser.Call, bool) {
	c, ok := strip(e).(*parser.Call)
	return c, ok && slices.Contains(names, c.Func.Name)
}

// plain returns the selector if e is one, of the present: no offset, no @.
func plain(e parser.Expr) (*parser.VectorSelector, bool) {
	s, ok := strip(e).(*parser.VectorSelector)
	return s, ok && !anywhere(s)
}

// ranged returns the selector of a range.
func ranged(e parser.Expr) (*parser.VectorSelector, bool) {
	m, ok := strip(e).(*parser.MatrixSelector)
	if !ok {
		return nil, false
	}
	s, ok := m.VectorSelector.(*parser.VectorSelector)
	return s, ok && !anywhere(s)
}

// rated returns the selector of which e is a rate or an increase.
func rated(e parser.Expr) (*parser.VectorSelector, bool) {
	c, ok := call(e, "rate", "increase", "irate")
	if !ok {
		return nil, false
	}
	return ranged(c.Args[0])
}

// selectors returns all selectors in e.
func selectors(e parser.Expr) (list []*parser.VectorSelector) {
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			list = append(list, s)
		}
		return nil
	})
	return list
}

// parent returns the nearest expression around the end of path that is no
// parenthesis.
func parent(path []parser.Node) parser.Node {
	for i := len(path) - 1; i >= 0; i-- {
		switch path[i].(type) {
		case *parser.ParenExpr, parser.Expressions:
		default:
			return path[i]
		}
	}
	return nil
}

// by writes the grouping of an aggregation, with further labels, as PromQL.
func by(labels []string, more ...string) string {
	all := slices.Clone(labels)
	for _, l := range more {
		if !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return " by (" + strings.Join(all, ", ") + ") "
}

// grouping returns the labels that an aggregation keeps, as far as it says so.
func grouping(a *parser.AggregateExpr) []string {
	if a.Without {
		return nil
	}
	return a.Grouping
}

// regroup writes the grouping of an aggregation with further labels kept.
func regroup(a *parser.AggregateExpr, keep ...string) string {
	if !a.Without {
		return by(a.Grouping, keep...)
	}
	return " without (" + strings.Join(without(a.Grouping, keep...), ", ") + ") "
}

// scaled returns e without constant factors, and their product.
func scaled(e parser.Expr) (parser.Expr, float64) {
	e = strip(e)
	b, ok := e.(*parser.BinaryExpr)
	if !ok {
		return e, 1
	}
	if n, ok := strip(b.LHS).(*parser.NumberLiteral); ok && b.Op == parser.MUL {
		inner, f := scaled(b.RHS)
		return inner, f * n.Val
	}
	if n, ok := strip(b.RHS).(*parser.NumberLiteral); ok && b.Op == parser.MUL {
		inner, f := scaled(b.LHS)
		return inner, f * n.Val
	}
	return e, 1
}

// times multiplies an estimate.
func times(e promfold.Estimate, f float64) promfold.Estimate {
	return promfold.Estimate{Value: e.Value * f, Lo: e.Lo * f, Hi: e.Hi * f}
}

func without(list []string, leave ...string) (kept []string) {
	for _, l := range list {
		if !slices.Contains(leave, l) {
			kept = append(kept, l)
		}
	}
	return kept
}
