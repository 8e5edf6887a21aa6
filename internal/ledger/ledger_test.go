package ledger

import (
	"math"
	"slices"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

var group = labels.FromStrings("code", "200")

// counter returns a table with one column that grew by n.
func counter(n float64) *window.Table { return table(false, nil, n) }

// table returns one with one column, whose counts are those given.
func table(histograms bool, l *layout.Layout, counts ...float64) *window.Table {
	t := window.NewTable(histograms, 0, 0)
	d := t.Draft()
	col := d.Column(window.Key{Layout: l})
	d.Adopt()
	for i, n := range counts {
		t.AddBucket(col, i, n, 0)
	}
	return t
}

func settled(l *Ledger, list ...*window.Table) *Settlement {
	x := l.Settle()
	x.Of(group)
	for _, t := range list {
		x.Add(t, func(int) labels.Labels { return group })
	}
	return x.Sorted()[0]
}

func (l *Ledger) total(list ...*window.Table) float64 {
	return l.Account(group).Counter(settled(l, list...))
}

// A bucket that fell before anything was counted, as of a histogram that is read while
// it is written, is 0, and not less: FuzzProgram found a total with buckets below 0.
func TestNoBucketBelowZero(t *testing.T) {
	l := &Ledger{}
	bounds, err := layout.NewLayout([]float64{1, 2, math.Inf(1)})
	require.NoError(t, err)
	h := l.Account(group).Histogram(settled(l, table(true, bounds, -1, -2, 5)))
	assert.Equal(t, []float64{0, 0, 5}, h.Counts)
	require.NoError(t, h.Validate())
}

// A total is the sum of what is there, what was dropped and what departed.
func TestTotalsAddUp(t *testing.T) {
	var l Ledger
	a, b, c := counter(1), counter(20), counter(300)
	assert.Equal(t, 321.0, l.total(a, b, c))
	l.Account(group).Retire(a, 0, false)
	Depart(b, Life{}, func(int) bool { return false }, func(int) *Departures { return l.Departures(group) })
	assert.Equal(t, 321.0, l.total(c))
	assert.False(t, l.Account(group).Left.None())
}

// A total never falls, whatever the truth does, and follows it once that is
// greater again.
func TestTotalsNeverFall(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var l Ledger
		highest := 0.0
		for _, x := range rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 20).Draw(rt, "truths") {
			highest = max(highest, x)
			if got := l.total(counter(x)); got != highest {
				rt.Fatalf("total %v after %v, want %v", got, x, highest)
			}
		}
	})
}

// A group that was shown stays although no instance has it any more.
func TestGroupWithoutInstances(t *testing.T) {
	var l Ledger
	l.total(counter(7))
	assert.Equal(t, 7.0, l.total())
}

func mustLayout(t *testing.T, bounds ...float64) *layout.Layout {
	l, err := layout.NewLayout(bounds)
	require.NoError(t, err)
	return l
}

// Histograms of several layouts have the bounds that all of them have, and
// counts that do not fall with their bounds.
func TestHistogramOfTwoLayouts(t *testing.T) {
	var l Ledger
	a := table(true, mustLayout(t, 1, 2, math.Inf(1)), 1, 3, 4)
	b := table(true, mustLayout(t, 2, 5, math.Inf(1)), 10, 20, 30)
	a.AddSum(0, 5.5, 0)
	b.AddSum(0, 60, 0)
	show := func(list ...*window.Table) *histogram.Histogram {
		return l.Account(group).Histogram(settled(&l, list...))
	}
	h := show(a, b)
	assert.Equal(t, []float64{2, math.Inf(1)}, h.Bounds)
	assert.Equal(t, []float64{13, 34}, h.Counts)
	assert.Equal(t, 65.5, h.Sum)
	assert.Equal(t, 34.0, h.Count)
	h = show(a)
	assert.Equal(t, []float64{1, 2, math.Inf(1)}, h.Bounds)
	assert.Equal(t, []float64{1, 13, 34}, h.Counts, "what was shown stays")
	assert.Equal(t, 65.5, h.Sum)
}

// A count that was shown does not fall when its bound is back, also after it was
// saved, or merged.
func TestBoundsThatComeBack(t *testing.T) {
	var l Ledger
	fine := func(n float64) *window.Table { return table(true, mustLayout(t, 1, math.Inf(1)), n, n+5) }
	coarse := table(true, mustLayout(t, math.Inf(1)), 20)
	show := func(l *Ledger, list ...*window.Table) []float64 {
		return l.Account(group).Histogram(settled(l, list...)).Counts
	}
	assert.Equal(t, []float64{7, 12}, show(&l, fine(7)))
	assert.Equal(t, []float64{25}, show(&l, coarse, fine(0)))
	back := reread(t, &l)
	assert.Equal(t, []float64{7, 25}, show(back, fine(3)))
	var other Ledger
	other.Merge(&l)
	assert.Equal(t, []float64{7, 25}, show(&other, fine(3)))
	assert.Equal(t, []float64{9, 25}, show(&l, fine(9)))
}

