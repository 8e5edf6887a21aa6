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

	"github.com/promfold/promfold/examples/internal/example"
)

// The table shows at most this many rows; the document has all of them.
const (
	maxInstances = 8
	maxGroups    = 12
)

// render returns the table: the instances first, then a part for each view.
func render(d document, failing map[string]string) []example.Line {
	lines := renderInstances(d, failing)
	for i := range d.Views {
		lines = append(lines, nil)
		lines = append(lines, renderView(&d.Views[i])...)
	}
	return lines
}

// renderInstances lists all instances of a small fleet. Of a large fleet it
// lists those that restarted or do not answer.
func renderInstances(d document, failing map[string]string) []example.Line {
	down := maps.Clone(failing)
	t := example.Table{}
	t.Left("instance", "state", "last scrape", "")
	up := 0
	for _, in := range d.Instances {
		state, healthy := example.Normal("up"), false
		reason, failed := down[in.Name]
		switch delete(down, in.Name); {
		case in.Stale:
			state = example.Alarm("stale")
		case failed:
			state = example.Alarm("failing")
		default:
			healthy = true
			up++
		}
		remark := times("restarted", in.Incarnations-1)
		if reason != "" {
			remark = strings.TrimPrefix(remark+", "+reason, ", ")
		}
		if healthy && remark == "" && len(d.Instances) > maxInstances {
			continue
		}
		t.Add(example.Normal(in.Name), state, example.Dim(time.Time(in.Last).UTC().Format(time.TimeOnly)), example.Warning(remark))
	}
	for _, name := range slices.Sorted(maps.Keys(down)) {
		t.Add(example.Normal(name), example.Alarm("silent"), example.Dim(unknown), example.Warning(down[name]))
	}
	if n := t.Len(); n > 2*maxInstances {
		t.Cut(2 * maxInstances)
		t.Add(example.Dim(fmt.Sprintf("… %d more", n-2*maxInstances)), example.Span{}, example.Span{}, example.Span{})
	}
	head := example.Line{example.Bold(fmt.Sprintf("%d of %d instances up", up, len(d.Instances)+len(down))), example.Normal(", ")}
	if d.WindowSeconds > 0 {
		window := time.Duration(float64(d.WindowSeconds) * float64(time.Second))
		head = append(head, example.Normal(fmt.Sprintf("the last %s to ", window.Round(100*time.Millisecond))))
	}
	head = append(head, example.Normal(time.Time(d.At).UTC().Format(time.DateTime)+" UTC"))
	if t.Len() == 0 {
		return []example.Line{head}
	}
	return append([]example.Line{head}, t.Lines()...)
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
func renderView(v *answers) []example.Line {
	head := example.Line{example.Bold(v.Spec), example.Dim("  " + v.Kind)}
	if len(v.Groups) == 0 {
		return []example.Line{head, {example.Warning("  ! " + v.status)}}
	}
	groups := slices.Clone(v.Groups)
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.size(), a.size()) })
	hidden := max(0, len(groups)-maxGroups)
	groups = groups[:len(groups)-hidden]

	t := example.Table{}
	names := labelNames(v)
	for _, name := range names {
		t.Left(name)
	}
	row := titles(&t, v, groups)
	t.Right("seen")
	t.Distinguish(len(names))
	for i := range groups {
		g := &groups[i]
		var cells []example.Span
		for _, name := range names {
			cells = append(cells, example.Normal(cmp.Or(g.Labels.Get(name), unknown)))
		}
		cells = append(cells, row(g)...)
		t.Add(append(cells, seen(g.Coverage))...)
	}
	lines := append([]example.Line{head}, t.Lines()...)
	if hidden > 0 {
		lines = append(lines, example.Line{example.Dim(fmt.Sprintf("  … %d more groups", hidden))})
	}
	return append(lines, renderWarnings(v.Groups, names)...)
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
func titles(t *example.Table, v *answers, groups []group) func(*group) []example.Span {
	switch v.Kind {
	case gaugeKind.String():
		t.Right(groups[0].Operation, "lowest")
		t.Left("lowest at")
		t.Right("highest")
		t.Left("highest at")
		return func(g *group) []example.Span { return gaugeCells(v.Metric, g) }
	case histogramKind.String():
		t.Right("rate/s", "count")
		for _, q := range groups[0].Quantiles {
			t.Left(level(q.Q))
		}
		worst := worstColumn(groups[0].Quantiles)
		if worst >= 0 {
			t.Right("worst " + level(groups[0].Quantiles[worst].Q))
			t.Left("instance")
			t.Right("share", "resets")
		} else {
			t.Right("resets")
		}
		return func(g *group) []example.Span { return histogramCells(v.Metric, g, worst) }
	default:
		t.Right("rate/s", "now/s", "increase", "hottest/s")
		t.Left("instance")
		t.Right("share", "resets")
		return counterCells
	}
}

