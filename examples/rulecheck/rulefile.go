package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readRules returns the expressions of a YAML file: of rules wherever they
// stand, so those of a Prometheus rule file and of a PrometheusRule, and of the
// dashboards that a ConfigMap holds as text.
func readRules(text []byte) (list []source, err error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc yaml.Node
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		found, err := rulesOf(&doc, 0)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
}

// maxDepth is how deep files may be nested.
const maxDepth = 100

func rulesOf(n *yaml.Node, depth int) (list []source, err error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d: nested more than %d deep", n.Line, maxDepth)
	}
	if n.Kind == yaml.MappingNode {
		if s, ok := ruleOf(n); ok {
			list = append(list, s)
		}
	}
	for _, c := range n.Content {
		var found []source
		if c.Kind == yaml.ScalarNode {
			found, err = embedded(c)
		} else {
			found, err = rulesOf(c, depth+1)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// ruleOf returns the expression of a mapping that is a rule.
func ruleOf(n *yaml.Node) (source, bool) {
	var s source
	rule := false
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if value.Kind != yaml.ScalarNode {
			continue
		}
		switch key.Value {
		case "expr":
			s.Text, s.Line = value.Value, value.Line
			s.Above = key.HeadComment + "\n" + value.LineComment + "\n" + key.LineComment
			if value.Style&yaml.LiteralStyle != 0 {
				s.Line, s.Multi = value.Line+1, true
			}
		case "record":
			s.Record, s.Title, rule = value.Value, value.Value, true
		case "alert":
			s.Title, rule = value.Value, true
		}
	}
	if len(n.Content) > 0 {
		s.Above = n.HeadComment + "\n" + n.Content[0].HeadComment + "\n" + s.Above
	}
	return s, rule && s.Text != ""
}

// embedded returns the expressions of a dashboard that a scalar holds.
func embedded(n *yaml.Node) ([]source, error) {
	if t := strings.TrimSpace(n.Value); !strings.HasPrefix(t, "{") || !strings.Contains(t, `"expr"`) {
		return nil, nil
	}
	list, err := readDashboard([]byte(n.Value))
	if err != nil {
		return nil, nil // a text that only looks like a dashboard
	}
	for i := range list {
		if n.Style&yaml.LiteralStyle != 0 {
			list[i].Line += n.Line
		} else {
			list[i].Line = n.Line
		}
	}
	return list, nil
}
