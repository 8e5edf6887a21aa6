package main

import (
	"path"
	"slices"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
	"github.com/promfold/promfold/counter"
)

// knowledge is what is known of metrics: from the catalogue, and from how the
// files at hand use them.
type knowledge struct {
	catalogue catalogue.Catalogue
	rated     map[string]bool   // names under a rate or an increase somewhere
	recorded  map[string]source // names that a rule records
}

// gauges are well-known ones that the catalogue does not have. Patterns are of
// names only gauges have.
var gauges = []string{
	"up", "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds", "process_max_fds", "go_goroutines", "go_threads",
	"go_memstats_alloc_bytes", "go_memstats_heap_*_bytes", "go_memstats_heap_objects", "go_memstats_sys_bytes", "go_memstats_stack_*_bytes",
	"node_memory_Mem*_bytes", "node_memory_Cached_bytes", "node_memory_Buffers_bytes", "node_memory_Active_bytes", "node_memory_Inactive_bytes",
	"node_memory_Swap*_bytes", "node_load1", "node_load5", "node_load15", "node_filesystem_*_bytes",
	"container_memory_working_set_bytes", "container_memory_usage_bytes", "container_memory_rss", "container_memory_cache", "container_memory_swap",
	"kubelet_running_pods", "kubelet_running_containers", "workqueue_unfinished_work_seconds", "workqueue_longest_running_processor_seconds",
	"kube_pod_status_phase", "kube_node_status_condition", "kube_deployment_status_replicas*", "prometheus_tsdb_head_series",
}

// isGauge reports whether a metric is known to be a gauge that falls and rises.
// Names that end in _total are never taken for one: some bodies declare so a
// number that only grows.
func (k *knowledge) isGauge(name string) bool {
	if strings.HasSuffix(name, "_total") {
		return false
	}
	for _, p := range gauges {
		if ok, err := path.Match(p, name); ok && err == nil {
			return true
		}
	}
	e, ok := k.catalogue.Lookup(name)
	return ok && e.Metric == name && e.View.Type == model.MetricTypeGauge
}

// isCounter reports whether a metric is surely a counter of its process: the
// catalogue says so, or the files take its rate, and its name ends as a
// counter's does. Counters that an exporter shows of another system, such as
// the restarts of a container, are no such: they do not begin anew with it.
func (k *knowledge) isCounter(name string) bool {
	if owner, _ := catalogue.OwnerOf(name); owner == counter.External {
		return false
	}
	if e, ok := k.catalogue.Lookup(name); ok && e.Metric == name {
		return e.View.Type == model.MetricTypeCounter || e.View.Type == model.MetricTypeHistogram && name != base(name)
	}
	if strings.HasPrefix(name, "kube_") || strings.HasPrefix(name, "container_") || strings.HasPrefix(name, "node_") {
		return false
	}
	for _, suffix := range []string{"_total", "_bucket", "_count", "_sum"} {
		if strings.HasSuffix(name, suffix) {
			return k.rated[name] && (suffix != "_total" || ofEvents(name)) || k.rated[base(name)+"_bucket"] && suffix != "_total"
		}
	}
	return false
}

// events are the words before _total that counters of a process end in. Exporters
// call numbers from a database so, too, which never begin anew; theirs are
// other words, such as status_total.
var events = []string{
	"requests", "errors", "failures", "failed", "crashes", "deaths", "timeouts", "retries", "messages", "bytes", "seconds", "started", "handled", "dropped",
	"received", "sent", "rejected", "dispatched", "connections", "queries", "operations", "exceptions", "calls", "hits", "misses", "evictions", "panics",
}

func ofEvents(name string) bool {
	words := strings.Split(strings.TrimSuffix(name, "_total"), "_")
	return slices.Contains(events, words[len(words)-1])
}

// facts are metrics by which every instance repeats one number, that the
// catalogue does not have.
var facts = []string{"etcd_object_counts"}

// replicated are counters that every member of a cluster counts alike.
var replicated = []string{
	"etcd_server_proposals_committed_total", "etcd_server_proposals_applied_total", "etcd_server_leader_changes_seen_total",
}

func (k *knowledge) isFact(name string) bool {
	for _, f := range facts {
		if f == name {
			return true
		}
	}
	e, ok := k.catalogue.Lookup(name)
	return ok && e.Metric == name && e.View.Combine == aggregate.Consensus
}
