package fold_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/fold"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/window"
)

// groups numbers groups as they come.
type groups struct {
	numbers map[string]int32
	list    []labels.Labels
}

func (g *groups) Number(ls labels.Labels) int32 {
	key := ls.String()
	n, ok := g.numbers[key]
	if !ok {
		n = int32(len(g.list))
		g.numbers[key], g.list = n, append(g.list, ls)
	}
	return n
}

func (g *groups) Labels(i int32) labels.Labels { return g.list[i] }

func (g *groups) Outlives(int32) bool { return false }

// bed is one instance without a fleet.
type bed struct {
	t       require.TestingT
	store   *lines.Store
	reader  *lines.Reader
	cols    lines.Columns
	body    growth.StagedBody
	router  *growth.Router
	plan    *growth.Plan
	state   growth.State
	scratch growth.Scratch
	steps   growth.Steps
	set     window.Set
	history window.History
	bound   []*fold.Binding
	last    int64
}

func newBed(t require.TestingT, views ...*fold.View) *bed {
	b := &bed{t: t, store: lines.NewStore()}
	b.reader, b.router = lines.NewReader(b.store, lines.Limits{}), growth.NewRouter(b.store)
	b.router.Tolerance = judge.Rules{StartTolerance: 2000, ClockSkew: 60_000}
	b.body.Reader = b.reader
	for i, v := range views {
		v.Index, v.Kind, v.Set, v.Groups = i, v.Selection.Kind, &b.set, &groups{numbers: map[string]int32{}}
		b.router.Add(v.Selection)
		x := fold.New(v, &b.history)
		b.bound = append(b.bound, &x)
	}
	return b
}

// stage reads a body and drafts the columns that it needs.
func (b *bed) stage(at int64, text string) (*growth.Scraped, *fold.Drafts, *growth.Plan, []int32) {
	require.NoError(b.t, b.reader.Read(&b.cols, []byte(text), "text/plain; version=0.0.4"))
	b.body.Reset()
	s := &growth.Scraped{
		Store: b.store, Reader: b.reader, Before: &b.cols, Body: &b.body, At: at, LastTime: b.last, Since: 1,
		Rules: b.router.Tolerance, Router: b.router, Layouts: &b.set, Scratch: &b.scratch, First: b.plan == nil,
	}
	d := &fold.Drafts{Route: b.router.For(labels.EmptyLabels()), Set: &b.set}
	for _, x := range b.bound {
		d.Add(x)
	}
	if b.plan == nil {
		admitted := make([]bool, len(b.bound))
		for i := range admitted {
			admitted[i] = true
		}
		return s, d, b.state.NewPlan(d.Route, admitted, &b.body, d, nil), nil
	}
	s.Decision = b.state.Weigh(s)
	if !b.reader.Structural() {
		return s, d, nil, nil
	}
	next, moved := b.plan.Carry(s, d, &b.state)
	return s, d, next, moved
}

// scrape takes a body in.
func (b *bed) scrape(at int64, text string) fold.Counts {
	s, d, next, moved := b.stage(at, text)
	if next != nil {
		d.Adopt(len(b.bound))
	}
	gone := b.state.Follow(&b.plan, next, moved, s)
	b.state.Judge(b.plan, s, gone, &b.steps)
	counts, _ := fold.Add(b.bound, &b.history, b.plan, &b.steps, &fold.Scrape{At: at, Last: b.last, First: b.last == 0, Window: 300_000})
	fold.Ended(b.bound, b.plan.Ended(), at)
	b.state.Exhume(b.plan, s, b.store)
	for _, x := range b.bound {
		x.Shed(b.plan)
	}
	b.reader.Commit(&b.cols)
	b.last = at
	for _, x := range b.bound {
		x.Record(b.exposed())
	}
	return counts
}

func (b *bed) exposed() *fold.Exposed {
	return &fold.Exposed{Store: b.store, Columns: &b.cols, Plan: b.plan, State: &b.state, Last: b.last}
}

