package aggregate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// A series that comes late, once there is something to count, began to grow after
// the scrape that lacked it. A leaf that was killed to an old state saw it, was
// silent while the process ended and was folded, and told the root then: 64.
func TestLateSeriesOfFoldedProcess(t *testing.T) {
	c := rootConfig
	c.JoinHorizon = time.Minute
	for _, says := range [][]string{saysC(32), saysH(32, "1")} {
		root, a, b := newRootOf(t, c)
		b.scrape("i", 10, 1, "# TYPE other_total counter", "other_total 5")
		a.scrape("i", 20, 1, append(says, "# TYPE other_total counter", "other_total 5")...)
		a.scrape("i", 1000, 1, append(says, "# TYPE other_total counter", "other_total 6")...)
		b.scrape("i", 1005, 1, append(says, "# TYPE other_total counter", "other_total 7")...)
		a.scrape("i", 1020, 1010, saysC(0)...)
		a.scrape("i", 1200, 1010, saysC(0)...)
		root.setPart("a", 1200, saved(t, a.Fleet))
		require.Equal(t, 32.0, root.total(1200)+root.count(1200))
		root.setPart("b", 1210, saved(t, b.Fleet))
		require.Equal(t, 32.0, root.total(1210)+root.count(1210))
	}
}

// Which bounds are shown while nothing was counted does not depend on who of two
// is asked: one showed le="1", the other one did not.
func TestBoundsOfNothing(t *testing.T) {
	for _, count := range []int{0, 10} {
		a, b := newPair(t, pairConfig, counter.Process)
		a.scrape("i", 10, -5, saysH(count, "1", "2")...)
		b.scrape("i", 11, -5, saysH(count, "1", "2")...)
		a.scrape("i", 20, -5, saysH(count, "1")...)
		b.scrape("i", 21, -5, saysH(count)...)
		exchange(t, a, b)
		bounds := func(w pairWatcher) []float64 { return w.h.Totals(w.Snapshot(at(30)))[0].Histogram.Bounds }
		require.Equal(t, bounds(a), bounds(b), "of %d", count)
	}
}

// To hear the same again is no news, also where it makes a watcher follow a process
// anew: the second join had other bytes than the first one.
func TestJoinedAgainIsTheSameBytes(t *testing.T) {
	c := pairConfig
	c.JoinHorizon = time.Minute
	a, b := newPair(t, c, counter.Process)
	for _, w := range []pairWatcher{a, b} {
		w.scrape("i", 10, 1, saysC(5)...)
	}
	b.scrape("i", 200, 150, saysC(7)...)
	b.scrape("j", 300, 1, saysC(9)...)
	b.scrape("k", 400, 1, saysC(9)...)
	require.NoError(t, a.Join(b.Fleet))
	once := saved(t, a.Fleet)
	require.NoError(t, a.Join(b.Fleet))
	require.Equal(t, once, saved(t, a.Fleet))
}

// balancer is a target behind which several processes answer.
func (w pairWatcher) balancer(target string) pairWatcher {
	w.Helper()
	require.NoError(w, w.Describe(at(0), aggregate.Target{Name: target, Balanced: true}))
	return w
}

