package identity

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// run lets a balancer choose at random among processes.
func run(r *rand.Rand, m *model, ps []*process, rounds int, told func(p *process) Start) *truth {
	var t truth
	for i := range rounds {
		for _, p := range ps {
			p.moves(r, 1)
		}
		p := ps[r.IntN(len(ps))]
		t.add(p)
		m.meet(shown{at: 2e9 + int64(10_000*i), start: told(p), vector: slices.Clone(p.counters), of: p})
	}
	return &t
}

func tells(p *process) Start { return p.start }

// With starts that differ, each scrape is attributed to the process that gave it, and all that was seen to grow counts.
func TestStartsAreAlwaysRight(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		n := rapid.IntRange(1, 6).Draw(rt, "processes")
		counters := rapid.IntRange(1, 50).Draw(rt, "counters")
		m := &model{Balancer: Balancer[*simulated]{Expected: rapid.SampledFrom([]int{0, n}).Draw(rt, "expected")}, tolerance: 2000}
		var ps []*process
		for i := range n {
			ps = append(ps, random(r, counters, Start{int64(1e9 + 2001*i), Metric}, 10_000, 100))
		}
		truth := run(r, m, ps, 60, tells)
		of := map[*process]*simulated{}
		for _, s := range m.steps {
			require.False(rt, s.Ambiguous)
			require.False(rt, s.Provisional)
			require.False(rt, s.Retract)
			if of[s.now.of] == nil {
				require.True(rt, s.New)
				of[s.now.of] = s.in
			}
			require.Same(rt, of[s.now.of], s.in)
		}
		value, lo := m.sum()
		require.Equal(rt, truth.sum(), value)
		require.Equal(rt, value, lo)
	})
}

// check holds the steps against the truth: no step is a false reset, and a step that counts for certain joins two scrapes
// of one process.
func check(rt require.TestingT, m *model) {
	for i, s := range m.steps {
		if s.from.of == nil {
			continue
		}
		require.True(rt, compare(s.from.vector, s.now.vector).dominates(), "step %d fell", i)
		if !s.Provisional {
			require.Same(rt, s.from.of, s.now.of, "step %d", i)
		}
	}
}

// Without starts, nothing is a false reset, misattribution is only ever provisional, and the lower bound is never above
// the truth. The processes live on, and their number is known.
func TestVectorsErrProvisionally(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 2))
		n := rapid.IntRange(1, 6).Draw(rt, "processes")
		counters := rapid.IntRange(1, 50).Draw(rt, "counters")
		most := rapid.SampledFrom([]int{10, 1000, 100_000}).Draw(rt, "most")
		pace := rapid.SampledFrom([]int{1, 10, 1000}).Draw(rt, "pace")
		start := rapid.SampledFrom([]Start{{}, {1e9, Metric}}).Draw(rt, "start") // none, or equal ones
		m := &model{Balancer: Balancer[*simulated]{Expected: n}, tolerance: 2000}
		var ps []*process
		for range n {
			ps = append(ps, random(r, counters, start, most, pace))
		}
		truth := run(r, m, ps, 80, tells)
		if !start.Known() {
			check(rt, m)
		}
		if _, lo := m.sum(); !start.Known() || m.pool().Settled() {
			require.LessOrEqual(rt, lo, truth.sum())
		}
	})
}

// Starts 300 ms apart may be one that jitters: what is taken for certain is right.
func TestStartsWithinTheTolerance(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 6))
		n := rapid.IntRange(1, 6).Draw(rt, "processes")
		counters := rapid.IntRange(1, 50).Draw(rt, "counters")
		m := &model{Balancer: Balancer[*simulated]{Expected: n}, tolerance: 2000}
		var ps []*process
		for i := range n {
			ps = append(ps, random(r, counters, Start{int64(1e9 + 300*i), Metric}, 10_000, 100))
		}
		truth := run(r, m, ps, 150, tells)
		check(rt, m)
		_, lo := m.sum()
		require.LessOrEqual(rt, lo, truth.sum())
	})
}

// A start that jitters is one start where no other one is near.
func TestStartsThatJitter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 7))
		n := rapid.IntRange(1, 6).Draw(rt, "processes")
		m := &model{Balancer: Balancer[*simulated]{Expected: rapid.SampledFrom([]int{0, n}).Draw(rt, "expected")}, tolerance: 2000}
		var ps []*process
		for i := range n {
			ps = append(ps, random(r, 20, Start{int64(1e9 + 10_000*i), Metric}, 10_000, 100))
		}
		truth := run(r, m, ps, 60, func(p *process) Start { return Start{p.start.At + 10*int64(r.IntN(3)), Metric} })
		check(rt, m)
		value, lo := m.sum()
		require.Equal(rt, truth.sum(), value)
		require.LessOrEqual(rt, lo, value)
		require.LessOrEqual(rt, len(m.Members), n)
	})
}

