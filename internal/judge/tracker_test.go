package judge

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/exact"
)

// track feeds points to a new Tracker.
func track(t require.TestingT, points ...Point) *Tracker {
	var tracker Tracker
	for _, p := range points {
		_, err := tracker.Observe(p)
		require.NoError(t, err)
	}
	return &tracker
}

func window(t require.TestingT, tracker *Tracker, start, end int64) Window {
	w, err := tracker.Window(start*second, end*second)
	require.NoError(t, err)
	return w
}

func increase(t require.TestingT, tracker *Tracker, start, end int64) float64 {
	g, ok := window(t, tracker, start, end).Increase()
	require.True(t, ok)
	return g.Value
}

func TestTrackerAccepts(t *testing.T) {
	tracker := track(t, at(10, 1), at(20, 5))
	same, err := tracker.Observe(at(20, 5))
	require.NoError(t, err)
	assert.Equal(t, Step{Verdict: Grew, Add: 5, Sub: 1, Lo: 4, Hi: 4, From: 10 * second, To: 20 * second}, same)

	_, err = tracker.Observe(at(15, 3))
	var late *LateError
	require.ErrorAs(t, err, &late)
	assert.Equal(t, LateError{15 * second, 20 * second}, *late)
	assert.ErrorContains(t, err, "late point")

	_, err = tracker.Observe(at(20, 6))
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, ConflictError{at(20, 5), at(20, 6)}, *conflict)
	assert.ErrorContains(t, err, "have 5, got 6")

	_, err = tracker.Observe(at(20, 5, 3))
	require.ErrorAs(t, err, &conflict, "another start is another body")
	assert.Equal(t, track(t, at(10, 1), at(20, 5)), tracker, "what is refused or repeated leaves no trace")

	nan := track(t, at(10, 1), at(20, math.NaN()))
	_, err = nan.Observe(at(20, math.NaN()))
	assert.NoError(t, err, "a NaN is the same as itself")
}

func TestTrackerFollowsOneProcess(t *testing.T) {
	var tracker Tracker
	observe := func(p Point, process int64) Step {
		s, err := tracker.ObserveProcess(p, process*second)
		require.NoError(t, err)
		return s
	}
	tracker.Since = 100 * second
	assert.Equal(t, First, observe(at(100, 50), 20).Verdict)
	assert.Equal(t, Grew, observe(at(115, 60), 21).Verdict)
	before := tracker
	_, err := tracker.ObserveProcess(at(120, 1), 5*second)
	var other *OtherError
	require.ErrorAs(t, err, &other)
	assert.Equal(t, OtherError{21 * second, 5 * second}, *other)
	assert.ErrorContains(t, err, "another instance")
	assert.Equal(t, before, tracker)

	s := observe(at(130, 8), 125)
	assert.Equal(t, Step{Verdict: ResetProven, Add: 8, Lo: 8, Hi: inf, From: 125 * second, To: 130 * second, Lost: 10 * second}, s)
	assert.Equal(t, MaskedResetPossible, observe(at(145, 9), 140).Flags, "nothing fell, and it may have restarted")
	g, ok := window(t, &tracker, 100, 145).Increase()
	require.True(t, ok)
	assert.Equal(t, Growth{Value: 19, Lo: 19, Hi: inf, From: 100 * second, To: 145 * second, Span: 35 * second, Lost: 10 * second,
		Steps: 3, Resets: 1, Flags: MaskedResetPossible}, g)
	assert.Equal(t, 19.0, tracker.Total())
}

// What counts as recent is measured from the point before, not from the one just read.
func TestTrackerRestartAfterALongTime(t *testing.T) {
	var tracker Tracker
	_, err := tracker.ObserveProcess(at(100, 50), 20*second)
	require.NoError(t, err)
	s, err := tracker.ObserveProcess(at(300, 60), 150*second)
	require.NoError(t, err)
	assert.Equal(t, MaskedResetPossible, s.Flags)
}

