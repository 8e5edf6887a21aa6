package roster_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/roster"
)

// Of each address that matters: what should be there, what is, what never was.
func TestAims(t *testing.T) {
	b := &book{}
	b.Entry("up").Seen(1)
	b.Entry("down").Seen(1)
	b.Describe("never", told(0))
	b.Entry("never").Fail(1, roster.Unreachable, errDown)
	for _, name := range []string{"lb", "quiet", "new", "left"} {
		b.Balance(name, name)
		b.Entry(name).Seen(1)
	}
	b.Leave("left", 1)
	placed := maps.All(map[string]roster.Places{"x": {Names: []string{"up"}, Own: 1}, "y": {Names: []string{"down"}, Own: 1}})
	pools := map[string]roster.Pool{
		"lb":    {Live: 2, Met: 5, Expected: 3, Unclear: 1},
		"quiet": {Live: 0, Met: 2, Expected: 3, Silent: true},
		"new":   {},
		"left":  {Live: 1, Met: 1, Expected: 1, Unclear: 4},
	}
	got := map[string]roster.Aim{}
	for _, a := range b.Aims(nil, 1, b.Addresses(1, placed), &roster.Seen[string, string]{
		Answered: func(in string) (met, present bool) { return true, in == "x" },
		Counts:   always,
		Behind:   func(name string) roster.Pool { return pools[name] },
	}) {
		got[a.Name] = a
	}
	assert.Equal(t, map[string]roster.Aim{
		"up":    {Name: "up", Expected: 1, Live: 1},
		"down":  {Name: "down", Expected: 1},
		"never": {Name: "never", Failed: true, Expected: 1, Unmet: 1},
		"lb":    {Name: "lb", Balanced: true, Expected: 3, Live: 2, Unmet: 1, Unclear: 1}, // who took a dead one's place may not have been met
		"quiet": {Name: "quiet", Balanced: true, Expected: 3, Unmet: 1},
		"new":   {Name: "new", Balanced: true, Expected: 1, Unmet: 1},
		"left":  {Name: "left", Balanced: true, Unclear: 4},
	}, got)
}

// Instances behind one balancer have one clock: none of them is ahead of the rest.
func TestNowOf(t *testing.T) {
	type instance struct {
		behind string
		last   int64
	}
	now := func(list ...instance) (int64, int) {
		return roster.NowOf(100, 50, list, func(x instance) (string, int64) { return x.behind, x.last }, func(instance, int64) bool { return true })
	}
	e, ahead := now(instance{"", 90}, instance{"lb", 95}, instance{"lb", 500})
	assert.Equal(t, int64(100), e)
	assert.Equal(t, 2, ahead)
	e, ahead = now(instance{"lb", 95}, instance{"lb", 500})
	assert.Equal(t, int64(500), e, "a unit that is alone is believed")
	assert.Equal(t, -1, ahead)
	e, ahead = now(instance{"", 95}, instance{"", 500}, instance{"", 480})
	assert.Equal(t, int64(500), e, "two agree")
	assert.Equal(t, -1, ahead)
	e, ahead = now()
	assert.Equal(t, int64(100), e)
	assert.Equal(t, -1, ahead)
}
