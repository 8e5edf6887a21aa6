package aggregate_test

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/aggregate"
)

// What is said of a series agrees with what it did.
func TestWarningsOfMaskedRestarts(t *testing.T) {
	for _, c := range []struct {
		value, want string
	}{
		{"c 6", "1 series fell by little at a restart; taken as read back, so they may have counted more: a"},
		{"c 12", "1 series did not fall, but their process may have restarted; a reset may be hidden: a"},
	} {
		b := newBed(t, aggregate.Config{})
		v := b.counter(aggregate.View{Select: "c"})
		b.scrape("a", 0, -100, typeC, "c 10")
		b.scrape("a", 10, 5, typeC, c.value)
		g := b.one(v, 10, sinceStart)
		assert.Equal(t, []string{c.want}, g.Warnings())
		x, ok := g.Increase()
		assert.True(t, ok && x.Lo <= 2 && x.Hi >= 12, "%s", x)
	}
}

// What a window does not hold although it was counted in it, it says.
func TestWindowThatBeganBeforeItsGroups(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c", By: []string{"zone"}})
	zone := func(seconds float64, name string) {
		assert.NoError(t, b.Describe(at(seconds), aggregate.Target{Name: "a", Labels: labels.FromStrings("zone", name)}))
	}
	zone(0, "x")
	b.scrape("a", 0, -100, typeC, "c 0")
	b.scrape("a", 10, -100, typeC, "c 10")
	assert.Empty(t, b.one(v, 10, time.Minute).Warnings())
	zone(10, "y")
	b.scrape("a", 20, -100, typeC, "c 20")
	g := b.one(v, 20, time.Minute)
	assert.Equal(t, 10.0, grew(g))
	assert.Equal(t, []string{"what was counted before the view began, or the target got other labels, is left out: a"}, g.Warnings())
	assert.Empty(t, b.one(v, 20, 10*time.Second).Warnings())
}
