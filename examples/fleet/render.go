package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// How much the table shows at most; the document has all of it.
const (
	maxInstances = 8
	maxGroups    = 12
	maxWarnings  = 4
)

// render makes the table: the instances first, then a part for each view.
func render(d document, failing map[string]string) []line {
	lines := renderInstances(d, failing)
	for i := range d.Views {
		lines = append(lines, nil)
		lines = append(lines, renderView(&d.Views[i])...)
	}
	return lines
}

// renderInstances lists all instances of a small fleet, and of a large one
// those that something is to be said about.
func renderInstances(d document, failing map[string]string) []line {
	down := map[string]string{}
	for name, reason := range failing {
		down[name] = reason
	}
	t := table{}
	t.left("instance", "state", "last scrape", "")
	up := 0
	for _, in := range d.Instances {
		state := span{normal, "up"}
		reason, failed := down[in.Name]
		switch delete(down, in.Name); {
		case in.Stale:
			state = span{alarm, "stale"}
		case failed:
			state = span{alarm, "failing"}
		default:
			up++
		}
		remark := times("restarted", in.Incarnations-1)
		if reason != "" {
			remark = strings.TrimPrefix(remark+", "+clean(reason), ", ")
		}
		if state.text == "up" && remark == "" && len(d.Instances) > maxInstances {
			continue
		}
		t.add(span{normal, clean(in.Name)}, state, span{dim, time.Time(in.Last).UTC().Format(time.TimeOnly)}, span{notice, remark})
	}
	for _, name := range sortedKeys(down) {
		t.add(span{normal, clean(name)}, span{alarm, "silent"}, span{dim, unknown}, span{notice, clean(down[name])})
	}
	if n := len(t.rows); n > 2*maxInstances {
		t.rows = t.rows[:2*maxInstances]
		t.add(span{dim, fmt.Sprintf("… %d more", n-2*maxInstances)}, span{}, span{}, span{})
	}
	head := line{{bold, fmt.Sprintf("%d of %d instances up", up, len(d.Instances)+len(down))}, {normal, ", "}}
	if d.WindowSeconds > 0 {
		window := time.Duration(float64(d.WindowSeconds) * float64(time.Second))
		head = append(head, span{normal, fmt.Sprintf("the last %s to ", window.Round(100*time.Millisecond))})
	}
	head = append(head, span{normal, time.Time(d.At).UTC().Format(time.DateTime) + " UTC"})
	if len(t.rows) == 0 {
		return []line{head}
	}
	return append([]line{head}, t.lines()...)
}

func times(what string, n int) string {
	switch {
	case n <= 0:
		return ""
	case n == 1:
		return what + " once"
	}
	return fmt.Sprintf("%s %d times", what, n)
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// renderView shows the groups of a view, the busiest first.
func renderView(v *answers) []line {
	head := line{{bold, clean(v.Spec)}, {dim, "  " + v.Kind}}
	if len(v.Groups) == 0 {
		return []line{head, {{notice, "  ! " + clean(v.status)}}}
	}
	groups := slices.Clone(v.Groups)
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.size(), a.size()) })
	hidden := max(0, len(groups)-maxGroups)
	groups = groups[:len(groups)-hidden]

	t := table{}
	names := labelNames(v)
	t.left(names...)
	row := titles(&t, v, groups)
	t.right("seen")
	for i := range groups {
		g := &groups[i]
		var cells []span
		for _, name := range names {
			cells = append(cells, span{normal, cmp.Or(clean(g.Labels.Get(name)), unknown)})
		}
		cells = append(cells, row(g)...)
		t.add(append(cells, seen(g.Coverage))...)
	}
	lines := append([]line{head}, t.lines()...)
	if hidden > 0 {
		lines = append(lines, line{{dim, fmt.Sprintf("  … %d more groups", hidden)}})
	}
	return append(lines, renderWarnings(v.Groups)...)
}

func (g *group) size() float64 {
	for _, n := range []*number{g.perSecond, g.Value} {
		if n != nil {
			return float64(*n)
		}
	}
	return -1
}

// labelNames are those of by, or whatever labels there are.
func labelNames(v *answers) []string {
	if len(v.by) > 0 {
		return v.by
	}
	var names []string
	for _, g := range v.Groups {
		g.Labels.Range(func(l labels.Label) {
			if !slices.Contains(names, l.Name) {
				names = append(names, l.Name)
			}
		})
	}
	slices.Sort(names)
	return names
}

