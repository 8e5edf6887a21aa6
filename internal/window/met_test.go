package window

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/watch"
)

func always(x bool) func(int) bool { return func(int) bool { return x } }

func nameOf(group int32) string { return string(rune('a' + group)) }

// counters returns a table of a column for each of so many groups.
func counters(groups int) *Table {
	t := NewTable(false, 1, 0)
	d := t.Draft()
	for i := range groups {
		d.Column(Key{Group: int32(i)})
	}
	d.Adopt()
	return t
}

// read takes in a counter's step.
func read(t *Table, g *Met, col int32, verdict judge.Verdict, from, to float64, m Meeting) {
	step := judge.Step{Verdict: verdict, Add: to, Sub: from}
	g.Counter(t, col, &step, to, m)
	if from != to {
		t.Add(col, to, from)
	}
}

// told is a group as watchers are told of it.
type told struct {
	at        int64
	met, left float64 // left is what it grew by where at is 0
}

func toldOf(t *testing.T, tab *Table, g *Met, outlives bool) map[string]told {
	t.Helper()
	list := g.Told(tab, true, always(outlives), nameOf)
	i := 0
	if outlives {
		i = 1
	}
	require.Empty(t, list[1-i].Groups)
	m := map[string]told{}
	for _, x := range list[i].Groups {
		if x.Grown != nil {
			m[x.Group] = told{left: x.Grown.Count.Float64()}
			continue
		}
		require.Equal(t, x.Met.At, x.Left.At)
		m[x.Group] = told{x.Met.At, x.Met.Count.Float64(), x.Left.Count.Float64()}
	}
	return m
}

// What a group had when its process was met, by how its series began.
func TestMet(t *testing.T) {
	first := Meeting{At: 10, Start: 4, First: true}
	outliving := Meeting{At: 10, Start: 4, First: true, Outlives: true}
	for name, c := range map[string]struct {
		steps func(tab *Table, g *Met)
		want  told
	}{
		"born with its process":      {func(tab *Table, g *Met) { read(tab, g, 0, judge.Born, 0, 7, first) }, told{4, 0, 7}},
		"there before":               {func(tab *Table, g *Met) { read(tab, g, 0, judge.First, 7, 7, first) }, told{10, 7, 7}},
		"went on while it restarted": {func(tab *Table, g *Met) { read(tab, g, 0, judge.Grew, 5, 7, first) }, told{10, 7, 7}},
		"outlives, and went on": {func(tab *Table, g *Met) {
			read(tab, g, 0, judge.First, 5, 5, Meeting{At: 2, First: true, Outlives: true})
			read(tab, g, 0, judge.Grew, 5, 7, outliving)
		}, told{2, 5, 7}},
		"outlives, and fell": {func(tab *Table, g *Met) {
			read(tab, g, 0, judge.First, 30, 30, Meeting{At: 2, First: true, Outlives: true})
			read(tab, g, 0, judge.Reset, 0, 9, outliving)
		}, told{2, 30, 39}},
		"one born, one there before": {func(tab *Table, g *Met) {
			read(tab, g, 0, judge.Born, 0, 7, first)
			read(tab, g, 0, judge.First, 3, 3, first)
		}, told{4, 3, 10}},
		"one there before, one born": {func(tab *Table, g *Met) {
			read(tab, g, 0, judge.First, 3, 3, first)
			read(tab, g, 0, judge.Born, 0, 7, first)
		}, told{4, 3, 10}},
		"comes late": {func(tab *Table, g *Met) {
			g.Counter(tab, 0, &judge.Step{Verdict: judge.Born, Add: 7, From: 15}, 7, Meeting{At: 20, Start: 4})
			tab.Add(0, 7, 0)
		}, told{15, 0, 7}},
		"comes late, counted elsewhere": {func(tab *Table, g *Met) {
			g.Begin = 18
			g.Counter(tab, 0, &judge.Step{Verdict: judge.Born, Add: 7, From: 15}, 7, Meeting{At: 20, Start: 4})
			tab.Add(0, 7, 0)
		}, told{20, 7, 7}},
		"another one is born later": {func(tab *Table, g *Met) {
			read(tab, g, 0, judge.First, 3, 3, first)
			read(tab, g, 0, judge.Born, 0, 4, Meeting{At: 20, Start: 4})
		}, told{10, 3, 7}},
		"another one comes later that was there": {func(tab *Table, g *Met) {
			read(tab, g, 0, judge.First, 3, 3, first)
			read(tab, g, 0, judge.First, 5, 5, Meeting{At: 20, Start: 4})
			read(tab, g, 0, judge.Grew, 5, 6, Meeting{At: 30, Start: 4})
		}, told{left: 1}},
		"first seen growing": {func(tab *Table, g *Met) { read(tab, g, 0, judge.Grew, 5, 7, Meeting{At: 20}) }, told{left: 2}},
		"a gap":              {func(tab *Table, g *Met) { read(tab, g, 0, judge.Gap, 0, 0, first) }, told{}},
		"counted elsewhere": {func(tab *Table, g *Met) {
			g.Begin = 8
			read(tab, g, 0, judge.Born, 0, 7, first)
			read(tab, g, 0, judge.Grew, 7, 9, Meeting{At: 20, Start: 4})
		}, told{10, 7, 9}},
		"followed anew": {func(tab *Table, g *Met) {
			read(tab, g, 0, judge.Born, 0, 7, first)
			g.Again(tab, 10, 0, 10)
			read(tab, g, 0, judge.Grew, 7, 9, Meeting{At: 20, Start: 4})
		}, told{10, 7, 9}},
	} {
		t.Run(name, func(t *testing.T) {
			tab := counters(1)
			g := tab.Meet(4)
			c.steps(tab, g)
			assert.Equal(t, map[string]told{"a": c.want}, toldOf(t, tab, g, false))
			again := g.Clone()
			read(tab, again, 0, judge.First, 100, 100, Meeting{At: 100})
			assert.Equal(t, map[string]told{"a": c.want}, toldOf(t, tab, g, false), "a clone is a copy")
		})
	}
}

