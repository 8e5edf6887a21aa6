package counter

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
)

func TestRateNeedsTime(t *testing.T) {
	single := track(t, pt(100, 50))
	_, ok := window(t, single, 50, 110).Rate()
	assert.False(t, ok, "one scrape and no start: no rate")
	_, ok = MeanRate(window(t, single, 50, 110))
	assert.False(t, ok)
	_, ok = RateNow(window(t, single, 50, 110))
	assert.False(t, ok)

	born := Tracker{Since: moment(10), Rules: Rules{Owner: Process, ClockSkew: -1}}
	feed(t, &born, of(90, pt(100, 50)))
	r, ok := window(t, &born, 40, 100).Rate()
	require.True(t, ok)
	assert.Equal(t, exactly(5), r, "one scrape, born 10 s ago with 50")
	r, ok = MeanRate(window(t, &born, 40, 100))
	require.True(t, ok)
	assert.Equal(t, exactly(50./60), r, "of a minute")
	r, ok = MeanRate(window(t, &born, 40, 100), window(t, single, 40, 100))
	require.True(t, ok)
	assert.Equal(t, between(50./60, 50./60, inf), r, "nobody knows how fast the other one is")
	r, ok = RateNow(window(t, &born, 40, 100), window(t, new(Tracker), 40, 100))
	require.True(t, ok)
	assert.Equal(t, between(5, 5, inf), r, "nor one that was never read")

	born.Gone()
	_, ok = RateNow(window(t, &born, 40, 101))
	assert.False(t, ok)
	feed(t, &born, of(90, pt(110, 60)))
	_, ok = RateNow(window(t, &born, 40, 115))
	assert.True(t, ok, "it came back")
	_, ok = Window{}.Rate()
	assert.False(t, ok)
	_, ok = MeanRate()
	assert.False(t, ok)
}

// Growth that was read, but that may be older than the restart, is in the upper bound of a rate.
func TestRateHoldsWhatMayBeOlder(t *testing.T) {
	var passed Tracker
	feed(t, &passed, of(-1000, pt(0, 100)), of(8, pt(10, 0)), of(8, pt(20, 50)), of(8, pt(30, 150)))
	r, ok := window(t, &passed, -30, 30).Rate()
	require.True(t, ok)
	assert.GreaterOrEqual(t, r.Hi, 150./22, "150 in the 22 s of the new process")

	var burst Tracker
	feed(t, &burst, of(1, pt(1000, 1000)), of(1, pt(1010, 1010)), of(1, pt(1020, 1020)), of(1022, pt(1030, 5)), of(1022, pt(1040, 1040)))
	r, ok = window(t, &burst, 1020, 1040).Rate()
	require.True(t, ok)
	assert.Less(t, r.Hi, 20., "a hundred times as fast as ever: its counts were handed over")
}

// steady is a series of 10/s, read every 15 s since long ago.
func steady(t *testing.T, from, to float64) *Tracker {
	var tracker Tracker
	for s := from; s <= to; s += 15 {
		feed(t, &tracker, of(1, pt(s, 10*s)))
	}
	return &tracker
}

// A rate's bounds are of the window, not of the steps: they hold what no scrape saw at its edges.
func TestRateHoldsTheWindow(t *testing.T) {
	tracker := steady(t, 1000, 1300)
	r, _ := MeanRate(window(t, tracker, 1150, 1210))
	assert.Equal(t, exactly(10), r, "its edges are scrapes")
	r, _ = MeanRate(window(t, tracker, 1155, 1211))
	assert.InDelta(t, 10, r.Value, 1e-9)
	assert.InDelta(t, 450./56, r.Lo, 1e-9, "the step that began before the window is not certain to be in it")
	assert.InDelta(t, 610./56, r.Hi, 1e-9, "nobody saw the last second")

	r, ok := window(t, tracker, 1301, 1311).Rate()
	require.True(t, ok, "none in the window, and alive: the latest one")
	assert.Equal(t, between(10, 0, 10), r)
	_, ok = window(t, tracker, 1346, 1400).Rate()
	assert.False(t, ok, "stale after three of its own intervals")
	_, ok = window(t, tracker, 1346, 1400).Increase()
	assert.False(t, ok)
	tracker.Staleness = time.Hour
	_, ok = window(t, tracker, 1346, 1400).Rate()
	assert.True(t, ok)
}

