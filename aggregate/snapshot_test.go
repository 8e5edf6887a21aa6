package aggregate_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// looked is a fleet with a view of each kind.
type looked struct {
	bed
	requests *aggregate.CounterView
	latency  *aggregate.HistogramView
	ratio    *aggregate.RatioView
	gauges   []*aggregate.GaugeView
	all      *aggregate.EverythingView
}

func newLooked(t T) looked {
	b := newBed(t, aggregate.Config{Since: at(-1), Window: time.Hour}.WithCheckpoints(400))
	l := looked{bed: b}
	l.requests = b.counter(aggregate.View{Select: "requests_total", By: []string{"code"}, Owner: counter.Process})
	l.latency = b.histogram(aggregate.View{Select: "latency", Owner: counter.Process})
	for _, v := range []aggregate.View{
		{Select: "inflight", Combine: aggregate.Sum}, {Select: "inflight", Combine: aggregate.Consensus}, {Select: "inflight", Combine: aggregate.Distinct},
		{Select: "inflight", Limit: "process_start_time_seconds", Combine: aggregate.Max},
		{Select: "inflight", Combine: aggregate.Leader, Leader: "leads"},
	} {
		l.gauges = append(l.gauges, b.gauge(v))
	}
	var err error
	l.ratio, err = b.Ratio(aggregate.View{Select: `requests_total{code="500"}`}, aggregate.View{Select: "requests_total"})
	require.NoError(t, err)
	l.all, err = b.Everything(aggregate.View{Select: `{__name__=~".+",__name__!="ballast"}`, ByAllLabels: true, Combine: aggregate.Sum})
	require.NoError(t, err)
	return l
}

// answers are all that the views say of a snapshot. The first error ends them.
func (l looked) answers(s aggregate.Snapshot) (string, error) {
	var b strings.Builder
	var errs error
	note := func(g aggregate.Group, err error, more ...any) {
		errs = errors.Join(errs, err)
		if err == nil {
			fmt.Fprintln(&b, g.Explain(), g.Coverage(), g.Warnings(), fmt.Sprint(more...))
		}
	}
	for _, w := range []aggregate.Window{s.SinceStart(), s.Last(30 * time.Second), s.Last(100 * time.Second)} {
		groups, err := l.requests.In(w)
		errs = errors.Join(errs, err)
		for _, g := range groups {
			note(g, nil, g.Rates(), g.Increases(), g.Events())
		}
		h, err := l.latency.One(w)
		if err == nil {
			q, _ := h.Quantile(0.9)
			sum, _ := h.Sum()
			note(h, nil, q, sum)
		}
		errs = errors.Join(errs, err)
		r, err := l.ratio.One(w)
		note(r, err)
	}
	for _, v := range l.gauges {
		g, err := v.One(s)
		note(g, err)
	}
	for _, f := range l.all.Families(s) {
		if f.Type != "counter" && f.Type != "histogram" { // totals never fall: an older one may be gone
			fmt.Fprintln(&b, f.Name, f.Series, f.LeftOut, f.Why)
		}
	}
	fmt.Fprintln(&b, s.Coverage(), s.Instances())
	return b.String(), errs
}

// Whatever happens between two questions, the answers of one snapshot are the
// same; when somebody looked again in between, they may be refused, but are
// never others.
func TestSnapshotsAgree(t *testing.T) {
	t.Run("told later to be gone", func(t *testing.T) { snapshotsAgree(t, 0x268, 4, 10) })
	rapid.Check(t, func(rt *rapid.T) {
		seed, rounds := rapid.Uint64().Draw(rt, "seed"), rapid.IntRange(3, 12).Draw(rt, "rounds")
		snapshotsAgree(rt, seed, rapid.IntRange(1, 4).Draw(rt, "instances"), rounds)
	})
}

// snapshotsAgree asks a snapshot again while scrapes, failures and removals come in.
func snapshotsAgree(t T, seed uint64, instances, rounds int) {
	r := rand.New(rand.NewPCG(seed, 31))
	list, _, _ := simulate(r, instances, rounds)
	for i := range list { // an election, a limit, and a series without a type
		list[i].Body = append(list[i].Body, fmt.Sprintf("# TYPE leads gauge\nleads{name=\"e\"} %d\nloose %d\n", r.IntN(2), r.IntN(9))...)
	}
	l := newLooked(t)
	for i, sc := range list {
		_, err := l.Ingest(sc)
		require.NoError(t, err)
		if r.IntN(4) > 0 {
			continue
		}
		s := l.Snapshot(sc.Time.Add(time.Duration(r.IntN(20)-5) * time.Second))
		want, err := l.answers(s)
		require.NoError(t, err)
		again := false
		for _, next := range list[i+1 : min(len(list), i+1+r.IntN(8))] {
			switch r.IntN(8) {
			case 0:
				l.fail(next.Target, next.Time, errRefused)
			case 1:
				l.Remove(next.Time.Add(-time.Second), next.Target)
			case 2:
				l.describe(aggregate.Target{Name: next.Target, Labels: labels.FromStrings("zone", fmt.Sprint(r.IntN(3)))})
			case 3:
				again = again || r.IntN(2) == 0
				if again {
					_, err := l.answers(l.Snapshot(next.Time))
					require.NoError(t, err)
				}
			}
			_, _ = l.Ingest(next)
			got, err := l.answers(s)
			if err != nil {
				require.True(t, again, "nobody looked since: %v", err)
				require.ErrorIs(t, err, aggregate.ErrWindow)
				continue
			}
			require.Equal(t, want, got)
		}
		return
	}
}

