package main

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/examples/internal/show"
)

// The table shows at most this many rows; the document has all of them.
const (
	maxInstances = 8
	maxGroups    = 12
)

// render returns the table: the instances first, then a part for each view.
func render(d document, failing map[string]string) []line {
	lines := renderInstances(d, failing)
	for i := range d.Views {
		lines = append(lines, nil)
		lines = append(lines, renderView(&d.Views[i])...)
	}
	return lines
}

// renderInstances lists all instances of a small fleet. Of a large fleet it
// lists those that restarted or do not answer.
func renderInstances(d document, failing map[string]string) []line {
	down := maps.Clone(failing)
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
			remark = strings.TrimPrefix(remark+", "+show.Text(reason), ", ")
		}
		if state.text == "up" && remark == "" && len(d.Instances) > maxInstances {
			continue
		}
		t.add(span{normal, show.Text(in.Name)}, state, span{dim, time.Time(in.Last).UTC().Format(time.TimeOnly)}, span{warning, remark})
	}
	for _, name := range slices.Sorted(maps.Keys(down)) {
		t.add(span{normal, show.Text(name)}, span{alarm, "silent"}, span{dim, unknown}, span{warning, show.Text(down[name])})
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

// renderView shows the groups of a view, the busiest first.
func renderView(v *answers) []line {
	head := line{{bold, show.Text(v.Spec)}, {dim, "  " + v.Kind}}
	if len(v.Groups) == 0 {
		return []line{head, {{warning, "  ! " + show.Text(v.status)}}}
	}
	groups := slices.Clone(v.Groups)
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.size(), a.size()) })
	hidden := max(0, len(groups)-maxGroups)
	groups = groups[:len(groups)-hidden]

	t := table{}
	names := labelNames(v)
	for _, name := range names {
		t.left(show.Text(name))
	}
	row := titles(&t, v, groups)
	t.right("seen")
	t.distinguish(len(names))
	for i := range groups {
		g := &groups[i]
		var cells []span
		for _, name := range names {
			cells = append(cells, span{normal, cmp.Or(show.Text(g.Labels.Get(name)), unknown)})
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

// labelNames returns the labels of by, or all labels that the groups have.
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

// titles adds the columns of a kind of view, and returns the function that
// fills them.
func titles(t *table, v *answers, groups []group) func(*group) []span {
	switch v.Kind {
	case gaugeKind.String():
		t.right(groups[0].Operation, "lowest")
		t.left("lowest at")
		t.right("highest")
		t.left("highest at")
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
		cells = append(cells, span{normal, amount(g.Max.Rate)}, span{normal, show.Text(g.Max.Instance)}, span{normal, percent(g.Max.Share)})
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
		cells = append(cells, span{normal, measure(metric, m.Value)}, span{dim, show.Text(m.Instance)})
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
			cells = append(cells, span{bold, measure(metric, &w.Value)}, span{normal, show.Text(w.Instance)}, span{normal, percent(&w.Share)})
		}
	}
	return append(cells, resets(g))
}

// worstColumn returns the index of the greatest quantile; the table shows the
// worst instance of that one alone. It returns −1 if there is none.
func worstColumn(qs []quantile) int {
	best := -1
	for i, q := range qs {
		if best < 0 || q.Q > qs[best].Q {
			best = i
		}
	}
	return best
}

// level returns the title of a quantile, such as p99.9.
func level(q number) string {
	return "p" + strconv.FormatFloat(float64(q)*100, 'g', 15, 64)
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

// seen returns on how many of the expected instances an answer rests.
func seen(c coverage) span {
	text := fmt.Sprintf("%d/%d", c.Reporting, c.Expected)
	if c.Reporting < c.Expected || c.Stale > 0 {
		return span{alarm, text}
	}
	return span{dim, text}
}

// seriesWarning is a warning that groups differ in only by numbers and names,
// such as “3 series fell: a, b”.
var seriesWarning = regexp.MustCompile(`^(\d+)( series [^:]+): (.+)$`)

// renderWarnings returns each warning once for the whole view. It adds up those
// about series.
func renderWarnings(groups []group) (lines []line) {
	type merged struct {
		n     int
		names []string
	}
	var order []string
	found := map[string]*merged{}
	for _, g := range groups {
		for _, text := range g.Warnings {
			what, n, names := text, 0, []string(nil)
			if m := seriesWarning.FindStringSubmatch(text); m != nil {
				n, _ = strconv.Atoi(m[1])
				what, names = m[2], strings.Split(m[3], ", ")
			}
			if found[what] == nil {
				found[what] = &merged{}
				order = append(order, what)
			}
			found[what].n += n
			found[what].names = append(found[what].names, names...)
		}
	}
	for _, text := range order {
		if w := found[text]; w.names != nil {
			slices.Sort(w.names)
			text = strconv.Itoa(w.n) + text + ": " + strings.Join(slices.Compact(w.names), ", ")
		}
		lines = append(lines, line{{warning, "  ! " + show.Text(text)}})
	}
	return lines
}
