package aggregate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// page returns a body with counters of one height.
func page(counters int, height float64) []string {
	list := []string{typeC}
	for i := range counters {
		list = append(list, fmt.Sprintf(`c{i="%02d"} %.0f`, i, height))
	}
	return list
}

// Two processes behind one address, of which the smaller one is met first: what looked like its growth is taken back
// when it turns up again, and the larger one's scrape is attributed once more. At no time is the lower bound above what
// was counted between scrapes of one process.
func TestGrowthIsTakenBack(t *testing.T) {
	for _, start := range []float64{0, -500} {
		for _, counters := range []int{4, 40} {
			t.Run(fmt.Sprint("start ", start, ", counters ", counters), func(t *testing.T) {
				b := newBed(t, aggregate.Config{})
				b.balanced("lb", 2)
				v := b.counter(aggregate.View{Select: "c"})
				height, met, counted := map[rune]float64{'A': 1000, 'B': 5000}, map[rune]bool{}, 0.0
				for i, who := range "ABBABAABABBA" {
					height[who]++
					if met[who] {
						counted += float64(counters)
					}
					met[who] = true
					b.scrape("lb", float64(10*i), start, page(counters, height[who])...)
					got, ok := b.one(v, float64(10*i), sinceStart).Increase()
					require.Equal(t, i > 0, ok)
					if start == 0 || i > 2 { // equal starts are taken for one process until a vector falls
						assert.LessOrEqual(t, got.Lo, counted, "scrape %d", i)
					}
					if i == 2 && start == 0 {
						assert.Equal(t, 4002.0-1, got.Value/float64(counters), "it counts, and by nothing for certain")
						assert.Zero(t, got.Lo)
					}
					if i >= 3 {
						assert.LessOrEqual(t, got.Value, counted, "scrape %d", i)
						assert.Len(t, b.Snapshot(at(float64(10*i))).Instances(), 2)
					}
				}
			})
		}
	}
}

// What was taken back is as if it had never been given.
func TestTakenBackInAWindow(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	v := b.counter(aggregate.View{Select: "c"})
	for i, height := range []float64{1000, 1010, 1020, 5000, 5010, 1030, 5020, 1040} {
		b.scrape("lb", float64(10*i), 0, page(40, height)...)
	}
	got, ok := b.one(v, 70, sinceStart).Increase()
	require.True(t, ok)
	assert.Equal(t, 40*(40.0+10), got.Value, "the smaller one from its first scrape, the larger one from its latest before it was told apart")
	g := b.one(v, 70, 35*time.Second)
	got, ok = g.Increase()
	require.True(t, ok)
	assert.Equal(t, 40*(40.0+10), got.Value, "what was taken back is in no window; the step over it is in the one that holds its end")
	from, to := g.Covers()
	assert.Equal(t, at(0), from)
	assert.Equal(t, at(70), to)
}

// A scrape that is refused takes nothing back.
func TestRefusedScrapeTakesNothingBack(t *testing.T) {
	list := []float64{1000, 5000, 5010}
	fleet := func(most int64) (bed, *aggregate.CounterView) {
		b := newBed(t, aggregate.Config{MaxBytes: most})
		b.balanced("lb", 2)
		v := b.counter(aggregate.View{Select: "c", By: []string{"i"}})
		for i, height := range list {
			b.scrape("lb", float64(10*i), 0, page(40, height)...)
		}
		return b, v
	}
	free, _ := fleet(0)
	b, v := fleet(limitFor(free.held()))
	before := b.Dump()
	_, err := b.Ingest(scrapeOf("lb", 30, 0, append(page(40, 1010), `c{i="more"} 1`)...))
	require.ErrorIs(t, err, aggregate.ErrLimit)
	assert.Equal(t, before, b.Dump())
	groups, err := v.In(until(b.Fleet, at(30), sinceStart))
	require.NoError(t, err)
	require.Len(t, groups, 40)
	assert.Equal(t, 4010.0, grew(groups[0]))
}

