package judge

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/exact"
)

// feed is a series as it was scraped: points and the start of the process at each.
type feed struct {
	points []Point
	starts []int64
}

func (f feed) track(t require.TestingT, rules Rules) *Tracker {
	tracker := &Tracker{Rules: rules, Since: 1}
	for i, p := range f.points {
		_, err := tracker.ObserveProcess(p, f.starts[i])
		require.NoError(t, err)
	}
	return tracker
}

// feeds draws series that grow, stand still, restart with and without proof, jitter, glitch and have gaps. Values are
// multiples of unit.
func feeds(unit float64) *rapid.Generator[feed] {
	return rapid.Custom(func(t *rapid.T) feed {
		var f feed
		now, start := int64(1e6), int64(0)
		if rapid.Bool().Draw(t, "starts known") {
			start = 500_000
		}
		value := float64(rapid.IntRange(0, 1000).Draw(t, "first"))
		for range rapid.IntRange(1, 30).Draw(t, "points") {
			f.points = append(f.points, Point{Time: now, Value: value * unit})
			f.starts = append(f.starts, start)
			switch rapid.SampledFrom([]string{"grow", "grow", "grow", "still", "restart", "drop", "jitter", "glitch", "gap"}).Draw(t, "what") {
			case "grow":
				value += float64(rapid.IntRange(0, 1_000_000).Draw(t, "by"))
			case "restart":
				if start != 0 {
					start = now + 3_000
				}
				value = float64(rapid.IntRange(0, 100).Draw(t, "after"))
			case "drop":
				value = math.Floor(value / 2)
			case "jitter":
				value = max(0, value-1)
			case "glitch":
				now += 15_000
				f.points = append(f.points, Point{Time: now})
				f.starts = append(f.starts, start)
			case "gap":
				now += 15_000
				f.points = append(f.points, Point{Time: now, Value: math.NaN()})
				f.starts = append(f.starts, start)
			}
			now += rapid.Int64Range(1, 120_000).Draw(t, "interval")
		}
		return f
	})
}

func (f feed) span() (from, to int64) { return f.points[0].Time - 1, f.points[len(f.points)-1].Time }

func sumOf(steps []Step) *exact.Sum {
	var s exact.Sum
	for _, x := range steps {
		s.AddDiff(x.Add, x.Sub)
	}
	return &s
}

// Adjacent windows add up, bit by bit, whatever the values: before they are rounded. Integral ones also after.
func TestAdjacentWindowsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]float64{1, 0.1, 1e-9, 1e300}).Draw(t, "unit")
		f := feeds(unit).Draw(t, "feed")
		tracker := f.track(t, Rules{})
		from, to := f.span()
		cuts := []int64{from}
		for cuts[len(cuts)-1] < to {
			cuts = append(cuts, rapid.Int64Range(cuts[len(cuts)-1]+1, to).Draw(t, "cut"))
		}
		whole := tracker.mustWindow(from, to)
		var parts exact.Sum
		var rounded float64
		for i := range cuts[1:] {
			w := tracker.mustWindow(cuts[i], cuts[i+1])
			parts.Merge(sumOf(w.Steps()))
			g, _ := w.Increase()
			rounded += g.Value
		}
		require.Zero(t, parts.Cmp(sumOf(whole.Steps())))
		require.Equal(t, tracker.Total(), parts.Float64())
		g, _ := whole.Increase()
		require.Equal(t, tracker.Total(), g.Value)
		require.GreaterOrEqual(t, g.Value, 0.0)
		require.LessOrEqual(t, g.Lo, g.Value)
		require.GreaterOrEqual(t, g.Hi, g.Value)
		if unit == 1 {
			require.Equal(t, g.Value, rounded)
		}
	})
}

// One pass over the points counts what a tracker does, step by step.
func TestIncreaseOfPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := feeds(rapid.SampledFrom([]float64{1, 0.1, 1e300}).Draw(t, "unit")).Draw(t, "feed")
		r := Rules{Owner: Owner(rapid.IntRange(0, 2).Draw(t, "owner"))}
		var points []Point
		tracker := Tracker{Rules: r}
		for _, p := range f.points {
			p.Start = rapid.SampledFrom([]int64{0, 0, 0, 900_000, p.Time - 1000, p.Time}).Draw(t, "start")
			points = append(points, p)
			if rapid.IntRange(0, 9).Draw(t, "again") == 0 {
				points = append(points, Point{Time: p.Time - rapid.Int64Range(0, 1).Draw(t, "older"), Value: 1e9})
			}
		}
		for _, p := range points {
			_, _ = tracker.Observe(p)
		}
		require.Equal(t, tracker.Total(), r.Increase(points))
	})
}

// A shift in time changes nothing but times.
func TestShiftInTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := feeds(1).Draw(t, "feed")
		by := rapid.Int64Range(-400_000, 1e12).Draw(t, "by")
		shifted := feed{starts: append([]int64(nil), f.starts...)}
		for i, p := range f.points {
			p.Time += by
			shifted.points = append(shifted.points, p)
			if f.starts[i] != 0 {
				shifted.starts[i] += by
			}
		}
		a, b := f.track(t, Rules{}), shifted.track(t, Rules{})
		require.Len(t, b.steps, len(a.steps))
		for i, s := range a.steps {
			s.From += by
			s.To += by
			require.Equal(t, s, b.steps[i])
		}
		from, to := f.span()
		ra, oka := a.mustWindow(from, to).Rate()
		rb, okb := b.mustWindow(from+by, to+by).Rate()
		require.Equal(t, oka, okb)
		require.Equal(t, ra, rb)
	})
}

