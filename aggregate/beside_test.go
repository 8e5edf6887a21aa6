package aggregate_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/cases"
	"github.com/promfold/promfold/internal/truth"
)

// Law 8: an answer is a function of the scrapes and of its view. Whatever other
// views stand beside it, whenever they were declared and however they judge, it
// is the same to the bit: values, bounds, members, events, coverage, warnings.
func TestViewsDoNotTouchEachOther(t *testing.T) {
	seeds := uint64(350)
	if testing.Short() {
		seeds = 70
	}
	kinds := truth.Kinds()
	for seed := range seeds {
		kind := kinds[int(seed)%len(kinds)]
		t.Run(fmt.Sprintf("%s-%d", kind, seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 8))
			story := storyOf(t, r, kind, seed)
			asked := 0
			for range 1 {
				trial := newTrial(r, len(story.Steps), false)
				alone := trial.run(t, story, false)
				if slices.Equal(alone, trial.run(t, story, true)) {
					asked += len(alone)
					continue
				}
				trial.shrink(t, story, alone)
				require.Failf(t, "other answers", "%s before step %d, beside %v:\n%s", trial.subject.name, trial.first, trial.others(), difference(alone, trial.run(t, story, true)))
			}
			require.Positive(t, asked)
		})
	}
}

// The same for a view that is declared late, beside others that were there before
// it: what it knows begins with its declaration.
func TestLateViewsStandAlone(t *testing.T) {
	seeds := uint64(350)
	if testing.Short() {
		seeds = 70
	}
	kinds := truth.Kinds()
	for seed := range seeds {
		kind := kinds[int(seed)%len(kinds)]
		t.Run(fmt.Sprintf("%s-%d", kind, seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 9))
			story := storyOf(t, r, kind, seed)
			trial := newTrial(r, len(story.Steps), true)
			alone := trial.run(t, story, false)
			if slices.Equal(alone, trial.run(t, story, true)) {
				return
			}
			trial.shrink(t, story, alone)
			require.Failf(t, "other answers", "%s before step %d, beside %v:\n%s", trial.subject.name, trial.first, trial.others(), difference(alone, trial.run(t, story, true)))
		})
	}
}

// storyOf returns what happens to a simulated fleet, without views. In bodies
// that are plain text there is more: counters that come, go, fall and rise again
// as no process would let them, gauges, a histogram whose bounds change.
func storyOf(t *testing.T, r *rand.Rand, kind string, seed uint64) *cases.Case {
	f, err := truth.Simulate(kind, seed)
	require.NoError(t, err)
	f.Case.Views = nil
	wild := map[string]*wildness{}
	for _, s := range f.Case.Steps {
		s, ok := s.(*cases.Scrape)
		if !ok || s.Proto || strings.HasSuffix(s.Body, "# EOF\n") {
			continue
		}
		if wild[s.Target] == nil {
			wild[s.Target] = new(wildness)
		}
		s.Body += wild[s.Target].body(r)
	}
	return f.Case
}

// wildness is what a target exposes that keeps to no rule.
type wildness struct {
	counts [12]float64
	hits   [4]float64
}

func (w *wildness) body(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("# TYPE wild counter\n")
	for i := range w.counts {
		switch x := &w.counts[i]; r.IntN(40) {
		case 0:
			*x = 0
		case 1:
			*x = float64(int(*x * 0.9))
		case 2:
			*x *= 3
		case 3:
			continue // the line is missing
		default:
			*x += float64(r.IntN(20))
		}
		fmt.Fprintf(&b, "wild{i=%q} %v\n", fmt.Sprint(i), w.counts[i])
	}
	if r.IntN(60) == 0 {
		clear(w.hits[:])
	}
	b.WriteString("# TYPE hits histogram\n")
	sum := 0.0
	for i := range w.hits {
		w.hits[i] += float64(r.IntN(9))
		sum += w.hits[i]
		if i == 1 && r.IntN(15) == 0 {
			continue // a bound is missing
		}
		fmt.Fprintf(&b, "hits_bucket{le=%q} %v\n", []string{"0.1", "0.5", "2", "+Inf"}[i], sum)
	}
	fmt.Fprintf(&b, "hits_sum %v\nhits_count %v\n", sum/3, sum)
	fmt.Fprintf(&b, "# TYPE level gauge\nlevel{i=\"0\"} %d\nlevel{i=\"1\"} %d\n", r.IntN(5), r.IntN(5))
	fmt.Fprintf(&b, "# TYPE most gauge\nmost{i=\"0\"} 10\nmost{i=\"1\"} %d\n", 5+r.IntN(2))
	fmt.Fprintf(&b, "# TYPE leader_election_master_status gauge\nleader_election_master_status{name=\"x\"} %d\n", r.IntN(2))
	return b.String()
}

