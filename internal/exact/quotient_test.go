package exact

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The mean of equal numbers is that number.
func TestQuoOfEqualNumbersIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := value().Draw(t, "x")
		if x-x != 0 || math.Abs(x) > 1e300 {
			return
		}
		n := rapid.IntRange(1, 1000).Draw(t, "n")
		var s Sum
		for range n {
			s.Add(x)
		}
		require.Equal(t, x+0, s.Quo(float64(n))+0)
	})
	s := sum(.1, .1, .1)
	assert.NotEqual(t, .1, s.Float64()/3)
	assert.Equal(t, .1, s.Quo(3))
}

func TestQuoIsTheNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(rapid.Float64Range(-1e20, 1e20), 1, 20).Draw(t, "xs")
		n := float64(rapid.Int64Range(1, 1<<40).Draw(t, "n"))
		exact := new(big.Float).SetPrec(2000).Quo(bigSum(xs), big.NewFloat(n))
		want, _ := exact.Float64()
		got := sum(xs...).Quo(n)
		require.LessOrEqual(t, math.Abs(got-want), math.Nextafter(math.Abs(want), math.Inf(1))-math.Abs(want))
	})
}

func TestQuoOfNoNumber(t *testing.T) {
	assert.Equal(t, math.Inf(1), sum(math.Inf(1)).Quo(2))
	assert.True(t, math.IsNaN(sum(math.NaN()).Quo(2)))
	assert.Equal(t, math.Inf(1), sum(1e308).Quo(1e-300))
	assert.True(t, math.IsNaN(sum(0).Quo(0)))
}
