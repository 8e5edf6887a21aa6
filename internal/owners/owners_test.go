package owners

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/judge"
)

func TestOf(t *testing.T) {
	for name, want := range map[string]judge.Owner{
		"process_cpu_seconds_total":              judge.OwnerProcess,
		"process_network_receive_bytes_total":    judge.OwnerExternal,
		"kube_pod_status_phase":                  judge.OwnerExternal,
		"kube_state_metrics_list_total":          judge.OwnerProcess,
		"node_cpu_seconds_total":                 judge.OwnerExternal,
		"node_collector_evictions_total":         judge.OwnerProcess,
		"kubelet_volume_stats_used_bytes":        judge.OwnerExternal,
		"kubelet_runtime_operations_total":       judge.OwnerProcess,
		"container_cpu_usage_seconds_total":      judge.OwnerExternal,
		"container_oom_events_total":             judge.OwnerProcess,
		"container_runtime_crio_operations":      judge.OwnerProcess,
		"cilium_drop_count_total":                judge.OwnerExternal,
		"cilium_policy_regeneration_total":       judge.OwnerProcess,
		"namedprocess_namegroup_cpu_seconds":     judge.OwnerProcess,
		"zk_packets_received":                    judge.OwnerExternal,
		"memcached_exporter_scrapes_total":       judge.OwnerProcess,
		"redis_commands_processed_total":         judge.OwnerExternal,
		"redis_exporter_scrapes_total":           judge.OwnerProcess,
		"ifHCInOctets":                           judge.OwnerExternal,
		"http_server_requests_seconds_count":     judge.OwnerProcess,
		"authenticated_user_requests":            judge.OwnerProcess,
		"elasticsearch_node_stats_total_scrapes": judge.OwnerProcess,
	} {
		e, ok := Of(name)
		assert.True(t, ok, name)
		assert.Equal(t, want, e.Owner, name)
	}
	for _, name := range []string{"", "_", "redis", "nodes_total", "process_open_fds", "http_requests_total", "ifHCInOctetsMore"} {
		e, ok := Of(name)
		assert.False(t, ok, "%s: %v", name, e)
	}
}

// Each name stands there once, with a source, and is a beginning or a whole name.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range table {
		assert.False(t, seen[e.Name], e.Name)
		seen[e.Name] = true
		assert.Regexp(t, `^[\w.-]+/[\w.-]+ \S+.*: `, e.Source, "%s: a repository, a path, and what it says", e.Name)
		assert.NotEqual(t, judge.OwnerUnknown, e.Owner, e.Name)
		assert.NotEmpty(t, strings.Trim(e.Name, "_"))
	}
}