// A NaN while the process restarts does not hide the restart.
func TestTrackerGap(t *testing.T) {
	var tracker Tracker
	for _, x := range []struct {
		p       Point
		process int64
	}{{at(100, 50), 20 * second}, {at(115, math.NaN()), 110 * second}, {at(130, 51), 110 * second}} {
		_, err := tracker.ObserveProcess(x.p, x.process)
		require.NoError(t, err)
	}
	assert.Equal(t, Step{Verdict: Grew, Flags: MaskedResetPossible | Gapped, Add: 51, Sub: 50, Lo: 1, Hi: inf, From: 100 * second, To: 130 * second}, tracker.step)

	tracker.Rules.Owner = OwnerProcess
	s, err := tracker.Observe(at(145, math.NaN()))
	require.NoError(t, err)
	assert.Equal(t, Gap, s.Verdict)
	s, err = tracker.ObserveProcess(at(160, 60), 150*second)
	require.NoError(t, err)
	assert.Equal(t, Step{Verdict: ResetProven, Flags: Gapped, Add: 60, Lo: 60, Hi: inf, From: 150 * second, To: 160 * second, Lost: 20 * second}, s)

	only := track(t, at(100, math.NaN()), at(115, inf), at(130, -1))
	_, ok := window(t, only, 0, 200).Increase()
	assert.False(t, ok)
	_, ok = window(t, only, 0, 200).Rate()
	assert.False(t, ok)
	_, ok = MeanRate(window(t, only, 0, 200))
	assert.False(t, ok)
}

// Small decreases, a glitch to 0 and back: the high-water mark stays.
func TestTrackerHighWater(t *testing.T) {
	for _, process := range []int64{0, 10 * second} {
		var tracker Tracker
		for i, v := range []float64{5e6, 5e6 - 1, 5e6 - 2, 5e6 + 3, 5e6 + 1, 5e6 + 4} {
			_, err := tracker.ObserveProcess(at(int64(100+15*i), v), process)
			require.NoError(t, err)
		}
		assert.Equal(t, 4.0, tracker.Total())
		g, ok := window(t, &tracker, 100, 175).Increase()
		require.True(t, ok)
		assert.Equal(t, 75*second, g.Span, "no time is observed twice")
	}
	cleared := track(t, at(0, 100), at(10, 0), at(20, 0), at(30, 20), at(40, 30))
	g, _ := window(t, cleared, 0, 40).Increase()
	assert.Equal(t, Growth{Value: 30, Lo: 30, Hi: inf, To: 40 * second, Span: 40 * second, Steps: 4, Resets: 1, Flags: Unproven | FellToZero}, g,
		"one reset, not one for each point below the old value")
	for process, want := range map[int64]float64{0: 5e6 + 6, 10 * second: 6} {
		var tracker Tracker
		var flags Flags
		for i, v := range []float64{5e6, 0, 0, 5e6 + 5, 5e6 + 6} {
			s, err := tracker.ObserveProcess(at(int64(100+15*i), v), process)
			require.NoError(t, err)
			flags |= s.Flags
		}
		assert.Equal(t, want, tracker.Total())
		assert.NotZero(t, flags&GlitchSuspected)
	}
}

func TestTrackerUint(t *testing.T) {
	var tracker Tracker
	for i, v := range []uint64{1<<63 + 1, 1<<63 + 4, 1<<63 + 3, 1<<63 + 5, math.MaxUint64, 7} {
		_, err := tracker.ObserveUint(UintPoint{Time: int64(i) * second, Value: v}, 5)
		require.NoError(t, err)
	}
	want, _ := new(big.Float).Sub(new(big.Float).SetUint64(math.MaxUint64), new(big.Float).SetUint64(1<<63+1)).Float64()
	assert.Equal(t, want+7, tracker.Total())
	w := window(t, &tracker, 0, 3)
	assert.Equal(t, []Verdict{Grew, Jitter, Grew}, []Verdict{w.steps[0].Verdict, w.steps[1].Verdict, w.steps[2].Verdict})
	g, _ := w.Increase()
	assert.Equal(t, [3]float64{4, 4, 4}, [3]float64{g.Value, g.Lo, g.Hi})
	_, err := tracker.ObserveUint(UintPoint{Time: 5 * second, Value: 1<<60 + 1}, 5)
	var conflict *ConflictError
	assert.ErrorAs(t, err, &conflict)
}

