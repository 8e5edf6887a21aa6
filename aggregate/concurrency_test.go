package aggregate_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// Instances are scraped in parallel while questions are asked and views are
// declared; the totals are those of any order.
func TestConcurrentUse(t *testing.T) {
	const instances, rounds = 6, 40
	b := newBed(t, aggregate.Config{Window: time.Hour})
	v := b.counter(aggregate.View{Select: "c", By: []string{"x"}})
	var ingest, questions sync.WaitGroup
	for i := range instances {
		ingest.Go(func() {
			for round := range rounds {
				lines := []string{typeC}
				for x := range 10 + round/10 { // now and then a line more
					lines = append(lines, fmt.Sprintf(`c{x="%d"} %d`, x, round*(x+1)))
				}
				_, err := b.Ingest(scrapeOf(fmt.Sprintf("i%d", i), float64(round), -100, lines...))
				assert.NoError(t, err)
			}
		})
	}
	done := make(chan struct{})
	questions.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			groups, err := v.In(until(b, at(rounds), time.Hour))
			assert.NoError(t, err)
			for _, g := range groups {
				// One snapshot: the total is that of the members.
				total := 0.0
				for _, m := range g.Increases() {
					total += m.Estimate.Value
				}
				assert.Equal(t, total, grew(g))
			}
			b.Snapshot(at(rounds)).Instances()
			v.Status(b.Snapshot(t0))
			b.fail("elsewhere", at(float64(n)), nil)
			if n < 3 {
				_, err := b.Counter(aggregate.View{Select: "c"})
				assert.NoError(t, err)
			}
		}
	})
	ingest.Wait()
	close(done)
	questions.Wait()
	groups, err := v.In(until(b, at(rounds), sinceStart))
	require.NoError(t, err)
	require.Len(t, groups, 13)
	for x := range 10 {
		assert.Equal(t, float64(instances*(rounds-1)*(x+1)), grew(findGroup(t, groups, fmt.Sprint(x))))
	}
}

func findGroup(t *testing.T, groups []*aggregate.CounterGroup, x string) *aggregate.CounterGroup {
	t.Helper()
	for _, g := range groups {
		if g.Labels().Get("x") == x {
			return g
		}
	}
	t.Fatalf("no group %s", x)
	return nil
}