// titles heads the columns of a kind of view, and tells how to fill them.
func titles(t *table, v *answers, groups []group) func(*group) []span {
	switch v.Kind {
	case gaugeKind.String():
		t.right(groups[0].Operation, "min")
		t.left("instance")
		t.right("max")
		t.left("instance")
		return func(g *group) []span { return gaugeCells(v.Metric, g) }
	case histogramKind.String():
		t.right("rate/s", "count")
		for _, q := range groups[0].Quantiles {
			t.left(level(q.Q))
		}
		worst := worstColumn(groups[0].Quantiles)
		if worst >= 0 {
			t.right("worst " + level(groups[0].Quantiles[worst].Q))
			t.left("instance")
			t.right("share", "resets")
		} else {
			t.right("resets")
		}
		return func(g *group) []span { return histogramCells(v.Metric, g, worst) }
	default:
		t.right("rate/s", "now/s", "increase", "hottest/s")
		t.left("instance")
		t.right("share", "resets")
		return counterCells
	}
}

func counterCells(g *group) []span {
	cells := []span{{bold, amount(g.Rate)}, {normal, amount(g.RateNow)}, {normal, amount(g.Increase)}}
	if g.Max == nil || g.Max.Rate == nil || *g.Max.Rate == 0 {
		cells = append(cells, span{normal, unknown}, span{}, span{})
	} else {
		cells = append(cells, span{normal, amount(g.Max.Rate)}, span{normal, clean(g.Max.Instance)}, span{normal, percent(g.Max.Share)})
	}
	return append(cells, resets(g))
}

func gaugeCells(metric string, g *group) []span {
	cells := []span{{bold, measure(metric, g.Value)}}
	for _, m := range []*member{g.Min, g.Max} {
		if m == nil {
			cells = append(cells, span{normal, unknown}, span{})
			continue
		}
		cells = append(cells, span{normal, measure(metric, m.Value)}, span{dim, clean(m.Instance)})
	}
	return cells
}

func histogramCells(metric string, g *group, worst int) []span {
	cells := []span{{bold, amount(g.perSecond)}, {normal, amount(g.Count)}}
	for _, q := range g.Quantiles {
		cells = append(cells, span{normal, within(metric, q.Value, q.Lo, q.Hi)})
	}
	if worst >= 0 {
		if w := g.Quantiles[worst].Worst; w == nil {
			cells = append(cells, span{normal, unknown}, span{}, span{})
		} else {
			cells = append(cells, span{bold, measure(metric, &w.Value)}, span{normal, clean(w.Instance)}, span{normal, percent(&w.Share)})
		}
	}
	return append(cells, resets(g))
}

// worstColumn is the greatest quantile asked for: where the worst shows.
func worstColumn(qs []quantile) int {
	best := -1
	for i, q := range qs {
		if best < 0 || q.Q > qs[best].Q {
			best = i
		}
	}
	return best
}

func level(q number) string {
	return "p" + strconv.FormatFloat(float64(q)*100, 'g', 6, 64)
}

func resets(g *group) span {
	n := 0
	for _, m := range g.Members {
		if m.Resets != nil {
			n += *m.Resets
		}
	}
	if n == 0 {
		return span{dim, "0"}
	}
	return span{notice, strconv.Itoa(n)}
}

// seen is on how many of the expected instances the answer rests.
func seen(c coverage) span {
	text := fmt.Sprintf("%d/%d", c.Reporting, c.Expected)
	if c.Reporting < c.Expected || c.Stale > 0 {
		return span{alarm, text}
	}
	return span{dim, text}
}

// renderWarnings says each warning once for the whole view: groups differ in
// how many series it is about, and in the instances.
func renderWarnings(groups []group) []line {
	type warning struct {
		n     int
		names []string
	}
	var order []string
	found := map[string]*warning{}
	for _, g := range groups {
		for _, text := range g.Warnings {
			n, what, names := takeApart(text)
			w := found[what]
			if w == nil {
				w = &warning{}
				found[what] = w
				order = append(order, what)
			}
			w.n += n
			w.names = append(w.names, names...)
		}
	}
	var lines []line
	for i, what := range order {
		if i == maxWarnings {
			return append(lines, line{{notice, fmt.Sprintf("  … %d more warnings", len(order)-i)}})
		}
		w := found[what]
		text := what
		if w.n > 0 {
			text = strconv.Itoa(w.n) + what
		}
		if len(w.names) > 0 {
			slices.Sort(w.names)
			text += ": " + strings.Join(slices.Compact(w.names), ", ")
		}
		lines = append(lines, line{{notice, "  ! " + clean(text)}})
	}
	return lines
}

// takeApart reads a warning: “3 series fell: a, b”.
func takeApart(text string) (n int, what string, names []string) {
	what, list, ok := strings.Cut(text, ": ")
	if ok {
		names = strings.Split(list, ", ")
	}
	rest := strings.TrimLeft(what, "0123456789")
	n, _ = strconv.Atoi(what[:len(what)-len(rest)])
	return n, rest, names
}
