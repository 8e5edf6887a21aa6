package layout

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What one layout knows with bounds, in integers, is answered to the bit as by the way that answers anything: whatever
// was added in whatever order, also what is not banded.
func TestBandedAnswersAsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signed := rapid.IntRange(0, 4).Draw(t, "signed") == 0
		l, err := newLayout(rapid.SampledFrom([][]float64{{1, 2, 4, 8}, {0.5}, {-1, 0, 1}, {0, 3}, {1e-300, 1e300}, {}}).Draw(t, "bounds"), signed)
		require.NoError(t, err)
		other, err := newLayout([]float64{1, 3}, signed)
		require.NoError(t, err)
		var d Distribution
		for range rapid.IntRange(1, 5).Draw(t, "operations") {
			l := l
			if rapid.IntRange(0, 19).Draw(t, "another layout") == 0 {
				l = other
			}
			counts := make([]float64, l.Len())
			for i, n := 0, 0.0; i < len(counts); i++ {
				n += rapid.SampledFrom([]float64{0, 0, 1, 2, 100, 1 << 40}).Draw(t, "count")
				counts[i] = n
			}
			n := rapid.SampledFrom([]float64{1, 3, 1000, 0.5, math.Inf(1)}).Draw(t, "n")
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0, 1:
				require.NoError(t, d.Add(l, counts, 1))
			case 2:
				d.AddUnknown(n, l.signed != (rapid.IntRange(0, 9).Draw(t, "other floor") == 0))
			case 3:
				require.NoError(t, d.Add(l, counts, 1))
				d.AddDoubt(l, counts, n)
			case 4:
				require.NoError(t, d.AddBetween(l, nil, counts, counts, 1))
			}
		}
		for range 5 {
			q := rapid.OneOf(rapid.SampledFrom([]float64{0, .01, .5, .99, 1}), rapid.Float64Range(0, 1)).Draw(t, "q")
			level, ok := levelOf(q)
			require.True(t, ok)
			e, ok := d.quantile(level)
			if d.empty() {
				require.False(t, ok)
				continue
			}
			want, wanted := d.asked().quantile(level)
			require.Equal(t, wanted, ok)
			require.Equal(t, want, e, "%v", q)
		}
	})
}

// A level with few digits is what its shortest decimal says.
func TestLevelOfFewDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scale := rapid.IntRange(0, 6).Draw(t, "scale")
		ten := math.Pow10(scale)
		q := float64(rapid.IntRange(0, int(ten)).Draw(t, "digits")) / ten
		l, ok := levelOf(q)
		require.True(t, ok)
		require.Equal(t, level{q: q}.spelled(), l)
	})
}
