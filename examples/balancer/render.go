package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/examples/internal/example"
)

// unknown is shown where a value is absent.
const unknown = "–"

// render returns the table.
func render(d document) []example.Line {
	expected := "?"
	if d.Expected > 0 {
		expected = strconv.Itoa(d.Expected)
	}
	lines := []example.Line{{example.Bold(d.At.Format(time.TimeOnly) + "  " + d.Target), example.Normal(fmt.Sprintf(": %d scrapes in %s, %d processes met, %d of %s alive",
		d.Scrapes, time.Duration(d.Seconds*float64(time.Second)).Round(100*time.Millisecond), len(d.Instances), d.Alive, expected))}}
	lines = append(lines, renderInstances(d)...)
	title := fmt.Sprintf("%s, rates of the last %s", d.Metric, time.Duration(d.WindowSeconds*float64(time.Second)))
	lines = append(lines, nil, example.Line{example.Bold(title)})
	lines = append(lines, renderGroups(d)...)
	for _, n := range d.Notes {
		lines = append(lines, example.Line{example.Warning("  ! " + n)})
	}
	return lines
}

func renderInstances(d document) []example.Line {
	var t example.Table
	t.Left("process", "", "met", "first", "last", "increase", "rate/s", "told apart by")
	for _, in := range d.Instances {
		state := example.Normal("alive")
		if !in.Alive {
			state = example.Alarm("stale")
		}
		t.Add(example.Normal(in.Name), state, example.Normal(strconv.Itoa(in.Met)), example.Normal(in.First.Format(time.TimeOnly)),
			example.Normal(in.Last.Format(time.TimeOnly)), example.Normal(amount(in.Increase)), example.Normal(amount(in.Rate)), example.Dim(in.By))
	}
	return t.Lines()
}

func renderGroups(d document) []example.Line {
	var t example.Table
	t.Left("", "rate/s", "now/s", "increase ≥", "naive", "", "naive resets")
	groups := d.Groups
	if d.Total != nil {
		groups = append(groups, *d.Total)
	}
	for _, g := range groups {
		t.Row(groupName(g.Labels), amount(g.Rate), amount(g.RateNow), amount(g.Increase), amount(&g.Naive), factor(g), strconv.Itoa(g.NaiveResets))
	}
	return t.Lines()
}

func groupName(l labels.Labels) string {
	var parts []string
	l.Range(func(l labels.Label) { parts = append(parts, l.Value) })
	if parts == nil {
		return "total"
	}
	return strings.Join(parts, " ")
}

// factor returns how many times the increase the naive reading is.
func factor(g group) string {
	if g.Increase == nil || *g.Increase == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(g.Naive / *g.Increase), 'f', 1, 64) + "×"
}

func amount(n *number) string {
	switch {
	case n == nil:
		return unknown
	case float64(*n) == math.Trunc(float64(*n)):
		return strconv.FormatFloat(float64(*n), 'f', 0, 64)
	}
	return strconv.FormatFloat(float64(*n), 'f', 2, 64)
}
