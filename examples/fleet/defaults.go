package main

import (
	"cmp"
	"io/fs"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/parse"
)

// What is asked when no SPEC is given: of API servers, this.
var apiServer = [...][]string{
	counterKind: {
		`apiserver_request_total by (verb)`,
		`apiserver_request_total by (code)`,
		`process_cpu_seconds_total`,
	},
	gaugeKind: {
		`max(apiserver_current_inflight_requests) by (request_kind)`,
		`sum(apiserver_longrunning_requests) by (resource)`,
		`fact(apiserver_storage_objects) by (resource)`,
		`max(process_resident_memory_bytes)`,
	},
	// Watches last as long as somebody wants: no latency.
	histogramKind: {`apiserver_request_duration_seconds{resource!="",verb!="WATCH"} by (verb)`},
}

// Of other programs, that many of the busiest counters and histograms.
const (
	busiestCounters   = 5
	busiestHistograms = 3
)

// defaultSpecs looks at the first body of each target.
func defaultSpecs(dir fs.FS, scrapes []recorded, bodies *bodyReader) ([]spec, error) {
	var c census
	asked := map[string]bool{}
	for _, r := range scrapes {
		if asked[r.Target] {
			continue
		}
		body, err := bodies.read(dir, r)
		if err != nil {
			continue // the replay tells
		}
		asked[r.Target] = c.add(body, r.ContentType) == nil
	}
	if _, ok := c.found[apiServerMark]; ok {
		return parseSpecs(apiServer)
	}
	return c.busiest()
}

const apiServerMark = "apiserver_request_total"

func parseSpecs(texts [3][]string) (list []spec, err error) {
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

// census counts what bodies hold, to find what is worth asking about.
type census struct {
	mu    sync.Mutex
	found map[string]*busy // by metric
}

type busy struct {
	metric string
	kind   kind
	total  float64                    // events counted so far
	values map[string]map[string]bool // of each label
}

func (c *census) add(body []byte, contentType string) error {
	samples, err := parse.Samples(body, contentType)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found == nil {
		c.found = map[string]*busy{}
	}
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
	if !math.IsNaN(s.Value) && !math.IsInf(s.Value, 0) {
		b.total += s.Value
	}
	s.Labels.Range(func(l labels.Label) {
		if l.Name == labels.MetricName {
			return
		}
		if b.values[l.Name] == nil {
			b.values[l.Name] = map[string]bool{}
		}
		b.values[l.Name][l.Value] = true
	})
}

// busiest asks about the metrics that counted the most events. Bytes and
// seconds are none.
func (c *census) busiest() ([]spec, error) {
	var list []*busy
	for _, b := range c.found {
		unit := strings.TrimSuffix(b.metric, "_total")
		amount := b.kind == counterKind && (strings.HasSuffix(unit, "_bytes") || strings.HasSuffix(unit, "_seconds"))
		if b.total > 0 && !amount {
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b *busy) int {
		return cmp.Or(cmp.Compare(b.total, a.total), strings.Compare(a.metric, b.metric))
	})
	limits := [...]int{counterKind: busiestCounters, gaugeKind: 0, histogramKind: busiestHistograms}
	var texts [3][]string
	for _, b := range list {
		if len(texts[b.kind]) < limits[b.kind] {
			texts[b.kind] = append(texts[b.kind], b.metric+b.grouping())
		}
	}
	return parseSpecs(texts)
}

// grouping is by the label that tells the most in a table of a few lines.
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