// A snapshot answers until an instance changes after a later one was taken.
func TestSnapshotsEnd(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	scrape := func(i int) { b.scrape("a", float64(10*i), -100, typeC, fmt.Sprint("c ", 5*i)) }
	scrape(0)
	scrape(1)
	s := b.Snapshot(at(10))
	for i := 2; i < 6; i++ {
		scrape(i)
		g, err := v.One(s.Last(time.Minute))
		require.NoError(t, err)
		assert.Equal(t, 5.0, grew(g), "nobody else looked")
	}
	assert.Equal(t, at(10), s.Time())
	late := b.Snapshot(at(50))
	g, err := v.One(s.Last(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, 5.0, grew(g), "nothing changed since the later one")
	scrape(6)
	_, err = v.One(s.Last(time.Minute))
	require.ErrorIs(t, err, aggregate.ErrWindow)
	assert.ErrorContains(t, err, "a changed since a later snapshot was taken")
	g, err = v.One(late.Last(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, 25.0, grew(g))

	w := b.counter(aggregate.View{Select: "c"})
	_, err = w.One(late.Last(time.Minute))
	require.ErrorIs(t, err, aggregate.ErrWindow)
	assert.ErrorContains(t, err, "declared after the snapshot")
}

// The rows of a window's beginning may be gone, too: then there is no answer
// rather than a shorter one.
func TestSnapshotOutlivesItsRows(t *testing.T) {
	b := newBed(t, aggregate.Config{Window: time.Minute}.WithCheckpoints(4))
	v := b.counter(aggregate.View{Select: "c"})
	for i := range 10 {
		b.scrape("a", float64(15*i), -100, typeC, fmt.Sprint("c ", i))
	}
	s := b.Snapshot(at(135))
	refused := 0
	for i := 10; i < 20; i++ {
		b.scrape("a", float64(15*i), -100, typeC, fmt.Sprint("c ", i))
		g, err := v.One(s.Last(time.Minute))
		if err != nil {
			require.ErrorIs(t, err, aggregate.ErrWindow)
			refused++
			continue
		}
		require.Equal(t, 4.0, grew(g))
		require.Zero(t, refused)
	}
	assert.Greater(t, refused, 5)
	g, err := v.One(s.SinceStart())
	require.NoError(t, err)
	assert.Equal(t, 9.0, grew(g), "totals need no rows")
}

// A question a little before the newest scrape is one as of that scrape.
func TestSnapshotBehindTheNewestScrape(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	b.scrape("a", 0, -100, typeC, "c 1")
	b.scrape("a", 10, -100, typeC, "c 4")
	s := b.Snapshot(at(8))
	assert.Equal(t, at(10), s.Time())
	g, err := v.One(s.Last(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, 3.0, grew(g))
	w := s.Last(time.Minute)
	assert.Equal(t, at(0), w.Start(), "nothing is known of what was before")
	assert.Equal(t, at(10), w.End())
	assert.Equal(t, at(4), s.Last(6*time.Second).Start())
	assert.Equal(t, at(0), s.SinceStart().Start())
}

// A scrape that is stamped far ahead of all others waits outside.
func TestScrapeAheadOfTime(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v, sum := b.counter(aggregate.View{Select: "c"}), b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum})
	scrape := func(name string, seconds float64, n int) {
		b.scrape(name, seconds, -100, typeC, fmt.Sprint("c ", n), typeG, fmt.Sprint("g ", n))
	}
	for i := range 3 {
		for _, name := range []string{"a", "b", "c"} {
			scrape(name, float64(10*i), i)
		}
	}
	scrape("c", 3600, 1000)
	for range 2 {
		s := b.Snapshot(at(22))
		assert.Equal(t, at(22), s.Time())
		g, err := v.One(s.Last(time.Minute))
		require.NoError(t, err)
		assert.Equal(t, 6.0, grew(g), "what c said before counts")
		assert.Contains(t, g.Warnings(), "c: a scrape stamped 59m38s after all others is left out until then")
		x, err := sum.One(s)
		require.NoError(t, err)
		assert.Equal(t, 6.0, value(x))
		assert.Equal(t, 3, s.Coverage().Reporting)
	}
	scrape("c", 3610, 1001) // and once more: what it said before is forgotten
	s := b.Snapshot(at(25))
	g, err := v.One(s.Last(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, 4.0, grew(g))
	assert.Equal(t, aggregate.Coverage{Expected: 3, Missing: 1, Reporting: 2}, s.Coverage())

	scrape("a", 3605, 7) // time reaches it
	g, err = v.One(b.Snapshot(at(25)).SinceStart())
	require.NoError(t, err)
	assert.Equal(t, 1001.0+7+2, grew(g))
	assert.NotContains(t, strings.Join(g.Warnings(), ""), "left out")

	// A little ahead is believed, and so is a target that is alone.
	b = newBed(t, aggregate.Config{})
	b.scrape("a", 0, 0, typeC, "c 1")
	b.scrape("b", 60, 0, typeC, "c 1")
	assert.Equal(t, at(60), b.Snapshot(at(0)).Time())
	b.scrape("b", 61, 0, typeC, "c 1")
	assert.Equal(t, at(0), b.Snapshot(at(0)).Time())
	assert.Equal(t, at(61), b.Snapshot(at(1)).Time())
	b.Remove(at(0), "a")
	b.scrape("b", 9000, 0, typeC, "c 1")
	assert.Equal(t, at(9000), b.Snapshot(at(0)).Time())
}

// A balancer's scrapes are one target's: a pair of them ahead waits outside.
func TestBalancerAheadOfTime(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	v := b.counter(aggregate.View{Select: "c"})
	x, y := &server{-500, 5000}, &server{-600, 900}
	b.scrape("a", 0, -50, typeC, "c 1")
	b.scrape("lb", 1, x.start, x.lines()...)
	b.scrape("lb", 2, y.start, y.lines()...)
	b.scrape("lb", 500, x.start, x.lines()...)
	b.scrape("lb", 510, y.start, y.lines()...)
	s := b.Snapshot(at(5))
	assert.Equal(t, at(5), s.Time())
	g, err := v.One(s.SinceStart())
	require.NoError(t, err)
	assert.Contains(t, strings.Join(g.Warnings(), "\n"), "lb: a scrape stamped ")
}

// What is asked of nothing, or wrongly, is an error, and never a panic.
func TestQuestionsToNothing(t *testing.T) {
	b, other := newBed(t, aggregate.Config{}), newBed(t, aggregate.Config{})
	v, g, h := b.counter(aggregate.View{Select: "c"}), b.gauge(aggregate.View{Select: "g"}), b.histogram(aggregate.View{Select: "h"})
	grouped := b.counter(aggregate.View{Select: "c", By: []string{"x"}})
	var none aggregate.Snapshot
	for name, s := range map[string]aggregate.Snapshot{
		"zero": none, "zero time": b.Snapshot(time.Time{}), "another fleet's": other.Snapshot(at(0)),
		"too much": b.Snapshot(at(0)).AtLeast(1.5), "nil": b.Snapshot(at(0)).Only(nil),
	} {
		for _, w := range []aggregate.Window{s.SinceStart(), s.Last(time.Minute), {}} {
			_, err := v.In(w)
			assert.Error(t, err, name)
			_, err = h.One(w)
			assert.Error(t, err, name)
			w.Start()
			w.End()
		}
		_, err := g.At(s)
		assert.Error(t, err, name)
		assert.Empty(t, v.Totals(s), name)
		assert.Empty(t, h.Totals(s), name)
		if name != "another fleet's" {
			assert.Zero(t, s.Coverage(), name)
			assert.Empty(t, s.Instances(), name)
		}
		assert.Zero(t, v.Status(s), name)
	}
	_, err := v.In(other.Snapshot(at(0)).SinceStart())
	assert.ErrorIs(t, err, aggregate.ErrIncompatible)
	s := b.Snapshot(at(0))
	_, err = v.In(s.Last(-time.Second))
	assert.Error(t, err)
	_, err = grouped.One(s.SinceStart())
	assert.ErrorContains(t, err, "c by (x)")
	for _, err := range []error{
		second((*aggregate.CounterView)(nil).In(s.SinceStart())), second((&aggregate.CounterView{}).One(s.SinceStart())),
		second((*aggregate.GaugeView)(nil).At(s)), second((&aggregate.GaugeView{}).One(s)),
		second((*aggregate.HistogramView)(nil).In(s.SinceStart())), second((&aggregate.HistogramView{}).One(s.SinceStart())),
		second((&aggregate.RatioView{}).One(s.SinceStart())),
	} {
		assert.Error(t, err)
	}
	assert.Nil(t, (*aggregate.EverythingView)(nil).Families(s))
	assert.Nil(t, (&aggregate.EverythingView{}).Families(s))
	assert.Nil(t, (&aggregate.CounterView{}).Totals(s))
	assert.Zero(t, (&aggregate.GaugeView{}).Status(s))
}

func second[T any](_ T, err error) error { return err }
