package aggregate_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
)

// exporters are short pages of programs that show others' counters beside their own. @ stands for the growth of what the
// exporter shows, & for its own counts, which begin again when it restarts.
var exporters = []struct {
	name, shown, own string // counters of which the values are 5000+@ in all, and &
	page             string
}{
	{"node exporter", "node_network_receive_bytes_total", "promhttp_metric_handler_requests_total", `
# TYPE node_network_receive_bytes_total counter
node_network_receive_bytes_total{device="eth0"} @
node_network_receive_bytes_total{device="eth1"} 5000
# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} 9.0
# TYPE node_scrape_collector_duration_seconds gauge
node_scrape_collector_duration_seconds{collector="cpu"} 0.001
# TYPE promhttp_metric_handler_requests_total counter
promhttp_metric_handler_requests_total{code="200"} &
`},
	{"cAdvisor in a kubelet", "container_cpu_usage_seconds_total", "kubelet_runtime_operations_total", `
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="",cpu="total",id="/",image="",name="",namespace="",pod=""} 90000
container_cpu_usage_seconds_total{container="",cpu="total",id="/kubepods/pod1",image="",name="",namespace="d",pod="p"} 80000
container_cpu_usage_seconds_total{container="POD",cpu="total",id="/kubepods/pod1/s",image="pause",name="s",namespace="d",pod="p"} 1
container_cpu_usage_seconds_total{container="app",cpu="total",id="/kubepods/pod1/a",image="a",name="a",namespace="d",pod="p"} @
container_cpu_usage_seconds_total{container="log",cpu="total",id="/kubepods/pod1/b",image="b",name="b",namespace="d",pod="p"} 5000
# TYPE kubelet_runtime_operations_total counter
kubelet_runtime_operations_total{operation_type="list_containers"} &
`},
	{"kube-state-metrics", "kube_pod_container_status_restarts_total", "kube_state_metrics_list_total", `
# TYPE kube_pod_container_status_restarts_total counter
kube_pod_container_status_restarts_total{namespace="d",pod="p",uid="1",container="app"} @
kube_pod_container_status_restarts_total{namespace="d",pod="q",uid="2",container="app"} 5000
# TYPE kube_pod_status_phase gauge
kube_pod_status_phase{namespace="d",pod="p",uid="1",phase="Running"} 1
# TYPE kube_state_metrics_list_total counter
kube_state_metrics_list_total{resource="*v1.Pod",result="success"} &
`},
	{"redis", "redis_commands_processed_total", "redis_exporter_scrapes_total", `
# TYPE redis_commands_processed_total counter
redis_commands_processed_total 500@
# TYPE redis_connected_clients gauge
redis_connected_clients 3
# TYPE redis_exporter_scrapes_total counter
redis_exporter_scrapes_total &
`},
	{"mysqld", "mysql_global_status_commands_total", "mysqld_exporter_collector_success_total", `
# TYPE mysql_global_status_commands_total counter
mysql_global_status_commands_total{command="select"} @
mysql_global_status_commands_total{command="insert"} 5000
# TYPE mysql_up gauge
mysql_up 1
# TYPE mysqld_exporter_collector_success_total counter
mysqld_exporter_collector_success_total &
`},
	{"postgres", "pg_stat_database_xact_commit_total", "postgres_exporter_scrapes_total", `
# TYPE pg_stat_database_xact_commit_total counter
pg_stat_database_xact_commit_total{datid="1",datname="a"} @
pg_stat_database_xact_commit_total{datid="2",datname="b"} 5000
# TYPE postgres_exporter_scrapes_total counter
postgres_exporter_scrapes_total &
`},
	{"snmp", "ifHCInOctets", "snmp_request_errors_total", `
# TYPE ifHCInOctets counter
ifHCInOctets{ifDescr="Gi0/1",ifIndex="1"} @
ifHCInOctets{ifDescr="Gi0/2",ifIndex="2"} 5000
# TYPE snmp_request_errors_total counter
snmp_request_errors_total &
`},
	{"windows", "windows_net_bytes_received_total", "promhttp_metric_handler_requests_total", `
# TYPE windows_net_bytes_received_total counter
windows_net_bytes_received_total{nic="a"} @
windows_net_bytes_received_total{nic="b"} 5000
# TYPE promhttp_metric_handler_requests_total counter
promhttp_metric_handler_requests_total{code="200"} &
`},
	{"blackbox, its own page", "", "blackbox_module_unknown_total", `
# TYPE blackbox_exporter_config_last_reload_successful gauge
blackbox_exporter_config_last_reload_successful 1
# TYPE blackbox_module_unknown_total counter
blackbox_module_unknown_total &
`},
	{"haproxy's exporter", "", "haproxy_exporter_csv_parse_failures_total", `
# TYPE haproxy_exporter_csv_parse_failures_total counter
haproxy_exporter_csv_parse_failures_total &
`},
	{"haproxy itself", "", "haproxy_process_requests_total", `
# TYPE haproxy_process_requests_total counter
haproxy_process_requests_total &
`},
	{"a JMX agent", "", "jvm_gc_collection_seconds_count", `
# TYPE jvm_gc_collection_seconds summary
jvm_gc_collection_seconds_count{gc="G1"} &
jvm_gc_collection_seconds_sum{gc="G1"} 0.5
# TYPE jmx_scrape_error gauge
jmx_scrape_error 0
`},
}

