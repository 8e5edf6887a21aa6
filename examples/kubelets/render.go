package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/promfold/promfold/examples/internal/example"
)

// render returns the tables of the decisions and of the kubelets.
func render(d document) []example.Line {
	var t example.Table
	t.Left("node", "ready", "address", "scrape", "why")
	for _, x := range d.Decisions {
		scrape := example.Normal("no")
		switch {
		case x.Unresolved:
			scrape = example.Alarm("yes?")
		case x.Scrape:
			scrape = example.Bold("yes")
		}
		t.Add(example.Normal(x.Node), example.Normal(x.Ready), example.Normal(x.Target), scrape, example.Warning(x.Reason))
	}
	lines := t.Lines()
	if d.Kubelets != nil {
		lines = append(append(lines, nil), renderKubelets(d)...)
	}
	if d.Increase != nil {
		text := fmt.Sprintf("%s: +%.0f, each kubelet once; +%.0f added up over the names (%s)", d.Metric, *d.Increase, *d.ByName, d.Coverage)
		lines = append(lines, nil, example.Line{example.Bold(text)})
	}
	return lines
}

func renderKubelets(d document) []example.Line {
	var t example.Table
	t.Left("kubelet", "is", "says it is", "lives", "")
	for _, k := range d.Kubelets {
		remarks := k.Remarks
		if k.Names != nil {
			remarks = append([]string{"answers as " + strings.Join(k.Names, " and ")}, remarks...)
		}
		state := example.Normal(k.State)
		if k.State != "up" {
			state = example.Alarm(k.State)
		}
		t.Add(example.Normal(k.Node), state, example.Normal(cmp.Or(k.Says, "–")), example.Normal(strconv.Itoa(k.Lives)),
			example.Warning(strings.Join(remarks, "; ")))
	}
	return t.Lines()
}
