package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/parse"
)

func TestTargetsThatAreRefused(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	before := b.Dump()
	for _, x := range []aggregate.Target{
		{}, {Name: "a", Expected: -1}, {Name: "a", Expected: 2}, {Name: "a", Balanced: true, Instance: "pod"},
	} {
		assert.Error(t, b.Describe(at(0), x), "%+v", x)
		assert.Error(t, b.SetTargets(at(0), aggregate.Target{Name: "good"}, x), "%+v", x)
	}
	assert.Error(t, b.Describe(time.Time{}, aggregate.Target{Name: "a"}))
	assert.Error(t, b.SetTargets(time.Time{}))
	assert.Error(t, b.ScrapeFailed("", at(0), errRefused))
	assert.Error(t, b.ScrapeFailed("a", time.Time{}, errRefused))
	_, err := b.Ingest(scrapeOf("", 0, 0, typeC, "c 1"))
	assert.Error(t, err)
	_, err = b.Ingest(aggregate.Scrape{Target: "a", Body: []byte("c 1\n")})
	assert.Error(t, err)
	assert.Equal(t, before, b.Dump(), "nothing of a refused call is there")
}

// Who is expected: what is set; else what was described, and what was tried
// within the hour.
func TestExpectedTargets(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	coverage := func(seconds float64) string { return b.Snapshot(at(seconds)).Coverage().String() }
	b.describe(aggregate.Target{Name: "told"})
	b.scrape("a", 0, 0, typeC, "c 1")
	b.fail("never", at(0), errRefused)
	assert.Equal(t, "1 of 3 expected, 1 failed", coverage(0))
	assert.Equal(t, "0 of 1 expected", coverage(3700), "those that are learnt are forgotten with the hour")
	b.Remove(at(10), "told")
	b.Remove(at(10), "nobody")
	assert.Equal(t, "1 of 2 expected, 1 failed", coverage(10))

	require.NoError(t, b.SetTargets(at(20), aggregate.Target{Name: "a"}, aggregate.Target{Name: "b"}))
	assert.Equal(t, "1 of 2 expected", coverage(20), "what never answered left")
	b.scrape("unexpected", 20, 0, typeC, "c 1")
	assert.Equal(t, "1 of 2 expected", coverage(20))
	assert.Equal(t, 2, b.Snapshot(at(20)).Coverage().Reporting)
	b.describe(aggregate.Target{Name: "c"})
	assert.Equal(t, "1 of 3 expected", coverage(20))
	b.Remove(at(15), "a")
	assert.Equal(t, "0 of 2 expected", coverage(20), "it is not expected, and not said to be gone before its scrape")
	require.NoError(t, b.SetTargets(at(30), aggregate.Target{Name: "a"}))
	assert.Equal(t, "1 of 1 expected", coverage(30))
	require.NoError(t, b.SetTargets(at(40)))
	assert.Equal(t, "0 of 0 expected", coverage(40))
	assert.Zero(t, b.Snapshot(at(40)).Coverage().Reporting)
}

// A later failure is told of the instance; an older one says nothing.
func TestFailedInstances(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	failed := func() error { return b.Snapshot(at(30)).Instances()[0].Failed }
	b.scrape("a", 10, 0, typeC, "c 1")
	assert.NoError(t, failed())
	b.fail("a", at(5), errRefused)
	assert.NoError(t, failed())
	b.fail("a", at(20), errRefused)
	assert.ErrorIs(t, failed(), errRefused)
	b.fail("a", at(21), nil)
	assert.Error(t, failed())
	loaded := loadedFrom(t, saved(t, b.Fleet), aggregate.Config{})
	assert.Error(t, loaded.Snapshot(at(30)).Instances()[0].Failed, "the reason is not kept")
	b.scrape("a", 25, 0, typeC, "c 1")
	assert.NoError(t, failed())
}

