package main

import (
	"math"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/lines"
)

// content is what one shard's body tells.
type content struct {
	samples []lines.Sample
	keys    []string           // the labels of each sample, as text
	series  map[string]float64 // by labels
	pods    map[string]pod     // by UID
}

// pod is one incarnation of a pod: of two with one name the newer one counts.
type pod struct {
	name    string // namespace/pod
	created float64
}

func readContent(body []byte, contentType string) (*content, error) {
	samples, err := lines.Samples(body, contentType)
	if err != nil {
		return nil, err
	}
	c := &content{samples: samples, series: make(map[string]float64, len(samples)), pods: map[string]pod{}}
	for _, s := range samples {
		key := s.Labels.String()
		c.keys = append(c.keys, key)
		c.series[key] = s.Value
		uid := s.Labels.Get("uid")
		if uid == "" || !strings.HasPrefix(s.Name, "kube_pod_") {
			continue
		}
		p := c.pods[uid]
		p.name = s.Labels.Get("namespace") + "/" + s.Labels.Get("pod")
		if s.Name == "kube_pod_created" {
			p.created = s.Value
		}
		c.pods[uid] = p
	}
	return c, nil
}

func (c *content) uids() []string {
	list := make([]string, 0, len(c.pods))
	for uid := range c.pods {
		list = append(list, uid)
	}
	slices.Sort(list)
	return list
}

// changed are the objects of which something is told that was not told before,
// or not so.
func (c *content) changed(before *content) map[string]bool {
	objects := map[string]bool{}
	for i, s := range c.samples {
		if v, ok := before.series[c.keys[i]]; !ok || math.Float64bits(v) != math.Float64bits(s.Value) {
			objects[object(s)] = true
		}
	}
	for i, s := range before.samples {
		if _, ok := c.series[before.keys[i]]; !ok {
			objects[object(s)] = true
		}
	}
	return objects
}

// object names what a sample is about: kube_pod_… is about a pod, which its
// label pod names.
func object(s lines.Sample) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(s.Name, "kube_"), "_")
	name := s.Labels.Get(kind)
	if name == "" {
		return labels.NewBuilder(s.Labels).Del(model.MetricNameLabel).Labels().String()
	}
	return strings.Join([]string{kind, s.Labels.Get("namespace"), name, s.Labels.Get("uid")}, "/")
}

// telemetry is what a shard tells of itself on its other port.
type telemetry struct {
	declared setting
	known    bool
	errors   float64 // of its watches and lists
}

func readTelemetry(body []byte, contentType string) (*telemetry, error) {
	samples, err := lines.Samples(body, contentType)
	if err != nil {
		return nil, err
	}
	t := &telemetry{}
	var ordinal, total bool
	for _, s := range samples {
		switch s.Name {
		case "kube_state_metrics_shard_ordinal":
			t.declared.Ordinal, ordinal = int(s.Value), true
		case "kube_state_metrics_total_shards":
			t.declared.Total, total = int(s.Value), true
		case "kube_state_metrics_watch_total", "kube_state_metrics_list_total":
			if s.Labels.Get("result") == "error" {
				t.errors += s.Value
			}
		}
	}
	t.known = ordinal && total
	return t, nil
}
