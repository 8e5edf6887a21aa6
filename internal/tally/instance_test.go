package tally

import (
	"fmt"
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/window"
)

const (
	epoch    = int64(1_700_000_000_000)
	horizon  = int64(300_000) // ms: the longest window
	interval = int64(10_000)  // ms between scrapes, more or less
)

var inf = math.Inf(1)

// spacing keeps few checkpoints, so that most windows begin between two of them.
var spacing = window.Spacing{Window: horizon, Precision: 4}

// instance is what a table holds of an instance, beside every step that it took.
type instance struct {
	window.History
	*window.Table
	name    string
	at      []int64        // its scrapes
	steps   [][]judge.Step // by scrape and column
	read    []int64        // by column: the last scrape that read it; nil: the latest read all
	hole    int            // before this scrape a process ended and another one began; 0: none
	born    bool
	another bool
	exposes bool

	standing roster.Standing
}

// newInstance returns an instance that was not scraped yet, with these columns.
func newInstance(name string, histograms bool, keys []window.Key) *instance {
	x := &instance{Table: window.NewTable(histograms, spacing.Most(), 0), name: name, exposes: true, standing: roster.Present}
	x.History.Grow(spacing.Most())
	d := x.Draft()
	for _, k := range keys {
		d.Column(k)
	}
	d.Adopt()
	return x
}

// span returns the time that a scrape shows of the instance's processes, and of its counters that outlive them.
func (x *instance) span(scrape int) (process, lasting int64) {
	lasting = x.at[scrape] - x.at[0]
	if process = lasting; x.hole > 0 && scrape >= x.hole {
		process -= x.gap().To - x.gap().From
	}
	return process, lasting
}

// gap returns the time between the instance's two processes, a quarter of a step.
func (x *instance) gap() rate.Gap {
	from, to := x.at[x.hole-1], x.at[x.hole]
	return rate.Gap{From: from, To: from + (to-from)/4}
}

// present is the latest scrape as a checkpoint.
func (x *instance) present() window.Checkpoint {
	n := len(x.at) - 1
	c := window.Checkpoint{At: x.at[n], Scrapes: n + 1}
	c.Span, c.Wall = x.span(n)
	return c
}

// scrape adds the steps of a scrape, one for each column.
func (x *instance) scrape(at int64, steps []judge.Step) {
	last := at
	if n := len(x.at); n > 0 {
		last = x.at[n-1]
		x.Snap(x.Keep(x.present(), spacing))
	}
	x.at, x.steps = append(x.at, at), append(x.steps, steps)
	x.Begin(at, last, horizon, false, 0)
	for i := range steps {
		s, col := &steps[i], int32(i)
		x.AddBucket(col, x.Cols[i].Width()-1, s.Add, s.Sub) // the last one is the count
		x.Table.Grew(col, s.Value(), at-last, true)
		if s.Verdict != judge.Grew {
			x.Note(at, window.Note{Col: col, Verdict: s.Verdict, Doubt: s.Doubt}, s)
		}
	}
	x.End()
}

// share returns the part of the instance in a window; false if it has none.
func (x *instance) share(a Asked) (sh Share, ok bool) {
	now := x.present()
	sh.Table, sh.Standing, sh.Older, sh.Held, sh.Reads = x.Table, x.standing, now.At <= a.Start, x.Held(), x.read
	sh.Edge, ok = x.Latest(x.Held()), x.standing.Possible()
	if !sh.Older {
		ok = x.Table.EdgeAt(&sh.Edge, a.Start, x.Held(), x.Dropped, now, 0)
	}
	sh.Begins(&now)
	l := rate.Lives{First: x.at[0], Last: now.At, Interval: interval, Live: x.standing.Counts()}
	if x.hole > 0 {
		l.Gaps = []rate.Gap{x.gap()}
	}
	sh.Lives(&l, a.Start, a.End)
	sh.Facts = Facts{Name: x.name, Last: now.At, Interval: interval, Born: x.born, Exposes: x.exposes, Another: x.another}
	sh.Source.First = x.at[0]
	if sh.Begin = sh.Edge.Most.At; sh.Begin == 0 {
		sh.Begin = x.at[0]
	}
	if !sh.Older {
		sh.Events = x.Events[x.EventsUntil(sh.Edge.Most.At):]
	}
	return sh, ok
}

// view is a view of drawn instances.
type view struct {
	Groups
	list  []*instance // by name
	whole bool        // all counts are integers
}

// named returns the labels of a group.
func named(i int) labels.Labels { return labels.FromStrings("g", string(rune('a'+i))) }