// Targets that fail before they ever answered do not stay, nor make questions
// slow.
func TestStrangersAreForgotten(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.scrape("a", 0, 0, typeC, "c 1")
	for i := range 300_000 {
		b.fail(fmt.Sprint("never-", i), at(float64(i)/1000), errRefused)
	}
	assert.LessOrEqual(t, b.Sizes().Targets, 10_001)
	assert.GreaterOrEqual(t, b.Snapshot(at(300)).Coverage().Failed, 5000, "the latest are remembered")
	assert.Zero(t, b.Snapshot(at(300+3601)).Coverage().Failed)
	b.fail("one more", at(300+7300), errRefused)
	assert.Equal(t, 2, b.Sizes().Targets, "after an hour none is left")

	for i := range 30_000 {
		b.describe(aggregate.Target{Name: fmt.Sprint("pod-", i)})
		b.fail(fmt.Sprint("pod-", i), at(8000), errRefused)
		b.Remove(at(8001), fmt.Sprint("pod-", i))
	}
	assert.LessOrEqual(t, b.Sizes().Targets, 20_002, "nor those that were described and never answered")
}

// The labels of a target are its instance's from the moment they are said: what
// was counted before stays in the groups it was counted in.
func TestRelabelledTargets(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1)})
	zones := b.counter(aggregate.View{Select: "c", By: []string{"zone"}, Owner: counter.Process})
	whole := b.counter(aggregate.View{Select: "c", Owner: counter.Process})
	h := b.histogram(aggregate.View{Select: "h", By: []string{"zone"}, Owner: counter.Process})
	g := b.gauge(aggregate.View{Select: "g", By: []string{"zone"}, Combine: aggregate.Sum})
	scrape := func(seconds float64, n int) {
		b.scrape("a", seconds, 0.5, typeC, fmt.Sprint("c ", n), typeG, fmt.Sprint("g ", n),
			"# TYPE h histogram", fmt.Sprintf(`h_bucket{le="+Inf"} %d`, n), fmt.Sprint("h_count ", n), fmt.Sprint("h_sum ", n))
	}
	totals := func(seconds float64) string {
		text := ""
		for _, x := range zones.Totals(b.Snapshot(at(seconds))) {
			text += fmt.Sprintf("%v%g ", x.Labels, x.Value)
		}
		for _, x := range h.Totals(b.Snapshot(at(seconds))) {
			text += fmt.Sprintf("%v%g:%g ", x.Labels, x.Histogram.Count, x.Histogram.Sum)
		}
		return text
	}
	scrape(1, 10)
	scrape(10, 20)
	before := b.Snapshot(at(10))
	b.describe(aggregate.Target{Name: "a", Labels: labels.FromStrings("zone", "north")})
	scrape(20, 50)
	b.describe(aggregate.Target{Name: "a", Labels: labels.FromStrings("zone", "south", "rack", "r")})
	b.describe(aggregate.Target{Name: "a", Labels: labels.FromStrings("zone", "south", "rack", "s")})
	scrape(30, 60)
	assert.Equal(t, `{}20 {zone="north"}30 {zone="south"}10 {}20:20 {zone="north"}30:30 {zone="south"}10:10 `, totals(30))
	x := b.one(whole, 30, sinceStart)
	assert.Equal(t, 60.0, grew(x), "one that does not ask for zones sees nothing of it")
	assert.Len(t, x.Increases(), 1)
	groups, err := zones.In(until(b, at(30), sinceStart))
	require.NoError(t, err)
	require.Len(t, groups, 3)
	for i, want := range []float64{20, 30, 10} {
		assert.Equal(t, want, grew(groups[i]))
	}
	groups, err = zones.In(until(b, at(30), time.Minute))
	require.NoError(t, err)
	require.Len(t, groups, 3)
	for i, want := range []string{"20 [10, 50]", "30 [0, 40]", "10 [0, 10]"} {
		x, ok := groups[i].Increase()
		assert.True(t, ok && x.String() == want, "what was counted while the labels changed may be of either: %s", x)
		assert.Equal(t, i == 2, slices.ContainsFunc(groups[i].Rates(), func(m aggregate.Member) bool { return m.Live }))
		_, now := groups[i].RateNow()
		assert.Equal(t, i == 2, now, "only where it is now")
	}
	now, _ := groups[2].RateNow()
	assert.Equal(t, 1.0, now.Value)
	groups, err = zones.In(until(b, at(30), 10*time.Second))
	require.NoError(t, err)
	require.Len(t, groups, 2, "where it was before the window, it is not")
	_, ok := groups[0].Increase()
	assert.False(t, ok, "no step is of the group")
	assert.Len(t, groups[0].Warnings(), 1)
	reads, err := g.At(b.Snapshot(at(30)))
	require.NoError(t, err)
	assert.Equal(t, `{zone="south"} 60`, fmt.Sprint(reads[0].Labels(), " ", value(reads[0])))
	assert.Equal(t, labels.FromStrings("rack", "s", "zone", "south"), b.Snapshot(at(30)).Instances()[0].Labels)
	groups, err = zones.In(before.SinceStart())
	require.NoError(t, err)
	require.Len(t, groups, 1, "an older snapshot has the older labels")
	assert.Equal(t, 20.0, grew(groups[0]))
	assert.Equal(t, 20.0, zones.Totals(before)[0].Value)

	state := saved(t, b.Fleet)
	f := bed{t, loadedFrom(t, state, aggregate.Config{Since: at(-1)})}
	zones = f.counter(aggregate.View{Select: "c", By: []string{"zone"}, Owner: counter.Process})
	f.counter(aggregate.View{Select: "c", Owner: counter.Process})
	h = f.histogram(aggregate.View{Select: "h", By: []string{"zone"}, Owner: counter.Process})
	f.gauge(aggregate.View{Select: "g", By: []string{"zone"}, Combine: aggregate.Sum})
	require.Equal(t, state, saved(t, f.Fleet))
	b = f
	scrape(40, 65)
	assert.Equal(t, `{}20 {zone="north"}30 {zone="south"}15 {}20:20 {zone="north"}30:30 {zone="south"}15:15 `, totals(40))
}