// A 64-bit step is the float64 step where float64 is exact, and exact beyond.
func TestUintSteps(t *testing.T) {
	value := rapid.OneOf(rapid.Uint64Range(0, 2000), rapid.Uint64Range(1<<53-3, 1<<53+9), rapid.Uint64(), rapid.Uint64Range(math.MaxUint64-2000, math.MaxUint64))
	rapid.Check(t, func(t *rapid.T) {
		p, c := UintPoint{Time: 100, Value: value.Draw(t, "p")}, UintPoint{Time: 200, Value: value.Draw(t, "c")}
		life := Life(rapid.IntRange(0, 3).Draw(t, "life"))
		r := Rules{Owner: Owner(rapid.IntRange(0, 2).Draw(t, "owner")), Jitter: float64(rapid.IntRange(-1, 0).Draw(t, "jitter"))}
		born := r.AppearUint(c, Appearance{Start: 150, Since: 100})
		for i, s := range []Step{r.NextUint(p, c, life, 0), r.AfterZeroUint(p, c, life, 0), born} {
			if max(p.Value, c.Value) <= 1<<53 && i < 2 {
				require.Equal(t, []Step{r.Next(p.Point(), c.Point(), life, 0), r.AfterZero(p.Point(), c.Point(), life, 0)}[i].Value(), s.Value())
			}
			require.False(t, i == 0 && c.Value < p.Value && s.Verdict == Grew)
			added := new(big.Float).SetPrec(200).SetFloat64(s.Add)
			added.Sub(added, new(big.Float).SetFloat64(s.Sub))
			want := new(big.Int)
			switch s.Verdict {
			case Grew:
				if i == 1 && r.AfterZero(p.Point(), c.below(p), life, 0).Sub == 0 {
					want.SetUint64(c.Value)
					break
				}
				want.Sub(new(big.Int).SetUint64(c.Value), new(big.Int).SetUint64(p.Value))
			case ResetProven, BornProven:
				want.SetUint64(c.Value)
			case ResetDropped:
				if r.Owner != OwnerExternal {
					want.SetUint64(c.Value)
				}
			}
			got, acc := added.Int(nil)
			require.Equal(t, big.Exact, acc)
			require.Zero(t, want.Cmp(got), "%v is not %v", got, want)
			require.LessOrEqual(t, s.Lo, s.Value())
			require.GreaterOrEqual(t, s.Hi, s.Value())
		}
	})
}

func TestWindows(t *testing.T) {
	tracker := track(t, at(0, 100), at(15, 103), at(30, 110), at(45, 111))
	assert.Equal(t, 3.0, increase(t, tracker, 0, 15))
	assert.Equal(t, 3.0, increase(t, tracker, 14, 29), "a step belongs to the window it ends in, whole")
	assert.Equal(t, 8.0, increase(t, tracker, 15, 45))
	assert.Len(t, window(t, tracker, 15, 45).Steps(), 2)
	_, ok := window(t, tracker, 15, 29).Increase()
	assert.False(t, ok, "nothing was observed, which is not 0")

	g, ok := window(t, tracker, 20, 50).Increase()
	require.True(t, ok)
	assert.Equal(t, Growth{Value: 8, Lo: 8, Hi: 8, From: 15 * second, To: 45 * second, Span: 30 * second, Steps: 2}, g)

	r, ok := window(t, tracker, 20, 50).Rate()
	require.True(t, ok)
	assert.Equal(t, Rate{Value: 8.0 / 30, Lo: 8.0 / 30, Hi: 8.0 / 30, Span: 30 * second, Members: 1}, r)
	r, ok = window(t, tracker, 50, 60).Rate()
	require.True(t, ok)
	assert.Equal(t, Rate{Value: 1.0 / 15, Lo: 1.0 / 15, Hi: 1.0 / 15, Span: 15 * second, Older: true, Members: 1}, r, "none in the window, and not stale")
	_, ok = window(t, tracker, 500, 600).Rate()
	assert.False(t, ok, "stale")
	tracker.Staleness = 1000 * second
	_, ok = window(t, tracker, 500, 600).Rate()
	assert.True(t, ok)

	tracker.Forget(20 * second)
	tracker.Forget(10 * second)
	var refused *WindowError
	_, err := tracker.Window(19*second, 60*second)
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, WindowError{19 * second, 60 * second, 20 * second}, *refused)
	assert.ErrorContains(t, err, "kept from 20000")
	_, err = tracker.Window(60*second, 60*second)
	require.ErrorAs(t, err, &refused)
	assert.ErrorContains(t, err, "empty window")
	assert.Equal(t, 8.0, increase(t, tracker, 20, 60))
	assert.Equal(t, 11.0, tracker.Total())

	_, ok = Window{}.Rate()
	assert.False(t, ok)
}

