package identity

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// exposition is a process that exposes some of its counters only once they
// counted something. NaN is a counter that is not exposed.
type exposition struct {
	start    float64 // seconds
	requests [3]float64
	ballast  [40]float64 // so that no process looks like another
	pace     [40]float64 // of the ballast, in one round
}

func newExposition(r *rand.Rand, start float64) *exposition {
	p := &exposition{start: start}
	for i := range p.ballast {
		p.pace[i] = float64(50 + r.IntN(100))
		if p.ballast[i] = 100 * p.pace[i]; start >= 0 { // it began 4 s of a round of 10 s ago
			p.ballast[i] = 0.4*p.pace[i] - p.pace[i]
		}
	}
	return p
}

func (p *exposition) work(r *rand.Rand) {
	for i := range p.ballast {
		p.ballast[i] += p.pace[i]
	}
	for i := range p.requests {
		if n := r.IntN(20); n > 5 {
			p.requests[i] += float64(n)
		}
	}
}

func (p *exposition) shown(at float64) shown {
	s := shown{at: int64(1e6 + 1000*at), start: Start{int64(1e6 + 1000*p.start), Metric}}
	for _, n := range p.requests {
		if n == 0 {
			n = math.NaN()
		}
		s.vector = append(s.vector, n)
	}
	s.vector = append(s.vector, p.ballast[:]...)
	return s
}

func (p *exposition) sum() (sum float64) {
	for _, x := range p.shown(0).vector {
		if x == x {
			sum += x
		}
	}
	return sum
}

// nearStarts simulates processes behind one address, of which several start 100
// ms apart. It returns what each counted between the scrapes that met it, and
// since its start if that was watched; and what was found.
func nearStarts(r *rand.Rand, processes, rounds int) (want float64, m *model) {
	procs := make([]*exposition, processes)
	seen := map[*exposition]float64{}
	for i := range procs {
		procs[i] = newExposition(r, -1000-float64(i))
	}
	m = &model{tolerance: 2000, watched: 1_000_000}
	for round := range rounds {
		for i, p := range procs {
			now := float64(10*round) + float64(i)/10
			if _, ok := seen[p]; ok && now-p.start > 40 && r.IntN(4) == 0 {
				p = newExposition(r, now-4)
				procs[i] = p
			}
			p.work(r)
			if r.IntN(10) == 0 && round > 0 {
				continue // a scrape that failed
			}
			if before, ok := seen[p]; ok || p.start > 0 {
				want += p.sum() - before
			}
			seen[p] = p.sum()
			m.meet(p.shown(now))
		}
	}
	return want, m
}

// Where starts that are 2 s apart may be one process', what several processes
// counted is found to the last count, unless it has too few readings to tell: then
// what may be another one's is provisional, and in no lower bound.
func TestNearStartsAgainstTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 5))
		want, m := nearStarts(r, rapid.IntRange(1, 6).Draw(rt, "processes"), rapid.IntRange(2, 25).Draw(rt, "rounds"))
		got, lo := m.sum()
		require.LessOrEqual(rt, lo, want)
		if !slices.ContainsFunc(m.steps, func(s step) bool { return s.Provisional }) {
			require.InDelta(rt, want, got, 1e-6)
		}
	})
}

// How often there are too few readings is counted over fleets that are enumerated.
func TestHowOftenNearStartsErr(t *testing.T) {
	wrong := 0
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 5))
		want, m := nearStarts(r, 1+int(seed%6), 2+int(seed%24))
		if got, _ := m.sum(); math.Abs(want-got) > 1e-6 {
			wrong++
		}
	}
	require.Zero(t, wrong)
}