// grown returns what a view counted, by group.
func (b *bed) grown(view int) map[string]float64 {
	x, list := b.bound[view], map[string]float64{}
	for col := range x.Cols {
		var sum exact.Sum
		x.Grown(&sum, col, nil)
		list[b.group(view, col)] += sum.Float64()
	}
	return list
}

func (b *bed) group(view, col int) string {
	x := b.bound[view]
	return x.View.Groups.(*groups).list[x.Cols[col].Group].String()
}

func view(k growth.Kind, metric string, by ...string) *fold.View {
	return &fold.View{Selection: &growth.Selection{Kind: k, Metric: metric, By: by}}
}

// Each view has the sum of what its series grew by, whatever else it shares the
// walk with. The oracle takes first from last.
func TestGrowthByGroup(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBed(rt, view(growth.Counter, "c"), view(growth.Counter, "c", "x"), view(growth.Counter, "h_count"), view(growth.Counter, "nothing"))
		n := rapid.IntRange(1, 9).Draw(rt, "series")
		value, first := make([]int, n), make([]int, n)
		scrapes := rapid.IntRange(1, 6).Draw(rt, "scrapes")
		for at := range scrapes {
			var text strings.Builder
			text.WriteString("# TYPE c counter\n")
			for i := range value {
				value[i] += rapid.SampledFrom([]int{0, 0, 1, 7, 1000}).Draw(rt, "step")
				if at == 0 {
					first[i] = value[i]
				}
				fmt.Fprintf(&text, "c{x=\"%d\",y=\"%d\"} %d\n", i%3, i, value[i])
			}
			fmt.Fprintf(&text, "# TYPE h histogram\nh_bucket{le=\"1\"} %d\nh_bucket{le=\"+Inf\"} %d\nh_sum %d\nh_count %d\n", at, 3*at, at, 3*at)
			counts := b.scrape(int64(at+1)*10_000, text.String())
			require.Zero(rt, counts.Resets)
		}
		all, by := 0.0, map[string]float64{}
		for i := range value {
			step := float64(value[i] - first[i])
			all += step
			by[fmt.Sprintf(`{x="%d"}`, i%3)] += step
		}
		require.Equal(rt, map[string]float64{"{}": all}, b.grown(0))
		require.Equal(rt, by, b.grown(1))
		require.Equal(rt, map[string]float64{"{}": float64(3 * (scrapes - 1))}, b.grown(2))
		require.Empty(rt, b.grown(3))
	})
}

// A scrape that is not accepted leaves the bindings as they were.
func TestDraftsAreTakenOrNot(t *testing.T) {
	b := newBed(t, view(growth.Counter, "c", "x"))
	b.scrape(10_000, "# TYPE c counter\nc{x=\"a\"} 1\n")
	before := b.bound[0].Bytes(b.plan)
	_, d, next, _ := b.stage(20_000, "# TYPE c counter\nc{x=\"a\"} 2\nc{x=\"b\"} 1\n")
	require.NotNil(t, next)
	need := d.Need(next, b.plan, 1)
	assert.Positive(t, need)
	assert.Len(t, b.bound[0].Cols, 1)
	assert.Equal(t, before, b.bound[0].Bytes(b.plan))
	b.reader.Discard()
	b.scrape(20_000, "# TYPE c counter\nc{x=\"a\"} 2\nc{x=\"b\"} 1\n")
	assert.Equal(t, before+need, b.bound[0].Bytes(b.plan), "what was said to be needed")
	assert.Equal(t, 1.0, b.grown(0)[`{x="a"}`])
}

