package layout

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// What one layout knows in integers is answered to the bit as by the way that answers anything.
func TestSingleAnswersAsTheIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	levels := []float64{0, 1e-9, .01, .07, .1, .25, .5, .9, .95, .99, .999, 1}
	for range 20_000 {
		bounds := make([]float64, r.IntN(8))
		next := []float64{-3, 0, 1e-3, 1e307}[r.IntN(4)]
		for i := range bounds {
			next += []float64{.1, 1, 1e3, 1e307}[r.IntN(4)]
			bounds[i] = next
		}
		if len(bounds) > 1 && bounds[len(bounds)-1] == bounds[len(bounds)-2] {
			bounds = bounds[:1]
		}
		l, err := newLayout(bounds, r.IntN(4) == 0)
		if err != nil {
			continue // bounds too great to differ
		}
		counts, n := make([]float64, l.Len()), 0.0
		for i := range counts {
			if r.IntN(3) > 0 {
				n += float64(r.Int64N([]int64{3, 1000, 1 << 40}[r.IntN(3)]))
			}
			counts[i] = n
		}
		var d Distribution
		require.NoError(t, d.Add(l, counts, 1))
		require.Equal(t, d.asked().all.n, d.Count())
		for _, q := range append(levels, r.Float64()) {
			level, ok := levelOf(q)
			require.True(t, ok)
			e, ok := d.quantile(level)
			want, wanted := d.asked().quantile(level)
			require.Equal(t, wanted, ok)
			require.Equal(t, want, e, "%v of %v: %v", q, bounds, counts)
		}
		_, ok := singleOf(&d)
		require.Equal(t, n > 0, ok)
	}
}
