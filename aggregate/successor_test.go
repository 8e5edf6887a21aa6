package aggregate_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// Behind a balancer with two places one process dies. Until its successor is met nothing bounds what that one does; once
// it is, its own steps do.
func TestSuccessorThatIsNotMetYet(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	v := b.counter(aggregate.View{Select: "c"})
	now := 0.0
	meet := func(start float64, n int) {
		b.scrape("lb", now, start, typeC, fmt.Sprint("c ", n))
		now += 5
	}
	bounded := func() (bool, []string) {
		g := b.one(v, now-5, 30*time.Second)
		x, ok := g.Rate()
		require.True(t, ok)
		return !math.IsInf(x.Hi, 1), g.Warnings()
	}
	for i := range 10 {
		meet(-100, 1000+10*i)
		meet(-200, 5000+10*i)
	}
	sure, said := bounded()
	assert.True(t, sure, "%q", said)
	for i := range 20 { // the second one is not met any more
		meet(-100, 1100+10*i)
	}
	sure, said = bounded()
	assert.False(t, sure)
	assert.Contains(t, said, "expected and never answered, sums they may be in have no upper bound: lb (1 of 2)")
	for i := range 10 { // another one has its place, and had done 500 before it was met
		meet(-100, 1300+10*i)
		meet(100, 500+10*i)
	}
	sure, said = bounded()
	assert.True(t, sure, "%q", said)

	// If nobody answers at the address, who is behind it is known: they are stale.
	g := b.one(v, now+60, 2*time.Minute)
	assert.NotContains(t, fmt.Sprint(g.Warnings()), "never answered")
}