// The interval of a series is the median of its last 8 spacings.
func TestStalenessFollowsTheInterval(t *testing.T) {
	var tracker Tracker
	now := 1000.0
	observe := func(n int, every float64) {
		for range n {
			now += every
			feed(t, &tracker, of(1, pt(now, now)))
		}
	}
	live := func(after float64) bool {
		_, ok := RateNow(window(t, &tracker, now, now+after))
		return ok
	}
	observe(3, 10)
	assert.True(t, live(30))
	assert.False(t, live(31))
	observe(8, 60)
	assert.True(t, live(180))
	assert.False(t, live(181))
	observe(1, 600)
	assert.True(t, live(180))
	assert.False(t, live(181), "one long pause is not its interval")
	observe(8, .5)
	assert.True(t, live(1.5))
	assert.False(t, live(1.6), "there is no fixed minimum")
}

// Downtime is nobody's life, but for half an interval after the last scrape, which the process is taken to have lived:
// 100/s for 30 s, down for 30 s, 100/s again is 50/s and little more.
func TestDowntime(t *testing.T) {
	tracker := Tracker{Rules: Rules{Owner: Process, ClockSkew: -1}}
	for s := 0.0; s <= 30; s += 5 {
		feed(t, &tracker, of(-1000, pt(s, 100_000+100*s)))
	}
	for s := 65.0; s <= 90; s += 5 {
		feed(t, &tracker, of(60, pt(s, 100*(s-60))))
	}
	r, ok := MeanRate(window(t, &tracker, 30, 90))
	require.True(t, ok)
	assert.InDelta(t, 100*32.5/60, r.Value, 1e-9)
	assert.InDelta(t, 50, r.Lo, 1e-9)
	assert.InDelta(t, 100, r.Hi, 1e-9, "it may have counted on until just before its successor")
	now, ok := RateNow(window(t, &tracker, 30, 90))
	require.True(t, ok)
	assert.InDelta(t, 100, now.Value, 1e-9)
	assert.LessOrEqual(t, now.Lo, 50.0)
	assert.InDelta(t, 100, now.Hi, 1e-9)
}

// process is one life of an instance, in seconds.
type process struct {
	start, end float64
	count      func(float64) float64 // by the time since its start
}

// randomFleet returns trackers of instances that restart, and their true counts by time.
func randomFleet(t *testing.T, r *rand.Rand, noisy, starts bool) (trackers []*Tracker, truths []func(from, to float64) float64) {
	ms := func(s float64) float64 { return math.Round(s*1000) / 1000 }
	for range 1 + r.IntN(5) {
		var processes []process
		rate := math.Pow(10, r.Float64()*3-1)
		for s := 1000 - r.Float64()*5000; s < 2000; {
			p := process{start: ms(s), end: s + 60 + r.ExpFloat64()*600}
			if p.end < 1000 {
				p.end = 1000 + r.Float64()*300
			}
			if noisy {
				rate = math.Pow(10, r.Float64()*3-1)
			}
			rate, phase := rate, r.Float64()*100
			p.count = func(x float64) float64 {
				if noisy {
					return rate * (x + 20*math.Sin((x+phase)/30) - 20*math.Sin(phase/30))
				}
				return rate * x
			}
			processes = append(processes, p)
			s = p.end + r.Float64()*20
		}
		tracker := &Tracker{Since: moment(1000), Rules: Rules{Owner: Process}}
		interval := []float64{5, 15, 30}[r.IntN(3)]
		lost := r.Float64() * .3
		for now := 1000 + r.Float64()*interval; now < 2000; now += interval * (.9 + r.Float64()*.2) {
			now = ms(now)
			for _, p := range processes {
				if r.Float64() < lost || now <= p.start+2 || now >= p.end {
					continue
				}
				c := pt(now, p.count(now-p.start))
				if starts {
					c = of(p.start, c)
				}
				feed(t, tracker, c)
			}
		}
		trackers = append(trackers, tracker)
		truths = append(truths, func(from, to float64) float64 {
			sum := 0.0
			for _, p := range processes {
				if a, b := max(from, p.start), min(to, p.end); a < b {
					sum += p.count(b-p.start) - p.count(a-p.start)
				}
			}
			return sum
		})
	}
	return trackers, truths
}