// Labels are those of the target at which an instance was first scraped, of
// those behind a balancer the balancer's.
func TestWhoseLabels(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	zone := func(z string) labels.Labels { return labels.FromStrings("zone", z) }
	b.describe(aggregate.Target{Name: "x:1", Instance: "pod", Labels: zone("1")})
	b.describe(aggregate.Target{Name: "x:2", Instance: "pod", Labels: zone("2")})
	b.describe(aggregate.Target{Name: "lb", Balanced: true, Labels: zone("lb")})
	b.scrape("x:2", 0, -10, typeC, "c 1")
	b.scrape("x:1", 1, -10, typeC, "c 1")
	p := &server{-500, 5000}
	b.scrape("lb", 2, p.start, p.lines()...)
	text := func() (list []string) {
		for _, in := range b.Snapshot(at(3)).Instances() {
			list = append(list, fmt.Sprint(in.Name, in.Targets, in.Labels))
		}
		return list
	}
	assert.Equal(t, []string{`lb#1[lb] {zone="lb"}`, `pod[x:2 x:1] {zone="2"}`}, text())
	b.describe(aggregate.Target{Name: "x:1", Instance: "pod", Labels: zone("3")})
	b.describe(aggregate.Target{Name: "lb", Balanced: true, Labels: zone("bl")})
	assert.Equal(t, []string{`lb#1[lb] {zone="bl"}`, `pod[x:2 x:1] {zone="2"}`}, text())
}