// Processes behind a balancer that tell nothing of their start, of all sizes: the bounds hold what was counted between
// scrapes of one process, and a fleet that is saved and loaded at any time goes on in the same way.
func TestTokenlessBalancers(t *testing.T) {
	taken := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 21))
		n := 2 + r.IntN(3)
		counters := []int{5, 40}[seed%2]
		b := newBed(t, aggregate.Config{})
		b.balanced("lb", []int{0, n}[seed/2%2])
		v := b.counter(aggregate.View{Select: "c"})
		loaded := bed{t, loadedFrom(t, saved(t, b.Fleet), aggregate.Config{})}
		loaded.counter(aggregate.View{Select: "c"})
		height, first, last := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range height {
			height[i] = float64(100 * (1 + r.IntN(40)))
		}
		counted := 0.0
		for i := range 40 {
			for k := range height {
				height[k] += float64(r.IntN(20))
			}
			k := r.IntN(n)
			if first[k] == 0 {
				first[k] = height[k]
			}
			last[k] = height[k]
			before := counted
			counted = 0
			for k := range first {
				counted += float64(counters) * (last[k] - first[k])
			}
			now := float64(10 * i)
			rep := b.scrape("lb", now, 0, page(counters, height[k])...)
			again := loaded.scrape("lb", now, 0, page(counters, height[k])...)
			require.Equal(t, rep, again, "seed %d, scrape %d", seed, i)
			got, _ := b.one(v, now, sinceStart).Increase()
			if b.Snapshot(at(now)).Coverage().Reporting == n { // all were told apart
				require.LessOrEqual(t, got.Lo, counted, "seed %d, scrape %d", seed, i)
			}
			if got.Value < before {
				taken++
			}
			if r.IntN(4) == 0 {
				state := saved(t, loaded.Fleet)
				require.Equal(t, saved(t, b.Fleet), state, "seed %d, scrape %d", seed, i)
				loaded = bed{t, loadedFrom(t, state, aggregate.Config{})}
				require.Equal(t, state, saved(t, loaded.Fleet))
				loaded.counter(aggregate.View{Select: "c"})
			}
		}
	}
	assert.Greater(t, taken, 20)
}

// A process that is met behind a balancer after others, and says nothing of its start, may have begun since: all that
// it shows may be growth. One that says when it began was there, or its birth is known.
func TestMetLaterWithoutAStart(t *testing.T) {
	for _, start := range []float64{0, -500} {
		b := newBed(t, aggregate.Config{Window: time.Minute})
		b.balanced("lb", 2)
		v := b.counter(aggregate.View{Select: "c"})
		b.scrape("lb", 0, start, page(40, 5000)...)
		b.scrape("lb", 5, start, page(40, 3)...)
		b.scrape("lb", 10, start, page(40, 5000)...)
		b.scrape("lb", 15, start, page(40, 4)...)
		got, ok := b.one(v, 15, sinceStart).Increase()
		require.True(t, ok)
		want := 40.0
		if start == 0 {
			want += 40 * 3
		}
		assert.Equal(t, 40.0, got.Value)
		assert.GreaterOrEqual(t, got.Hi, want)
		if start != 0 {
			assert.InDelta(t, want+20, got.Hi, .001, "and what was counted since it was met last")
		}
		b.Remove(at(20), "lb")
		b.scrape("x", 8000, 0, typeG, "g 1") // those behind the balancer depart
		left, ok := b.one(v, 8000, sinceStart).Increase()
		require.True(t, ok)
		assert.Equal(t, got.Value, left.Value)
		assert.GreaterOrEqual(t, left.Hi, want)
	}
}

// Of an address that answered as another process, nobody knows what that one counts: nothing has an upper bound, in any
// window, until the address is declared.
func TestAnotherProcessLeavesAnAddressOpen(t *testing.T) {
	b := newBed(t, aggregate.Config{Window: time.Minute})
	v := b.counter(aggregate.View{Select: "c"})
	hi := func(seconds float64) float64 {
		got, ok := b.one(v, seconds, 30*time.Second).Increase()
		require.True(t, ok)
		return got.Hi
	}
	b.scrape("svc", 0, -9000, typeC, "c 9000")
	b.scrape("svc", 10, -9000, typeC, "c 9001")
	assert.Equal(t, 1.0, hi(10))
	b.scrape("svc", 20, -5000, typeC, "c 5000")
	for i := 3; i < 30; i++ {
		b.scrape("svc", float64(10*i), -5000, typeC, fmt.Sprint("c ", 5000+i))
	}
	assert.True(t, math.IsInf(hi(290), 1))
	loaded := bed{t, loadedFrom(t, saved(t, b.Fleet), aggregate.Config{Window: time.Minute})}
	again := loaded.counter(aggregate.View{Select: "c"})
	got, ok := loaded.one(again, 290, 30*time.Second).Increase()
	require.True(t, ok)
	assert.True(t, math.IsInf(got.Hi, 1))
	assert.Equal(t, 3.0, got.Lo)
	b.describe(aggregate.Target{Name: "svc", Balanced: true})
	assert.True(t, math.IsInf(hi(290), 1), "nobody knows how many there are")
	b.describe(aggregate.Target{Name: "svc", Balanced: true, Expected: 1})
	assert.Equal(t, 3.0, hi(290))
	b.describe(aggregate.Target{Name: "svc", Balanced: true, Expected: 2})
	assert.True(t, math.IsInf(hi(290), 1), "one of the two never answered")
}
