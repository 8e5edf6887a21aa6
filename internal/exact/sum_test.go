package exact

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// bigSum is the oracle: enough bits for any sum of float64s to be exact.
func bigSum(xs []float64) *big.Float {
	z := new(big.Float).SetPrec(2400)
	for _, x := range xs {
		z.Add(z, new(big.Float).SetFloat64(x))
	}
	return z
}

func sum(xs ...float64) *Sum {
	s := new(Sum)
	for _, x := range xs {
		s.Add(x)
	}
	return s
}

func bigRound(z *big.Float) float64 {
	x, _ := z.Float64()
	return x
}

func encoding(s *Sum) string {
	b, _ := s.AppendBinary(nil)
	return string(b)
}

// value draws what sums meet: counters, durations, and the ends of the range of float64.
func value() *rapid.Generator[float64] {
	finite := rapid.Custom(func(t *rapid.T) float64 {
		x := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return 0
		}
		return x
	})
	return rapid.OneOf(
		rapid.Map(rapid.Int64Range(-1000, 1<<40), func(i int64) float64 { return float64(i) }),
		rapid.Map(rapid.Int64(), func(i int64) float64 { return float64(i) }),
		rapid.Map(rapid.Int64Range(-1e9, 1e9), func(i int64) float64 { return float64(i) / 1000 }),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -1, 0.1, 0.5, 1 << 53, 1<<53 + 2, 1 << 61, -(1 << 61), 1 << 62, 1 << 63,
			-(1 << 63), 1e16, 1e17, 1e300, -1e300, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64,
			-math.SmallestNonzeroFloat64, 0x1p-1022}),
		finite,
	)
}

func values(max int) *rapid.Generator[[]float64] { return rapid.SliceOfN(value(), 0, max) }

func TestSumIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := values(40).Draw(t, "xs")
		s, z := sum(xs...), bigSum(xs)
		require.Equal(t, bigRound(z), s.Float64())
		require.Equal(t, z.Sign(), s.Sign())
		var all Sum
		all.AddAll(xs)
		require.Equal(t, encoding(s), encoding(&all))
		n, ok := s.Int64()
		want, acc := z.Int64()
		if fits := z.IsInt() && acc == big.Exact && want <= small && want >= -small; fits {
			require.True(t, ok)
			require.Equal(t, want, n)
		} else {
			require.False(t, ok)
		}
	})
}

func TestSumDoesNotDependOnOrderOrGrouping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := values(30).Draw(t, "xs")
		want := encoding(sum(xs...))
		require.Equal(t, want, encoding(sum(rapid.Permutation(xs).Draw(t, "shuffled")...)))

		parts := make([]Sum, rapid.IntRange(1, 4).Draw(t, "parts"))
		for i, x := range xs {
			parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")].Add(x)
			if i%7 == 0 {
				parts[0].Compact()
			}
		}
		var all Sum
		for i := range parts {
			before := encoding(&parts[i])
			all.Merge(&parts[i])
			require.Equal(t, before, encoding(&parts[i]), "Merge does not change its argument")
		}
		require.Equal(t, want, encoding(&all))
		require.Zero(t, all.Cmp(sum(xs...)))

		for i := range parts {
			all.Sub(&parts[i])
		}
		require.Equal(t, encoding(new(Sum)), encoding(&all), "what was merged can be taken off")
	})
}

func TestSumCmp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs, ys := values(6).Draw(t, "xs"), values(6).Draw(t, "ys")
		s, o := sum(xs...), sum(ys...)
		require.Equal(t, bigSum(xs).Cmp(bigSum(ys)), s.Cmp(o))
		require.Equal(t, s.Cmp(o) == 0, encoding(s) == encoding(o))
		if s.Cmp(o) <= 0 {
			require.LessOrEqual(t, s.Float64(), o.Float64(), "rounding is monotone")
		}
	})
}