// Two watchers of one balanced address, each of which meets both processes behind
// it: what they know together is no less than what either knows, though neither is
// certain yet that there are no others. A root above them froze at 34 of 70, and
// who began with nothing and was told of both had 0.
func TestTwoWatchersOfOneBalancer(t *testing.T) {
	for name, starts := range map[string][2]float64{"older": {-100, -50}, "younger": {1, 4}, "not told": {}} {
		t.Run(name, func(t *testing.T) {
			root, a, b := newRootOf(t, rootConfig)
			a.balancer("lb")
			b.balancer("lb")
			counts := [2]int{5, 7}
			scrape := func(w pairWatcher, now float64, i int) {
				says := saysC(counts[i])
				for j := range 40 { // more than chance
					says = append(says, fmt.Sprintf("other_total{n=\"%d\",of=\"%d\"} %d", j, i, counts[i]+j))
				}
				w.scrape("lb", now, starts[i], says...)
			}
			for n := range 12 {
				now := 10 + 10*float64(n)
				scrape(a, now, n%2)
				scrape(b, now+1, (n+1)%2)
				root.setPart("a", now+1, saved(t, a.Fleet))
				root.setPart("b", now+1, saved(t, b.Fleet))
				least := max(a.total(now+1), b.total(now+1))
				require.GreaterOrEqual(t, root.total(now+1), least, n)
				require.LessOrEqual(t, root.total(now+1), float64(counts[0]+counts[1]), n)
				joined := newPairWatcher(t, rootConfig, counter.Process)
				require.NoError(t, joined.Join(a.Fleet))
				require.NoError(t, joined.Join(b.Fleet))
				require.GreaterOrEqual(t, joined.total(now+1), least, n)
				counts[0] += 3
				counts[1] += 4
			}
			g, err := root.c.One(root.Snapshot(at(140)).Last(time.Minute))
			require.NoError(t, err)
			require.Contains(t, fmt.Sprint(g.Warnings()), "lb: several parts reach it")
		})
	}
}

// Two processes behind a balancer tell the same start. What one of them showed was
// taken for growth of the other one, which shows itself later: then it is taken
// back from everybody who was told.
func TestBalancedProcessesOfOneStart(t *testing.T) {
	for _, loads := range []bool{false, true} {
		a, b := newPair(t, pairConfig, counter.Process)
		a.balancer("lb")
		b.balancer("lb")
		a.scrape("lb", 10, -50, saysC(1000)...)
		a.scrape("lb", 20, -50, saysC(5000)...)
		require.NoError(t, b.Join(a.Fleet))
		was := b.Known()
		if loads {
			a = a.again(pairConfig)
		}
		a.scrape("lb", 30, -50, saysC(1010)...)
		a.scrape("lb", 40, -50, saysC(5007)...)
		require.NoError(t, b.Join(a.Fleet))
		require.Less(t, b.Known(), was)
		require.LessOrEqual(t, b.Known(), 17.0)
	}
}

// A place tells starts in a header and, after a restart, in the body. The new one
// began after the last look at the old one, whoever tells it; and one start told in
// two ways is one. What the new process counts past the old one's counts was lost.
func TestStartToldElsewhere(t *testing.T) {
	root, a, _ := newRootOf(t, rootConfig)
	header := func(now, start float64, says ...string) {
		sc := aggregate.Scrape{Target: "i", Time: at(now), Body: []byte(strings.Join(says, "\n") + "\n")}
		sc.Header = http.Header{"Process-Start-Time-Unix": {fmt.Sprint(int64(at(start).Unix()))}}
		a.ingest(sc)
	}
	header(10, 1.5, saysC(60)...)
	a.scrape("i", 20, 1.5, saysC(60)...)
	header(30, 1.5, saysC(61)...)
	a.scrape("i", 40, 35.5)
	a.scrape("i", 50, 35.5, saysC(90)...)
	header(60, 55.5, saysC(91)...)
	root.setPart("a", 60, saved(t, a.Fleet))
	require.Equal(t, []float64{61 + 90 + 91, 61 + 90 + 91}, []float64{a.total(60), root.total(60)})
}

// A watcher that is told no start for a while takes a process for the one before, and
// knows better later. What it counted of both is no reading of the one at hand: with
// what the other one saw of that it came to 414, and 230, for 26.
func TestStartToldAgainAfterAReset(t *testing.T) {
	for _, says := range [][][]string{{saysC(388), saysC(26)}, {saysH(204, "1"), saysH(26, "1", "2")}} {
		a, b := newPair(t, pairConfig, counter.Process)
		before, now := says[0], says[1]
		a.scrape("i", 10, -500, before...)
		b.scrape("i", 100, 90, now...)
		a.scrape("i", 190, 0, now...)
		a.scrape("i", 200, 90, now...)
		requireBoth(t, 26, func(w pairWatcher) float64 { return w.total(210) + w.count(210) }, a, b)
	}
}

