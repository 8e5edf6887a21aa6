package aggregate_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/parse"
)

// A restart in the middle: each process' own growth, and no more.
func TestRestartCountsEachProcess(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	b.scrape("a", 0, -100, typeC, "c 1000")
	b.scrape("a", 10, -100, typeC, "c 1010")
	r := b.scrape("a", 20, 15, typeC, "c 5")
	assert.True(t, r.Restarted)
	assert.Equal(t, 2, r.Incarnation)
	g := b.one(v, 20, time.Minute)
	a, ok := g.Increase()
	require.True(t, ok)
	assert.Equal(t, 15.0, a.Value)
	assert.Equal(t, 15.0, a.Lo)
	assert.True(t, math.IsInf(a.Hi, 1), "what grew before the end is lost")
	// 10 s before, 5 s after: the time between the last scrape and the start was not observed.
	m := g.Increases()[0]
	assert.Equal(t, 15*time.Second, m.Covers)
	assert.Equal(t, 1.0, g.Rates()[0].Estimate.Value)
	assert.Equal(t, 1, g.Coverage().Reset)
	assert.Contains(t, strings.Join(g.Warnings(), "\n"), "1 series reset by a restart")
}

// A masked reset: the new process counts more than the old one did. Another
// series of the family fell, so the whole family began anew.
func TestMaskedResetIsJoint(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c", By: []string{"x"}})
	b.scrape("a", 0, -100, typeC, `c{x="1"} 1000`, `c{x="2"} 5`)
	b.scrape("a", 10, 5, typeC, `c{x="1"} 7`, `c{x="2"} 9`)
	groups, err := v.In(until(b, at(10), time.Minute))
	require.NoError(t, err)
	assert.Equal(t, 7.0, grew(groups[0]))
	assert.Equal(t, 9.0, grew(groups[1]), "not 4: it restarted with its family")
}

// What counts something that outlives the process goes on.
func TestNetworkNamespaceOutlivesTheProcess(t *testing.T) {
	const m = "process_network_receive_bytes_total"
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: m})
	own := b.counter(aggregate.View{Select: "c"})
	b.scrape("a", 0, -100, "# TYPE "+m+" counter", m+" 2311950201", typeC, "c 50")
	b.scrape("a", 10, 5, "# TYPE "+m+" counter", m+" 2457692378", typeC, "c 3")
	assert.Equal(t, 145742177.0, grew(b.one(v, 10, time.Minute)))
	assert.Equal(t, 3.0, grew(b.one(own, 10, time.Minute)))
}

func TestFirstScrapeIsABaseline(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	b.scrape("a", 0, 0, typeC, "c 1000")
	g := b.one(v, 0, time.Minute)
	_, ok := g.Increase()
	assert.False(t, ok)
	_, ok = g.Rate()
	assert.False(t, ok, "one scrape and no start: no rate")
}

// One scrape of a process that was born ten seconds ago: 5/s.
func TestKnownBirthHasARate(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-60)})
	v := b.counter(aggregate.View{Select: "c", Owner: counter.Process})
	b.scrape("a", 0, -10, typeC, "c 50")
	g := b.one(v, 0, time.Minute)
	assert.Equal(t, 50.0, grew(g))
	now, ok := g.RateNow()
	require.True(t, ok)
	assert.Equal(t, 5.0, now.Value)
}

func TestSeriesBornByAbsence(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	counted := b.counter(aggregate.View{Select: "c", By: []string{"x"}})
	bounded := b.counter(aggregate.View{Select: "c", By: []string{"x"}, BoundBirths: true})
	many := []string{typeC}
	for i := range 20 {
		many = append(many, fmt.Sprintf(`c{x="%02d"} 1`, i))
	}
	b.scrape("a", 0, -100, many...)
	r := b.scrape("a", 10, -100, append(many, `c{x="new"} 7`)...)
	assert.Equal(t, 1, r.Came)
	last := func(v *aggregate.CounterView) promfold.Estimate {
		groups, err := v.In(until(b, at(10), time.Minute))
		require.NoError(t, err)
		a, ok := groups[len(groups)-1].Increase()
		require.True(t, ok)
		return a
	}
	assert.Equal(t, promfold.Estimate{Value: 7, Lo: 0, Hi: 7}, last(counted))
	assert.Equal(t, promfold.Estimate{Value: 0, Lo: 0, Hi: 7}, last(bounded))
}