// The vectors of the definition of a rate.
func TestRateNeedsTime(t *testing.T) {
	one := track(t, at(100, 50))
	_, ok := window(t, one, 50, 110).Rate()
	assert.False(t, ok, "one scrape and no start: no rate")
	_, ok = MeanRate(window(t, one, 50, 110))
	assert.False(t, ok)

	born := Tracker{Since: 10 * second, Rules: Rules{Owner: OwnerProcess}}
	_, err := born.ObserveProcess(at(100, 50), 90*second)
	require.NoError(t, err)
	r, ok := window(t, &born, 40, 100).Rate()
	require.True(t, ok)
	assert.Equal(t, 5.0, r.Value, "one scrape, born 10 s ago with 50")
	share := 5 * (float64(10) / 60) // of a minute
	r, ok = MeanRate(window(t, &born, 40, 100), window(t, one, 40, 100))
	require.True(t, ok)
	assert.Equal(t, Rate{Value: share, Lo: share, Hi: share, Span: 10 * second, Members: 1, Missing: 1}, r)
	r, ok = RateNow(window(t, &born, 40, 100))
	require.True(t, ok)
	assert.Equal(t, 5.0, r.Value)
	born.Gone()
	_, ok = RateNow(window(t, &born, 40, 101))
	assert.False(t, ok)
	_, err = born.ObserveProcess(at(110, 60), 90*second)
	require.NoError(t, err)
	_, ok = RateNow(window(t, &born, 40, 115))
	assert.True(t, ok, "it came back")
}

func TestLast(t *testing.T) {
	_, ok := new(Tracker).Last()
	assert.False(t, ok)
	p, ok := track(t, at(1, 2)).Last()
	assert.True(t, ok)
	assert.Equal(t, at(1, 2), p)
}

// Vectors of VictoriaMetrics' stream aggregation (total, increase) and of Thanos' downsampling of counters.
func TestPeersVectors(t *testing.T) {
	a, b := track(t, at(0, 1.32), at(10, 4.34), at(20, 2)), track(t, at(0, 343), at(10, 344))
	assert.Equal(t, 5.02, a.Total())
	assert.Equal(t, 1.0, b.Total())
	var group exact.Sum
	for _, s := range append(a.mustWindow(0, inFuture).Steps(), b.mustWindow(0, inFuture).Steps()...) {
		group.AddDiff(s.Add, s.Sub)
	}
	assert.Equal(t, 6.02, group.Float64())
	assert.Zero(t, track(t, at(0, 123)).Total())

	// The late point is said to be late; there it is skipped without a trace.
	late := track(t, at(0, 1.31), at(1, 4.34))
	_, err := late.Observe(at(0, 2))
	require.ErrorAs(t, err, new(*LateError))
	assert.Equal(t, 3.03, late.Total())

	// From −5 to 10 is 15 there, and nothing here: a counter is not negative, so 10 is the first count.
	assert.Zero(t, track(t, at(0, -5), at(10, 10)).Total())

	// Thanos raises values so that they never fall; the last raised one less the first is the growth.
	stale := math.Float64frombits(0x7ff0000000000002)
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{1, 3, 5, 1, 8, 10, 1, 18, 20, 21, 38, 40}, 55 - 1},
		{[]float64{1, 2, 3, 1, 2, stale, 5, 10, 1}, 14 - 1},
		{[]float64{1, 2, 3, 1, 2, stale, 5, 10, 2, 1, 10, 15, 25, 35, stale, 10, 3}, 63 - 1},
		{[]float64{461968, 465870, 469951, 474726, 479368, 483566, 487787, 492065, 496245, 496544, stale, 75, 2103, 6010, 10242, 14956},
			511500 - 461968},
	} {
		var points []Point
		for i, v := range c.values {
			points = append(points, at(int64(100*i), v))
		}
		assert.Equal(t, c.want, track(t, points...).Total(), c.values)
		assert.Equal(t, c.want, new(Rules).Increase(points), c.values)
	}
}