// A program may use a name that the fleet gives itself.
func TestTargetNamedLikeAnInstance(t *testing.T) {
	for _, first := range []string{"target", "balancer"} {
		b := newBed(t, aggregate.Config{})
		b.balanced("lb:80", 2)
		v := b.counter(aggregate.View{Select: "c"})
		p := &server{-500, 5000}
		for i := range 3 {
			p.n += 10
			if first == "target" {
				b.scrape("lb:80#1", float64(10*i), -90, typeC, fmt.Sprint("c ", 5*i))
			}
			b.scrape("lb:80", float64(10*i+1), p.start, p.lines()...)
			if first == "balancer" {
				b.scrape("lb:80#1", float64(10*i+2), -90, typeC, fmt.Sprint("c ", 5*i))
			}
		}
		assert.Equal(t, grown(0, 20)+10, grew(b.one(v, 30, sinceStart)), first)
		state := saved(t, b.Fleet)
		assert.Equal(t, state, saved(t, loadedFrom(t, state, aggregate.Config{})))
	}
}

// A number that is no time says nothing of a process, wherever it stands.
func TestStartsThatCannotBe(t *testing.T) {
	for _, x := range []string{"1e300", "NaN", "-5", "+Inf", "0"} {
		for _, inHeader := range []bool{false, true} {
			b := newBed(t, aggregate.Config{})
			v := b.counter(aggregate.View{Select: "c"})
			for i := range 3 {
				sc := scrapeOf("a", float64(10*i), 0, typeC, fmt.Sprint("c ", 5*i))
				if inHeader {
					sc.Header = http.Header{"Process-Start-Time-Unix": {x}}
				} else {
					sc.Body = append(sc.Body, "process_start_time_seconds "+x+"\n"...)
				}
				r, err := b.Ingest(sc)
				require.NoError(t, err)
				assert.False(t, r.Restarted)
			}
			assert.Equal(t, 10.0, grew(b.one(v, 20, time.Minute)), x)
			assert.True(t, b.Snapshot(at(20)).Instances()[0].Start.IsZero(), x)
		}
	}
}

// Who knows when the process started says so: that stands before what body and
// header say.
func TestGivenStart(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	for i, start := range []float64{-100, -100, 15} {
		sc := scrapeOf("a", float64(10*i), -5000-float64(i), typeC, fmt.Sprint("c ", 7+i))
		sc.Start = at(start)
		r, err := b.Ingest(sc)
		require.NoError(t, err)
		assert.Equal(t, i == 2, r.Restarted)
	}
	assert.Equal(t, 2, b.Snapshot(at(20)).Instances()[0].Incarnations)
	assert.Equal(t, at(15), b.Snapshot(at(20)).Instances()[0].Start)
	x, _ := b.one(v, 20, time.Minute).Increase()
	assert.True(t, math.IsInf(x.Hi, 1))
}

// What a call is given stays the caller's: headers of scrapes that may have to
// be attributed once more, too.
func TestHeadersAreNotKept(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	v := b.counter(aggregate.View{Select: "c"})
	header := http.Header{"Content-Type": {"text/plain; version=0.0.4"}, "X-More": {"1"}}
	p := &server{0, 1000}
	for i := range 4 {
		p.n += 10
		sc := scrapeOf("lb", float64(10*i), 0, p.lines()...)
		sc.Header = header
		header.Set("Content-Type", "text/plain; version=0.0.4")
		_, err := b.Ingest(sc)
		require.NoError(t, err)
		header.Set("Content-Type", "application/nonsense")
	}
	assert.Equal(t, grown(0, 30), grew(b.one(v, 40, sinceStart)))
}

