package exact

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// It agrees with the accumulator, bit for bit: on sums that cancel, on ties,
// and on ranges that no short list of floats holds.
func totalOf(xs []float64) float64 {
	var t Total
	for _, x := range xs {
		t.Add(x)
	}
	return t.Float64()
}

func TestTotalIsThatOfTheAccumulator(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		xs := make([]float64, r.IntN(12))
		spread := []int{4, 60, 120, 600}[r.IntN(4)]
		for i := range xs {
			xs[i] = math.Ldexp(float64(r.Int64N(1<<53)-1<<52), r.IntN(spread)-spread/2)
			if i > 0 && r.IntN(4) == 0 {
				xs[i] = -xs[i-1] * (1 + 0x1p-52*float64(r.IntN(2)))
			}
			if r.IntN(4) == 0 {
				xs[i] = math.Ldexp(1, r.IntN(108)-54) // powers of two make ties
			}
		}
		var s Sum
		s.AddAll(xs)
		require.Equal(t, math.Float64bits(s.Float64()+0), math.Float64bits(totalOf(xs)+0), "%x", xs)
	}
	assert.Equal(t, math.Inf(1), totalOf([]float64{1, math.Inf(1), 2}))
	assert.Equal(t, math.MaxFloat64, totalOf([]float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}))
}

func BenchmarkTotal(b *testing.B) {
	xs := []float64{0.1, 14.4, 3.3}
	b.ReportAllocs()
	for b.Loop() {
		xs[0] = totalOf(xs) / 20
	}
}

// AppendDiff gives what SumDiff does, whether or not the sums are integers.
func TestAppendDiffIsSumDiff(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		var v, o Vector
		v.Grow(1 + r.IntN(10))
		o.Grow(r.IntN(10))
		for i := range v.Len() {
			v.Add(i, float64(r.Int64N(1<<60)))
			if i < o.Len() && r.IntN(3) > 0 {
				o.Add(i, float64(r.Int64N(1<<60)))
			}
			if r.IntN(20) == 0 {
				v.Add(i, r.Float64())
			}
		}
		from := r.IntN(v.Len())
		got := v.AppendDiff(nil, from, v.Len(), &o)
		for i := from; i < v.Len(); i++ {
			var s Sum
			v.SumDiff(&s, i, &o)
			require.Equal(t, s.Float64(), got[i-from])
		}
	}
}