// What outlives processes goes on in the next one, and nothing else does.
func TestKeep(t *testing.T) {
	tab := counters(2)
	old := tab.Meet(4)
	for col := range int32(2) {
		read(tab, old, col, judge.First, 5, 5, Meeting{At: 10, First: true, Outlives: col == 1})
		read(tab, old, col, judge.Grew, 5, 8, Meeting{At: 20, Outlives: col == 1})
	}
	g := tab.Meet(15)
	g.Keep(tab, old, func(col int) bool { return col == 1 })
	read(tab, g, 0, judge.Reset, 0, 2, Meeting{At: 30, Start: 15, First: true})
	read(tab, g, 1, judge.Grew, 8, 9, Meeting{At: 30, Start: 15, First: true, Outlives: true})
	assert.Equal(t, map[string]told{"a": {15, 0, 2}, "b": {10, 5, 9}}, toldOf(t, tab, g, false))
}

// A column that is dropped is no part of its group any more: what is left of
// that cannot be compared.
func TestDropMet(t *testing.T) {
	tab := counters(2)
	g := tab.Meet(4)
	for col := range int32(2) {
		read(tab, g, col, judge.First, 5, 5+float64(col), Meeting{At: 10, First: true})
	}
	cols := tab.Cols
	moved, move := tab.Drop([]bool{true, false})
	g.Drop(cols, moved, move)
	assert.Equal(t, map[string]told{"b": toldOf(t, tab, g, false)["b"]}, toldOf(t, tab, g, false))
	assert.NotContains(t, g.at, int32(0))

	hist, set := NewTable(true, 1, 0), &Set{}
	d := hist.Draft()
	for _, bounds := range [][]float64{{1}, {1, 2}} {
		d.Column(Key{Layout: set.Layout(bounds)})
	}
	d.Adopt()
	g = hist.Meet(4)
	g.at[0] = 10
	cols = hist.Cols
	moved, move = hist.Drop([]bool{true, false})
	g.Drop(cols, moved, move)
	assert.EqualValues(t, lost, g.at[0])
}