func TestOnlyAPartOfTheFleet(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1), Window: time.Minute}.WithCheckpoints(4))
	v, sum := b.counter(aggregate.View{Select: "c"}), b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum})
	h := b.histogram(aggregate.View{Select: "h"})
	for i, zone := range []string{"north", "north", "south"} {
		b.describe(aggregate.Target{Name: fmt.Sprint("t", i), Labels: labels.FromStrings("zone", zone)})
	}
	b.describe(aggregate.Target{Name: "silent", Labels: labels.FromStrings("zone", "south")})
	for i := range 3 {
		for j := range 3 {
			n := (j + 1) * i
			b.scrape(fmt.Sprint("t", j), float64(10*i), -100, typeC, fmt.Sprint("c ", n), typeG, fmt.Sprint("g ", j+1),
				"# TYPE h histogram", fmt.Sprintf(`h_bucket{le="1"} %d`, n), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, 2*n), fmt.Sprint("h_count ", 2*n))
		}
	}
	b.fail("silent", at(20), errRefused)
	all := b.Snapshot(at(20))
	north, south := all.Only(match("zone", "=", "north")), all.Only(match("zone", "=~", "s.*"))
	for _, c := range []struct {
		s        aggregate.Snapshot
		grew, g  float64
		coverage aggregate.Coverage
	}{
		{all, 12, 6, aggregate.Coverage{Expected: 4, Missing: 1, Reporting: 3, Failed: 1}},
		{north, 6, 3, aggregate.Coverage{Expected: 2, Reporting: 2}},
		{south, 6, 3, aggregate.Coverage{Expected: 2, Missing: 1, Reporting: 1, Failed: 1}},
		{south.Only(match("zone", "=", "north")), 0, 0, aggregate.Coverage{}},
	} {
		for _, w := range []aggregate.Window{c.s.Last(time.Minute), c.s.SinceStart()} {
			g, err := v.One(w)
			require.NoError(t, err)
			assert.Equal(t, c.grew, grew(g))
			assert.Equal(t, c.coverage, g.Coverage())
			x, err := h.One(w)
			require.NoError(t, err)
			assert.Equal(t, 2*c.grew, counted(x))
		}
		g, err := sum.One(c.s)
		require.NoError(t, err)
		assert.Equal(t, c.g, value(g))
		assert.Equal(t, c.coverage, c.s.Coverage())
		assert.Len(t, c.s.Instances(), c.coverage.Reporting)
	}
	_, err := v.One(north.AtLeast(1).Last(time.Minute))
	assert.NoError(t, err, "the part's coverage counts")
	var refused *aggregate.CoverageError
	_, err = v.One(south.AtLeast(1).Last(time.Minute))
	require.True(t, errors.As(err, &refused))
	assert.Equal(t, []string{"silent"}, refused.Missing)
	assert.Empty(t, v.Totals(north), "there are no totals of a part")
	assert.Empty(t, v.Totals(all.AtLeast(1)))
	assert.Len(t, v.Totals(all.AtLeast(0.5)), 1)
	assert.Equal(t, 2, v.Status(north).Instances)

	// Of which part the departed were is not known any more.
	b.Remove(at(30), "t1")
	for i := range 40 {
		b.scrape(fmt.Sprint("new", i), 200, 0, typeC, "c 1")
	}
	b.RetireAll(at(200))
	require.False(t, b.Holds("t1"))
	g, err := v.One(b.Snapshot(at(200)).Only(match("zone", "=", "north")).SinceStart())
	require.NoError(t, err)
	x, _ := g.Increase()
	assert.Equal(t, "2 [2, +Inf]", x.String())
	assert.Contains(t, strings.Join(g.Warnings(), "\n"), "what departed instances counted is not in it")
}

// Who answered with something that is not taken in is alive, as far as known.
func TestWhatKindOfFailure(t *testing.T) {
	_, malformed := parse.Samples(nil, []byte("# TYPE x nonsense\n"))
	require.Error(t, malformed)
	for _, c := range []struct {
		err  error
		want string // the sum of a gauge of 5 after it
	}{
		{errRefused, "0 false"},
		{nil, "0 false"},
		{errors.New("up is 0"), "0 false"},
		{&scrape.StatusError{Code: 503}, "0 false"},
		{&scrape.StatusError{Code: 404}, "5 [0, 5] true"},
		{context.DeadlineExceeded, "5 [0, 5] true"},
		{fmt.Errorf("reading: %w", malformed), "5 [0, 5] true"},
		{fmt.Errorf("reading: %w", parse.ErrLimit), "5 [0, 5] true"},
		{fmt.Errorf("taking in: %w", aggregate.ErrLimit), "5 [0, 5] true"},
	} {
		b := newBed(t, aggregate.Config{})
		v := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum})
		b.scrape("a", 0, 0, typeG, "g 5")
		b.fail("a", at(10), c.err)
		x, ok := b.reading(v, 10).Value()
		assert.Equal(t, c.want, fmt.Sprint(x, ok), "%v", c.err)
		assert.Equal(t, "0 of 1 expected, 1 failed", b.Snapshot(at(10)).Coverage().String())
	}
}