// TestRatesHoldTheTruth simulates fleets whose every count is known. Lo is certain; Hi assumes that nothing unseen was
// faster than the fastest growth seen.
func TestRatesHoldTheTruth(t *testing.T) {
	for _, k := range []struct {
		name          string
		noisy, starts bool
		rates         float64 // part of the rates whose truth may be above Hi
		increases     float64 // the same of increases
	}{
		{"steady, starts known", false, true, 0, 0},
		{"steady, starts unknown", false, false, 0, 0},
		{"changing, starts known", true, true, .06, 0},
		{"changing, starts unknown", true, false, .15, .005}, // a restart to a much faster life does not show
	} {
		t.Run(k.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 5))
			windows, lo, hi, ups, downs := 0, 0, 0, 0, 0
			for range 150 {
				trackers, truths := randomFleet(t, r, k.noisy, k.starts)
				for range 5 {
					s := float64(1050 + r.IntN(600))
					e := s + float64(10+r.IntN(290))
					truth := 0.0
					var members []Window
					for i, tracker := range trackers {
						w := window(t, tracker, s, e)
						members = append(members, w)
						truth += truths[i](s, e)
						if g, ok := w.Increase(); ok {
							from, to := w.Covers()
							x := truths[i](float64(from.UnixMilli())/1000, float64(to.UnixMilli())/1000)
							ups += below(x, g.Lo)
							downs += below(g.Hi, x)
						}
					}
					rate, ok := MeanRate(members...)
					if !ok {
						continue
					}
					windows++
					truth /= e - s
					lo += below(truth, rate.Lo)
					hi += below(rate.Hi, truth)
				}
			}
			t.Logf("%d rates: truth below Lo %.2f %%, above Hi %.2f %%", windows, 100*float64(lo)/float64(windows), 100*float64(hi)/float64(windows))
			assert.Zero(t, ups, "increases below Lo")
			assert.Zero(t, lo, "rates below Lo")
			assert.LessOrEqual(t, float64(downs), k.increases*float64(windows), "increases above Hi")
			assert.LessOrEqual(t, float64(hi), k.rates*float64(windows), "rates above Hi")
			assert.Greater(t, windows, 500)
		})
	}
}

// below is 1 if x is less than y by more than rounding.
func below(x, y float64) int {
	if x < y-1e-6*(1+math.Abs(y)) && !math.IsInf(y, 1) {
		return 1
	}
	return 0
}

// Where a restart may hide in a step, that it shows no growth is no pace of 0.
func TestNoPaceOfAHiddenRestart(t *testing.T) {
	tracker := track(t, of(-500, pt(0, 4)), of(9, pt(10, 4)))
	w, err := tracker.Window(moment(0), moment(10))
	require.NoError(t, err)
	for _, ask := range []func(...Window) (promfold.Estimate, bool){RateNow, MeanRate} {
		x, ok := ask(w)
		require.True(t, ok)
		require.Equal(t, between(0, 0, inf), x, "it may have counted 4 since it began")
	}
}

// A series that was seen to begin anew with its process, and never to go on, is the
// process' own from then on, though it does not fall.
func TestAHabitOfASeries(t *testing.T) {
	tracker := track(t, of(-500, pt(0, 90)), of(9, pt(10, 3)), of(9, pt(20, 3)), of(9, pt(30, 4)), of(39, pt(40, 5)))
	w, err := tracker.Window(moment(30), moment(40))
	require.NoError(t, err)
	x, ok := w.Increase()
	require.True(t, ok)
	require.Equal(t, between(5, 1, inf), x)
}