// packed is what is left of a table and a Met when they were written and read.
func packed(t *testing.T, tab *Table, g *Met, set *Set) (*Table, *Met) {
	t.Helper()
	group := func(i int32) labels.Labels { return labels.FromStrings("g", nameOf(i)) }
	cols, order := tab.Order(group)
	p, q := tab.Pack(&History{}, cols, order, nil), g.Pack(tab, order)
	w := &saved.Codec{}
	p.Code(w, set, tab.Histograms, &History{})
	q.Code(w, p)
	r, p2, q2 := &saved.Codec{In: saved.Read(w.Out)}, &Packed{}, &PackedMet{}
	p2.Code(r, set, tab.Histograms, &History{})
	q2.Code(r, p2)
	rest, ok := r.In.Rest()
	require.True(t, ok && len(rest) == 0)
	back := p2.Unpack(set, tab.Histograms, 1, &History{}, func(ls labels.Labels) int32 { return int32(ls.Get("g")[0] - 'a') })
	return back, q2.Unpack(back)
}

func TestPackedMet(t *testing.T) {
	tab := counters(3)
	g := tab.Meet(4)
	g.Name(9)
	g.Name(4)
	g.Version, g.Begin = 3, 2
	read(tab, g, 0, judge.Born, 0, 7, Meeting{At: 10, Start: 4, First: true})
	read(tab, g, 2, judge.First, 7, 7, Meeting{At: 10, Start: 4, First: true})
	read(tab, g, 2, judge.First, 8, 8, Meeting{At: 20})
	back, h := packed(t, tab, g, &Set{})
	assert.Equal(t, toldOf(t, tab, g, false), toldOf(t, back, h, false))
	assert.Equal(t, []int64{4, 9}, h.Starts)
	assert.Equal(t, []int64{3, 2}, []int64{h.Version, h.Begin})
	var none *Met
	assert.Nil(t, none.Clone())
	assert.Nil(t, none.Pack(tab, nil).Unpack(tab))
}

// Histograms of a group are one count, in whatever buckets they were read.
func TestMetHistograms(t *testing.T) {
	set := &Set{}
	tab := NewTable(true, 1, 0)
	native := &layout.Native{Schema: 1, ZeroThreshold: 0.5, ZeroCount: 1, Count: 6, Sum: 9, Negative: []layout.Bucket{{Index: 2, Count: 2}, {Index: 3, Count: 1}},
		Positive: []layout.Bucket{{Index: -4, Count: 2}}}
	d := tab.Draft()
	classic := d.Column(Key{Layout: set.Layout([]float64{1, 2})})
	exponential := d.Native(set, 0, native)
	d.Adopt()
	g := tab.Meet(4)
	first := Meeting{At: 10, Start: 4, First: true}
	g.Histogram(tab, 0, classic, &growth.Hist{Origin: growth.Baseline, Read: []float64{1, 2, 3}, CountRead: 3, SumRead: 5}, first)
	g.Histogram(tab, 0, exponential, &growth.Hist{Origin: growth.Baseline, Native: native, CountRead: 6, SumRead: 9}, first)
	for i, c := range []float64{1, 3, 5} {
		tab.AddBucket(classic, i, c, []float64{1, 2, 3}[i])
	}
	tab.AddSum(classic, 8, 5)
	list := g.Told(tab, true, always(false), nameOf)[0].Groups
	require.Len(t, list, 1)
	met, left := &list[0].Met, &list[0].Left
	assert.Equal(t, []float64{9, 11, 14, 17}, []float64{met.Count.Float64(), left.Count.Float64(), met.Histogram.Sum.Float64(), left.Histogram.Sum.Float64()})

	classes := ClassesOf(&left.Value, set)
	require.Len(t, classes, 2)
	n := classes[0].Native()
	assert.Equal(t, native.Negative, n.Negative)
	assert.Equal(t, native.Positive, n.Positive)
	assert.Equal(t, native.ZeroCount, n.ZeroCount)
	assert.Same(t, tab.Cols[exponential].Grid, classes[0].Grid)
	assert.Same(t, tab.Cols[classic].Layout, classes[1].Layout)
	for i, want := range []float64{1, 3, 5} {
		assert.Equal(t, want, classes[1].Counts.Float64(i))
	}
	back, h := packed(t, tab, g, set)
	assert.Equal(t, list, h.Told(back, true, always(false), nameOf)[0].Groups)

	g.Histogram(tab, 0, -1, &growth.Hist{Origin: growth.Nowhere}, first)
	assert.EqualValues(t, 10, g.at[0])
	g.Histogram(tab, 0, classic, &growth.Hist{Origin: growth.Reading, Layout: set.Layout([]float64{1}), Now: []float64{1, 2}, Before: []float64{1, 1}}, Meeting{At: 20})
	assert.EqualValues(t, 10, g.at[0], "other buckets, the same count")
	g = tab.Meet(4)
	g.Histogram(tab, 0, -1, &growth.Hist{Origin: growth.Baseline, Native: native}, first)
	assert.EqualValues(t, lost, g.at[0], "nobody knows in which buckets it was")
	g = tab.Meet(4)
	g.Histogram(tab, 0, classic, &growth.Hist{Origin: growth.Reading, Now: []float64{2, 3, 4}, Before: []float64{1, 2, 3}, Read: []float64{2, 3, 4}, SumRead: 7, Sum: [2]float64{5, 7}}, first)
	tab.AddBucket(classic, 2, 4, 3)
	assert.EqualValues(t, 10, g.at[0])
	x := g.Told(tab, true, always(false), nameOf)[0].Groups[0]
	assert.Zero(t, x.Left.Count.Cmp(&x.Met.Count), "what it grew by while its process changed is not its own")
}

