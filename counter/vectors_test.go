package counter

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
)

// read returns values read every 15 s from a process that started at a time in seconds; 0: nobody knows when.
func read(process float64, values ...float64) (points []Point) {
	for i, v := range values {
		p := pt(10_000+15*float64(i), v)
		if process != 0 {
			p.Process = moment(process)
		}
		points = append(points, p)
	}
	return points
}

// whole is the increase of all that a tracker knows.
func whole(t require.TestingT, tracker *Tracker) promfold.Estimate {
	g, ok := window(t, tracker, 0, 1e9).Increase()
	require.True(t, ok)
	return g
}

// TestVectors has the numbers of the definitions that are of one series.
func TestVectors(t *testing.T) {
	const start = 1000
	stale := math.Float64frombits(0x7ff0000000000002)
	for _, c := range []struct {
		name   string
		points []Point
		want   promfold.Estimate
	}{
		{"a replica a little behind", read(0, 5080, 5088, 5089, 5088, 5095, 5101), between(21, 20, inf)},
		{"a shallow dip", read(0, 1000, 1010, 1009, 1020), between(20, 19, inf)},
		{"two that alternate", read(0, 185325, 274647, 186098, 275149, 186870), between(89322+502, 502+773, inf)},
		{"a shallow dip, start known", read(start, 1000, 1010, 1009, 1020), between(20, 20, 21)},
		{"a shallow dip for good", read(0, 100000, 99950, 99960, 99970, 99980, 99990), between(40, 0, inf)},
		{"a worker did not answer", read(0, 3000, 2010, 3030), between(30, 30, inf)},
		{"an old copy in between", read(start, 100, 130, 110, 140), between(40, 40, inf)},
		{"a reset that one replica shows first", read(0, 4690, 4700, 4, 4700, 7, 12, 20), between(30, 10, inf)},
		{"a restart", append(read(start, 100, 130), of(10_025, pt(10_030, 20))), between(50, 50, inf)},
		{"a restart that does not show", read(0, 50, 60), between(10, 10, inf)},
		{"no restart can hide", read(start, 50, 60), exactly(10)},
		{"a dropped reset", read(0, 100, 130, 20), between(50, 30, inf)},
		{"cleared", read(start, 100, 0, 0, 20, 30), between(30, 0, inf)},
		{"a glitch", read(start, 1000, 0, 1001), between(1, 1, inf)},
		{"jitter", read(start, 5e6, 5e6-1, 5e6-2, 5e6+3, 5e6+1, 5e6+4), between(4, 4, 8)},
		{"a gap", read(start, 100, math.NaN(), stale, 130), exactly(30)},
		{"a gap over a restart", []Point{of(start, pt(10_000, 50)), of(10_010, pt(10_015, math.NaN())), of(10_010, pt(10_030, 51))}, between(1, 1, inf)},
		{"infinite and negative", read(start, 10, inf, -5, 12), exactly(2)},
		{"two behind one address", read(0, 1000, 500, 1010, 505, 1020, 510, 1030), between(540, 0, inf)},
		{"started earlier than recent, and lower", []Point{of(1000, pt(10_000, 9000)), of(5000, pt(10_015, 5000)), of(5000, pt(10_030, 5010))}, between(10, 10, inf)},
		{"a clock was set", []Point{of(1000, pt(10_000, 100)), of(1030, pt(10_015, 110))}, between(10, 0, 110)},
		{"1e16", read(0, 1e16, 1e16+2, 5), between(7, 2, inf)},
		{"1e17", read(0, 1e17, 1e17+16, 5), between(21, 16, inf)},

		// VictoriaMetrics' stream aggregation, and Thanos' downsampling, which raises values so that they never fall.
		{"total", read(0, 1.32, 4.34, 2), between(5.02, 0, inf)},
		{"increase", read(0, 343, 344), between(1, 1, inf)},
		{"from below 0", read(0, -5, 10, 12), between(2, 2, inf)},
		{"raised", read(0, 1, 3, 5, 1, 2), between(6, 2, inf)},
		{"raised over a stale marker", read(0, 1, 2, 3, 1, 2, stale, 5, 10, 1), between(13, 1, inf)},
		{"raised from far", read(0, 461968, 465870, 469951, 474726, 479368, 483566, 487787, 492065, 496245, 496544, stale, 75, 2103, 6010, 10242, 14956),
			between(511500-461968, 496544-461968+14956-10242, inf)},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := whole(t, track(t, c.points...))
			assert.InDelta(t, c.want.Value, g.Value, 1e-12)
			assert.InDelta(t, c.want.Lo, g.Lo, 1e-12)
			assert.Equal(t, c.want.Hi, g.Hi)
			again, ok := Rules{}.Increase(c.points)
			assert.True(t, ok)
			assert.Equal(t, g, again)
		})
	}
}