const inFuture = math.MaxInt64

// Defects of peers with counters that must be impossible here.
func TestPeersDefects(t *testing.T) {
	t.Run("a sum is dropped after a reset", func(t *testing.T) {
		s, err := track(t, at(0, 100)).Observe(at(10, 30))
		require.NoError(t, err)
		assert.Equal(t, 30.0, s.Value())
		assert.Equal(t, ResetDropped, s.Verdict)
	})
	t.Run("a total goes to 0 at 2^53", func(t *testing.T) {
		tracker := track(t, at(0, 1<<53-1), at(10, 1<<53), at(20, 1<<53+2), at(30, 1<<54))
		assert.Equal(t, float64(1<<53+1), tracker.Total())
		for i := range 10 {
			_, err := tracker.Observe(at(int64(40+10*i), float64(int64(1)<<54+int64(i+1)<<53)))
			require.NoError(t, err)
		}
		assert.Equal(t, math.Ldexp(11, 53), tracker.Total()-1)
	})
	t.Run("the first value is a spike", func(t *testing.T) {
		assert.Zero(t, track(t, at(0, 1e9)).Total())
	})
	t.Run("the first value is lost", func(t *testing.T) {
		tracker := Tracker{Since: 1}
		_, err := tracker.Observe(at(60, 7, 55))
		require.NoError(t, err)
		assert.Equal(t, 7.0, tracker.Total())
	})
	t.Run("the same push counts twice", func(t *testing.T) {
		assert.Equal(t, 5.0, track(t, at(0, 5), at(10, 10), at(10, 10), at(10, 10)).Total())
	})
	t.Run("the unit of time is guessed", func(t *testing.T) {
		g, _ := track(t, Point{Time: 1, Value: 1}, Point{Time: 2, Value: 2}).mustWindow(0, 5).Increase()
		assert.Equal(t, int64(1), g.Span)
	})
	t.Run("a replica switch reads as a reset", func(t *testing.T) {
		s, err := track(t, at(0, 1e6)).Observe(at(10, 1e6-1))
		require.NoError(t, err)
		assert.Equal(t, Jitter, s.Verdict)
	})
}

func (t *Tracker) mustWindow(start, end int64) Window {
	w, err := t.Window(start, end)
	if err != nil {
		panic(err)
	}
	return w
}

// TestTotalsOfLargeCounters: last − first + Σ previous cancels, here nothing does.
func TestTotalsOfLargeCounters(t *testing.T) {
	assert.Equal(t, 7.0, track(t, at(0, 1e16), at(10, 1e16+2), at(20, 5)).Total())
	assert.Equal(t, 21.0, track(t, at(0, 1e17), at(10, 1e17+16), at(20, 5)).Total())
}

// Sums of floats are those of exact arithmetic, rounded once.
func TestTotalIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	tracker, want := Tracker{}, new(big.Float).SetPrec(2400)
	value := 0.1
	for i := range 10000 {
		_, err := tracker.Observe(at(int64(i), value))
		require.NoError(t, err)
		next := value + r.ExpFloat64()*math.Pow(10, float64(r.IntN(12)-8))
		if r.IntN(50) == 0 {
			next = r.Float64() * value / 2
		}
		if i < 9999 {
			if next >= value {
				want.Add(want, new(big.Float).Sub(new(big.Float).SetPrec(2400).SetFloat64(next), new(big.Float).SetFloat64(value)))
			} else {
				want.Add(want, new(big.Float).SetFloat64(next))
			}
		}
		value = next
	}
	x, _ := want.Float64()
	assert.Equal(t, x, tracker.Total())
}