func TestSumAddDiff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, p := value().Draw(t, "c"), value().Draw(t, "p")
		var s Sum
		s.AddDiff(c, p)
		require.Equal(t, encoding(sum(c, -p)), encoding(&s))
		var v Vector
		v.Grow(1)
		v.AddDiff(0, c, p)
		require.Equal(t, s.Float64(), v.Float64(0))
	})
}

func TestSumAddDiffDoesNotWrap(t *testing.T) {
	for _, c := range [][2]float64{{-1 << 63, 1<<63 - 1024}, {1<<63 - 1024, -1 << 63}, {1 << 63, 1<<63 - 1024}, {1 << 62, 1<<62 + 1024}} {
		var s Sum
		s.AddDiff(c[0], c[1])
		assert.Equal(t, encoding(sum(c[0], -c[1])), encoding(&s), c)
	}
}

func TestSumIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Sum
		z := new(big.Int)
		for _, i := range rapid.SliceOfN(rapid.Int64(), 0, 20).Draw(t, "ints") {
			s.AddInt(i)
			z.Add(z, big.NewInt(i))
		}
		for range 3 {
			c, p := rapid.Uint64().Draw(t, "c"), rapid.Uint64().Draw(t, "p")
			s.AddUintDiff(c, p)
			z.Add(z, new(big.Int).Sub(new(big.Int).SetUint64(c), new(big.Int).SetUint64(p)))
		}
		want, _ := new(big.Float).SetInt(z).Float64()
		require.Equal(t, want, s.Float64())
		require.Equal(t, z.Sign(), s.Sign())
	})
}

// The vectors of large counters, where last − first + Σ before resets cancels: exact where float64s give 6 and 16.
func TestSumLargeCounters(t *testing.T) {
	for _, c := range []struct{ a, b, after, want float64 }{{1e16, 1e16 + 2, 5, 7}, {1e17, 1e17 + 16, 5, 21}} {
		var s Sum
		s.AddDiff(c.b, c.a)
		s.AddDiff(c.after, 0)
		assert.Equal(t, c.want, s.Float64())
	}
	var s Sum
	s.AddUintDiff(1<<63+3, 1<<63+1)
	assert.Equal(t, 2.0, s.Float64())
}

func TestSumTieToEven(t *testing.T) {
	for _, c := range []struct {
		want  float64
		terms []float64
	}{
		{1 << 53, []float64{1 << 53, 1}},
		{1<<53 + 4, []float64{1 << 53, 3}},
		{1<<53 + 2, []float64{1 << 53, 1, math.SmallestNonzeroFloat64}},
		{1 << 53, []float64{1 << 53, 1, -math.SmallestNonzeroFloat64}},
		{1<<53 + 2, []float64{1 << 53, 1, 0x1p-30}},
		{1 << 53, []float64{1 << 53, 1, -0x1p-70}},
		{math.MaxFloat64, []float64{math.MaxFloat64, 0x1p969}},
		{math.Inf(1), []float64{math.MaxFloat64, 0x1p970}},
		{math.MaxFloat64, []float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}},
		{0.30000000000000004, []float64{0.1, 0.2}},
		{0.6, []float64{0.1, 0.2, 0.3}}, // float64 addition gives 0.6000000000000001
	} {
		assert.Equal(t, c.want, sum(c.terms...).Float64(), c.terms)
	}
}

func TestSumAliases(t *testing.T) {
	for _, xs := range [][]float64{nil, {7}, {0.1, 1e300, 5}, {1 << 61}, {-0.3}} {
		s := sum(xs...)
		s.Merge(s)
		assert.Equal(t, encoding(sum(append(xs, xs...)...)), encoding(s))
		s.Set(s)
		assert.Equal(t, encoding(sum(append(xs, xs...)...)), encoding(s))
		s.Sub(s)
		assert.Equal(t, 0, s.Sign())
	}
}