// Owners, wraps and births of one series.
func TestVectorsOfRules(t *testing.T) {
	tracker := Tracker{Rules: Rules{Owner: Process}}
	feed(t, &tracker, of(900, pt(1000, 100)), of(1020, pt(1030, 130)))
	assert.Equal(t, between(130, 130, inf), whole(t, &tracker))

	tracker = Tracker{Rules: Rules{Owner: External}}
	feed(t, &tracker, of(900, pt(1000, 2311950201)), of(900, pt(1015, 2311950201)), of(1020, pt(1030, 2457692378)))
	assert.Equal(t, exactly(145742177), whole(t, &tracker))

	tracker = Tracker{Rules: Rules{WrapBits: 32}}
	feed(t, &tracker, of(900, pt(1000, 1<<32-6)), of(900, pt(1015, 10)))
	assert.Equal(t, exactly(16), whole(t, &tracker))

	tracker = Tracker{Since: moment(950)}
	feed(t, &tracker, of(960, pt(1000, 7)))
	assert.Equal(t, between(7, 0, 7), whole(t, &tracker), "a new exporter may show an old machine")

	tracker = Tracker{Since: moment(6400)}
	feed(t, &tracker, pt(10_000, 3000, 7000), pt(10_010, 3010, 7000))
	r, ok := window(t, &tracker, 9950, 10_010).Rate()
	assert.True(t, ok)
	assert.InDelta(t, 1, r.Value, .1, "born 50 min before it was met")

	tracker = Tracker{}
	feed(t, &tracker, of(900, pt(1000, 100, 999.98)), of(900, pt(1015, 120, 1014.98)), of(900, pt(1030, 150, 1029.98)))
	assert.Equal(t, exactly(50), whole(t, &tracker), "a start that each scrape computes anew")
}

// The steps themselves, where more than their sum is defined.
func TestStepsOfTracker(t *testing.T) {
	tracker := Tracker{Rules: Rules{Owner: Process}}
	steps := feed(t, &tracker, of(900, pt(1000, 100)), of(1010, pt(1015, math.NaN())), of(1010, pt(1030, 130)))
	assert.Equal(t, Gap, steps[1].Verdict)
	assert.Equal(t, of(900, pt(1000, 100)), steps[1].Baseline, "the next point is judged against the one before the gap")
	assert.Equal(t, Step{Verdict: Reset, Growth: between(130, 130, inf), From: moment(1010), To: moment(1030), Lost: 10 * time.Second,
		Baseline: of(1010, pt(1030, 130))}, steps[2])

	steps = feed(t, new(Tracker), read(0, 1000, 900, 1010)...)
	assert.Equal(t, Step{Verdict: Reset, Doubt: Unproven, Growth: between(0, 0, inf), From: moment(10_000), To: moment(10_015), Baseline: pt(10_015, 900)}, steps[1])
	assert.Equal(t, between(10, 10, inf), steps[2].Growth)

	steps = feed(t, new(Tracker), read(1000, 1000, 0, 1001)...)
	assert.Equal(t, Glitch, steps[2].Doubt&Glitch)
}

// What the high-water mark regains was counted since it was read: an answer that holds the step covers that time.
func TestCoversReachesBackToTheMark(t *testing.T) {
	tracker := track(t, read(0, 990, 1000, 1010, 1000, 1005, 1025)...)
	assert.Equal(t, between(15, 15, inf), increase(t, tracker, 10_050, 10_100))
	w := window(t, tracker, 10_065, 10_100)
	g, ok := w.Increase()
	assert.True(t, ok)
	assert.Equal(t, between(10, 10, inf), g, "of 15 above the mark 5 were counted before the window")
	from, _ := w.Covers()
	assert.Equal(t, moment(10_030), from)
}

