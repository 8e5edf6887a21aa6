package aggregate_test

import (
	"testing"

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
