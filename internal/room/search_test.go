package room

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSearchesInVain(t *testing.T) {
	var s Search
	require.True(t, s.Worthwhile(100))
	s.InVain(100, 10)
	s.InVain(105, 10) // it made none
	for at, yes := range map[int64]bool{99: true, 100: false, 109: false, 110: true} {
		require.Equal(t, yes, s.Worthwhile(at), at)
	}
}

// Three things may be given up, of which the second is not there: it goes on as
// long as it does not fit, and looks at all of them only where that is worthwhile.
func TestMakeRoom(t *testing.T) {
	for _, c := range []struct {
		name  string
		over  int64 // at first; each thing makes 10 bytes of room
		again bool  // after a search in vain
		given []int
		left  int64
	}{
		{"it fits", 0, false, nil, 0},
		{"the least is enough", 10, false, []int{0}, 0},
		{"one is not there", 15, false, []int{0, 1, 2}, -5},
		{"not even all is enough", 25, false, []int{0, 1, 2}, 5},
		{"soon after one in vain", 10, true, []int{0}, 0},
		{"soon after one in vain, which would have been", 15, true, []int{0}, 5},
	} {
		var s Search
		if c.again {
			s.InVain(100, 10)
		}
		var given []int
		over := c.over
		left, ok := s.Make(105, 10, 3, func() (int64, bool) { return over, over <= 0 }, func(i int, n int64) bool {
			assert.Equal(t, over, n, c.name)
			if given = append(given, i); i == 1 {
				return false
			}
			over -= 10
			return true
		})
		assert.Equal(t, c.given, given, c.name)
		assert.Equal(t, c.left, left, c.name)
		assert.Equal(t, c.left <= 0, ok, c.name)
		assert.Equal(t, ok && !c.again, s.Worthwhile(106), c.name)
	}
}