// Scaling by a power of two scales every answer by it, exactly.
func TestScaling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := feeds(rapid.SampledFrom([]float64{1, 0.3}).Draw(t, "unit")).Draw(t, "feed")
		k := rapid.IntRange(-200, 200).Draw(t, "k")
		scaled := feed{starts: f.starts}
		for _, p := range f.points {
			p.Value = math.Ldexp(p.Value, k)
			scaled.points = append(scaled.points, p)
		}
		require.Equal(t, math.Ldexp(f.track(t, Rules{}).Total(), k), scaled.track(t, Rules{}).Total())
	})
}

// A restart that is proven takes nothing away and adds nothing: the same growth, counted from 0 again, is the same.
func TestInsertedRestartKeepsTheIncrease(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deltas := rapid.SliceOfN(rapid.IntRange(0, 1_000_000), 1, 30).Draw(t, "deltas")
		restarts := rapid.SliceOfN(rapid.Bool(), len(deltas), len(deltas)).Draw(t, "restarts")
		straight, restarted := Tracker{Since: 1}, Tracker{Since: 1, Rules: Rules{Owner: OwnerProcess}}
		a, b, start := 0.0, 0.0, int64(1)
		observe := func(now int64) {
			_, err := straight.ObserveProcess(Point{Time: now, Value: a}, 1)
			require.NoError(t, err)
			_, err = restarted.ObserveProcess(Point{Time: now, Value: b}, start)
			require.NoError(t, err)
		}
		observe(1_000_000)
		for i, d := range deltas {
			now := 1_000_000 + int64(i+1)*15_000
			if restarts[i] {
				b, start = 0, now-5_000
			}
			a += float64(d)
			b += float64(d)
			observe(now)
		}
		require.Equal(t, straight.Total(), restarted.Total())
	})
}

// TestTrackerMachine drives a tracker with new, repeated, late and conflicting points, forgetting and asking in
// between. Only new points leave a trace: it stays equal to one that saw nothing else.
func TestTrackerMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := feeds(rapid.SampledFrom([]float64{1, 0.7}).Draw(t, "unit")).Draw(t, "feed")
		tracker, plain := &Tracker{Since: 1}, &Tracker{Since: 1}
		next := 0
		t.Repeat(map[string]func(*rapid.T){
			"new": func(t *rapid.T) {
				if next == len(f.points) {
					t.Skip("no more")
				}
				a, err := tracker.ObserveProcess(f.points[next], f.starts[next])
				require.NoError(t, err)
				b, err := plain.ObserveProcess(f.points[next], f.starts[next])
				require.NoError(t, err)
				require.Equal(t, b, a)
				next++
			},
			"repeated": func(t *rapid.T) {
				if next == 0 {
					t.Skip("nothing yet")
				}
				s, err := tracker.ObserveProcess(f.points[next-1], f.starts[next-1])
				require.NoError(t, err)
				require.Equal(t, plain.step, s)
			},
			"late": func(t *rapid.T) {
				if next < 2 {
					t.Skip("nothing yet")
				}
				i := rapid.IntRange(0, next-2).Draw(t, "i")
				_, err := tracker.ObserveProcess(f.points[i], f.starts[i])
				var late *LateError
				require.True(t, errors.As(err, &late))
			},
			"conflicting": func(t *rapid.T) {
				if next == 0 {
					t.Skip("nothing yet")
				}
				p := f.points[next-1]
				p.Value = 123.456
				_, err := tracker.ObserveProcess(p, f.starts[next-1])
				var conflict *ConflictError
				require.True(t, errors.As(err, &conflict))
			},
			"asked": func(t *rapid.T) {
				from := rapid.Int64Range(1, 3_000_000).Draw(t, "from")
				w := tracker.mustWindow(from, from+rapid.Int64Range(1, 3_000_000).Draw(t, "width"))
				w.Increase()
				w.Rate()
				MeanRate(w, w)
			},
			"": func(t *rapid.T) {
				a, b := *plain, *tracker
				require.Equal(t, math.Float64bits(a.last.Value), math.Float64bits(b.last.Value))
				a.last.Value, b.last.Value = 0, 0 // a NaN is not equal to itself
				require.Equal(t, a, b)
				require.Zero(t, sumOf(tracker.steps).Cmp(&tracker.total), "the total is that of all steps")
			},
		})
	})
}

// TestShardsMerge: the total of a fleet is the same bits for every partition of its instances and every order.
func TestShardsMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]float64{1, 0.1, 1e-5}).Draw(t, "unit")
		fleet := rapid.SliceOfN(feeds(unit), 1, 6).Draw(t, "fleet")
		var all exact.Sum
		shards := make([]exact.Sum, 3)
		var members []Window
		for _, f := range fleet {
			tracker := f.track(t, Rules{})
			for _, s := range tracker.steps {
				all.AddDiff(s.Add, s.Sub)
				shards[rapid.IntRange(0, 2).Draw(t, "shard")].AddDiff(s.Add, s.Sub)
			}
			members = append(members, tracker.mustWindow(1_000_000, 2_000_000))
		}
		var merged exact.Sum
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "order") {
			merged.Merge(&shards[i])
		}
		require.Zero(t, all.Cmp(&merged))
		a, _ := all.AppendBinary(nil)
		b, _ := merged.AppendBinary(nil)
		require.Equal(t, a, b)

		rate, ok := MeanRate(members...)
		again, okAgain := MeanRate(rapid.Permutation(members).Draw(t, "members")...)
		require.Equal(t, ok, okAgain)
		require.Equal(t, rate, again)
		require.LessOrEqual(t, rate.Lo, rate.Value)
		require.GreaterOrEqual(t, rate.Hi, rate.Value)
	})
}
