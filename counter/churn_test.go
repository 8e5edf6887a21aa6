package counter

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// instance counts perSecond from birth to death, and is scraped every interval from a random phase on.
type instance struct {
	birth, death, interval int64 // milliseconds
	perSecond              float64
	dated                  bool // it tells its start
}

func (x instance) count(ms int64) float64 {
	return math.Floor(x.perSecond * float64(ms-x.birth) / 1000)
}

// watch scrapes x from 0 to end.
func (x instance) watch(t *testing.T, r *rand.Rand, end int64) *Tracker {
	tracker := &Tracker{Since: at(1)}
	ms := x.birth - x.birth%x.interval + r.Int64N(x.interval)
	for ms <= x.birth || ms < 0 {
		ms += x.interval
	}
	for ; ms <= end && ms < x.death; ms += x.interval {
		p := Point{Time: at(ms), Value: x.count(ms)}
		if x.dated && x.birth > 0 {
			p.Process = at(x.birth)
		}
		feed(t, tracker, p)
	}
	if x.death <= end {
		tracker.Gone()
	}
	return tracker
}

const forever = math.MaxInt64 / 2

// churn are fleets of ten instances of 100/s, scraped every 15 s, seen over a window of 300 s that ends at 900 s.
var churn = []struct {
	name  string
	fleet func(r *rand.Rand) []instance
	bias  float64 // of the weighted mean
	// What the two usual readings give, measured here and written down so that nobody goes back to them.
	byInterval, byWindow float64
}{
	{"steady", func(*rand.Rand) []instance { return ten(instance{}) }, 0, 0, 0},
	{"one leaves", func(r *rand.Rand) []instance {
		fleet := ten(instance{})
		fleet[0].death = 600_000 + r.Int64N(300_000)
		return fleet
	}, 0, .05, 0},
	{"one arrives", func(r *rand.Rand) []instance {
		fleet := ten(instance{})
		fleet[0].birth = 600_000 + r.Int64N(300_000)
		fleet[0].dated = true
		return fleet
	}, 0, .05, 0},
	{"one arrives, its start unknown", func(r *rand.Rand) []instance {
		fleet := ten(instance{})
		fleet[0].birth = 600_000 + r.Int64N(300_000)
		return fleet
	}, 0, .05, 0},
	{"rolling deploy", func(r *rand.Rand) []instance {
		var fleet []instance
		for i := range int64(10) {
			at := 600_000 + i*30_000 + r.Int64N(30_000)
			fleet = append(fleet, instance{death: at}, instance{birth: at, dated: true})
		}
		return ten(fleet...)
	}, 0, .95, -.025},
	{"rolling deploy, starts unknown", func(r *rand.Rand) []instance {
		var fleet []instance
		for i := range int64(10) {
			at := 600_000 + i*30_000 + r.Int64N(30_000)
			fleet = append(fleet, instance{death: at}, instance{birth: at})
		}
		return ten(fleet...)
	}, 0, .9, -.05},
	{"workers of 40 s", func(r *rand.Rand) []instance {
		var fleet []instance
		for range 10 {
			for at := int64(300_000) + r.Int64N(40_000); at < 900_000; at += 40_000 {
				fleet = append(fleet, instance{birth: at, death: at + 40_000, dated: true})
			}
		}
		return ten(fleet...)
	}, 0, 7.12, -.19},
	{"workers of 40 s, starts unknown", func(r *rand.Rand) []instance {
		var fleet []instance
		for range 10 {
			for at := int64(300_000) + r.Int64N(40_000); at < 900_000; at += 40_000 {
				fleet = append(fleet, instance{birth: at, death: at + 40_000})
			}
		}
		return ten(fleet...)
		// A worker scraped once, with no start, has no rate: what the youngest did at the end of the window is missing,
		// and said to be.
	}, -.022, 6.75, -.37},
	{"mixed intervals", func(r *rand.Rand) []instance {
		fleet := ten(instance{})
		for i := range fleet {
			fleet[i].interval = []int64{5_000, 15_000, 60_000}[i%3]
		}
		fleet[0].death, fleet[1].birth, fleet[1].dated = 600_000+r.Int64N(300_000), 600_000+r.Int64N(300_000), true
		return fleet
	}, 0, .1, 0},
}

// ten completes instances with what all have in common; one stands for ten.
func ten(some ...instance) []instance {
	if len(some) == 1 {
		for range 9 {
			some = append(some, some[0])
		}
	}
	for i := range some {
		x := &some[i]
		x.perSecond = 100
		if x.death == 0 {
			x.death = forever
		}
		if x.interval == 0 {
			x.interval = 15_000
		}
		if x.birth == 0 {
			x.birth = -3_600_000
		}
	}
	return some
}

// TestFleetRateIsUnbiased simulates fleets whose members come and go: the weighted mean is the true rate, within 1 %.
func TestFleetRateIsUnbiased(t *testing.T) {
	const start, end, trials = 600_000, 900_000, 100
	for _, c := range churn {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(2, 4))
			var mean, byInterval, byWindow, worst float64
			for range trials {
				truth, increases, rates := 0.0, 0.0, 0.0
				var members []Window
				for _, x := range c.fleet(r) {
					truth += x.perSecond * float64(max(0, min(x.death, end)-max(x.birth, start))) / 1000
					w := window(t, x.watch(t, r, end), start/1000, end/1000)
					members = append(members, w)
					if g, ok := w.Increase(); ok {
						increases += g.Value
						rate, _ := w.Rate()
						rates += rate.Value
					}
				}
				rate, ok := MeanRate(members...)
				require.True(t, ok)
				truth /= (end - start) / 1000
				mean += rate.Value/truth - 1
				worst = max(worst, math.Abs(rate.Value/truth-1))
				byInterval += rates/truth - 1
				byWindow += increases/((end-start)/1000)/truth - 1
			}
			mean, byInterval, byWindow = mean/trials, byInterval/trials, byWindow/trials
			t.Logf("bias %+.2f %% (worst %.1f %%); Σ increase/interval %+.1f %%, Σ increase/window %+.1f %%", 100*mean, 100*worst, 100*byInterval, 100*byWindow)
			assert.InDelta(t, c.bias, mean, .01)
			assert.InDelta(t, c.byInterval, byInterval, .02*(1+c.byInterval))
			assert.InDelta(t, c.byWindow, byWindow, .02)
		})
	}
}

// TestRateNowIsThatOfTheLiving: after a rolling deploy of ten, 1000/s, not 1900.
func TestRateNowIsThatOfTheLiving(t *testing.T) {
	const start, end = 600_000, 900_000
	r := rand.New(rand.NewPCG(2, 4))
	for range 50 {
		var members []Window
		var fleet []instance
		for i := range int64(10) {
			at := start + i*25_000 + r.Int64N(25_000)
			fleet = append(fleet, instance{death: at}, instance{birth: at, dated: true})
		}
		for _, x := range ten(fleet...) {
			members = append(members, window(t, x.watch(t, r, end), start/1000, end/1000))
		}
		now, ok := RateNow(members...)
		require.True(t, ok)
		assert.InDelta(t, 1000, now.Value, 5)
		mean, _ := MeanRate(members...)
		r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		again, _ := MeanRate(members...)
		assert.Equal(t, mean, again, "whatever the order")
	}
}
