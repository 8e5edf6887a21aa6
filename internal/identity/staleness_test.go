package identity

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The median of the last eight spacings, and three of it.
func TestStaleness(t *testing.T) {
	var s Spacings
	_, ok := s.Interval()
	assert.False(t, ok)
	assert.False(t, s.Stale(math.MaxInt64), "it has no interval yet")
	for i, want := range []int64{10, 10, 15, 10, 15, 15, 15, 15, 15, 15} {
		s = s.Add([]int64{10, 20, 15, 5, 900, 15, 15, 15, 15, 15}[i])
		got, ok := s.Interval()
		assert.True(t, ok)
		assert.Equal(t, want, got, "after %d", i+1)
		assert.LessOrEqual(t, len(s), 8)
	}
	assert.False(t, s.Stale(45))
	assert.True(t, s.Stale(46))
}
