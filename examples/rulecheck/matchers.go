package main

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// labelsOf returns labels of a series of an instance that s selects, without
// the name. It has the labels that the expression groups by.
func (in *input) labelsOf(s *parser.VectorSelector, instance string) map[string]string {
	ls := map[string]string{}
	for name := range in.need {
		ls[name] = "x"
		if in.vary[name] {
			ls[name] = instance
		}
	}
	byName := map[string][]*labels.Matcher{}
	for _, m := range s.LabelMatchers {
		if m.Name != model.MetricNameLabel && m.Name != "le" && m.Name != "instance" {
			byName[m.Name] = append(byName[m.Name], m)
		}
	}
	for name, list := range byName {
		if v := valueFor(list, ls[name]); v != "" {
			ls[name] = v
		} else {
			delete(ls, name)
		}
	}
	return ls
}

// valueFor returns a value that all matchers of a label match, wanted if that is
// one; empty if there is no other.
func valueFor(list []*labels.Matcher, wanted string) string {
	candidates := []string{wanted}
	for _, m := range list {
		switch m.Type {
		case labels.MatchEqual:
			candidates = append(candidates, m.Value)
		case labels.MatchRegexp:
			if set := m.SetMatches(); len(set) > 0 {
				candidates = append(candidates, set...)
			} else if re, err := syntax.Parse(m.Value, syntax.Perl); err == nil {
				candidates = append(candidates, example(re.Simplify()))
			}
		}
	}
	for _, c := range append(candidates, "x", "1") {
		if c != "" && !slices.ContainsFunc(list, func(m *labels.Matcher) bool { return !m.Matches(c) }) {
			return c
		}
	}
	return ""
}

// example returns a text that a regular expression matches, as short as it may be.
func example(re *syntax.Regexp) string {
	var b strings.Builder
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			return string(re.Rune[0])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpCapture, syntax.OpPlus:
		return example(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			b.WriteString(example(sub))
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if s := example(sub); s != "" {
				return s
			}
		}
	}
	return b.String()
}

// selector returns s as a view selects it: under a name, without what only
// Prometheus' own storage knows.
func selector(s *parser.VectorSelector, name string) string {
	var parts []string
	for _, m := range s.LabelMatchers {
		if !slices.Contains([]string{model.MetricNameLabel, "le", "quantile", "instance"}, m.Name) {
			parts = append(parts, m.String())
		}
	}
	if len(parts) == 0 {
		return name
	}
	return fmt.Sprintf("%s{%s}", name, strings.Join(parts, ","))
}

// base returns the family of a histogram's or summary's series.
func base(name string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if s, ok := strings.CutSuffix(name, suffix); ok {
			return s
		}
	}
	return name
}
