package counter

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/exact"
)

// follow feeds points to a Tracker that watches since long before them.
func follow(t require.TestingT, rules Rules, points []Point) *Tracker {
	tracker := &Tracker{Rules: rules, Since: moment(1)}
	feed(t, tracker, points...)
	return tracker
}

// series draws a series as it was scraped: it grows, stands still, restarts with and without proof, jitters, glitches
// and has gaps. Values are multiples of unit.
func series(unit float64) *rapid.Generator[[]Point] {
	return rapid.Custom(func(t *rapid.T) (points []Point) {
		now, process := 1000.0, time.Time{}
		if rapid.Bool().Draw(t, "starts known") {
			process = moment(500)
		}
		add := func(v float64) {
			points = append(points, Point{Time: moment(now), Value: v * unit, Process: process})
		}
		value := float64(rapid.IntRange(0, 1000).Draw(t, "first"))
		for range rapid.IntRange(1, 30).Draw(t, "points") {
			add(value)
			switch rapid.SampledFrom([]string{"grow", "grow", "grow", "still", "restart", "drop", "dip", "jitter", "glitch", "gap"}).Draw(t, "what") {
			case "grow":
				value += float64(rapid.IntRange(0, 1_000_000).Draw(t, "by"))
			case "restart":
				if !process.IsZero() {
					process = moment(now + 3)
				}
				value = float64(rapid.IntRange(0, 100).Draw(t, "after"))
			case "drop":
				value = math.Floor(value / 3)
			case "dip":
				value = math.Floor(value * .9)
			case "jitter":
				value = max(0, value-1)
			case "glitch":
				now += 15
				add(0)
			case "gap":
				now += 15
				add(math.NaN())
			}
			now += float64(rapid.IntRange(1, 120_000).Draw(t, "interval")) / 1000
		}
		return points
	})
}

func ends(points []Point) (from, to time.Time) {
	return points[0].Time.Add(-time.Millisecond), points[len(points)-1].Time
}

func sumOf(steps []taken) *exact.Sum {
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
		points := series(unit).Draw(t, "series")
		tracker := follow(t, Rules{}, points)
		from, to := ends(points)
		cuts := []int64{millis(from)}
		for cuts[len(cuts)-1] < millis(to) {
			cuts = append(cuts, rapid.Int64Range(cuts[len(cuts)-1]+1, millis(to)).Draw(t, "cut"))
		}
		whole, err := tracker.Window(from, to)
		require.NoError(t, err)
		var parts exact.Sum
		var rounded float64
		for i := range cuts[1:] {
			w, err := tracker.Window(at(cuts[i]), at(cuts[i+1]))
			require.NoError(t, err)
			parts.Merge(sumOf(w.steps))
			g, _ := w.Increase()
			rounded += g.Value
		}
		require.Zero(t, parts.Cmp(sumOf(whole.steps)))
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

// Increase of points is that of a Tracker, with points passed over that a Tracker refuses.
func TestIncreaseOfPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := series(rapid.SampledFrom([]float64{1, 0.1, 1e300}).Draw(t, "unit")).Draw(t, "series")
		r := Rules{Owner: Owner(rapid.IntRange(0, 2).Draw(t, "owner"))}
		var points []Point
		tracker := Tracker{Rules: r}
		for _, p := range drawn {
			p.Start = rapid.SampledFrom([]time.Time{{}, {}, {}, moment(900), p.Time.Add(-time.Second), p.Time}).Draw(t, "start")
			points = append(points, p)
			if rapid.IntRange(0, 9).Draw(t, "again") == 0 {
				older := time.Duration(rapid.IntRange(0, 1).Draw(t, "older")) * time.Millisecond
				points = append(points, Point{Time: p.Time.Add(-older), Value: 1e9})
			}
		}
		for _, p := range points {
			_, _ = tracker.Observe(p)
		}
		g, ok := r.Increase(points)
		require.Equal(t, tracker.Total(), g.Value)
		w, err := tracker.Window(points[0].Time.Add(-time.Second), points[len(points)-1].Time.Add(time.Second))
		require.NoError(t, err)
		want, known := w.Increase()
		require.Equal(t, known, ok)
		require.Equal(t, want, g)
	})
}

// A shift in time changes nothing but times.
func TestShiftInTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := series(1).Draw(t, "series")
		by := time.Duration(rapid.Int64Range(-400_000, 1e12).Draw(t, "by")) * time.Millisecond
		var shifted []Point
		for _, p := range points {
			p.Time = p.Time.Add(by)
			if !p.Process.IsZero() {
				p.Process = p.Process.Add(by)
			}
			shifted = append(shifted, p)
		}
		a, b := &Tracker{}, &Tracker{}
		feed(t, a, points...)
		feed(t, b, shifted...)
		require.Len(t, b.steps, len(a.steps))
		for i, s := range a.steps {
			s.From += by.Milliseconds()
			s.To += by.Milliseconds()
			require.Equal(t, s.From, b.steps[i].From)
			require.Equal(t, s.To, b.steps[i].To)
			require.Equal(t, public(s.Step, reading{}).Growth, public(b.steps[i].Step, reading{}).Growth)
		}
		from, to := ends(points)
		wa, err := a.Window(from, to)
		require.NoError(t, err)
		wb, err := b.Window(from.Add(by), to.Add(by))
		require.NoError(t, err)
		ra, oka := wa.Rate()
		rb, okb := wb.Rate()
		require.Equal(t, oka, okb)
		require.Equal(t, ra, rb)
		ma, _ := MeanRate(wa)
		mb, _ := MeanRate(wb)
		require.Equal(t, ma, mb)
	})
}

