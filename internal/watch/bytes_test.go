package watch

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is told of ever other processes is held, and what is told of one again is not
// held twice; once it is folded, a line of each is left.
func TestBytesHeld(t *testing.T) {
	assert.Zero(t, (*State)(nil).Bytes())
	s := New(Clocks{})
	told, empty := int64(0), s.Bytes()
	process := func(i int) Process {
		a := amount{hist: true}.plus([4]int64{1, 2, 3, 4}, 0)
		b := a.plus([4]int64{1, 1, 1, 1}, 0)
		return Process{Keys: []Key{{fmt.Sprint("i", i), int64(10_000 * (i + 1))}}, Last: 9, Ended: 10,
			Groups: []Growth{{Group: "y", Met: Reading{1, a.value()}, Left: Reading{5, b.value()}}}}
	}
	for i := range 200 {
		p := process(i)
		require.NoError(t, s.Tell(p))
		told += p.Bytes()
	}
	assert.InEpsilon(t, empty+told, s.Bytes(), 0.25, "lists have room to spare")
	before := s.Bytes()
	for i := range 200 {
		require.NoError(t, s.Tell(process(i)))
	}
	assert.Equal(t, before, s.Bytes())
	s.Fold(100)
	assert.Less(t, s.Bytes(), before/2)
	assert.Greater(t, s.Bytes(), int64(200*40))
}
