package growth

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// bed is one instance without a fleet: what is left of it is the plan, the state
// and a table that only numbers columns.
type bed struct {
	t       require.TestingT
	store   *lines.Store
	reader  *lines.Reader
	cols    lines.Columns
	router  *Router
	to      *table
	plan    *Plan
	st      State
	steps   Steps
	body    StagedBody
	scratch Scratch

	at, start int64 // of the scrape before
	scraped   *Scraped
	planned   int // plans made or carried over
}

func newBed(t require.TestingT, views ...*Selection) *bed {
	store := lines.NewStore()
	b := &bed{t: t, store: store, reader: lines.NewReader(store, lines.Limits{}), router: NewRouter(store), to: newTable()}
	b.router.Tolerance = judge.Rules{StartTolerance: 2000, ClockSkew: 60_000}
	b.body.Reader = b.reader
	b.declare(views...)
	return b
}

// scrape takes in a body as a fleet does; start 0 is an unknown one.
func (b *bed) scrape(at, start int64, text string) *Steps {
	require.NoError(b.t, b.reader.Read(&b.cols, []byte(text), "text/plain; version=0.0.4"))
	b.body.Reset()
	s := &Scraped{
		Store: b.store, Reader: b.reader, Before: &b.cols, Body: &b.body, At: at, LastTime: b.at, Since: 1, Start: start, PrevStart: b.start,
		Rules: b.router.Tolerance, Router: b.router, Layouts: b.to, Scratch: &b.scratch, First: b.plan == nil,
	}
	if !s.First {
		s.Decision = b.st.Weigh(s)
		switch s.Decision.Restart {
		case judge.RestartProven, judge.RestartRestored, judge.RestartGuessed, judge.RestartOther:
			s.Process = true
		}
	}
	var next *Plan
	var moved []int32
	switch {
	case b.plan == nil:
		next = b.naive(&b.body, nil)
	case b.reader.Structural() || s.Process:
		next, moved = b.plan.Carry(s, b.to, &b.st)
	}
	if next != nil {
		b.planned++
	}
	gone := b.st.Follow(&b.plan, next, moved, s)
	b.st.Judge(b.plan, s, gone, &b.steps)
	b.st.Exhume(b.plan, s, b.store)
	b.scraped = s
	b.at, b.start = at, start
	return &b.steps
}

// commit ends a scrape: until then, its steps can be looked at.
func (b *bed) commit() { b.reader.Commit(&b.cols) }

// declare adds views after the latest scrape.
func (b *bed) declare(views ...*Selection) {
	for _, v := range views {
		b.router.Add(v)
		b.to.since = append(b.to.since, b.at)
	}
	if b.plan == nil {
		return
	}
	next := b.naive(KnownBody{&b.cols}, b.plan)
	b.st.Moved(b.plan.Succeed(next))
	next.Remember(b.plan)
	b.plan = next
	b.st.Adopt(next, &b.cols)
}

// naive makes the plan of a body as if nothing had been there before but, if it
// is not nil, the plan of the same body for fewer views.
func (b *bed) naive(body Body, before *Plan) *Plan {
	admitted := make([]bool, b.router.Views())
	for i := range admitted {
		admitted[i] = true
	}
	return b.st.NewPlan(b.router.For(labels.EmptyLabels()), admitted, body, b.to, before)
}

