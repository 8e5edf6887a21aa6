package script_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/script"
)

// Each kind of event comes as often as it weighs, and one seed gives one script.
func TestDraw(t *testing.T) {
	draw := func() []script.Event {
		return script.Draw(rand.New(rand.NewPCG(1, 2)), map[int]int{0: 1, 1: 3, 2: 0}, 4000)
	}
	events := draw()
	assert.Equal(t, events, draw())
	var n [3]int
	for _, e := range events {
		n[e.Kind]++
	}
	assert.InDelta(t, 3, float64(n[1])/float64(n[0]), 0.5)
	assert.Zero(t, n[2])
}

// What fails if a 7 comes before a 3 that is about at least 5 is made just that.
func TestShrink(t *testing.T) {
	var events []script.Event
	for i := range 100 {
		events = append(events, script.Event{Kind: i % 10, A: i, B: 9, C: i})
	}
	fails := func(list []script.Event) bool {
		seven := false
		for _, e := range list {
			seven = seven || e.Kind == 7
			if seven && e.Kind == 3 && e.A >= 5 {
				return true
			}
		}
		return false
	}
	assert.Equal(t, []script.Event{{Kind: 7}, {Kind: 3, A: 5}}, script.Shrink(events, fails))
	assert.Len(t, events, 100)
	assert.Equal(t, 50, events[50].A, "the script that was given stays as it is")
}
