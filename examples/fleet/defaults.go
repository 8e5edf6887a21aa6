package main

import (
	"cmp"
	"io/fs"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/recording"
	"github.com/promfold/promfold/parse"
)

// apiServer are the views of API servers when no SPEC is given.
var apiServer = [...][]string{
	counterKind: {
		`apiserver_request_total by (verb)`,
		`apiserver_request_total by (code)`,
		`process_cpu_seconds_total`,
	},
	gaugeKind: {
		`max(apiserver_current_inflight_requests) by (request_kind)`,
		`sum(apiserver_longrunning_requests) by (resource)`,
		`consensus(apiserver_storage_objects) by (resource)`,
		`max(process_resident_memory_bytes)`,
	},
	// A watch lasts as long as its client wants, so it has no latency.
	histogramKind: {`apiserver_request_duration_seconds{resource!="",verb!="WATCH"} by (verb)`},
}

// For other programs the views are this many of the busiest counters and
// histograms.
const (
	busiestCounters   = 5
	busiestHistograms = 3
)

// defaultSpecs chooses views by the first body of each target.
func defaultSpecs(dir fs.FS, scrapes []recording.Scrape) ([]spec, error) {
	var c census
	read := map[string]bool{}
	for _, r := range scrapes {
		if read[r.Target] {
			continue
		}
		body, err := r.Body(dir)
		if err != nil {
			continue // the replay reports it
		}
		read[r.Target] = c.add(r.Header(), body) == nil
	}
	// Other programs serve a small part of the same API, so most targets must
	// have its metric.
	if b := c.found["apiserver_request_total"]; b != nil && 2*b.bodies > len(read) {
		return parseSpecs(apiServer)
	}
	return c.busiest()
}

func parseSpecs(texts [len(kinds)][]string) (list []spec, err error) {
	for k := range texts {
		for _, text := range texts[k] {
			s, err := parseSpec(kind(k), text)
			if err != nil {
				return nil, err
			}
			list = append(list, s)
		}
	}
	return list, nil
}

// census counts what bodies hold, to find the busiest metrics.
type census struct {
	mu     sync.Mutex
	bodies int
	found  map[string]*busy // by metric
}

type busy struct {
	metric string
	kind   kind
	total  float64                    // sum of all values
	bodies int                        // number of bodies that hold it
	last   int                        // number of the last of them, from 1
	values map[string]map[string]bool // by label
}

func (c *census) add(header http.Header, body []byte) error {
	samples, err := parse.Samples(header, body)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found == nil {
		c.found = map[string]*busy{}
	}
	c.bodies++
	for _, s := range samples {
		switch {
		case s.Family.Type == model.MetricTypeCounter && s.Role == parse.Value:
			c.count(s.Name, counterKind, s)
		case s.Family.Type == model.MetricTypeHistogram && s.Role == parse.Count:
			c.count(s.Family.Name, histogramKind, s)
		}
	}
	return nil
}

func (c *census) count(metric string, k kind, s parse.Sample) {
	b := c.found[metric]
	if b == nil {
		b = &busy{metric: metric, kind: k, values: map[string]map[string]bool{}}
		c.found[metric] = b
	}
	if b.last != c.bodies {
		b.last = c.bodies
		b.bodies++
	}
	if !math.IsNaN(s.Value) && !math.IsInf(s.Value, 0) {
		b.total += s.Value
	}
	s.Labels.Range(func(l labels.Label) {
		if l.Name == model.MetricNameLabel {
			return
		}
		if b.values[l.Name] == nil {
			b.values[l.Name] = map[string]bool{}
		}
		b.values[l.Name][l.Value] = true
	})
}

// busiest returns views of the metrics that counted the most events. Metrics of
// the program come before those of its language runtime.
func (c *census) busiest() ([]spec, error) {
	var list []*busy
	for _, b := range c.found {
		if b.total > 0 && !b.amount() {
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b *busy) int {
		return cmp.Or(cmp.Compare(a.runtime(), b.runtime()), cmp.Compare(b.total, a.total), strings.Compare(a.metric, b.metric))
	})
	limits := [...]int{counterKind: busiestCounters, gaugeKind: 0, histogramKind: busiestHistograms}
	var texts [len(kinds)][]string
	for _, b := range list {
		if len(texts[b.kind]) < limits[b.kind] {
			texts[b.kind] = append(texts[b.kind], b.metric+b.grouping())
		}
	}
	return parseSpecs(texts)
}

// amount reports whether a counter counts bytes or seconds, not events.
func (b *busy) amount() bool {
	return b.kind == counterKind && (strings.Contains(b.metric, "_bytes") || strings.Contains(b.metric, "_seconds"))
}

// runtime returns 1 for a metric that every program of its language or library
// exposes, else 0.
func (b *busy) runtime() int {
	for _, prefix := range []string{"go_", "process_", "promhttp_", "python_", "jvm_"} {
		if strings.HasPrefix(b.metric, prefix) {
			return 1
		}
	}
	return 0
}

// grouping returns the label with the most values that fit a short table, as
// the end of a SPEC.
func (b *busy) grouping() string {
	const most = 8
	best := ""
	for name, values := range b.values {
		n := len(values)
		if n < 2 || n > most {
			continue
		}
		if m := len(b.values[best]); n > m || n == m && name < best {
			best = name
		}
	}
	if best == "" {
		return ""
	}
	return " by (" + best + ")"
}