// When a good part of the body vanished just now, absence proves no birth.
func TestChurnProvesNoBirth(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c", By: []string{"x"}})
	b.scrape("a", 0, -100, typeC, `c{x="1"} 1`, `c{x="3"} 1`, `c{x="4"} 1`)
	b.scrape("a", 10, -100, typeC, `c{x="1"} 1`)
	b.scrape("a", 20, -100, typeC, `c{x="1"} 1`, `c{x="2"} 500`)
	groups, err := v.In(until(b, at(20), time.Minute))
	require.NoError(t, err)
	a, ok := groups[1].Increase()
	require.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: 0, Lo: 0, Hi: 500}, a)
}

// A series that was away comes back: the difference, never a birth.
func TestReturnedSeries(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c", By: []string{"x"}})
	filler := []string{typeC}
	for i := range 30 {
		filler = append(filler, fmt.Sprintf(`c{x="%02d"} 1`, i))
	}
	b.scrape("a", 0, -100, append(filler, `c{x="z"} 100`)...)
	b.scrape("a", 10, -100, filler...)
	b.scrape("a", 20, -100, append(filler, `c{x="z"} 130`)...)
	groups, err := v.In(until(b, at(20), time.Minute))
	require.NoError(t, err)
	assert.Equal(t, 30.0, grew(groups[len(groups)-1]))
}

func TestJitterIsNoReset(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	byVerb := b.counter(aggregate.View{Select: "c", By: []string{"x"}}) // held baselines are shared by views
	for i, x := range []string{"100", "99.95", "99.95", "100.5"} {
		b.scrape("a", float64(10*i), -100, typeC, "c "+x)
	}
	assert.Equal(t, 0.5, grew(b.one(v, 30, time.Minute)))
	assert.Equal(t, 0.5, grew(b.one(byVerb, 30, time.Minute)))
}

func TestNaNGap(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	for i, x := range []string{"100", "NaN", "NaN", "130"} {
		b.scrape("a", float64(10*i), -100, typeC, "c "+x)
	}
	assert.Equal(t, 30.0, grew(b.one(v, 30, time.Minute)))
}

// The vector of VictoriaMetrics: 1.32, 4.34, 2 is 5.02.
func TestVictoriaMetricsVector(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	for i, x := range []string{"1.32", "4.34", "2"} {
		b.scrape("a", float64(10*i), 0, typeC, "c "+x)
	}
	assert.InDelta(t, 5.02, grew(b.one(v, 20, time.Minute)), 1e-15)
}

// Exact where floating-point sums cancel: 1e16, 1e16+2, 5 is 7, not 6.
func TestNoCancellation(t *testing.T) {
	for _, x := range []struct {
		points []string
		want   float64
	}{
		{[]string{"1e16", "10000000000000002", "5"}, 7},
		{[]string{"1e17", "100000000000000016", "5"}, 21},
	} {
		b := newBed(t, aggregate.Config{})
		v := b.counter(aggregate.View{Select: "c"})
		for i, p := range x.points {
			b.scrape("a", float64(10*i), 0, typeC, "c "+p)
		}
		assert.Equal(t, x.want, grew(b.one(v, 20, time.Minute)))
	}
}

func TestAcceptance(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	b.scrape("a", 0, 0, typeC, "c 1")
	b.scrape("a", 10, 0, typeC, "c 5")
	assert.True(t, b.scrape("a", 10, 0, typeC, "c 5").Duplicate)

	_, err := b.Ingest(scrapeOf("a", 10, 0, typeC, "c 6"))
	assert.ErrorIs(t, err, aggregate.ErrConflict)
	assert.EqualError(t, err, "scrape of a at 2023-11-14T22:13:30Z: another body was accepted for the same time")
	_, err = b.Ingest(scrapeOf("a", 5, 0, typeC, "c 3"))
	assert.ErrorIs(t, err, aggregate.ErrLate)

	_, err = b.Ingest(aggregate.Scrape{Target: "a", Time: at(20), Body: []byte("c 7\nc{ 8\n")})
	var pe *parse.Error
	require.ErrorAs(t, err, &pe)
	assert.Equal(t, 2, pe.Line)
	_, err = b.Ingest(aggregate.Scrape{Target: "new", Time: at(20), Body: []byte("<html>\n")})
	require.ErrorAs(t, err, &pe)
	assert.Equal(t, 4.0, grew(b.one(v, 20, time.Minute)))
	assert.Len(t, b.Snapshot(at(20)).Instances(), 1)
}