func TestSumSetReusesStorage(t *testing.T) {
	var dst Sum
	wide, integer := sum(0.1, 1e20), sum(5)
	dst.Set(wide)
	assert.Zero(t, testing.AllocsPerRun(10, func() { dst.Set(integer); dst.Set(wide) }))
	dst.Add(1)
	assert.Equal(t, encoding(sum(0.1, 1e20)), encoding(wide), "a copy shares nothing")
}

func TestSumCompactIsSmall(t *testing.T) {
	s := sum(0.5, 1e300)
	s.Sub(sum(1e300))
	s.Add(0.5)
	s.Compact()
	assert.Equal(t, Sum{n: 1, w: s.w}, *s)
	assert.True(t, s.w.isZero())

	s = sum(12345.678)
	s.Compact()
	assert.LessOrEqual(t, len(s.w.limbs), 3)
}

func TestSumNotFinite(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	assert.Equal(t, inf, sum(1, inf, -1e300).Float64())
	assert.Equal(t, -inf, sum(0.5, -inf).Float64())
	assert.True(t, math.IsNaN(sum(inf, -inf).Float64()))
	assert.True(t, math.IsNaN(sum(inf, nan).Float64()))
	s := sum(inf)
	s.Sub(sum(inf))
	assert.True(t, math.IsNaN(s.Float64()))
	assert.Zero(t, s.Sign())
	_, ok := s.Int64()
	assert.False(t, ok)
	assert.Equal(t, 1, sum(inf).Sign())
	assert.Equal(t, -1, sum(-inf).Sign())
	assert.Equal(t, []int{-1, -1, 1, 0, 0}, []int{
		sum(nan).Cmp(sum(-inf)), sum(-inf).Cmp(sum(-1e300, -1e300)), sum(inf).Cmp(sum(1)), sum(inf).Cmp(sum(inf, 1)), sum(nan).Cmp(sum(nan))})

	var d Sum
	d.AddDiff(inf, inf)
	assert.True(t, math.IsNaN(d.Float64()))

	s = sum(1)
	s.Sub(sum(-inf))
	assert.Equal(t, inf, s.Float64())
	s.Sub(sum(nan))
	assert.True(t, math.IsNaN(s.Float64()))

	s = sum(math.MaxFloat64)
	for range 300 {
		s.Merge(s)
	}
	assert.Equal(t, inf, s.Float64(), "beyond what is kept, after 2^300 additions")
	s = sum(-math.MaxFloat64)
	for range 100 {
		s.Merge(s)
	}
	assert.Equal(t, math.Inf(-1), s.Float64())
	assert.Equal(t, -1, s.Sign())
}

// Late carries must survive more additions than a limb has room for.
func TestSumManyAdditions(t *testing.T) {
	s := sum(0.1)
	s.w.adds = maxAdds - 3
	for range 10 {
		s.Add(0.1)
	}
	assert.Equal(t, encoding(sum(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)), encoding(s))
	// Limbs as large as they may get.
	s = sum(0.1)
	for i := range s.w.limbs {
		s.w.limbs[i] = maxAdds << limbBits
	}
	s.w.adds = maxAdds - 1
	want := new(Sum)
	want.Set(s)
	want.Merge(want)
	s.Merge(s)
	assert.Equal(t, encoding(want), encoding(s))
	assert.Positive(t, s.Sign())

	s = sum(0.1)
	for range 64 {
		s.Merge(s)
	}
	assert.Equal(t, math.Ldexp(0.1, 64), s.Float64())
}

func TestSumBytes(t *testing.T) {
	assert.Zero(t, sum(1, 2, 3).Bytes())
	s := sum(12345.678)
	s.Compact()
	assert.Equal(t, 32+8*3, s.Bytes())
}

// A difference is added whole, also what rounding takes off it.
func TestAddDiffIsNotRounded(t *testing.T) {
	var s Sum
	s.AddDiff(1e300, 1)
	s.Add(-1e300)
	assert.Equal(t, -1.0, s.Float64())
	s.Reset()
	s.AddDiff(1<<60, 0.1)
	s.Add(-(1 << 60))
	assert.Equal(t, -0.1, s.Float64())
}