// told writes down the steps of a scrape, by the object's kind, rules and lines.
// Whether one that rests is looked at does not matter.
func (b *bed) told() map[string]string {
	all := map[string]string{}
	for _, x := range b.steps.Plain {
		if x.Now == x.Before {
			continue
		}
		step := judge.Step{Verdict: judge.Grew, Add: x.Now, Sub: x.Before, Lo: x.Now - x.Before, Hi: x.Now - x.Before}
		all[b.name(x.Object)] = fmt.Sprint(step.Verdict, step.Doubt, step.Value(), step.Lo, step.Hi)
	}
	for _, x := range b.steps.Odd {
		if x.Step.Value() == 0 && x.Verdict == judge.Grew && x.Doubt == 0 && x.Hi == 0 {
			continue
		}
		step := known(x.Step)
		all[b.name(x.Object)] = fmt.Sprint(step.Verdict, step.Doubt, step.Value(), step.Lo, step.Hi)
	}
	for _, x := range b.steps.Hists {
		if len(x.Notes) == 0 && slices.Equal(x.Before, x.Now) && x.Sum[0] == x.Sum[1] {
			continue
		}
		notes := slices.Clone(x.Notes)
		for i := range notes {
			notes[i].Step = known(notes[i].Step)
		}
		if len(notes) > 0 && anew(notes[0].Step) {
			all[b.name(x.Object)] = fmt.Sprint(begun, boundsOf(x.Layout), x.Now)
			continue
		}
		all[b.name(x.Object)] = fmt.Sprint(x.Origin, notes, boundsOf(x.Layout), x.Before, x.Now, x.Sum, x.NoSum, x.Read, x.CountRead)
	}
	return all
}

// begun is said of a histogram that was counted from 0.
const begun = "anew"

func began(told string) bool { return strings.HasPrefix(told, begun) }

// known is a step without what rests on the pace that is usual for its metric: who
// follows more series of a metric knows more of that.
func known(s judge.Step) judge.Step {
	if s.Lo != s.Hi || anew(s) {
		s.Lo, s.Hi, s.Doubt = 0, 0, 0
	}
	return s
}

// anew reports whether a step says how a series began, or began again, which the
// pace decides.
func anew(s judge.Step) bool {
	return s.Verdict == judge.Born || s.Verdict == judge.Reset || s.Verdict == judge.Returned
}

// name tells an object apart by its rules, its series and since when it is followed.
func (b *bed) name(object uint32) string {
	o := &b.plan.objects[object]
	l := b.store.Line(b.body.ID(int(o.line)))
	name := l.Labels().String()
	if o.kind == Histogram {
		name = labels.NewBuilder(l.Labels()).Del("le").Set(model.MetricNameLabel, l.Family.Name).Labels().String()
	}
	return fmt.Sprint(o.kind, *b.plan.rules(o), b.plan.epochs[o.epoch], name)
}

// table numbers the columns of views, and keeps layouts.
type table struct {
	since   []int64 // by view
	columns map[string]int32
	layouts map[string]*layout.Layout
}

func newTable() *table {
	return &table{columns: map[string]int32{}, layouts: map[string]*layout.Layout{}}
}

func (x *table) Since(view int) int64 { return x.since[view] }

func (x *table) Group(_, group int32) int32 { return group }

func (x *table) Column(view, group int32, l *layout.Layout) int32 {
	return x.column(fmt.Sprint(view, group, boundsOf(l)))
}

func (x *table) Native(view, group int32, n *layout.Native) int32 {
	return x.column(fmt.Sprint(view, group, "native", n != nil))
}

func (x *table) column(key string) int32 {
	if _, ok := x.columns[key]; !ok {
		x.columns[key] = int32(len(x.columns))
	}
	return x.columns[key]
}

func (x *table) Layout(bounds []float64) *layout.Layout {
	key := fmt.Sprint(bounds)
	if l, ok := x.layouts[key]; ok {
		return l
	}
	l, err := layout.NewLayout(bounds)
	if err != nil {
		l = nil
	}
	x.layouts[key] = l
	return l
}

// text is a body of counters: each line by itself, under one TYPE.
func text(family, typ string, list ...string) string {
	return fmt.Sprintf("# TYPE %s %s\n%s\n", family, typ, strings.Join(list, "\n"))
}

// buckets is the text of one classic histogram; bounds ascend, the last is +Inf.
func buckets(name string, sum float64, counts ...float64) string {
	bounds := []string{"1", "2", "+Inf"}
	list := make([]string, 0, len(counts)+2)
	for i, n := range counts {
		list = append(list, fmt.Sprintf("%s_bucket{le=%q} %v", name, bounds[i+len(bounds)-len(counts)], n))
	}
	list = append(list, fmt.Sprintf("%s_sum %v", name, sum), fmt.Sprintf("%s_count %v", name, counts[len(counts)-1]))
	return text(name, "histogram", list...)
}

var inf = math.Inf(1)