// declared is a view under test: how it is declared, and all that it answers.
type declared struct {
	name    string
	declare func(*aggregate.Fleet) (answers func(*dump, aggregate.Snapshot), err error)
}

// views are those that the trials draw from.
func views() []declared {
	var list []declared
	for _, v := range []aggregate.View{
		{Select: "c"}, {Select: "c", By: []string{"k"}}, {Select: `c{k="1"}`}, {Select: `c{k!="0"}`, By: []string{"k"}},
		{Select: "c", Owner: counter.Process}, {Select: "c", Owner: counter.External, By: []string{"k"}}, {Select: "c", BoundBirths: true},
		{Select: "x"}, {Select: "x", Owner: counter.External}, {Select: "f0", By: []string{"n"}},
		{Select: "h_count"}, {Select: "h_sum"}, {Select: "h_count", Owner: counter.Process}, {Select: "hits_count"}, {Select: "hits_sum", BoundBirths: true},
		{Select: "wild"}, {Select: "wild", By: []string{"i"}}, {Select: `wild{i=~"1.*"}`, By: []string{"i"}, Owner: counter.Process},
		{Select: `wild{i="3"}`, TotalsOnly: true}, {Select: "wild", Window: time.Minute, BoundBirths: true},
		{Select: everyFamily}, {Select: everyFamily, Owner: counter.Process},
	} {
		list = append(list, declared{fmt.Sprintf("counter %s", briefly(v)), func(f *aggregate.Fleet) (func(*dump, aggregate.Snapshot), error) {
			view, err := f.Counter(v)
			return func(d *dump, s aggregate.Snapshot) { d.counter(view, s) }, err
		}})
	}
	for _, v := range []aggregate.View{
		{Select: "h"}, {Select: "h", Owner: counter.Process}, {Select: "h", BoundBirths: true, TotalsOnly: true}, {Select: "hits"},
		{Select: "hits", Signed: true}, {Select: everyFamily},
	} {
		list = append(list, declared{fmt.Sprintf("histogram %s", briefly(v)), func(f *aggregate.Fleet) (func(*dump, aggregate.Snapshot), error) {
			view, err := f.Histogram(v)
			return func(d *dump, s aggregate.Snapshot) { d.histogram(view, s) }, err
		}})
	}
	for _, v := range []aggregate.View{
		{Select: "level", Combine: aggregate.Sum}, {Select: "level", Combine: aggregate.Consensus, By: []string{"i"}},
		{Select: "level", Combine: aggregate.Distinct}, {Select: "level", Limit: "most"}, {Select: "level", Combine: aggregate.Max, Sentinels: []float64{4}},
		{Select: "level", Combine: aggregate.Leader}, {Select: "process_start_time_seconds", Combine: aggregate.Min},
		{Select: everyFamily, Combine: aggregate.Max},
	} {
		list = append(list, declared{fmt.Sprintf("gauge %s", briefly(v)), func(f *aggregate.Fleet) (func(*dump, aggregate.Snapshot), error) {
			view, err := f.Gauge(v)
			return func(d *dump, s aggregate.Snapshot) { d.gauge(view, s) }, err
		}})
	}
	return append(list,
		declared{"ratio of c", func(f *aggregate.Fleet) (func(*dump, aggregate.Snapshot), error) {
			view, err := f.Ratio(aggregate.View{Select: `c{k="0"}`}, aggregate.View{Select: "c"})
			return func(d *dump, s aggregate.Snapshot) { d.ratio(view, s) }, err
		}},
		declared{"everything", func(f *aggregate.Fleet) (func(*dump, aggregate.Snapshot), error) {
			view, err := f.Everything(aggregate.View{Select: everyFamily})
			return func(d *dump, s aggregate.Snapshot) { d.families(view.Families(s)) }, err
		}})
}

// trial is one view, and those beside it.
type trial struct {
	subject declared
	at      map[int][]declared // by step before which they are declared
	first   int                // step before which the subject is
	window  time.Duration
}

// newTrial draws a trial in a story of so many steps: of a view that is declared
// late, or before all others.
func newTrial(r *rand.Rand, steps int, late bool) *trial {
	list := views()
	x := &trial{subject: list[r.IntN(len(list))], at: map[int][]declared{}, window: []time.Duration{0, time.Hour}[r.IntN(2)]}
	when := func() int { return max(0, r.IntN(3)-1) * r.IntN(steps+1) } // most at the beginning
	if x.first = when(); late {
		x.first = r.IntN(steps * 3 / 4)
	}
	for range 1 + r.IntN(6) {
		other, step := list[r.IntN(len(list))], x.first+when()
		if late {
			step = when()
		}
		x.at[step] = append(x.at[step], other)
	}
	return x
}