// Observations in buckets that nobody knows count up to +Inf.
func TestClassesOf(t *testing.T) {
	number := func(n int64) (s exact.Sum) { s.AddInt(n); return s }
	set := &Set{}
	list := ClassesOf(&watch.Value{Count: number(5)}, set)
	require.Len(t, list, 1)
	assert.Equal(t, 5.0, list[0].Counts.Float64(0))

	list = ClassesOf(&watch.Value{Count: number(5), Histogram: &watch.Histogram{NoSum: true}}, set)
	require.Len(t, list, 1)
	assert.Equal(t, 1, list[0].Layout.Len())
	assert.Equal(t, 5.0, list[0].Counts.Float64(0))
	assert.True(t, list[0].NoSum)

	part := func(c watch.Class, places []int64, counts ...int64) (p watch.Part) {
		p = watch.Part{Class: c, Count: number(counts[len(counts)-1]), Places: places}
		for i, n := range counts {
			p.Counts.Grow(i + 1)
			p.Counts.AddInt(i, n)
		}
		return p
	}
	l, err := layout.NewLayout([]float64{1})
	require.NoError(t, err)
	old, err := layout.NewLayout([]float64{3})
	require.NoError(t, err)
	list = ClassesOf(&watch.Value{Count: number(5), Histogram: &watch.Histogram{Parts: []watch.Part{part(watch.Class{Layout: l}, nil, 1, 3), part(watch.Class{Layout: old}, nil, 0, 0)}}}, set)
	require.Len(t, list, 1)
	assert.Equal(t, []float64{1, 5}, []float64{list[0].Counts.Float64(0), list[0].Counts.Float64(1)})

	list = ClassesOf(&watch.Value{Count: number(5), Histogram: &watch.Histogram{Parts: []watch.Part{part(watch.Class{Schema: 2}, []int64{watch.PositivePlace(7)}, 3)}}}, set)
	require.Len(t, list, 2)
	assert.Equal(t, 3.0, list[0].Native().Count)
	assert.Equal(t, 2.0, list[1].Counts.Float64(0))
}

func TestGroupName(t *testing.T) {
	for _, ls := range []labels.Labels{labels.EmptyLabels(), labels.FromStrings("a", "1", "b", "\xff\x00\"")} {
		assert.Equal(t, ls, GroupLabels(GroupName(ls)))
	}
	assert.NotPanics(t, func() { GroupLabels("\xff\xff") })
}
