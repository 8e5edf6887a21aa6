package aggregate_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// lives names the processes behind a recording's scrapes, in order of first
// sight: what a manifest says of who answered, with its restarts.
func lives(lines []corpusLine, restarted func(l corpusLine) bool) []string {
	var names []string
	life := map[string]int{}
	for _, l := range lines {
		if restarted(l) {
			life[l.TrueInstance]++
		}
		names = append(names, fmt.Sprint(l.TrueInstance, "/", life[l.TrueInstance]))
	}
	return names
}

// aliases gives each process the name that the fleet should give it.
func aliases(names []string, target string) map[string]string {
	m := map[string]string{}
	for _, n := range names {
		if m[n] == "" {
			m[n] = fmt.Sprintf("%s#%d", target, len(m)+1)
		}
	}
	return m
}

func throughBalancer(l corpusLine) bool {
	return l.ThroughLB && l.File != "" && l.Path == "/metrics" && l.Format == "text"
}

// Which processes answered behind the balancer is found out at every step, and
// the increases are the sums over them.
func TestBalancedAPIServers(t *testing.T) {
	lines := slices.DeleteFunc(corpus(t, "apiserver-ha"), func(l corpusLine) bool { return !throughBalancer(l) })
	seen := map[string]bool{}
	names := lives(lines, func(l corpusLine) bool {
		// b ended at 81 s, c at 126 s of the recording.
		ended := map[string]int64{"apiserver-b": 1795289081748, "apiserver-c": 1795289146854}[l.TrueInstance]
		again := ended != 0 && l.Time > ended && !seen[l.TrueInstance]
		seen[l.TrueInstance] = seen[l.TrueInstance] || again
		return again
	})
	want := aliases(names, "lb")
	require.Len(t, want, 5)

	for _, tokens := range []bool{true, false} {
		t.Run(fmt.Sprint("start=", tokens), func(t *testing.T) {
			b := newBed(t, aggregate.Config{})
			b.Balanced("lb", 3)
			v := b.counter(aggregate.View{Metric: "apiserver_request_total"})
			var now time.Time
			for i, l := range lines {
				body := corpusBody(t, "apiserver-ha", l.File)
				if !tokens {
					body = without(body, "process_start_time_seconds")
				}
				r, err := b.Observe(l.scrape(body))
				require.NoError(t, err)
				assert.Equal(t, want[names[i]], r.Instance, "step %d: %+v", i, r.Attribution)
				assert.False(t, r.Attribution.Ambiguous)
				now = time.UnixMilli(l.Time)
			}
			groups, err := v.At(now, aggregate.All)
			require.NoError(t, err)
			require.Len(t, groups, 1)
			t.Log(groups[0].Increase(), groups[0].Coverage, groups[0].Warnings)
			for _, m := range groups[0].Members() {
				t.Logf("%+v", m)
			}
		})
	}
}

// without removes a metric from a body.
func without(body []byte, name string) []byte {
	var kept []byte
	for line := range bytes.Lines(body) {
		if !bytes.HasPrefix(line, []byte(name)) && !bytes.Contains(line, []byte(" "+name+" ")) {
			kept = append(kept, line...)
		}
	}
	return kept
}

func TestBalancedShards(t *testing.T) {
	all := corpus(t, "ksm-shards")
	for _, scenario := range []string{"good", "duplicate", "scaleup", "gap", "overlap", "stale", "stopped"} {
		t.Run(scenario, func(t *testing.T) {
			lines := slices.DeleteFunc(slices.Clone(all), func(l corpusLine) bool { return l.Scenario != scenario || !throughBalancer(l) })
			if scenario == "duplicate" { // two processes serve one shard: nothing in their bodies tells them apart
				for i := range lines {
					if lines[i].TrueInstance == "ksm-2" {
						lines[i].TrueInstance = "ksm-1"
					}
				}
			}
			names := lives(lines, func(corpusLine) bool { return false })
			want := aliases(names, "ksm-lb")
			b := newBed(t, aggregate.Config{})
			b.Balanced("ksm-lb", 3)
			for i, l := range lines {
				r, err := b.Observe(l.scrape(corpusBody(t, "ksm-shards", l.File)))
				require.NoError(t, err)
				assert.Equal(t, want[names[i]], r.Instance, "step %d: %+v", i, r.Attribution)
			}
		})
	}
}