func counterCells(g *group) []example.Span {
	cells := []example.Span{example.Bold(amount(g.Rate)), example.Normal(amount(g.RateNow)), example.Normal(amount(g.Increase))}
	if g.Max == nil || g.Max.Rate == nil || *g.Max.Rate == 0 {
		cells = append(cells, example.Normal(unknown), example.Span{}, example.Span{})
	} else {
		cells = append(cells, example.Normal(amount(g.Max.Rate)), example.Normal(g.Max.Instance), example.Normal(percent(g.Max.Share)))
	}
	return append(cells, resets(g))
}

func gaugeCells(metric string, g *group) []example.Span {
	cells := []example.Span{example.Bold(measure(metric, g.Value))}
	for _, m := range []*member{g.Min, g.Max} {
		if m == nil {
			cells = append(cells, example.Normal(unknown), example.Span{})
			continue
		}
		cells = append(cells, example.Normal(measure(metric, m.Value)), example.Dim(m.Instance))
	}
	return cells
}

func histogramCells(metric string, g *group, worst int) []example.Span {
	cells := []example.Span{example.Bold(amount(g.perSecond)), example.Normal(amount(g.Count))}
	for _, q := range g.Quantiles {
		cells = append(cells, example.Normal(within(metric, q.Value, q.Lo, q.Hi)))
	}
	if worst >= 0 {
		if w := g.Quantiles[worst].Worst; w == nil {
			cells = append(cells, example.Normal(unknown), example.Span{}, example.Span{})
		} else {
			cells = append(cells, example.Bold(measure(metric, &w.Value)), example.Normal(w.Instance), example.Normal(percent(&w.Share)))
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

func resets(g *group) example.Span {
	n := 0
	for _, m := range g.Members {
		if m.Resets != nil {
			n += *m.Resets
		}
	}
	if n == 0 {
		return example.Dim("0")
	}
	return example.Notice(strconv.Itoa(n))
}

// seen returns on how many of the expected instances an answer rests.
func seen(c coverage) example.Span {
	text := fmt.Sprintf("%d/%d", c.Reporting, c.Expected)
	if c.Reporting < c.Expected || c.Stale > 0 {
		return example.Alarm(text)
	}
	return example.Dim(text)
}

// seriesWarning is a warning that groups differ in only by numbers and names,
// such as “3 series fell: a, b”.
var seriesWarning = regexp.MustCompile(`^(\d+)( series [^:]+): (.+)$`)

// renderWarnings returns each warning once for the whole view. It adds up those
// about series, and says which groups one is about that is not of all.
func renderWarnings(groups []group, labels []string) (lines []example.Line) {
	type merged struct {
		n      int
		names  []string
		groups []string
	}
	var order []string
	found := map[string]*merged{}
	for i := range groups {
		for _, text := range groups[i].Warnings {
			what, n, names := text, 0, []string(nil)
			if m := seriesWarning.FindStringSubmatch(text); m != nil {
				n, _ = strconv.Atoi(m[1])
				what, names = m[2], strings.Split(m[3], ", ")
			}
			w := found[what]
			if w == nil {
				w = &merged{}
				found[what] = w
				order = append(order, what)
			}
			w.n += n
			w.names = append(w.names, names...)
			w.groups = append(w.groups, titleOf(&groups[i], labels))
		}
	}
	for _, text := range order {
		w := found[text]
		if w.names != nil {
			slices.Sort(w.names)
			text = strconv.Itoa(w.n) + text + ": " + strings.Join(slices.Compact(w.names), ", ")
		} else if len(w.groups) < len(groups) {
			text = strings.Join(w.groups, "; ") + ": " + text
		}
		lines = append(lines, example.Line{example.Warning("  ! " + text)})
	}
	return lines
}

// titleOf returns the labels of a group as its row shows them.
func titleOf(g *group, labels []string) string {
	var values []string
	for _, name := range labels {
		values = append(values, cmp.Or(g.Labels.Get(name), unknown))
	}
	return strings.Join(values, " ")
}