// The sum of observations is unknown when it is of one part, and may fall when
// an observation may be negative.
func TestSums(t *testing.T) {
	var l Ledger
	a := table(true, mustLayout(t, 1, math.Inf(1)), 1, 1)
	a.Note(5, window.Note{Verdict: judge.Gap, Quirk: 1}, &judge.Step{Verdict: judge.Gap})
	x := l.Settle()
	window.ClassOf(&x.Of(group).Classes, a.Cols[0].Layout, nil).AddColumn(a, 0, true)
	assert.True(t, math.IsNaN(l.Account(group).Histogram(x.Sorted()[0]).Sum))

	for bound, want := range map[float64]float64{1: 3, -1: -2} {
		l, got := Ledger{}, 0.0
		for _, sum := range []float64{3, -2} {
			b := table(true, mustLayout(t, bound, math.Inf(1)), 1, 1)
			b.AddSum(0, sum, 0)
			got = l.Account(group).Histogram(settled(&l, b)).Sum
		}
		assert.Equal(t, want, got, "the first bound is %v", bound)
	}
}

// Of a mean over a window, departed instances have their rate times the time
// they lived. What one counted before its first scrape is open only if it began
// after the first round.
func TestDepartures(t *testing.T) {
	var d Departures
	a := counter(60)
	a.Note(1000, window.Note{Verdict: judge.First}, &judge.Step{Verdict: judge.First, Hi: 5})
	life := Life{First: 1000, Alive: 20_000, Span: 10_000, Wall: 40_000}
	Depart(a, life, func(int) bool { return false }, func(int) *Departures { return &d })
	assert.Equal(t, 2.0, d.Rate(60_000).Value, "6/s for 20 of 60 s")

	early := d
	early.Open(2000)
	x, ok := early.Rate(60_000), early.Stepped
	assert.True(t, ok)
	assert.Equal(t, 1.0, x.Lo, "of the 10 s that nobody saw nothing is certain")
	assert.Equal(t, x.Value, x.Hi, "it was there from the beginning")

	var late Departures
	Depart(a, life, func(int) bool { return false }, func(int) *Departures { return &late })
	late.Open(500)
	assert.Greater(t, late.Rate(60_000).Hi, 2.0)

	var wall Departures
	Depart(a, life, func(int) bool { return true }, func(int) *Departures { return &wall })
	assert.Equal(t, 0.5, wall.Rate(60_000).Value, "its counters were observed for 40 s")
}

// Ledgers of parts merge to the one of the whole, in any order, and a ledger is
// read back as it was written.
func TestMergeAndCode(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var whole Ledger
		parts := make([]Ledger, 3)
		for range rapid.IntRange(1, 12).Draw(rt, "columns") {
			n := float64(rapid.IntRange(1, 1000).Draw(rt, "n"))
			at := rapid.Int64Range(0, 3).Draw(rt, "first")
			gone, i := rapid.Bool().Draw(rt, "departed"), rapid.IntRange(0, 2).Draw(rt, "part")
			for _, l := range []*Ledger{&whole, &parts[i]} {
				x := counter(n)
				x.Note(at, window.Note{Verdict: judge.First}, &judge.Step{Verdict: judge.First, Hi: n})
				if gone {
					Depart(x, Life{First: at, Alive: 8, Span: 4}, func(int) bool { return false }, func(int) *Departures { return l.Departures(group) })
				} else {
					l.Account(group).Retire(x, 0, false)
				}
			}
		}
		var merged Ledger
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(rt, "order") {
			merged.Merge(reread(rt, &parts[i]))
		}
		if got, want := written(&merged), written(&whole); !slices.Equal(got, want) {
			rt.Fatalf("merged %x, whole %x", got, want)
		}
		if got := written(reread(rt, &whole)); !slices.Equal(got, written(&whole)) {
			rt.Fatalf("read back as %x", got)
		}
	})
}

func written(l *Ledger) []byte {
	c := &saved.Codec{}
	l.Code(c, &window.Set{}, watch.Clocks{})
	return c.Out
}

func reread(t require.TestingT, l *Ledger) *Ledger {
	c := &saved.Codec{In: saved.Read(written(l))}
	var back Ledger
	back.Code(c, &window.Set{}, watch.Clocks{})
	rest, ok := c.In.Rest()
	require.True(t, ok)
	require.Empty(t, rest)
	return &back
}

// A damaged ledger is refused and never panics.
func FuzzCode(f *testing.F) {
	var l Ledger
	l.total(counter(3))
	Depart(counter(4), Life{Alive: 2, Span: 1}, func(int) bool { return false }, func(int) *Departures { return l.Departures(group) })
	f.Add(written(&l))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &saved.Codec{In: saved.Read(data)}
		var back Ledger
		if back.Code(c, &window.Set{}, watch.Clocks{}); !c.Failed() {
			again := written(&back)
			require.Equal(t, again, written(reread(t, &back)))
		}
	})
}

