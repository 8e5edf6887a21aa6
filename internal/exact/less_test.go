package exact

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What lies between two sums is rounded to the bit as their exact difference is, near and far from each other.
func TestLessIsTheRoundedDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Custom(func(t *rapid.T) float64 {
			x := math.Ldexp(rapid.Float64Range(-2, 2).Draw(t, "digits"), rapid.IntRange(-90, 90).Draw(t, "power"))
			return rapid.SampledFrom([]float64{x, x, x, math.Trunc(x), -1, math.Inf(1), math.NaN(), math.MaxFloat64, 5e-324}).Draw(t, "number")
		})
		var a, b Sum
		for range rapid.IntRange(0, 4).Draw(t, "adds") {
			x := number.Draw(t, "x")
			a.Add(x)
			if rapid.Bool().Draw(t, "in both") {
				b.Add(x)
			}
		}
		b.Add(number.Draw(t, "other"))
		a.AddInt(rapid.Int64().Draw(t, "n"))
		var want Sum
		want.Set(&a)
		want.Sub(&b)
		got, exact := a.less(&b), want.Float64()
		require.True(t, got == exact || got != got && exact != exact, "%v is not %v", got, exact)
	})
}

// What a vector grew by since it was packed is rounded as the difference of both is, of short sums, of long ones, and of
// such as are no number.
func TestAppendLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.SampledFrom([]int{60, 60, 200}).Draw(t, "width")
		low := rapid.IntRange(-150, 40).Draw(t, "low")
		number := rapid.Custom(func(t *rapid.T) float64 {
			x := math.Ldexp(rapid.Float64Range(-2, 2).Draw(t, "digits"), low+rapid.IntRange(0, width).Draw(t, "power"))
			if rapid.IntRange(0, 30).Draw(t, "odd") == 0 {
				return rapid.SampledFrom([]float64{0, math.Inf(1), math.NaN(), math.MaxFloat64, 5e-324}).Draw(t, "special")
			}
			return x
		})
		var old, now Vector
		n := rapid.IntRange(0, 4).Draw(t, "packed")
		old.Grow(n)
		add := func(v *Vector) {
			for i := range v.Len() {
				for _, x := range rapid.SliceOfN(number, 0, 4).Draw(t, "xs") {
					v.Add(i, x)
				}
				v.AddInt(i, rapid.SampledFrom([]int64{0, 0, 7, -7, 1 << 40}).Draw(t, "n"))
			}
		}
		add(&old)
		if rapid.Bool().Draw(t, "grew") {
			now.Set(&old)
		}
		now.Grow(n + rapid.IntRange(0, 2).Draw(t, "more"))
		add(&now)
		packed := old.AppendPacked(nil)
		got := now.AppendLess(nil, now.Len(), n, packed)
		for i, x := range got {
			var want Sum
			now.SumDiff(&want, i, &old)
			require.True(t, x == want.Float64() || x != x && want.Float64() != want.Float64(), "%v is not %v", x, want.Float64())
		}
		require.Len(t, got, now.Len())
	})
}
