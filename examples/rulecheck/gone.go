package main

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// goneMetric is asked about every selector, also inside of what other rules
// found.
var goneMetric = rule{
	name: "gone-metric",
	what: "a metric that its program no longer exposes",
	why:  "The name has another one as its successor. The result is empty, which looks like a quiet fleet.",
	find: func(k *knowledge, n parser.Expr, path []parser.Node) *match {
		s, ok := n.(*parser.VectorSelector)
		if !ok || anywhere(s) {
			return nil
		}
		g, ok := goneNames[base(s.Name)]
		if !ok {
			if g, ok = goneNames[s.Name]; !ok {
				return nil
			}
		}
		if _, ok := k.recorded[s.Name]; ok || beside(path, g.now) {
			return nil
		}
		return goneMatch(s, g)
	},
}

// gone says what took a metric's place, and since when.
type gone struct {
	now, matcher, kind, since, source string
}

const (
	inKubernetes = "Kubernetes "
	inState      = "kube-state-metrics "
)

// goneNames is by family. Sources are pull requests and change logs; that a
// name is missing and its successor there was seen on recorded servers of
// Kubernetes 1.36.
var goneNames = map[string]gone{
	"apiserver_request_count":                          {now: "apiserver_request_total", kind: "counter", since: inKubernetes + "1.17", source: "kubernetes/kubernetes#83837"},
	"apiserver_request_latencies":                      {now: "apiserver_request_duration_seconds", kind: "histogram", since: inKubernetes + "1.17, in seconds instead of microseconds", source: "kubernetes/kubernetes#83837"},
	"apiserver_request_latencies_summary":              {now: "apiserver_request_duration_seconds", kind: "histogram", since: inKubernetes + "1.17, in seconds instead of microseconds", source: "kubernetes/kubernetes#83837"},
	"etcd_object_counts":                               {now: "apiserver_storage_objects", kind: "gauge", since: inKubernetes + "1.25", source: "kubernetes/kubernetes#110337"},
	"apiserver_registered_watchers":                    {now: "apiserver_longrunning_requests", matcher: `verb="WATCH"`, kind: "gauge", since: inKubernetes + "1.25", source: "kubernetes/kubernetes#110337"},
	"apiserver_flowcontrol_request_concurrency_limit":  {now: "apiserver_flowcontrol_nominal_limit_seats", kind: "gauge", since: inKubernetes + "1.31", source: "kubernetes/kubernetes#118959"},
	"apiserver_flowcontrol_request_concurrency_in_use": {now: "apiserver_flowcontrol_current_executing_seats", kind: "gauge", since: inKubernetes + "1.31", source: "kubernetes/kubernetes#118960"},

	"kube_pod_container_resource_requests_cpu_cores":    {now: "kube_pod_container_resource_requests", matcher: `resource="cpu"`, kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_pod_container_resource_requests_memory_bytes": {now: "kube_pod_container_resource_requests", matcher: `resource="memory"`, kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_pod_container_resource_limits_cpu_cores":      {now: "kube_pod_container_resource_limits", matcher: `resource="cpu"`, kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_pod_container_resource_limits_memory_bytes":   {now: "kube_pod_container_resource_limits", matcher: `resource="memory"`, kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_node_status_capacity_cpu_cores":               {now: "kube_node_status_capacity", matcher: `resource="cpu"`, kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_node_status_capacity_memory_bytes":            {now: "kube_node_status_capacity", matcher: `resource="memory"`, kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_node_status_capacity_pods":                    {now: "kube_node_status_capacity", matcher: `resource="pods"`, kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_node_status_allocatable_cpu_cores":            {now: "kube_node_status_allocatable", matcher: `resource="cpu"`, kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_node_status_allocatable_memory_bytes":         {now: "kube_node_status_allocatable", matcher: `resource="memory"`, kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_node_status_allocatable_pods":                 {now: "kube_node_status_allocatable", matcher: `resource="pods"`, kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_hpa_spec_max_replicas":                        {now: "kube_horizontalpodautoscaler_spec_max_replicas", kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_hpa_spec_min_replicas":                        {now: "kube_horizontalpodautoscaler_spec_min_replicas", kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_hpa_status_current_replicas":                  {now: "kube_horizontalpodautoscaler_status_current_replicas", kind: "gauge", since: inState + "2.0", source: "its change log"},
	"kube_hpa_status_desired_replicas":                  {now: "kube_horizontalpodautoscaler_status_desired_replicas", kind: "gauge", since: inState + "2.0", source: "its change log"},
}

// beside reports whether an or around a selector offers the successor, too, as
// expressions do that are for old and new servers.
func beside(path []parser.Node, now string) bool {
	for _, n := range path {
		if b, ok := n.(*parser.BinaryExpr); ok && b.Op == parser.LOR {
			for _, s := range selectors(b) {
				if base(s.Name) == now || strings.HasPrefix(s.Name, "apiserver_flowcontrol_") && strings.HasSuffix(s.Name, "_seats") {
					return true
				}
			}
		}
	}
	return false
}

func goneMatch(s *parser.VectorSelector, g gone) *match {
	in := newInput(s, nil)
	in.say("a exposes %s, as %s does", g.now, g.since)
	anew := *s
	anew.Name, anew.LabelMatchers = g.now, nil
	for _, m := range s.LabelMatchers {
		if m.Name != "__name__" {
			anew.LabelMatchers = append(anew.LabelMatchers, m)
		}
	}
	if g.matcher != "" {
		more, err := promQL.ParseMetricSelector("{" + g.matcher + "}")
		if err != nil {
			return nil
		}
		anew.LabelMatchers = append(anew.LabelMatchers, more...)
	}
	m := &match{part: s, input: in, empty: true, note: fmt.Sprintf("gone since %s: %s; older ones still have it", g.since, g.source)}
	view := aggregate.View{Select: selector(&anew, g.now)}
	switch g.kind {
	case "histogram":
		anew.Name += "_bucket"
		addFastAndSlow(in, &anew, 10, 1)
		m.asked, m.view = "observations", histogramView(view)
		m.ours = askHistogram(view, func(h *aggregate.HistogramGroup) (promfold.Estimate, bool) { return h.Observations().Increase() })
	case "counter":
		in.add("a", &anew, "counter", func(i int) float64 { return float64(10 * i) })
		m.asked, m.view, m.ours = "increase", counterView(view), askCounter(view, (*aggregate.CounterGroup).Increase)
	default:
		in.add("a", &anew, "gauge", func(int) float64 { return 20 })
		view.Combine = aggregate.Sum
		m.asked, m.view, m.ours = "now", "fleet.Gauge("+viewOf(view)+")", askGauge(view, (*aggregate.GaugeGroup).Value)
	}
	m.promql = selector(&anew, anew.Name)
	return m
}
