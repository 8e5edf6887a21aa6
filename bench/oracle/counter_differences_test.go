package oracle

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/counter"
)

// at is a point at t seconds.
func at(t int64, value float64, start ...int64) point {
	p := point{Time: t * second, Value: value}
	if len(start) > 0 {
		p.Start = start[0] * second
	}
	return p
}

// differences are those between PromQL's increase and a Tracker's, on purpose, each with its reason.
var differences = []struct {
	name, reason string
	points       []point
	query        string
	at           int64 // seconds
	width        int64 // of the window, seconds
	since        int64 // what the Tracker knows, seconds; 0: since the first point
	promql       float64
	ours         float64
}{
	{"extrapolation", "nobody counted the part before the first and after the last point",
		[]point{at(35, 50), at(50, 60)}, "increase(m[1m])", 60, 60, 0, 21.666666666666668, 10},
	{"born inside the window", "the growth from the birth on is counted, what follows the last point is not",
		[]point{at(35, 50, 30), at(50, 60, 30)}, "increase(m[1m])", 60, 60, 1, 90, 60},
	{"anchored does not know of births", "a start inside the time watched is a value of 0",
		[]point{at(35, 50, 30), at(50, 60, 30)}, "increase(m[1m] anchored)", 60, 60, 1, 10, 60},
	{"anchored does not know of starts", "130 after a restart at 55 s is 130, though it did not fall",
		[]point{at(45, 100, 1), at(60, 130, 55)}, "increase(m[30s] anchored)", 60, 30, 0, 30, 130},
	{"tiny decrease", "a part in a million is rounding, not a restart",
		[]point{at(0, 5_000_000), at(30, 4_999_999), at(60, 5_000_002)}, "increase(m[60s] anchored)", 60, 60, 0, 5_000_002, 2},
	{"a NaN hides a reset", "a NaN is a gap: 20 is compared with the value before it",
		[]point{at(0, 100), at(30, math.NaN()), at(45, 20), at(60, 25)}, "increase(m[60s] anchored)", 60, 60, 0, -75, 25},
	{"a NaN at the end", "a gap has no value",
		[]point{at(0, 100), at(30, 110), at(60, math.NaN())}, "increase(m[60s] anchored)", 60, 60, 0, math.NaN(), 10},
	{"cancellation at 1e16", "the sum of the steps is exact",
		[]point{at(0, 1e16), at(30, 1e16+2), at(60, 5)}, "increase(m[60s] anchored)", 60, 60, 0, 6, 7},
	{"cancellation at 1e17", "the sum of the steps is exact",
		[]point{at(0, 1e17), at(30, 1e17+16), at(60, 5)}, "increase(m[60s] anchored)", 60, 60, 0, 16, 21},
	{"glitch", "a fall to 0 of a series whose start did not move, and back: growth since before, flagged",
		[]point{at(0, 1000, -9), at(30, 0, -9), at(60, 1001, -9)}, "increase(m[60s] anchored)", 60, 60, 0, 1001, 1},
	{"start a little before the previous point", "two clocks may differ by 60 s: the start moved, so it restarted",
		[]point{at(0, 100, -500), at(30, 200, -500), at(60, 230, 20)}, "increase(m[61s])", 60, 61, 0, 132.1666, 330},
	{"start newly present", "no start to compare with is no evidence; flagged, the upper bound open",
		[]point{at(15, 100), at(30, 110, 20), at(60, 120, 20)}, "increase(m[46s])", 60, 46, 0, 122.66, 20},
	{"infinite", "no counter is infinite: a gap",
		[]point{at(0, 1), at(30, math.Inf(1)), at(60, 5)}, "increase(m[60s] anchored)", 60, 60, 0, math.Inf(1), 4},
	{"negative", "no counter is negative: a gap",
		[]point{at(0, 10), at(30, -5), at(60, 12)}, "increase(m[60s] anchored)", 60, 60, 0, 12, 2},
	{"a step over the start of the window", "a step belongs to the window it ends in, whole; the answer says what it covers",
		[]point{at(0, 0), at(50, 100), at(60, 110)}, "increase(m[20s] anchored)", 60, 20, 0, 110, 110},
	{"one point in the window", "its step ended there",
		[]point{at(0, 0), at(50, 100)}, "increase(m[20s])", 60, 20, 0, none, 100},
	{"two instances behind a balancer", "a reading that is back above the old one is another copy; with start times a Tracker refuses the other instance",
		[]point{at(60, 1000), at(120, 500), at(180, 1010), at(240, 505), at(300, 1020), at(360, 510), at(420, 1030)},
		"increase(m[10m])", 420, 600, 0, 3315, 540},
}

const none = -1 // no answer

// TestCounterDifferences holds every deliberate difference to what both really say.
func TestCounterDifferences(t *testing.T) {
	engine := newEngine()
	const origin = 1000 // so that no time is 0 or negative
	for _, d := range differences {
		t.Run(d.name, func(t *testing.T) {
			require.NotEmpty(t, d.reason)
			tracker := counter.Tracker{}
			if d.since != 0 {
				tracker.Since = time.UnixMilli((origin + d.since) * second)
			}
			points := make([]point, len(d.points))
			for i, p := range d.points {
				p.Time += origin * second
				if p.Start != 0 {
					p.Start += origin * second
				}
				points[i] = p
			}
			for _, p := range ours(points) {
				_, err := tracker.Observe(p)
				require.NoError(t, err)
			}
			end := (origin + d.at) * second
			x, ok := ask(t, engine, memory{points}, d.query, end)[0]
			if !ok {
				x = none
			}
			assert.InEpsilon(t, 1, ratio(d.promql, x), 1e-4, "promql says %v", x)
			w, err := tracker.Window(time.UnixMilli(end-d.width*second), time.UnixMilli(end))
			require.NoError(t, err)
			g, ok := w.Increase()
			require.True(t, ok)
			assert.Equal(t, d.ours, g.Value)
		})
	}
}

// ratio is 1 for what is the same, NaN and infinite ones too.
func ratio(a, b float64) float64 {
	if a == b || math.IsNaN(a) && math.IsNaN(b) {
		return 1
	}
	return b / a
}

// Of two points at the very end of a window PromQL's buffer takes the first; a Range takes both. A time-series
// database holds no two points of one time, so nobody should meet it.
func TestCounterTwoPointsAtTheEnd(t *testing.T) {
	points := []point{at(10, 1), at(20, 2), at(20, 5)}
	answers := ask(t, newEngine(), memory{points}, "idelta(m[15s])", 20*second)
	assert.Equal(t, map[int]float64{0: 1}, answers)
	_, ok := within(15*second, 20*second).Idelta(ours(points))
	assert.False(t, ok, "no time passed between the last two")
	x, ok := within(15*second, 20*second).Increase(ours(points))
	assert.True(t, ok)
	assert.Equal(t, 5.0, x)
}
