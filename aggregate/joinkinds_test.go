package aggregate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
