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