func TestQuestionsThatHaveNoAnswer(t *testing.T) {
	b := newBed(t, aggregate.Config{Window: time.Minute})
	v := b.counter(aggregate.View{Select: "c"})
	b.scrape("a", 10, 0, typeC, "c 1")
	_, err := v.In(until(b, at(10), 2*time.Minute))
	assert.ErrorIs(t, err, aggregate.ErrWindow)
	_, err = v.In(until(b, at(10), 0))
	assert.Error(t, err)
}

// An earlier start is another process, and no reset: a baseline.
func TestEarlierStartIsAnotherInstance(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	b.scrape("a", 0, -100, typeC, "c 10")
	b.scrape("a", 10, -100, typeC, "c 20")
	r := b.scrape("a", 20, -500, typeC, "c 9000")
	assert.Equal(t, "another instance answered", strings.Join(r.Warnings, ""))
	assert.Equal(t, 10.0, grew(b.one(v, 20, time.Minute)))
	b.scrape("a", 30, -500, typeC, "c 9007")
	assert.Equal(t, 17.0, grew(b.one(v, 30, time.Minute)))
}

// A step belongs to the window that holds its end: adjacent windows add up.
func TestWindowsHoldTheStepsThatEndInThem(t *testing.T) {
	b := newBed(t, aggregate.Config{Window: 5 * time.Minute}.WithCheckpoints(60))
	v := b.counter(aggregate.View{Select: "c"})
	total := 0
	for i := range 31 {
		total += i
		b.scrape("a", float64(10*i), 0, typeC, fmt.Sprintf("c %d", total))
	}
	want := func(seconds int) (sum float64) {
		for i := 30; i > 30-seconds/10; i-- {
			sum += float64(i)
		}
		return sum
	}
	for _, s := range []int{10, 20, 50, 100, 300} {
		g := b.one(v, 300, time.Duration(s)*time.Second)
		assert.Equal(t, want(s), grew(g), "%d s", s)
		assert.Equal(t, time.Duration(s)*time.Second, g.Increases()[0].Covers)
	}
	// 295 s back lies inside a step, whose end counts.
	g := b.one(v, 300, 295*time.Second)
	assert.Equal(t, 300*time.Second, g.Increases()[0].Covers)
}

// Steps closer together than Window/Checkpoints are kept as one: the answer
// covers a little more, and says so.
func TestCheckpointsBoundTheMemory(t *testing.T) {
	b := newBed(t, aggregate.Config{Window: 2 * time.Minute}.WithCheckpoints(4))
	v := b.counter(aggregate.View{Select: "c"})
	for i := range 400 {
		b.scrape("a", float64(i), 0, typeC, fmt.Sprintf("c %d", i))
	}
	g := b.one(v, 399, 2*time.Minute)
	m := g.Increases()[0]
	assert.Equal(t, m.Covers.Seconds(), grew(g))
	assert.GreaterOrEqual(t, m.Covers, 2*time.Minute)
	assert.LessOrEqual(t, m.Covers, 150*time.Second)
	assert.Equal(t, 1.0, g.Rates()[0].Estimate.Value)
	ledger := b.one(v, 399, sinceStart)
	assert.Equal(t, 399.0, grew(ledger))
}

// Ten instances at 100/s, replaced one after the other: the fleet's rate stays
// 1000, where adding increases and dividing by a time says up to 1900.
func TestRollingDeploy(t *testing.T) {
	b := newBed(t, aggregate.Config{Window: 5 * time.Minute, Since: t0}.WithCheckpoints(40))
	v := b.counter(aggregate.View{Select: "c"})
	start := func(pod int) float64 { // the first ten are older than the fleet
		if pod < 10 {
			return -1000
		}
		return 30 * float64(pod-9)
	}
	end := func(pod int) float64 { return start(pod%10+10) + 300*float64(pod/10) }
	for s := range 301 {
		for pod := range 20 {
			if phase := 15 * float64(pod*7%15) / 15; math.Mod(float64(s), 15) != phase {
				continue
			}
			if now := float64(s); now >= max(0, start(pod)) && now < end(pod) {
				b.scrape(fmt.Sprintf("pod-%02d", pod), now, start(pod), typeC, fmt.Sprintf("c %.0f", 100*(now-start(pod))))
			}
		}
	}
	for pod := range 10 {
		b.Remove(at(300), fmt.Sprintf("pod-%02d", pod))
	}
	assert.InDelta(t, 1000, rate(t, b.one(v, 300, 5*time.Minute)), 10)
}