// A restart of an exporter ends its own counts and not those that it shows, in a view of the family as in one of every
// family: nobody says so but what is known of the names.
func TestExportersCompleteTheirViews(t *testing.T) {
	for _, x := range exporters {
		for _, config := range []aggregate.Config{{}, {Catalogue: catalogue.Kubernetes().View}} {
			if config.Catalogue == nil && strings.Contains(x.page, "container_") {
				continue // which lines are leaves is said by the catalogue alone
			}
			b := newBed(t, config)
			every := b.counter(aggregate.View{Select: everyFamily})
			views := map[string]*aggregate.CounterView{}
			for _, name := range []string{x.shown, x.own} {
				if name != "" {
					views[name] = b.counter(aggregate.View{Select: name})
				}
			}
			scrape := func(seconds, start float64, shown, own int) {
				page := strings.NewReplacer("@", fmt.Sprint(shown), "&", fmt.Sprint(own)).Replace(strings.TrimSpace(x.page))
				b.scrape("exporter", seconds, start, strings.Split(page, "\n")...)
			}
			scrape(0, -1000, 100, 50)
			scrape(10, -1000, 103, 52)
			scrape(20, 12, 110, 60) // it restarted, and counted more than before
			scrape(30, 12, 116, 61)
			groups, err := every.In(until(b, at(30), sinceStart))
			require.NoError(t, err)
			byName := map[string]*aggregate.CounterGroup{}
			for _, g := range groups {
				byName[g.Labels().Get("__name__")] = g
			}
			for name, want := range map[string]float64{x.shown: 16, x.own: 2 + 60 + 1} {
				if name == "" {
					continue
				}
				alone := b.one(views[name], 30, sinceStart)
				one, ok := alone.Increase()
				require.True(t, ok, "%s: %s", x.name, name)
				assert.Equal(t, want, one.Value, "%s: %s", x.name, name)
				assert.LessOrEqual(t, one.Lo, want)
				assert.GreaterOrEqual(t, one.Hi, want)
				if name == x.own {
					assert.Equal(t, want, one.Lo, "%s: %s", x.name, name)
					assert.Equal(t, math.Inf(1), one.Hi, "what was counted before the end is not known")
				}
				require.Contains(t, byName, name, "%s: %s", x.name, name)
				both, _ := byName[name].Increase()
				assert.Equal(t, one, both, "%s: %s, among every family", x.name, name)
			}
		}
	}
}
