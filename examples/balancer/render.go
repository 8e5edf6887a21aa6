package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/examples/internal/show"
)

// unknown is shown where a value is absent.
const unknown = "–"

// render writes the table.
func render(to io.Writer, d document) error {
	var b strings.Builder
	expected := "?"
	if d.Expected > 0 {
		expected = strconv.Itoa(d.Expected)
	}
	fmt.Fprintf(&b, "%s  %s: %d scrapes in %s, %d processes met, %d of %s alive\n", d.At.Format(time.TimeOnly), show.Text(d.Target),
		d.Scrapes, time.Duration(d.Seconds*float64(time.Second)).Round(100*time.Millisecond), len(d.Instances), d.Alive, expected)
	renderInstances(&b, d)
	renderGroups(&b, d)
	for _, n := range d.Notes {
		fmt.Fprintf(&b, "  ! %s\n", show.Text(n))
	}
	b.WriteByte('\n')
	_, err := io.WriteString(to, b.String())
	return err
}

func renderInstances(b *strings.Builder, d document) {
	t := newTable(b, "process", "", "met", "first", "last", "increase", "rate/s", "told apart by")
	for _, in := range d.Instances {
		state := "alive"
		if !in.Alive {
			state = "stale"
		}
		t.row(show.Text(in.Name), state, strconv.Itoa(in.Met), in.First.Format(time.TimeOnly), in.Last.Format(time.TimeOnly),
			amount(in.Increase), amount(in.Rate), in.By)
	}
	t.Flush()
}

func renderGroups(b *strings.Builder, d document) {
	fmt.Fprintf(b, "\n%s, rates of the last %s\n", show.Text(d.Metric), time.Duration(d.WindowSeconds*float64(time.Second)))
	t := newTable(b, "", "rate/s", "now/s", "increase ≥", "naive", "", "naive resets")
	groups := d.Groups
	if d.Total != nil {
		groups = append(groups, *d.Total)
	}
	for _, g := range groups {
		name := groupName(g.Labels)
		t.row(show.Text(name), amount(g.Rate), amount(g.RateNow), amount(g.Increase), amount(&g.Naive), factor(g), strconv.Itoa(g.NaiveResets))
	}
	t.Flush()
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

// table aligns cells.
type table struct{ *tabwriter.Writer }

func newTable(to io.Writer, titles ...string) table {
	t := table{tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)}
	t.row(titles...)
	return t
}

func (t table) row(cells ...string) {
	fmt.Fprintf(t, "  %s\n", strings.Join(cells, "\t"))
}