func TestTypesThatLie(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	strict := b.counter(aggregate.View{Select: "etcd_bookmark_counts"})
	told := b.counter(aggregate.View{Select: "etcd_bookmark_counts", Type: "counter"})
	b.scrape("a", 0, 0, "# TYPE etcd_bookmark_counts gauge", "etcd_bookmark_counts 5")
	b.scrape("a", 10, 0, "# TYPE etcd_bookmark_counts gauge", "etcd_bookmark_counts 8")
	groups, err := strict.In(until(b, at(10), time.Minute))
	require.NoError(t, err)
	_, ok := groups[0].Increase()
	assert.False(t, ok)
	s := strict.Status(b.Snapshot(t0))
	assert.Equal(t, []string{"a"}, s.Excluded)
	assert.Contains(t, s.String(), "another type")
	assert.Equal(t, 3.0, grew(b.one(told, 10, time.Minute)))
}

func TestStatusTellsSilenceApart(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	typo := b.counter(aggregate.View{Select: "cc"})
	selects := b.counter(aggregate.View{Select: `c{x="no"}`})
	assert.Equal(t, "nothing scraped yet", typo.Status(b.Snapshot(t0)).String())
	b.scrape("a", 0, 0, typeC, `c{x="yes"} 5`)
	assert.Equal(t, "no instance exposes the metric", typo.Status(b.Snapshot(t0)).String())
	assert.Equal(t, "the metric is there, but no series is selected", selects.Status(b.Snapshot(t0)).String())
}

// Exposing counts the instances that expose the metric now, not those that did once.
func TestStatusExposingNow(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	selected := b.counter(aggregate.View{Select: "c"})
	unselected := b.counter(aggregate.View{Select: `c{x="no"}`})
	asGauge := b.gauge(aggregate.View{Select: "c"})
	const other, c, again = "d 1", `c{x="yes"} 5`, `c{x="yes"} 6` // the second of duplicates does not count
	for i, x := range []struct {
		lines    []string
		exposing int
	}{
		{[]string{typeC, c, other}, 1},
		{[]string{typeC, c, again, other}, 1},
		{[]string{typeC, c, again}, 1},
		{[]string{typeC, c}, 1},
		{[]string{other}, 0},
		{[]string{typeC, `c{x="other"} 5`}, 1},
		{[]string{typeC, other}, 0},
	} {
		b.scrape("a", float64(10*i), -100, x.lines...)
		for _, s := range b.Snapshot(at(float64(10 * i))).Health().Views {
			assert.Equal(t, x.exposing, s.Exposing, "%s, scrape %d", s.View, i)
		}
		s := b.Snapshot(at(float64(10 * i)))
		for j, status := range []aggregate.Status{selected.Status(s), unselected.Status(s), asGauge.Status(s)} {
			assert.Equal(t, x.exposing, status.Exposing, "view %d, scrape %d", j, i)
		}
	}
}

func TestTargetLabelsGroupAndSelect(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c", By: []string{"zone", "x"}})
	only := b.counter(aggregate.View{Select: `c{zone="north"}`})
	for i := range 2 {
		for _, zone := range []string{"north", "south"} {
			b.describe(aggregate.Target{Name: zone, Labels: labels.FromStrings("zone", zone, "rack", "r")})
			b.scrape(zone, float64(10*i), 0, typeC, fmt.Sprintf(`c{x="1",zone="body's"} %d`, 10*i))
		}
	}
	groups, err := v.In(until(b, at(10), time.Minute))
	require.NoError(t, err)
	require.Len(t, groups, 2)
	for i, zone := range []string{"north", "south"} {
		assert.Equal(t, labels.FromStrings("x", "1", "zone", zone), groups[i].Labels())
		require.Len(t, groups[i].Increases(), 1)
		assert.Equal(t, 10.0, grew(groups[i]))
	}
	assert.Equal(t, 10.0, grew(b.one(only, 10, time.Minute)))
}

func TestViewDeclaredLate(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.scrape("a", 0, -100, typeC, "c 100")
	b.scrape("a", 10, -100, typeC, "c 110")
	v := b.counter(aggregate.View{Select: "c"})
	b.scrape("a", 20, -100, typeC, "c 125")
	g := b.one(v, 20, time.Minute)
	assert.Equal(t, 15.0, grew(g))
	assert.Equal(t, 10*time.Second, g.Increases()[0].Covers)
	m := g.Rates()[0]
	assert.Equal(t, 1.5, m.Estimate.Value/m.Weight)
}

