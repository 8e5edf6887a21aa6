package oracle

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A kind is a way in which the answers differ, and why.
type kind string

const (
	same kind = ""
	// A container whose counter or start time fell is left out by metrics-server, so the pod seems to use less. Here the
	// pod is incomplete.
	part kind = "a part for the whole"
	// After a round that lacked a node, a pod or a container, metrics-server waits for two more. Here the growth since the
	// round before is known, and so is the window.
	gap kind = "growth over a gap"
	// A container that began again after its last point is rated from its start, even if that is a resolution ago.
	restart kind = "a restart is a start"
	// A counter that began again between two points and is not less than before is subtracted from another's by
	// metrics-server. Here its start time tells.
	masked kind = "a masked restart"
	// While two kubelets speak of a pod, metrics-server takes the answer that came first. Here the newer pod wins.
	moved kind = "two nodes have the pod"
	// Where a container that was seen once repeats its point, and another of its pod has two, metrics-server subtracts a
	// point that never was: all that the container ever counted is spread over 292 years.
	never kind = "a point that never was"
	// A number that is no count is unknown here, and any number there.
	nonsense kind = "not a count"
	// Of containers measured at one moment, metrics-server says the window of any. Here it is the longest.
	windows kind = "windows of one end"
)

// lived is what is known to the test of a pod's container in a round.
type lived struct {
	before *values // the latest complete reading that was answered before
	recent bool    // that was in the round before, and of the same node
	now    values
	wrong  bool // the reading before was no count
}

// countable reports whether the CPU fits the counter of metrics-server.
func (l *lived) countable() bool { return l.now.cpu >= 0 && l.now.cpu < 9e9 }

// began reports whether the container began at its latest point, or after it.
func (l *lived) began() bool { return l.before != nil && millis(l.now.start) >= millis(l.before.at) }

func (l *lived) maskedRestart() bool {
	return l.before != nil && millis(l.now.start) > millis(l.before.start) && millis(l.now.start) < millis(l.before.at)
}

// difference names how two answers about one pod differ; false if nothing that
// is known explains it.
func difference(theirs, ours answer, containers map[string]*lived, nodes int) (kind, bool) {
	some := func(is func(*lived) bool) bool {
		for _, l := range containers {
			if is(l) {
				return true
			}
		}
		return false
	}
	switch {
	case equal(theirs, ours):
		return same, true
	case nodes > 1:
		return moved, true
	case theirs.known && neverWas(theirs, containers):
		return never, true
	case some(func(l *lived) bool { return !l.countable() || l.wrong }):
		return nonsense, true
	case some((*lived).maskedRestart):
		return masked, true
	case !theirs.known && some(func(l *lived) bool { return l.before != nil && !l.recent }):
		return gap, true
	case !theirs.known && some(func(l *lived) bool { return l.began() && l.now.at-l.now.start >= resolution.Seconds() }):
		return restart, true
	case !ours.known && len(theirs.cpu) < len(containers):
		return part, true
	}
	theirs.window = ours.window
	return windows, equal(theirs, ours) && len(containers) > 1
}

// neverWas reports whether a container is rated over the longest time there is.
func neverWas(theirs answer, containers map[string]*lived) bool {
	for name, l := range containers {
		if v, ok := theirs.cpu[name]; ok && v == int64(l.now.cpu*1e9/time.Duration(math.MaxInt64).Seconds()) && l.now.cpu > 0 {
			return true
		}
	}
	return false
}

func equal(a, b answer) bool {
	if !a.known || !b.known {
		return a.known == b.known
	}
	if !a.end.Equal(b.end) || a.window != b.window || len(a.cpu) != len(b.cpu) {
		return false
	}
	for name, v := range a.cpu {
		if w, ok := b.cpu[name]; !ok || v != w || a.memory[name] != b.memory[name] {
			return false
		}
	}
	return true
}

// TestKinds has the smallest example of each kind.
func TestKinds(t *testing.T) {
	at := func(start, at, cpu float64) values { return values{start, at, cpu, 1024} }
	c := func(name string, v values) string { return containerLines("p", name, v) }
	for _, x := range []struct {
		kind         kind
		rounds       []map[string]string
		theirs, ours string
	}{
		{part, []map[string]string{
			{"n": c("a", at(-500, 0, 10)) + c("b", at(-500, 0, 10))},
			{"n": c("a", at(-500, 60, 40)) + c("b", at(-500, 60, 5))},
		}, "a 500000000n in 1m0s until 60", "unknown"},
		{gap, []map[string]string{
			{"n": c("a", at(-500, 0, 10))}, {}, {"n": c("a", at(-500, 120, 70))},
		}, "unknown", "a 500000000n in 2m0s until 120"},
		{restart, []map[string]string{
			{"n": c("a", at(-500, 0, 10))}, {"n": c("a", at(0, 60, 30))},
		}, "unknown", "a 500000000n in 1m0s until 60"},
		{masked, []map[string]string{
			{"n": c("a", at(-500, 100, 10))}, {"n": c("a", at(60, 160, 50))},
		}, "a 666666666n in 1m0s until 160", "a 500000000n in 1m40s until 160"},
		{moved, []map[string]string{
			{"n": c("a", at(-500, 0, 10))},
			{"n": c("a", at(-500, 60, 10)), "o": c("a", at(30, 60, 15))},
		}, "a 0n in 1m0s until 60", "a 500000000n in 30s until 60"},
		{never, []map[string]string{
			{"n": c("a", at(-500, 0, 10)) + c("b", at(-20, 5, 10))},
			{"n": c("a", at(-500, 0, 10)) + c("b", at(-20, 5, 10))},
		}, "a 1n, b 400000000n in 2562047h47m16.854775807s until 0", "unknown"},
		{nonsense, []map[string]string{
			{"n": c("a", at(-500, 0, 10))}, {"n": c("a", at(-500, 60, math.Inf(1)))},
		}, "", "unknown"},
		{windows, []map[string]string{
			{"n": c("a", at(-500, 0, 10)) + c("b", at(-500, 30, 10))},
			{"n": c("a", at(-500, 60, 10)) + c("b", at(-500, 60, 10))},
		}, "", "a 0n, b 0n in 1m0s until 60"},
	} {
		b := newBoth(t)
		for _, bodies := range x.rounds {
			b.round([]string{"n", "o"}, bodies)
		}
		assert.Equal(t, x.ours, b.ourPod("p").String(), x.kind)
		if x.theirs != "" {
			assert.Equal(t, x.theirs, b.theirPod("p").String(), x.kind)
		} else {
			assert.True(t, b.theirPod("p").known, x.kind)
		}
	}
}

var kinds = []kind{part, gap, restart, masked, moved, never, nonsense, windows}

// known reports whether TestRandom looks for a kind.
func known(k kind) bool { return k == same || slices.Contains(kinds, k) }
