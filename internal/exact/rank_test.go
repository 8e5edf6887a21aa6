package exact

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRank(t *testing.T) {
	for _, c := range []struct {
		q    float64
		n    int
		want int
	}{
		{0, 5, 1}, {1, 5, 5}, {0.5, 4, 2}, {0.5, 5, 3}, {0.07, 100, 7}, {0.070001, 100, 8}, {0.99, 100, 99}, {0.999, 100, 100}, {0.3, 10, 3},
		{math.Nextafter(1, 0), 3, 3}, {math.SmallestNonzeroFloat64, 3, 1},
	} {
		got, ok := Rank(c.q, c.n)
		assert.True(t, ok)
		assert.Equal(t, c.want, got, "%v of %d", c.q, c.n)
	}
	for _, q := range []float64{-0.1, 1.1, math.NaN(), math.Inf(1)} {
		_, ok := Rank(q, 3)
		assert.False(t, ok, q)
	}
	_, ok := Rank(0.5, 0)
	assert.False(t, ok)
}