// A process ends that had observed nothing, and the next one has when it is met: it
// began at 0, whoever owns what it counts. Beside what another watcher saw elsewhere
// it was not there: 19 for 24.
func TestJoinOfAHistogramThatFollowsAnEmptyOne(t *testing.T) {
	a, b := newPair(t, pairConfig, 0)
	a.scrape("i", 10, 5, saysH(0, "1")...)
	a.scrape("i", 20, 15, saysH(19, "1")...)
	b.scrape("j", 20, 15, saysH(5, "1")...)
	requireBoth(t, 24, func(w pairWatcher) float64 { return w.count(30) }, a, b)
}

// Nobody tells a start. A process counts to 400, restarts, and counts to 23; the clock of the watcher that met the first
// one is five seconds ahead of the clock of the one that met the second: 377 for 0, and 384 for 7.
func TestJoinWithClocksThatDiffer(t *testing.T) {
	for owner, last := range map[counter.Owner]float64{counter.Process: 95, counter.External: 7} {
		for _, says := range []func(int) []string{saysC, func(n int) []string { return saysH(n, "1") }} {
			a, b := newPair(t, pairConfig, owner)
			b.scrape("i", 105, 0, says(400)...)
			a.scrape("i", 103, 0, says(23)...)
			total := func(w pairWatcher) float64 { return w.total(300) + w.count(300) }
			requireBoth(t, 0, total, a, b)
			a.scrape("i", 113, 0, says(30)...)
			requireBoth(t, 7, total, a, b)
			b.scrape("i", 165, 0, says(95)...)
			requireBoth(t, last, total, a, b) // what one of them saw alone
		}
	}
}

// A state carries no configuration: a root takes it in by its own.
func TestStateOfAnotherConfiguration(t *testing.T) {
	for name, change := range map[string]func(*aggregate.Config){
		"no joins":       func(c *aggregate.Config) { c.JoinHorizon = 0 },
		"short horizon":  func(c *aggregate.Config) { c.JoinHorizon = time.Second },
		"long window":    func(c *aggregate.Config) { c.Window = time.Hour },
		"short window":   func(c *aggregate.Config) { c.Window = 10 * time.Second },
		"coarse starts":  func(c *aggregate.Config) { c.StartTolerance = time.Minute },
		"few instances":  func(c *aggregate.Config) { c.MaxInstances = 2 },
		"a later Since":  func(c *aggregate.Config) { c.Since = at(0) },
		"without Since":  func(c *aggregate.Config) { c.Since = time.Time{} },
		"the same again": func(*aggregate.Config) {},
	} {
		t.Run(name, func(t *testing.T) {
			c := rootConfig
			change(&c)
			root, other := newPairWatcher(t, rootConfig, counter.Process), newPairWatcher(t, c, counter.Process)
			for i := range 7 {
				other.scrape("i", 10*float64(i), -50, saysC(5*i)...)
			}
			root.setPart("other", 70, saved(t, other.Fleet))
			require.Equal(t, 30.0, root.total(70))
			g, err := root.c.One(root.Snapshot(at(60)).Last(20 * time.Second))
			require.NoError(t, err)
			require.GreaterOrEqual(t, grew(g), 5.0)
			require.LessOrEqual(t, grew(g), 15.0)
			root = root.again(rootConfig)
			require.Equal(t, 30.0, root.total(70))
		})
	}
}

// Two processes of one place that began within StartTolerance are one to whoever sees both, and if clocks differ the count of
// the first one is taken for growth since the second one began: 707 of 7 with the default of two seconds. A tolerance below
// the time in which a process is replaced tells them apart.
func TestTwoProcessesWithinTheTolerance(t *testing.T) {
	c := pairConfig
	c.StartTolerance = 500 * time.Millisecond
	a, b := newPair(t, c, counter.Process)
	const ahead = 30 // seconds by which the clock of a is
	a.scrape("i", -1.2+ahead, -2, saysC(700)...)
	b.scrape("i", 12, -0.5, saysC(0)...)
	a.scrape("i", 20+ahead, -0.5, saysC(7)...)
	b.scrape("i", 21, -0.5, saysC(7)...)
	exchange(t, a, b)
	require.Equal(t, 7.0, a.total(100))
	require.Equal(t, 7.0, b.total(100))
}
