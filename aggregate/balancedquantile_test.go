package aggregate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// seenAt is one observation of a process, at a whole second.
type seenAt struct {
	at    int
	value float64
}

// slowServer is a process behind a balancer, and all that it observed.
type slowServer struct {
	start float64
	list  []seenAt
	met   []int // when scrapes reached it
}

// reading returns when it was met last, not after a time; ok is false if it was not.
func (s *slowServer) reading(at int) (last int, ok bool) {
	for _, x := range s.met {
		if x <= at {
			last, ok = x, true
		}
	}
	return last, ok
}

var balancedBounds = []float64{0.1, 0.5, 1, 5, math.Inf(1)}

func (s *slowServer) body(now int) []string {
	counts, sum := make([]int, len(balancedBounds)), 0.0
	for _, o := range s.list {
		if o.at <= now {
			sum += o.value
			for i, b := range balancedBounds {
				if o.value <= b {
					counts[i]++
				}
			}
		}
	}
	lines := []string{"# TYPE h histogram"}
	for i, b := range balancedBounds {
		lines = append(lines, fmt.Sprintf("h_bucket{le=\"%s\"} %d", strings.TrimPrefix(fmt.Sprintf("%+g", b), map[bool]string{true: "", false: "+"}[math.IsInf(b, 1)]), counts[i]))
	}
	return append(lines, fmt.Sprintf("h_count %d", counts[len(counts)-1]), fmt.Sprintf("h_sum %g", sum))
}

// within returns what was observed after s, and not after e, in order of size: all of it, or what steps of the
// window show, which are those between two readings.
func within(servers []*slowServer, s, e int, shown bool) (list []float64) {
	for _, x := range servers {
		from, to := s, e
		if shown {
			var ok bool
			if to, ok = x.reading(e); !ok {
				continue
			}
			if from, ok = x.reading(s); !ok {
				from = x.met[0]
			}
		}
		for _, o := range x.list {
			if from < o.at && o.at <= to {
				list = append(list, o.value)
			}
		}
	}
	slices.Sort(list)
	return list
}

// quantileOf returns the q-quantile of sorted values, of which there are some.
func quantileOf(q float64, list []float64) float64 {
	return list[max(1, int(math.Ceil(q*float64(len(list))-1e-9)))-1]
}

// Three servers of different speed behind one address, each scrape meets one by chance: what they observed is known to
// the last. Quantiles and shares hold what the steps in the window show, which is what the answer covers. What all of
// them observed in the window itself is held nearly always, and the answer says that more may have been.
func TestQuantilesBehindABalancer(t *testing.T) {
	asked, missed := 0, 0
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 15))
		servers := make([]*slowServer, 3)
		for i := range servers {
			servers[i] = &slowServer{start: -100 - 7*float64(i)}
			for at := -90; at < 400; at++ {
				for range r.IntN(4) {
					servers[i].list = append(servers[i].list, seenAt{at, math.Exp(r.NormFloat64()) * []float64{0.05, 0.3, 2}[i]})
				}
			}
		}
		b := newBed(t, aggregate.Config{Window: 10 * time.Minute})
		b.balanced("lb", 3)
		v := b.histogram(aggregate.View{Select: "h"})
		for now := 0; now < 400; now += 2 {
			s := servers[r.IntN(3)]
			b.scrape("lb", float64(now), s.start, s.body(now)...)
			s.met = append(s.met, now)
			if now < 100 || now%26 != 0 {
				continue
			}
			for _, window := range []int{60, 200, now} {
				g, err := v.One(until(b, at(float64(now)), time.Duration(window)*time.Second))
				require.NoError(t, err)
				shown, all := within(servers, now-window, now, true), within(servers, now-window, now, false)
				require.True(t, slices.ContainsFunc(g.Warnings(), func(w string) bool { return strings.Contains(w, "lower bounds") }), "%q", g.Warnings())
				n, ok := g.Observations().Increase()
				require.True(t, ok)
				require.True(t, n.Lo <= float64(len(shown)) && float64(len(shown)) <= n.Hi, "seed %d, at %d, %d s: %d, %s", seed, now, window, len(shown), n)
				above, _ := g.Over(0.4)
				over := slices.DeleteFunc(slices.Clone(shown), func(x float64) bool { return x <= 0.4 })
				want := float64(len(over)) / float64(len(shown))
				require.True(t, above.Lo <= want && want <= above.Hi, "seed %d, at %d, %d s: %g of %s", seed, now, window, want, above)
				for _, q := range []float64{0.1, 0.5, 0.9, 0.99} {
					x, ok := g.Quantile(q)
					require.True(t, ok)
					want := quantileOf(q, shown)
					require.True(t, x.Lo <= want && want <= x.Hi, "seed %d, at %d, %d s: %g-quantile %g, %s", seed, now, window, q, want, x)
					asked++
					if whole := quantileOf(q, all); whole < x.Lo || x.Hi < whole {
						missed++
					}
				}
				worst, ok := g.WorstQuantile(0.9)
				require.True(t, ok)
				slowest := 0.0
				for _, s := range servers {
					if list := within([]*slowServer{s}, now-window, now, true); len(list) > 0 {
						slowest = max(slowest, quantileOf(0.9, list))
					}
				}
				require.True(t, worst.Estimate.Lo <= slowest && slowest <= worst.Estimate.Hi, "seed %d, at %d, %d s: %g of %s", seed, now, window, slowest, worst)
			}
		}
	}
	assert.Greater(t, asked, 1500)
	assert.Less(t, missed, asked/200)
}
