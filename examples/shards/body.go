package main

import (
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/parse"
)

// content is what the latest body of a shard exposes.
type content struct {
	samples []parse.Sample // each series once
	keys    []uint64       // the hash of the labels of each sample
	pods    map[string]pod // by UID
}

// pod is one incarnation of a pod. Of two with one name the newer one counts.
type pod struct {
	name    string // namespace/pod
	created float64
}

func contentOf(body *parse.Reader) *content {
	c := &content{pods: map[string]pod{}}
	seen := map[uint64]bool{}
	for s := range body.Samples() {
		key := s.Labels.Hash()
		if seen[key] {
			continue // twice in one body
		}
		seen[key] = true
		c.keys, c.samples = append(c.keys, key), append(c.samples, *s)
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
	return c
}

func (c *content) uids() []string {
	list := make([]string, 0, len(c.pods))
	for uid := range c.pods {
		list = append(list, uid)
	}
	slices.Sort(list)
	return list
}

// changed returns the objects whose samples differ from the body before.
func changed(body *parse.Reader) map[string]bool {
	objects := map[string]bool{}
	for s := range body.Changed() {
		objects[object(s)] = true
	}
	for s := range body.Gone() {
		objects[object(s)] = true
	}
	return objects
}

// object names the object of a sample, after its kind: kube_pod_… is about the
// pod in the label pod.
func object(s *parse.Sample) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(s.Name, "kube_"), "_")
	name := s.Labels.Get(kind)
	if name == "" {
		return kind + "/" + labels.NewBuilder(s.Labels).Del(model.MetricNameLabel).Labels().String()
	}
	return strings.Join([]string{kind, s.Labels.Get("namespace"), name, s.Labels.Get("uid")}, "/")
}

// telemetry is what a shard says of itself on its other port.
type telemetry struct {
	declared setting
	known    bool
	errors   float64 // of its watches and lists
}

func readTelemetry(header http.Header, body []byte) (*telemetry, error) {
	samples, err := parse.Samples(header, body)
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