// A settlement is raised by what counts as much, and never lowered.
func TestRaise(t *testing.T) {
	of := func(n int64) []window.Class {
		c := window.Class{}
		c.Counts.Grow(1)
		c.Counts.AddInt(0, n)
		return []window.Class{c}
	}
	s := &Settlement{}
	for _, x := range [][2]int64{{0, 0}, {5, 5}, {4, 5}, {0, 5}, {6, 6}} {
		s.Raise(of(x[0]))
		n := counted(s.Classes)
		assert.Equal(t, float64(x[1]), n.Float64())
	}
	s.Raise(nil)
	assert.Len(t, s.Classes, 1)

	// Nothing was counted, but in which buckets is known.
	in := func(bounds ...float64) []window.Class { return []window.Class{{Layout: mustLayout(t, bounds...)}} }
	inf := math.Inf(1)
	for _, c := range [][3][]window.Class{
		{nil, in(1, inf), in(1, inf)},
		{{{}}, in(1, inf), in(1, inf)},
		{in(1, inf), in(2, inf), in(2, inf)}, // what all know, whoever is asked
		{in(1, inf), in(inf), in(inf)},       // what this one alone knows would depend on who is asked
		{in(1, inf), nil, in(1, inf)},
	} {
		s := &Settlement{Classes: c[0]}
		s.Raise(c[1])
		assert.Equal(t, c[2], s.Classes)
	}
}

// The totals of two fleets began at 0 when the earlier of them did; 0 stands for
// the beginning of both together.
func TestBegin(t *testing.T) {
	for _, c := range []struct{ a, b, mine, theirs, both, want int64 }{
		{0, 0, 5, 5, 5, 0},
		{0, 0, 5, 9, 9, 5},
		{0, 0, 9, 5, 9, 5},
		{20, 0, 5, 5, 5, 0},
		{20, 30, 5, 5, 5, 20},
		{30, 20, 5, 5, 5, 20},
		{0, 0, 0, 7, 7, 0}, // this one saw nothing yet
		{0, 0, 7, 0, 7, 0},
	} {
		x, y := Ledger{Created: c.a}, Ledger{Created: c.b}
		x.Begin(&y, c.mine, c.theirs, c.both)
		assert.Equal(t, c.want, x.Created, "%+v", c)
	}
}

// What all watchers know of a group raises its settlement, or adds it; what is
// less lowers none.
func TestJoined(t *testing.T) {
	var l Ledger
	known := func(name string, n int64) watch.Total {
		x := watch.Total{Group: window.GroupName(labels.FromStrings("code", name))}
		x.Value.Count.AddInt(n)
		return x
	}
	own := []*Settlement{settled(&l, counter(10))}
	for _, c := range []struct {
		known []watch.Total
		want  []float64
	}{
		{nil, []float64{10}},
		{[]watch.Total{known("200", 12)}, []float64{12}},
		{[]watch.Total{known("200", 8)}, []float64{10}},
		{[]watch.Total{known("500", 3), known("200", 10)}, []float64{10, 3}},
	} {
		var got []float64
		for _, s := range Joined(own, c.known, &window.Set{}) {
			n := counted(s.Classes)
			got = append(got, n.Float64())
		}
		assert.Equal(t, c.want, got)
	}
}

// Merged ledgers know together what either knew of processes.
func TestMergeKnown(t *testing.T) {
	tell := func(name string) *watch.State {
		k := watch.New(watch.Clocks{})
		require.NoError(t, k.Tell(watch.Process{Keys: []watch.Key{{Name: name, Start: 5}}, Last: 9}))
		return k
	}
	for _, c := range []struct {
		a, b *watch.State
		want int
	}{{nil, nil, 0}, {tell("a"), nil, 1}, {nil, tell("b"), 1}, {tell("a"), tell("b"), 2}} {
		x := Ledger{Known: c.a}
		x.Merge(&Ledger{Known: c.b})
		if x.Known == nil {
			assert.Zero(t, c.want)
			continue
		}
		assert.Equal(t, c.want, x.Known.Size().Processes)
	}
}

// What is known of processes counts as held when it is told, and as it is once it is measured.
func TestWhatIsKnownIsHeld(t *testing.T) {
	var l Ledger
	assert.Zero(t, l.Bytes())
	p := watch.Process{Keys: []watch.Key{{Name: "i", Start: 5000}}, Last: 9}
	for range 3 {
		l.Tell(p, watch.Clocks{})
	}
	told := l.Bytes()
	assert.Equal(t, 3*p.Bytes(), told)
	l.Measure()
	assert.Equal(t, l.Known.Bytes(), l.Bytes())
	assert.Less(t, l.Bytes(), told)
	l.Tell(watch.Process{}, watch.Clocks{}) // of nobody: no news
	assert.Equal(t, l.Known.Bytes(), l.Bytes())
	l.Hear(watch.New(watch.Clocks{}))
	assert.Equal(t, l.Known.Bytes(), l.Bytes())
}
