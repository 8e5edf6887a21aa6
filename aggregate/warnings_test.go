package aggregate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// What a window does not hold although it was counted in it, it says; and where it
// is not known in which group it was counted.
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
	late := b.counter(aggregate.View{Select: "c"})
	zone(10, "y")
	b.scrape("a", 20, -100, typeC, "c 20")
	for _, window := range []time.Duration{time.Minute, sinceStart} {
		groups, err := v.In(until(b, at(20), window))
		require.NoError(t, err)
		require.Len(t, groups, 2)
		for i, g := range groups {
			x, _ := g.Increase()
			assert.Equal(t, []string{"10 [10, 20]", "10 [0, 10]"}[i], x.String())
			assert.Equal(t, []string{"1 series moved from or to another group, as their target got other labels; of which it was what they counted in that step is not known: a"}, g.Warnings())
		}
	}
	b.scrape("a", 30, -100, typeC, "c 30")
	assert.Empty(t, b.one(v, 30, 10*time.Second).Warnings())
	assert.Equal(t, []string{"what was counted before the view began is left out: a"}, b.one(late, 30, time.Minute).Warnings())
}

// A window since a start that scrapes are older than begins with them, and says so.
func TestSinceAfterTheFirstScrapes(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(15)})
	v := b.counter(aggregate.View{Select: "c"})
	for i := range 4 {
		b.scrape("a", float64(10*i), -100, typeC, fmt.Sprint("c ", 100+10*i))
	}
	w := until(b, at(30), sinceStart)
	g, err := v.One(w)
	require.NoError(t, err)
	r, _ := g.Rate()
	assert.Equal(t, "1", r.String())
	assert.True(t, w.Start().Equal(at(0)))
	assert.Equal(t, []string{"it begins with the first scrape, 15s before Since"}, g.Warnings())
	assert.Empty(t, b.one(v, 30, time.Minute).Warnings(), "other windows begin with Since")
}
