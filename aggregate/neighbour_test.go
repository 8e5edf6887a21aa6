package aggregate_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// A target and a process behind a balancer began in one millisecond, another one behind it 0.1 s later, and what the
// balancer gave was taken for the target's in part. Then the target restarts: what its former start tells now is of
// none of those that are near.
func TestBalancedBesideATargetThatRestarts(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	v := b.counter(aggregate.View{Select: "c"})
	b.scrape("elsewhere", 0, -500, typeC, "d 1")
	n, seen, ended, start := [3]int{}, [3]int{}, 0, 9.0
	total, truth := 0.0, 0.0
	for i := range 20 {
		now := 12 + float64(i)
		n[0], n[1] = n[0]+3, n[1]+5
		if i >= 5 {
			n[2] += 2
		}
		if i == 9 {
			ended, n[0], start = seen[0], 11, now-0.3
		}
		b.scrape("p", now, start, codes(n[0])...)
		k := 1 + i%2
		b.scrape("lb", now+0.05, 9+0.1*float64(i%2), codes(n[k])...)
		seen[0], seen[k] = n[0], n[k]
		got, _ := b.one(v, now+0.05, sinceStart).Increase()
		total, truth = got.Value, float64(seen[0]+seen[1]+seen[2]+ended)
		t.Log(i, got, truth)
		require.LessOrEqual(t, got.Lo, truth, "scrape %d", i)
		require.LessOrEqual(t, got.Value, truth, "scrape %d", i)
		if i >= 9 { // before that, equal starts were one process
			require.GreaterOrEqual(t, got.Hi, truth, "scrape %d", i)
		}
	}
	require.Greater(t, total, 0.7*truth)
}

// codes returns requests by code, one in ten a failure.
func codes(n int) []string {
	return []string{typeC, fmt.Sprintf(`c{code="200"} %d`, n-n/10), fmt.Sprintf(`c{code="500"} %d`, n/10)}
}