// Where the number of processes is unknown, or they are replaced and have no starts, nothing is certain: counted over
// fleets that are enumerated.
func TestHowOftenVectorsErr(t *testing.T) {
	for _, c := range []struct {
		name     string
		expected int
		restarts float64 // of a process, for each scrape
	}{
		{"unknown number", 0, 0},
		{"restarts", 3, 0.005},
	} {
		t.Run(c.name, func(t *testing.T) {
			above := 0                      // fleets whose lower bound is above the truth
			certain, wrong, fell := 0, 0, 0 // steps; of them, those that join two processes, and those that fell
			for seed := range uint64(200) {
				r := rand.New(rand.NewPCG(seed, 9))
				counters, pace := []int{10, 40}[seed%2], []int{1, 100}[seed/2%2]
				m := &model{Balancer: Balancer[*simulated]{Expected: c.expected}, tolerance: 2000}
				var ps []*process
				for range 3 {
					ps = append(ps, random(r, counters, Start{}, 10_000, pace))
				}
				var truth truth
				for i := range 200 {
					for k, p := range ps {
						if r.Float64() < c.restarts {
							p = &process{counters: make([]float64, counters), pace: p.pace}
							ps[k] = p
						}
						p.moves(r, 1)
					}
					p := ps[r.IntN(3)]
					truth.add(p)
					m.meet(shown{at: 2e9 + int64(10_000*i), vector: slices.Clone(p.counters), of: p})
				}
				if _, lo := m.sum(); lo > truth.sum() {
					above++
				}
				for _, s := range m.steps {
					if s.from.of == nil || s.Provisional {
						continue
					}
					certain++
					if s.from.of != s.now.of {
						wrong++
					}
					if !compare(s.from.vector, s.now.vector).dominates() {
						fell++
					}
				}
			}
			require.Greater(t, certain, 10_000)
			assert.LessOrEqual(t, above, 1, "of 200")
			assert.LessOrEqual(t, wrong, certain/5000)
			assert.Zero(t, fell)
		})
	}
}

// The order of candidates does not matter.
func TestOrderOfCandidates(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 3))
		starts := []Start{{}, {1e9, Metric}, {1e9 + 300, Metric}}
		x := Scrape{At: 10_000, Start: rapid.SampledFrom(starts).Draw(rt, "start"), Tolerance: 2000,
			Named: rapid.Bool().Draw(rt, "named"), Settled: rapid.Bool().Draw(rt, "settled")}
		sighting := func(at int64) Sighting {
			common := 25 + r.IntN(10)
			l := Likeness{Common: common, Moved: r.IntN(3), Grown: float64(r.IntN(3)), Before: 40, Shared: 36 + r.IntN(5), Union: 42}
			if r.IntN(2) == 0 {
				l.Fell = r.IntN(common)
			}
			return Sighting{At: at, Start: starts[r.IntN(len(starts))], Likeness: l}
		}
		var list []Candidate
		for _, name := range []string{"a", "b", "c", "d"}[:rapid.IntRange(0, 4).Draw(rt, "candidates")] {
			c := Candidate{Name: name, Dead: r.IntN(4) == 0, Last: sighting(90)}
			for range r.IntN(3) {
				c.Earlier = append(c.Earlier, sighting(80))
			}
			list = append(list, c)
		}
		want := Attribute(x, list)
		other, places := permuted(r, list)
		got := Attribute(x, other)
		if want.To >= 0 {
			require.Equal(rt, places[want.To], got.To)
		}
		require.Equal(rt, byName(list, want.Candidates), byName(other, got.Candidates))
		want.To, want.Candidates, got.To, got.Candidates = 0, nil, 0, nil
		require.Equal(rt, want, got)
	})
}

// Two living processes with different starts are never taken for one, however near the starts are: neither is given a
// scrape with the other's start.
func TestEqualComesBeforeNear(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 4))
		list := []Candidate{
			{Name: "a", Last: Sighting{Start: Start{1e9, Metric}}},
			{Name: "b", Last: Sighting{Start: Start{1e9 + 300, Metric}}},
		}
		for i := range list {
			common := r.IntN(60)
			list[i].Last.Likeness = Likeness{Common: common, Fell: r.IntN(1 + common), Grown: r.Float64(), Before: 50, Shared: 50, Union: 50}
		}
		x := Scrape{Start: Start{1e9 + 300, Metric}, Tolerance: 2000, Settled: rapid.Bool().Draw(rt, "settled")}
		assert.NotEqual(rt, 0, Attribute(x, list).To)
	})
}