// Scaling by a power of two scales every answer by it, exactly.
func TestScaling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := series(rapid.SampledFrom([]float64{1, 0.3}).Draw(t, "unit")).Draw(t, "series")
		k := rapid.IntRange(-200, 200).Draw(t, "k")
		var scaled []Point
		for _, p := range points {
			p.Value = math.Ldexp(p.Value, k)
			scaled = append(scaled, p)
		}
		require.Equal(t, math.Ldexp(follow(t, Rules{}, points).Total(), k), follow(t, Rules{}, scaled).Total())
	})
}

// A restart that is proven takes nothing away and adds nothing: the same growth, counted from 0 again, is the same.
func TestInsertedRestartKeepsTheIncrease(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deltas := rapid.SliceOfN(rapid.IntRange(0, 1_000), 1, 30).Draw(t, "deltas")
		restarts := rapid.SliceOfN(rapid.Bool(), len(deltas), len(deltas)).Draw(t, "restarts")
		straight, restarted := Tracker{Since: moment(1)}, Tracker{Since: moment(1), Rules: Rules{Owner: Process}}
		a, b, start := 1e6, 1e6, 1.0
		observe := func(now float64) {
			feed(t, &straight, of(1, pt(now, a)))
			feed(t, &restarted, of(start, pt(now, b)))
		}
		observe(1000)
		for i, d := range deltas {
			now := 1000 + float64(i+1)*15
			if restarts[i] && (2*float64(d) <= b || float64(d) >= b) { // a shallow fall may be a count that was read back
				b, start = 0, now-5
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
		points := series(rapid.SampledFrom([]float64{1, 0.7}).Draw(t, "unit")).Draw(t, "series")
		tracker, plain := &Tracker{Since: moment(1)}, &Tracker{Since: moment(1)}
		next := 0
		t.Repeat(map[string]func(*rapid.T){
			"new": func(t *rapid.T) {
				if next == len(points) {
					t.Skip("no more")
				}
				same(t, feed(t, plain, points[next])[0], feed(t, tracker, points[next])[0])
				next++
			},
			"repeated": func(t *rapid.T) {
				if next == 0 {
					t.Skip("nothing yet")
				}
				same(t, plain.step, feed(t, tracker, points[next-1])[0])
			},
			"late": func(t *rapid.T) {
				if next < 2 {
					t.Skip("nothing yet")
				}
				_, err := tracker.Observe(points[rapid.IntRange(0, next-2).Draw(t, "i")])
				require.ErrorIs(t, err, ErrLate)
			},
			"conflicting": func(t *rapid.T) {
				if next == 0 {
					t.Skip("nothing yet")
				}
				p := points[next-1]
				p.Value = 123.456
				_, err := tracker.Observe(p)
				require.ErrorIs(t, err, ErrConflict)
			},
			"asked": func(t *rapid.T) {
				from := rapid.Float64Range(1, 3000).Draw(t, "from")
				w := window(t, tracker, from, from+rapid.Float64Range(1, 3000).Draw(t, "width"))
				w.Increase()
				w.Rate()
				MeanRate(w, w)
			},
			"": func(t *rapid.T) {
				a, b := *plain, *tracker
				require.Zero(t, a.total.Cmp(&b.total))
				a.total, b.total = exact.Sum{}, exact.Sum{}
				require.Equal(t, fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", b)) // NaNs are equal as text
				require.Zero(t, sumOf(tracker.steps).Cmp(&tracker.total), "the total is that of all steps")
			},
		})
	})
}

// same requires two steps to be equal; a NaN is equal to itself.
func same(t require.TestingT, a, b Step) {
	require.Equal(t, fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", b))
}

// TestShardsMerge: the total of a fleet is the same bits for every partition of its instances and every order.
func TestShardsMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]float64{1, 0.1, 1e-5}).Draw(t, "unit")
		var all exact.Sum
		shards := make([]exact.Sum, 3)
		var members []Window
		for _, points := range rapid.SliceOfN(series(unit), 1, 6).Draw(t, "fleet") {
			tracker := follow(t, Rules{}, points)
			for _, s := range tracker.steps {
				all.AddDiff(s.Add, s.Sub)
				shards[rapid.IntRange(0, 2).Draw(t, "shard")].AddDiff(s.Add, s.Sub)
			}
			members = append(members, window(t, tracker, 1000, 2000))
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