// A scrape whose lines are those of the one before allocates nothing.
func TestSteadyScrapesDoNotAllocate(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.counter(aggregate.View{Select: "c", By: []string{"x"}})
	_, err := b.Histogram(aggregate.View{Select: "h"})
	require.NoError(t, err)
	_, err = b.Gauge(aggregate.View{Select: "g"})
	require.NoError(t, err)
	var bodies [][]byte
	for i := range 400 {
		var s strings.Builder
		fmt.Fprintln(&s, typeC)
		for x := range 50 {
			fmt.Fprintf(&s, "c{x=\"%d\"} %d\n", x, i*x)
		}
		fmt.Fprintf(&s, "# TYPE h histogram\nh_bucket{le=\"1\"} %d\nh_bucket{le=\"+Inf\"} %d\nh_sum %g\nh_count %d\n", i, 2*i, 0.1*float64(i), 2*i)
		fmt.Fprintf(&s, "# TYPE g gauge\ng %d\n", i)
		bodies = append(bodies, []byte(s.String()))
	}
	n := 0
	observe := func() {
		_, err := b.Ingest(aggregate.Scrape{Target: "a", Time: at(float64(5 * n)), Body: bodies[n]})
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	for range 100 { // until the rings are full
		observe()
	}
	assert.Zero(t, testing.AllocsPerRun(250, observe))
}

// A quarter of the values grow at each scrape, as on a busy server.
func BenchmarkObserve(b *testing.B) {
	const lines = 1000
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(b, err)
	_, err = f.Counter(aggregate.View{Select: "c", By: []string{"x"}})
	require.NoError(b, err)
	var body []byte
	var ends [lines]int
	body = append(body, typeC+"\n"...)
	for x := range lines {
		body = fmt.Appendf(body, "c{id=\"%d\",x=\"%d\",method=\"GET\",resource=\"pods\"} 1%07d\n", x, x%10, x)
		ends[x] = len(body) - 1
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for x := i % 4; x < lines; x += 4 {
			increment(body[:ends[x]])
		}
		_, err := f.Ingest(aggregate.Scrape{Target: "a", Time: at(float64(5 * i)), Body: body})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/line")
}

// increment adds 1 to the number that ends b.
func increment(b []byte) {
	for i := len(b) - 1; ; i-- {
		if b[i]++; b[i] <= '9' {
			return
		}
		b[i] = '0'
	}
}

// twoAndABalancer is a fleet of two processes that are scraped under addresses
// of their own and through the balancer before them.
type twoAndABalancer struct {
	bed
	requests *aggregate.CounterView
}

func newTwoAndABalancer(t *testing.T) twoAndABalancer {
	b := newBed(t, aggregate.Config{Window: time.Hour})
	b.balanced("lb", 2)
	return twoAndABalancer{b, b.counter(aggregate.View{Select: "c"})}
}

// direct and balanced are the scrapes of a round; in each the balancer leads to
// the other process.
func (b twoAndABalancer) direct(i int, round int64) {
	b.observe(fmt.Sprintf("direct-%d", i), float64(round), i, 10*round)
}

func (b twoAndABalancer) balanced(round int64) {
	b.observe("lb", float64(round)+0.5, int(round%2), 10*round+5)
}

func (b twoAndABalancer) observe(target string, seconds float64, i int, grown int64) {
	p := []server{{start: -500, n: 1000}, {start: -900, n: 50_000}}[i]
	p.n += grown
	_, err := b.Ingest(scrapeOf(target, seconds, p.start, p.lines()...))
	if !errors.Is(err, aggregate.ErrLate) { // the balancer's was later, and there first
		assert.NoError(b, err)
	}
}

// check scrapes the addresses once more: whoever was late, the last word is
// theirs. Each process counts once, and nothing is lost but the first round.
func (b twoAndABalancer) check(rounds int64, about ...any) {
	b.direct(0, rounds)
	b.direct(1, rounds)
	g := b.one(b.requests, float64(rounds), sinceStart)
	require.InDelta(b, 2*grown(0, 10*rounds), grew(g), 2*grown(0, 15), about...)
}

// Scrapes of instances and of the balancer before them, at once, round by
// round.
func TestConcurrentBalancer(t *testing.T) {
	b := newTwoAndABalancer(t)
	const rounds = 60
	for round := range int64(rounds) {
		var wg sync.WaitGroup
		wg.Go(func() { b.direct(0, round) })
		wg.Go(func() { b.direct(1, round) })
		wg.Go(func() { b.balanced(round) })
		wg.Wait()
	}
	b.check(rounds)
}

// What the scheduler may choose from above: in each round the balancer's scrape
// comes before that of the process it leads to, or after it.
func TestBalancerInEveryOrder(t *testing.T) {
	const rounds = 8
	for order := range 1 << rounds {
		b := newTwoAndABalancer(t)
		for round := range int64(rounds) {
			if order>>round&1 == 0 {
				b.balanced(round)
			}
			b.direct(0, round)
			b.direct(1, round)
			if order>>round&1 == 1 {
				b.balanced(round)
			}
		}
		b.check(rounds, "order %b", order)
	}
}

// A thousand scrapes at a time leave no thousand readers behind.
func TestScratchIsBounded(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	used, kept := aggregate.Scratch(f, 1000)
	require.Equal(t, 1000, used, "each has its own")
	require.Equal(t, 64, kept)
	used, kept = aggregate.Scratch(f, 10)
	require.Equal(t, 10, used)
	require.Equal(t, 64, kept)
}