// What a gauge reads, and when it changed.
func TestGauges(t *testing.T) {
	v := view(growth.Gauge, "g", "x")
	v.Within, v.Sentinels, v.Past, v.Steps = gauge.Sum, []float64{-1}, 60_000, 8
	b := newBed(t, v)
	const body = "# TYPE g gauge\ng{x=\"a\",y=\"1\"} %v\ng{x=\"a\",y=\"2\"} -0\ng{x=\"b\"} %v\n"
	read := func(x *fold.Binding) map[string]float64 {
		list := map[string]float64{}
		for col, g := range x.Read(b.exposed()) {
			if value, why := g.Value(); why == gauge.Fine {
				list[b.group(0, col)] = value
			}
		}
		return list
	}
	b.scrape(10_000, fmt.Sprintf(body, 2, -1))
	assert.Equal(t, map[string]float64{`{x="a"}`: 2}, read(b.bound[0]), "a sentinel is no value")
	assert.False(t, math.Signbit(b.bound[0].Reading(b.exposed(), 1).Value), "−0 is 0")
	assert.Equal(t, int64(0), b.bound[0].LastChange(0, 10_000, 20_000), "it was there when observation began")
	assert.Equal(t, int64(10_000), b.bound[0].LastChange(0, 10_000, 5_000))

	kept := b.bound[0].Copy(b.exposed(), nil)
	b.scrape(20_000, fmt.Sprintf(body, 5, 7))
	assert.Equal(t, map[string]float64{`{x="a"}`: 5, `{x="b"}`: 7}, read(b.bound[0]))
	assert.Equal(t, map[string]float64{`{x="a"}`: 2}, read(&kept), "later scrapes leave a copy as it is")
	assert.Equal(t, int64(20_000), b.bound[0].LastChange(0, 10_000, 5_000))
	require.Len(t, b.bound[0].Tracks, 2)
	assert.Len(t, b.bound[0].Tracks[0].Steps, 2)

	b.scrape(30_000, "# TYPE g gauge\ng{x=\"a\",y=\"1\"} 5\n")
	assert.Equal(t, map[string]float64{`{x="a"}`: 5}, read(b.bound[0]))
	assert.Equal(t, int64(30_000), b.bound[0].LastChange(0, 10_000, 5_000), "one of its lines ended")
}

// Columns of gauges that ended go once they are most of them; the others keep what
// they are.
func TestShed(t *testing.T) {
	b := newBed(t, view(growth.Gauge, "g", "x"))
	body := func(from, to, add int) string {
		text := "# TYPE g gauge\n"
		for i := from; i < to; i++ {
			text += fmt.Sprintf("g{x=\"%02d\"} %d\n", i, i+add)
		}
		return text
	}
	b.scrape(10_000, body(0, 32, 0))
	full := b.bound[0].Bytes(b.plan)
	b.scrape(20_000, body(28, 32, 100))
	x := b.bound[0]
	require.Len(t, x.Cols, 4)
	require.Len(t, x.Tracks, 4)
	assert.Equal(t, full/8, x.Bytes(b.plan))
	for col, g := range x.Read(b.exposed()) {
		value, _ := g.Value()
		assert.Equal(t, fmt.Sprintf(`{x="%02.0f"}`, value-100), b.group(0, col))
		assert.Equal(t, int64(20_000), x.Tracks[col].Changed)
	}
}

// What cannot be a count or a histogram adds nothing, and an empty body ends all.
func TestHostile(t *testing.T) {
	for _, value := range []string{"NaN", "-5", "+Inf", "-Inf", "1e308"} {
		b := newBed(t, view(growth.Counter, "c"), view(growth.Histogram, "h"), view(growth.Gauge, "g"))
		body := func(v string) string {
			return fmt.Sprintf("# TYPE c counter\nc %s\n# TYPE h histogram\nh_bucket{le=\"1\"} %s\nh_bucket{le=\"+Inf\"} 1\nh_sum %s\nh_count 1\n# TYPE g gauge\ng %s\n", v, v, v, v)
		}
		b.scrape(10_000, body("1"))
		b.scrape(20_000, body(value))
		assert.True(t, b.bound[1].Malformed(20_000), value)
		assert.False(t, b.bound[1].Malformed(10_000))
		b.scrape(30_000, "")
		b.scrape(40_000, body("1"))
		for view := range 2 {
			for group, grown := range b.grown(view) {
				assert.False(t, math.IsNaN(grown) || math.IsInf(grown, 0), "%s %s %v", value, group, grown)
				assert.GreaterOrEqual(t, grown, 0.0, "%s %s", value, group)
			}
		}
	}
}