// Judge knows two points alone.
func TestJudge(t *testing.T) {
	r := Rules{}
	assert.Equal(t, Step{Verdict: Grew, Growth: exactly(5), From: moment(100), To: moment(115), Baseline: of(10, pt(115, 105))},
		r.Judge(of(10, pt(100, 100)), of(10, pt(115, 105))))
	s := r.Judge(of(10, pt(100, 1e6)), of(10, pt(115, 1e6-1)))
	assert.Equal(t, Jitter, s.Verdict)
	assert.Equal(t, of(10, pt(115, 1e6)), s.Baseline, "the high-water mark, read again now")
	for name, c := range map[string]Point{"NaN": pt(115, math.NaN()), "late": pt(99, 5), "the same time": pt(100, 7), "another process": of(-50, pt(115, 7))} {
		p := of(10, pt(100, 100))
		s := r.Judge(p, c)
		assert.Equal(t, Gap, s.Verdict, name)
		assert.Equal(t, p, s.Baseline, name)
	}
	s = r.Judge(pt(100, math.NaN()), pt(115, 7))
	assert.Equal(t, First, s.Verdict)
	assert.Equal(t, between(0, 0, 7), s.Growth)
	s = r.Judge(of(10, pt(100, 100)), of(110, pt(115, 20)))
	assert.Equal(t, Step{Verdict: Reset, Growth: between(20, 20, inf), From: moment(110), To: moment(115), Lost: 10 * time.Second, Baseline: of(110, pt(115, 20))}, s)
	_, ok := r.Increase([]Point{pt(100, 5)})
	assert.False(t, ok)
	_, ok = r.Increase(nil)
	assert.False(t, ok)
}

// Defects of peers with counters that must be impossible here.
func TestPeersDefects(t *testing.T) {
	t.Run("a sum is dropped after a reset", func(t *testing.T) {
		assert.Equal(t, 30.0, track(t, read(0, 100, 30)...).Total())
	})
	t.Run("a total goes to 0 at 2^53", func(t *testing.T) {
		tracker := track(t, read(0, 1<<53-1, 1<<53, 1<<53+2, 1<<54)...)
		assert.Equal(t, float64(1<<53+1), tracker.Total())
		for i := range 10 {
			feed(t, tracker, pt(20_000+float64(i), float64(int64(1)<<54+int64(i+1)<<53)))
		}
		assert.Equal(t, math.Ldexp(11, 53), tracker.Total()-1)
	})
	t.Run("the first value is a spike", func(t *testing.T) {
		assert.Zero(t, track(t, pt(0, 1e9)).Total())
	})
	t.Run("the first value is lost", func(t *testing.T) {
		tracker := Tracker{Since: moment(1)}
		feed(t, &tracker, pt(60, 7, 55))
		assert.Equal(t, 7.0, tracker.Total())
	})
	t.Run("the same push counts twice", func(t *testing.T) {
		assert.Equal(t, 5.0, track(t, pt(0, 5), pt(10, 10), pt(10, 10), pt(10, 10)).Total())
	})
	t.Run("a late point is skipped without a trace", func(t *testing.T) {
		late := track(t, pt(0, 1.31), pt(1, 4.34))
		_, err := late.Observe(pt(0, 2))
		require.ErrorIs(t, err, ErrLate)
		assert.Equal(t, 3.03, late.Total())
	})
	t.Run("a replica switch reads as a reset", func(t *testing.T) {
		s := feed(t, track(t, pt(0, 1e6)), pt(10, 1e6-1))
		assert.Equal(t, Jitter, s[0].Verdict)
	})
	t.Run("the order of a group shows in its total", func(t *testing.T) {
		var group exact.Sum
		for _, tracker := range []*Tracker{track(t, read(0, 1.32, 4.34, 2)...), track(t, read(0, 343, 344)...)} {
			group.Merge(sumOf(tracker.steps))
		}
		assert.Equal(t, 6.02, group.Float64())
	})
}

// Sums of floats are those of exact arithmetic, rounded once.
func TestTotalIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	tracker, want := Tracker{}, new(big.Float).SetPrec(2400)
	value, process := 0.1, 1.0
	for i := range 10000 {
		now := float64(10 + 10*i)
		feed(t, &tracker, of(process, pt(now, value)))
		next := value + r.ExpFloat64()*math.Pow(10, float64(r.IntN(12)-8))
		if r.IntN(50) == 0 {
			next, process = r.Float64()*value/4, now+5
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