// The past of a gauge stays in the groups in which it was, and a value that only
// got other labels did not change.
func TestGaugesOfRelabelledTargets(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1)})
	g := b.gauge(aggregate.View{Select: "g", By: []string{"zone"}, Combine: aggregate.Sum, Window: time.Minute})
	fact := b.gauge(aggregate.View{Select: "f", By: []string{"zone"}, Combine: aggregate.Consensus})
	zone := func(name, zone string) {
		b.describe(aggregate.Target{Name: name, Labels: labels.FromStrings("zone", zone)})
	}
	scrape := func(name string, seconds float64, n, fact int) {
		b.scrape(name, seconds, -100, typeG, fmt.Sprint("g ", n), "# TYPE f gauge", fmt.Sprint("f ", fact))
	}
	zone("a", "x")
	zone("b", "y")
	scrape("a", 0, 7, 1)
	scrape("b", 0, 1, 2)
	scrape("b", 10, 1, 3)
	scrape("a", 10, 9, 1)
	zone("a", "y")
	scrape("a", 20, 2, 1)
	scrape("b", 20, 1, 3)
	ranges, err := g.Over(until(b, at(20), time.Minute))
	require.NoError(t, err)
	require.Len(t, ranges, 2)
	for i, want := range []string{"9 [9, 9]", "3 [3, 3]"} {
		most, ok := ranges[i].Max()
		assert.True(t, ok)
		assert.Equal(t, want, fmt.Sprintf("%g [%g, %g]", most.Value, most.Lo, most.Hi))
	}
	facts, err := fact.At(b.Snapshot(at(20)))
	require.NoError(t, err)
	require.Len(t, facts, 1)
	assert.Equal(t, 3.0, value(facts[0]), "it changed last")
}

// A scrape of a known process in which lines come and go moves nobody, so the addresses are not gathered anew; what may
// move somebody gathers them.
func TestWhoStaysIsNotSoughtAgain(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.counter(aggregate.View{Select: "c"})
	moves := func(change func()) bool {
		before := b.Moves()
		change()
		return b.Moves() != before
	}
	answers := func(seconds float64) (int, int) {
		c := b.Snapshot(at(seconds)).Coverage()
		return c.Reporting, c.Expected
	}
	b.scrape("a", 2000, 1000, typeC, "c 1")
	b.scrape("b", 2000, 1100, typeC, "c 1")
	assert.False(t, moves(func() { b.scrape("a", 2010, 1000, typeC, "c 1", `c{x="1"} 1`) }), "a line came")
	assert.False(t, moves(func() { b.scrape("a", 2020, 1000, typeC, "c 1") }), "a line went")
	reporting, expected := answers(2020)
	assert.Equal(t, [2]int{2, 2}, [2]int{reporting, expected})
	assert.True(t, moves(func() { b.scrape("c", 2030, 1200, typeC, "c 1", `c{x="1"} 1`) }), "a new instance")
	reporting, expected = answers(2030)
	assert.Equal(t, [2]int{3, 3}, [2]int{reporting, expected})
	assert.True(t, moves(func() { b.scrape("a", 2040, 2035, typeC, "c 1", `c{x="2"} 1`) }), "another process")
	assert.True(t, moves(func() { b.fail("d", at(2040), errors.New("refused")) }), "an address that was never tried")
	assert.True(t, moves(func() {
		list := []aggregate.Target{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}
		require.NoError(t, b.SetTargets(at(2040), list...))
	}), "others are expected")
	reporting, expected = answers(2040)
	assert.Equal(t, [2]int{3, 4}, [2]int{reporting, expected})
}
