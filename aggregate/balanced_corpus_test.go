package aggregate_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
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
	if testing.Short() {
		t.Skip("the recording in the repository is enough to find a race")
	}
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
			b.balanced("lb", 3)
			views := map[string]*aggregate.CounterView{}
			for name, where := range selections {
				views[name] = b.counter(aggregate.View{Select: selector("apiserver_request_total", where)})
			}
			truth := newSightings(lines[0].Time)
			for i, l := range lines {
				body := corpusBody(t, "apiserver-ha", l.File)
				truth.add(t, names[i], body)
				if !tokens {
					body = without(body, "process_start_time_seconds")
				}
				r, err := b.Ingest(l.scrape(body))
				require.NoError(t, err)
				assert.Equal(t, want[names[i]], r.Instance, "step %d: %+v", i, r)
				assert.Empty(t, r.Candidates)
			}
			now := time.UnixMilli(lines[len(lines)-1].Time)
			for name, where := range selections {
				groups, err := views[name].In(until(b, now, sinceStart))
				require.NoError(t, err)
				require.Len(t, groups, 1)
				got, want := grew(groups[0]), truth.increase(where)
				if tokens {
					assert.Equal(t, want, got, name)
				} else {
					assert.LessOrEqual(t, got, want, name)
				}
			}
		})
	}
}

// sightings add up, naively, what each process counted between the scrapes that
// met it, and from its birth where that is known to be later than the first of
// all scrapes.
type sightings struct {
	since int64
	last  map[string]map[string]float64 // by process and series
	grown map[string]float64            // by series
	set   map[string]labels.Labels
}

func newSightings(since int64) *sightings {
	return &sightings{since, map[string]map[string]float64{}, map[string]float64{}, map[string]labels.Labels{}}
}

func (x *sightings) add(t *testing.T, process string, body []byte) {
	t.Helper()
	samples, err := parse.Samples(nil, body)
	require.NoError(t, err)
	now, born := map[string]float64{}, false
	for _, s := range samples {
		switch s.Name {
		case "apiserver_request_total":
			key := s.Labels.String()
			now[key], x.set[key] = s.Value, s.Labels
		case "process_start_time_seconds":
			born = s.Value*1000 > float64(x.since)
		}
	}
	before, met := x.last[process]
	for key, c := range now {
		if met || born {
			x.grown[key] += c - before[key]
		}
	}
	x.last[process] = now
}

func (x *sightings) increase(where []*labels.Matcher) (sum float64) {
	for key, n := range x.grown {
		if !slices.ContainsFunc(where, func(m *labels.Matcher) bool { return !m.Matches(x.set[key].Get(m.Name)) }) {
			sum += n
		}
	}
	return sum
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
	if testing.Short() {
		t.Skip("the recording in the repository is enough to find a race")
	}
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
			b.balanced("ksm-lb", 3)
			for i, l := range lines {
				r, err := b.Ingest(l.scrape(corpusBody(t, "ksm-shards", l.File)))
				require.NoError(t, err)
				assert.Equal(t, want[names[i]], r.Instance, "step %d: %+v", i, r)
			}
		})
	}
}
