package identity

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The median of the last eight spacings, and three of it.
func TestStaleness(t *testing.T) {
	var s Spacings
	assert.Zero(t, s.Interval())
	assert.False(t, s.Stale(60_000, StaleIntervals), "it was scraped once")
	assert.True(t, s.Stale(60_001, StaleIntervals))
	for i, want := range []int64{10, 10, 15, 10, 15, 15, 15, 15, 15, 15} {
		s.Add([]int64{10, 20, 15, 5, 900, 15, 15, 15, 15, 15}[i])
		assert.Equal(t, want, s.Interval(), "after %d", i+1)
		assert.LessOrEqual(t, s.N, uint8(8))
	}
	assert.False(t, s.Stale(45, StaleIntervals))
	assert.True(t, s.Stale(46, StaleIntervals))
	assert.False(t, s.Stale(75, 5))
}