// others names the views beside, and the steps before which they are declared.
func (x *trial) others() (list []string) {
	for _, step := range slices.Sorted(maps.Keys(x.at)) {
		for _, o := range x.at[step] {
			list = append(list, fmt.Sprintf("%s before step %d", o.name, step))
		}
	}
	return list
}

// shrink leaves out the views without which the answers differ, too.
func (x *trial) shrink(t *testing.T, story *cases.Case, alone []string) {
	for step, list := range x.at {
		for i := len(list) - 1; i >= 0; i-- {
			before := x.at[step]
			x.at[step] = slices.Delete(slices.Clone(before), i, i+1)
			if slices.Equal(alone, x.run(t, story, true)) {
				x.at[step] = before
			}
		}
	}
}

// difference returns the first lines that differ.
func difference(alone, beside []string) string {
	a, b := strings.Split(strings.Join(alone, "\n"), "\n"), strings.Split(strings.Join(beside, "\n"), "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return "alone:  " + a[i] + "\nbeside: " + strings.Join(b[i:min(i+1, len(b))], "")
		}
	}
	if len(b) == len(a) {
		return "not each time: the same now"
	}
	return "more beside: " + b[len(a)]
}

// run tells the story and returns what the subject answers at each question.
func (x *trial) run(t *testing.T, story *cases.Case, beside bool) (list []string) {
	story = &cases.Case{Since: story.Since, Window: x.window, Steps: story.Steps}
	f, err := cases.NewFleet(story)
	require.NoError(t, err)
	var subject func(*dump, aggregate.Snapshot)
	var others []func(*dump, aggregate.Snapshot)
	declare := func(v declared) func(*dump, aggregate.Snapshot) {
		ask, err := v.declare(f.Fleet())
		require.NoError(t, err, v.name)
		return ask
	}
	last := time.Duration(-1)
	for i, step := range story.Steps {
		for j, o := range x.at[i] {
			if i == x.first && j == len(x.at[i])/2 {
				subject = declare(x.subject)
			}
			if beside {
				others = append(others, declare(o))
			}
		}
		if i == x.first && subject == nil {
			subject = declare(x.subject)
		}
		ask, ok := step.(*cases.Ask)
		if !ok {
			require.NoError(t, f.Tell(step))
			continue
		}
		if ask.At == last || subject == nil {
			continue
		}
		last = ask.At
		s := f.Fleet().Snapshot(cases.Epoch.Add(ask.At))
		for _, o := range others {
			o(new(dump), s)
		}
		d := &dump{}
		subject(d, s)
		list = append(list, d.String())
	}
	return list
}

// dump writes answers down to all digits.
type dump struct{ strings.Builder }

