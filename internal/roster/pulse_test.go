package roster_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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
func TestSlept(t *testing.T) {
	const l = roster.Lull
	for _, c := range []struct {
		a, b          roster.Watch
		asleep, awake int64
	}{
		{roster.Watch{1, 0, 0, 9 * l}, roster.Watch{1, 0, 0, 9 * l}, 0, 0},
		{roster.Watch{1, 2 * l, 5 * l, 9 * l}, roster.Watch{1, 0, 0, 9 * l}, 0, 0},
		{roster.Watch{1, 2 * l, 5 * l, 9 * l}, roster.Watch{1, 0, 0, 4 * l}, 0, 0},                     // it stopped half an hour before
		{roster.Watch{1, 2 * l, 5 * l, 9 * l}, roster.Watch{1, 0, 0, 4*l - 1}, 4*l - 1, 5 * l},         // or longer before
		{roster.Watch{1, 2 * l, 5 * l, 9 * l}, roster.Watch{6 * l, 0, 0, 9 * l}, 2 * l, 5 * l},         // it began later
		{roster.Watch{1, 2 * l, 5 * l, 9 * l}, roster.Watch{4 * l, 0, 0, 9 * l}, 2 * l, 4 * l},         // it began meanwhile
		{roster.Watch{1, 2 * l, 5 * l, 9 * l}, roster.Watch{3 * l, 0, 0, 4 * l}, 0, 0},                 // soon
		{roster.Watch{1, 2 * l, 5 * l, 9 * l}, roster.Watch{1, 1 * l, 7 * l, 9 * l}, 2 * l, 5 * l},     // both had one then
		{roster.Watch{1, 2 * l, 5 * l, 9 * l}, roster.Watch{1, 3*l + 9, 7 * l, 9 * l}, 3*l + 9, 5 * l}, // in part
		{roster.Watch{1, 2 * l, 5 * l, 9 * l}, roster.Watch{1, 4 * l, 7 * l, 9 * l}, 0, 0},             // too little
		{roster.Watch{1, 0, 0, 2 * l}, roster.Watch{3 * l, 0, 0, 4 * l}, 0, 0},                         // soon after it had ended
		{roster.Watch{1, 0, 0, 2 * l}, roster.Watch{4 * l, 0, 0, 5 * l}, 2 * l, 4 * l},                 // long after
		{roster.Watch{1, 1, 2 * l, 3 * l}, roster.Watch{5 * l, 6*l - 9, 7 * l, 9 * l}, 6*l - 9, 7 * l}, // and had a lull itself
		{roster.Watch{1, 1, 2 * l, 3 * l}, roster.Watch{farFuture, 0, 0, 0}, 1, 2 * l},                 // never scraped
		{roster.Watch{farFuture, 0, 0, 0}, roster.Watch{farFuture, 0, 0, 0}, 0, 0},
	} {
		for _, x := range [][2]roster.Watch{{c.a, c.b}, {c.b, c.a}} {
			asleep, awake := roster.Slept(x[0], x[1])
			assert.Equal(t, []int64{c.asleep, c.awake}, []int64{asleep, awake}, "%+v", x)
		}
	}
}

// Merged are two parts with a lull or none each as the whole would be.
func TestSleptAsAWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var parts [2][]int64
		for i := range parts {
			at, lulls := rapid.Int64Range(1, 9).Draw(t, "first"), 0
			for range rapid.IntRange(1, 9).Draw(t, "scrapes") {
				parts[i] = append(parts[i], at*roster.Lull/4)
				step := rapid.Int64Range(1, 12).Draw(t, "step")
				if step > 4 {
					if lulls++; lulls > 1 {
						break
					}
				}
				at += step
			}
		}
		whole := slices.Concat(parts[0], parts[1])
		slices.Sort(whole)
		want, merged := pulseOf(whole...), pulseOf(parts[0]...)
		merged.Merge(parts[0][0], pulseOf(parts[1]...), parts[1][0])
		require.Equal(t, want.Latest(), merged.Latest())
		require.Equal(t, want.Silence(farFuture, 0), merged.Silence(farFuture, 0), "%v", parts)
	})
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