// drawView draws instances of a counter or of a histogram in two layouts.
func drawView(rt *rapid.T) *view {
	v := &view{Groups: Groups{Selection: &growth.Selection{Metric: "m"}}, whole: rapid.Bool().Draw(rt, "whole")}
	if rapid.Bool().Draw(rt, "outlives") {
		v.Selection.Rules.Owner = judge.OwnerExternal
	}
	histograms := rapid.Bool().Draw(rt, "histograms")
	var all []window.Key
	var set window.Set
	for _, i := range []int{2, 0, 1} { // numbers are not in the order of labels
		k := window.Key{Group: v.Number(named(i))}
		if !histograms {
			all = append(all, k)
			continue
		}
		for _, bounds := range [][]float64{{1}, {1, 2}} {
			k.Layout = set.Layout(bounds)
			all = append(all, k)
		}
	}
	for i := range rapid.IntRange(1, 4).Draw(rt, "instances") {
		keys := rapid.Permutation(all).Draw(rt, "columns")
		x := newInstance(fmt.Sprint("i", i), histograms, keys[:rapid.IntRange(0, len(keys)).Draw(rt, "of")])
		x.draw(rt, v.whole)
		v.list = append(v.list, x)
	}
	return v
}

// draw scrapes the instance at random times; most steps are plain growth.
func (x *instance) draw(rt *rapid.T, whole bool) {
	x.born, x.another = rapid.Bool().Draw(rt, "born"), rapid.IntRange(0, 7).Draw(rt, "another") == 0
	x.exposes = rapid.IntRange(0, 3).Draw(rt, "exposes") > 0
	x.standing = rapid.SampledFrom([]roster.Standing{roster.Present, roster.Likely, roster.Doubtful, roster.Absent}).Draw(rt, "standing")
	n := rapid.IntRange(2, 40).Draw(rt, "scrapes")
	if rapid.Bool().Draw(rt, "restarts") {
		x.hole = rapid.IntRange(1, n-1).Draw(rt, "hole")
	}
	end := make([]int, len(x.Cols)) // by column: its last scrape
	for c := range end {
		end[c] = n - 1
	}
	if len(end) > 0 && rapid.Bool().Draw(rt, "unread") {
		end[0] = rapid.IntRange(0, n-1).Draw(rt, "until")
		x.read = make([]int64, len(end))
	}
	at, values := epoch, make([]float64, len(x.Cols))
	for i := range n {
		steps := make([]judge.Step, len(x.Cols))
		for c := range steps {
			steps[c] = judge.Step{Verdict: judge.Grew, Add: values[c], Sub: values[c], From: at, To: at, Reach: at}
			if i <= end[c] {
				steps[c] = x.step(rt, at, values[c], whole)
				values[c] = steps[c].Add
			}
			if x.read != nil && i == end[c] {
				x.read[c] = at
			}
		}
		x.scrape(at, steps)
		at += interval + rapid.Int64Range(-4000, 4000).Draw(rt, "off")
	}
}

// step draws what a column does in the scrape at a time.
func (x *instance) step(rt *rapid.T, at int64, value float64, whole bool) judge.Step {
	from, n := at, len(x.at)
	if n > 0 {
		from = x.at[n-1]
	}
	by := rapid.OneOf(rapid.Float64Range(0, 3), rapid.Float64Range(0, 1e6), rapid.SampledFrom([]float64{0, 0.1, 1e17}))
	if whole {
		by = rapid.Map(rapid.IntRange(0, 100), func(n int) float64 { return float64(n) })
	}
	s := judge.Step{Verdict: judge.Grew, Add: value + by.Draw(rt, "by"), Sub: value, From: from, To: at, Reach: from}
	s.Lo, s.Hi = s.Value(), s.Value()
	if rapid.IntRange(0, 9).Draw(rt, "odd") > 0 {
		return s
	}
	s.Verdict, s.Doubt, s.Sub = judge.Reset, judge.Unproven, 0
	s.Lo, s.Hi = s.Value()-float64(int(s.Value()/2)), s.Value()
	switch rapid.IntRange(0, 3).Draw(rt, "kind") {
	case 0:
		s.Hi = inf
	case 1:
		s.Hi += float64(rapid.IntRange(0, 9).Draw(rt, "more"))
	case 2:
		if n > 1 {
			s.From = x.at[rapid.IntRange(0, n-1).Draw(rt, "since")] + rapid.Int64Range(0, 5000).Draw(rt, "start")
			s.Reach = s.From
		}
	case 3:
		if n > 0 {
			s.From += rapid.Int64Range(0, 5000).Draw(rt, "start")
		}
		s.Back = float64(rapid.IntRange(0, 5).Draw(rt, "back"))
	}
	return s
}

// ask draws a window.
func (v *view) ask(rt *rapid.T) Asked {
	var a Asked
	for _, x := range v.list {
		a.End = max(a.End, x.present().At)
	}
	a.End += rapid.Int64Range(0, 2*interval).Draw(rt, "after")
	a.Start = a.End - rapid.Int64Range(1, horizon).Draw(rt, "window")
	return a
}

// shares returns the instances with a share in a window, and their shares.
func (v *view) shares(a Asked) (list []*instance, shares []Share) {
	for _, x := range v.list {
		if sh, ok := x.share(a); ok {
			list, shares = append(list, x), append(shares, sh)
		}
	}
	return list, shares
}