func (d *dump) printf(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// ok writes an answer, or that there is none.
func dumped[T any](d *dump, name string, x T, ok bool) { d.printf("%s %+v %t\n", name, x, ok) }

func windowsOf(s aggregate.Snapshot) []aggregate.Window {
	return []aggregate.Window{s.Last(20 * time.Second), s.Last(time.Minute), s.Last(5 * time.Minute), s.SinceStart()}
}

func (d *dump) group(g aggregate.Group) {
	d.printf("group %s\ncoverage %+v\nwarnings %q\nexplain %s\nprinted %s\n", g.Labels(), g.Coverage(), g.Warnings(), g.Explain(), g)
}

func (d *dump) status(s aggregate.Status) {
	s.Bytes = 0
	d.printf("status %+v\n", s)
}

func (d *dump) counter(v *aggregate.CounterView, s aggregate.Snapshot) {
	for _, w := range windowsOf(s) {
		groups, err := v.In(w)
		d.printf("in %s (%s, %s] %v\n", w.End().Sub(w.Start()), w.Start(), w.End(), err)
		for _, g := range groups {
			d.counterGroup(g)
		}
	}
	d.totals(v.Totals(s))
	d.status(v.Status(s))
}

func (d *dump) counterGroup(g *aggregate.CounterGroup) {
	d.group(g)
	from, to := g.Covers()
	d.printf("covers %s %s\nevents %+v\nmembers %+v %+v\n", from, to, g.Events(), g.Increases(), g.Rates())
	x, ok := g.Increase()
	dumped(d, "increase", x, ok)
	x, ok = g.Rate()
	dumped(d, "rate", x, ok)
	x, ok = g.RateNow()
	dumped(d, "now", x, ok)
	m, ok := g.Hottest()
	dumped(d, "hottest", m, ok)
	m, ok = g.MaxIncrease()
	dumped(d, "most", m, ok)
}

func (d *dump) histogram(v *aggregate.HistogramView, s aggregate.Snapshot) {
	for _, w := range windowsOf(s) {
		groups, err := v.In(w)
		d.printf("in %s %v\n", w.End().Sub(w.Start()), err)
		for _, g := range groups {
			d.group(g)
			d.counterGroup(g.Observations())
			for _, q := range []float64{0, 0.5, 0.99} {
				x, ok := g.Quantile(q)
				dumped(d, "quantile", x, ok)
				m, ok := g.WorstQuantile(q)
				dumped(d, "worst", m, ok)
			}
			x, ok := g.Over(0.4)
			dumped(d, "over", x, ok)
			x, ok = g.Mean()
			dumped(d, "mean", x, ok)
			x, ok = g.Sum()
			dumped(d, "sum", x, ok)
			for name, dist := range g.Distributions() {
				x, ok := dist.Quantile(0.9)
				dumped(d, name, x, ok)
			}
		}
	}
	d.totals(v.Totals(s))
	d.status(v.Status(s))
}

func (d *dump) totals(list []aggregate.Series) {
	for _, s := range list {
		d.printf("total %s %v since %s, %+v, %v\n", s.Labels, s.Value, s.Start, s.Histogram, s.Quantiles)
	}
}

func (d *dump) families(list []aggregate.Family) {
	for _, f := range list {
		series := f.Series
		f.Series = nil
		d.printf("family %+v\n", f)
		d.totals(series)
	}
}

func (d *dump) gauge(v *aggregate.GaugeView, s aggregate.Snapshot) {
	groups, err := v.At(s)
	d.printf("at %s %v\n", s.Time(), err)
	for _, g := range groups {
		d.group(g)
		d.printf("members %+v\nvariants %+v\n", g.Members(), g.Variants())
		x, ok := g.Value()
		dumped(d, "value", x, ok)
		m, ok := g.Leader()
		dumped(d, "leader", m, ok)
		m, ok = g.Quantile(0.5)
		dumped(d, "median", m, ok)
		mean, ok := g.Mean()
		dumped(d, "mean", mean, ok)
		dev, ok := g.Stddev()
		dumped(d, "stddev", dev, ok)
	}
	d.status(v.Status(s))
}

func (d *dump) ratio(v *aggregate.RatioView, s aggregate.Snapshot) {
	for _, w := range windowsOf(s) {
		groups, err := v.In(w)
		d.printf("in %s %v\n", w.End().Sub(w.Start()), err)
		for _, g := range groups {
			d.group(g)
			d.counterGroup(g.Numerator())
			d.counterGroup(g.Denominator())
			x, ok := g.Ratio()
			dumped(d, "ratio", x, ok)
			d.printf("members %+v\n", g.Members())
		}
	}
}

// briefly prints the fields of a view that are set.
func briefly(v aggregate.View) string {
	s, x := "", reflect.ValueOf(v)
	for i := range x.NumField() {
		if !x.Field(i).IsZero() {
			s += fmt.Sprintf("%s:%v ", x.Type().Field(i).Name, x.Field(i))
		}
	}
	return "{" + strings.TrimSpace(s) + "}"
}

// The smallest fleet whose answer once depended on a view beside it.
func TestViewsBeside(t *testing.T) {
	body := func(values ...float64) []string {
		list := []string{typeC}
		for i, x := range values {
			if x >= 0 {
				list = append(list, fmt.Sprintf("c{k=\"%d\"} %v", i, x))
			}
		}
		return list
	}
	for _, c := range []struct {
		name   string
		start  float64
		bodies [][]string
	}{
		{"a series that returns may have grown as fast as any of its metric", -1000,
			[][]string{body(10, 100), body(20, 1100), body(-1, 2100), body(40, 3100)}},
	} {
		answer := func(beside bool) string {
			b := newBed(t, aggregate.Config{})
			v := b.counter(aggregate.View{Select: `c{k="0"}`})
			if beside {
				b.counter(aggregate.View{Select: "c"})
			}
			for i, lines := range c.bodies {
				b.scrape("a", float64(10*i), c.start, lines...)
			}
			d := &dump{}
			d.counterGroup(b.one(v, float64(10*len(c.bodies)-10), sinceStart))
			return d.String()
		}
		assert.Equal(t, answer(false), answer(true), c.name)
	}
}