func TestMemoryLimit(t *testing.T) {
	few := func(b bed) *aggregate.CounterView {
		v := b.counter(aggregate.View{Select: "c", By: []string{"x"}})
		b.scrape("a", 0, 0, typeC, `c{x="1"} 1`)
		return v
	}
	most := roomFor(t, func(b bed) { few(b) }) + 200_000
	b := newBed(t, aggregate.Config{MaxBytes: most})
	v := few(b)
	lines := []string{typeC}
	for i := range 1000 {
		lines = append(lines, fmt.Sprintf(`c{x="%d"} 5`, i))
	}
	_, err := b.Ingest(scrapeOf("a", 10, 0, lines...))
	require.ErrorIs(t, err, aggregate.ErrLimit)
	assert.ErrorContains(t, err, fmt.Sprintf("limit of Config reached: bytes held: at most %d, needed ", most-most/8))
	b.scrape("a", 10, 0, typeC, `c{x="1"} 4`)
	groups, err := v.In(until(b, at(10), time.Minute))
	require.NoError(t, err)
	require.Len(t, groups, 1, "nothing of the refused scrape is there")
	assert.Equal(t, 3.0, grew(groups[0]))
	_, err = b.Counter(aggregate.View{Select: "c", By: []string{"y"}})
	assert.NoError(t, err)
}

func TestInstanceLimit(t *testing.T) {
	b := newBed(t, aggregate.Config{MaxInstances: 1})
	b.scrape("a", 0, 0, typeC, "c 1")
	_, err := b.Ingest(scrapeOf("b", 0, 0, typeC, "c 1"))
	require.ErrorIs(t, err, aggregate.ErrLimit)
	assert.ErrorContains(t, err, "instances: at most 1, needed 2")
}

// Behind a balancer, too, where a process that was not met before is an instance; who departed makes room.
func TestInstanceLimitBehindABalancer(t *testing.T) {
	b := newBed(t, aggregate.Config{MaxInstances: 2})
	v := b.counter(aggregate.View{Select: "c"})
	b.describe(aggregate.Target{Name: "lb", Balanced: true, Expected: 2})
	b.scrape("lb", 0, -100, typeC, "c 1")
	b.scrape("lb", 1, -200, typeC, "c 10")
	before := saved(t, b.Fleet)
	_, err := b.Ingest(scrapeOf("lb", 2, -300, typeC, "c 100"))
	require.ErrorIs(t, err, aggregate.ErrLimit)
	assert.ErrorContains(t, err, "instances: at most 2, needed 3")
	assert.Equal(t, before, saved(t, b.Fleet), "a refused scrape changed something")
	b.scrape("lb", 3, -200, typeC, "c 14")
	assert.Equal(t, 4.0, grew(b.one(v, 3, sinceStart)))
	for i := range 9000 / 15 {
		b.scrape("lb", 15+float64(15*i), -200, typeC, fmt.Sprint("c ", 15+i))
	}
	b.scrape("lb", 9100, 9050, typeC, "c 100")
	assert.Equal(t, 2, b.Snapshot(at(9100)).Health().Instances)
}

func TestCoverage(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.expect("a", "b", "c")
	v := b.counter(aggregate.View{Select: "c"})
	b.scrape("a", 0, 0, typeC, "c 1")
	b.scrape("b", 0, 0, typeC, "c 1")
	b.fail("c", at(0), errors.New("refused"))
	b.scrape("a", 300, 0, typeC, "c 2")
	assert.Equal(t, aggregate.Coverage{Expected: 3, Missing: 2, Reporting: 1, Stale: 1, Failed: 1}, b.one(v, 300, time.Minute).Coverage())
	b.Remove(at(300), "b")
	assert.Equal(t, aggregate.Coverage{Expected: 2, Missing: 1, Reporting: 1, Failed: 1}, b.one(v, 300, time.Minute).Coverage())
}

// A series that stands twice in a body counts once, also for a view that is
// declared when the body has been read.
func TestSeriesThatStandsTwice(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	early := b.counter(aggregate.View{Select: "c"})
	for i := range 4 {
		if i == 2 {
			late := b.counter(aggregate.View{Select: "c"})
			defer func() { assert.Equal(t, 20.0, grew(b.one(late, 30, time.Minute))) }()
		}
		b.scrape("a", float64(10*i), -100, typeC, fmt.Sprintf("c %d", 10*i), fmt.Sprintf("c %d", 10*i))
	}
	assert.Equal(t, 30.0, grew(b.one(early, 30, time.Minute)))
}
