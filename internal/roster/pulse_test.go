package roster_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
)

const farFuture = 1 << 60

func pulseOf(times ...int64) *roster.Pulse {
	p := new(roster.Pulse)
	for _, at := range times {
		p.Beat(at)
	}
	return p
}

func TestPulse(t *testing.T) {
	p := pulseOf(1000, 1010, 1005)
	assert.Equal(t, int64(1010), p.Latest(), "the newest, not the last that came")
	assert.Equal(t, int64(90), p.Silence(1090, 1000))
	p.Beat(1010 + roster.Lull)
	assert.Equal(t, roster.Lull+90, p.Silence(1090+roster.Lull, 1000), "no lull yet")
	p.Beat(1011 + 2*roster.Lull)
	assert.Equal(t, int64(79), p.Silence(1090+2*roster.Lull, 1000), "the watcher paused")

	var read roster.Pulse
	w := new(saved.Codec)
	p.Code(w)
	r := &saved.Codec{In: saved.Read(w.Out)}
	read.Code(r)
	rest, ok := r.In.Rest()
	require.True(t, ok)
	require.Empty(t, rest)
	var set roster.Pulse
	set.Set(p)
	for _, q := range []*roster.Pulse{&read, &set} {
		assert.Equal(t, p.Latest(), q.Latest())
		assert.Equal(t, p.Silence(1<<40, 0), q.Silence(1<<40, 0))
	}
}

// Scrapes that come at once leave the newest time, and the lull before them.
func TestPulseInParallel(t *testing.T) {
	p := pulseOf(1)
	var all sync.WaitGroup
	for at := range int64(64) {
		all.Go(func() { p.Beat(2*roster.Lull + at) })
	}
	all.Wait()
	assert.Equal(t, 2*roster.Lull+63, p.Latest())
	assert.Less(t, p.Silence(3*roster.Lull, 1), roster.Lull+1)
}

// A lull of one part is none of both while the other one was scraped.
func TestAwakened(t *testing.T) {
	const l = roster.Lull
	for _, c := range []struct {
		a, b roster.Watch
		want int64
	}{
		{roster.Watch{1, 9 * l, 0}, roster.Watch{1, 9 * l, 0}, 0},
		{roster.Watch{1, 9 * l, 5 * l}, roster.Watch{1, 9 * l, 0}, 0},
		{roster.Watch{1, 9 * l, 5 * l}, roster.Watch{1, 4 * l, 0}, 0},         // it stopped half an hour before
		{roster.Watch{1, 9 * l, 5 * l}, roster.Watch{1, 4*l - 1, 0}, 5 * l},   // or longer before
		{roster.Watch{1, 9 * l, 5 * l}, roster.Watch{6 * l, 9 * l, 0}, 5 * l}, // it began later
		{roster.Watch{1, 9 * l, 5 * l}, roster.Watch{1, 9 * l, 7 * l}, 5 * l}, // both had one then
		{roster.Watch{1, 9 * l, 5 * l}, roster.Watch{1, 9 * l, 5 * l}, 5 * l},
		{roster.Watch{1, 2 * l, 0}, roster.Watch{3 * l, 4 * l, 0}, 0},
		{roster.Watch{1, 2 * l, 0}, roster.Watch{4 * l, 5 * l, 0}, 4 * l}, // the other one began when it had ended long before
		{roster.Watch{1, 3 * l, 2 * l}, roster.Watch{5 * l, 9 * l, 7 * l}, 7 * l},
		{roster.Watch{1, 2 * l, 0}, roster.Watch{farFuture, 0, 0}, 0}, // never scraped
	} {
		assert.Equal(t, c.want, roster.Awakened(c.a, c.b), "%+v", c)
		assert.Equal(t, c.want, roster.Awakened(c.b, c.a), "%+v", c)
	}
}

func TestMergePulses(t *testing.T) {
	paused := pulseOf(1, 2*roster.Lull, 3*roster.Lull)
	paused.Merge(1, pulseOf(1, roster.Lull, 2*roster.Lull), 1)
	assert.Equal(t, 3*roster.Lull, paused.Latest())
	assert.Equal(t, 4*roster.Lull, paused.Silence(4*roster.Lull, 0), "the other part was scraped meanwhile")
	paused = pulseOf(1, 2*roster.Lull)
	paused.Merge(1, pulseOf(9), 9)
	assert.Equal(t, 2*roster.Lull, paused.Silence(4*roster.Lull, 0))
}
