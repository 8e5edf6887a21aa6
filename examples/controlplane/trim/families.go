package main

import (
	"regexp"

	"github.com/promfold/promfold/internal/recording/cut"
)

// kept says, by directory, which families stay, and of them which sample lines:
// those that the expression matches. It looks only at labels that every line of
// a series shares, never at le, so a series stays whole or goes whole.
var kept = map[string]cut.Families{
	"apiserver-ha": withProcess(cut.Families{
		"apiserver_request_total":                             cut.Everything,
		"apiserver_request_duration_seconds":                  loaded,
		"apiserver_request_sli_duration_seconds":              regexp.MustCompile(`,resource="(configmaps|pods)",.*,verb="(DELETE|GET|LIST|PATCH|POST|PUT)",`),
		"etcd_request_duration_seconds":                       regexp.MustCompile(`operation="(create|delete|get|update)",resource="(configmaps|pods)"`),
		"apiserver_current_inflight_requests":                 cut.Everything,
		"apiserver_longrunning_requests":                      cut.Everything,
		"apiserver_watch_events_total":                        regexp.MustCompile(`,resource="` + busy),
		"apiserver_flowcontrol_current_executing_seats":       cut.Everything,
		"apiserver_flowcontrol_nominal_limit_seats":           cut.Everything,
		"apiserver_flowcontrol_current_limit_seats":           cut.Everything,
		"apiserver_flowcontrol_current_inqueue_requests":      cut.Everything,
		"apiserver_flowcontrol_rejected_requests_total":       cut.Everything,
		"apiserver_flowcontrol_dispatched_requests_total":     cut.Everything,
		"apiserver_flowcontrol_request_wait_duration_seconds": cut.Everything,
		"apiserver_request_terminations_total":                cut.Everything,
		"apiserver_request_aborts_total":                      cut.Everything,
		"apiserver_storage_objects":                           cut.Everything,
		"kubernetes_build_info":                               cut.Everything,
	}),
	"etcd": withProcess(cut.Families{
		"etcd_mvcc_db_total_size_in_bytes":              cut.Everything,
		"etcd_mvcc_db_total_size_in_use_in_bytes":       cut.Everything,
		"etcd_server_quota_backend_bytes":               cut.Everything,
		"etcd_disk_wal_fsync_duration_seconds":          cut.Everything,
		"etcd_disk_backend_commit_duration_seconds":     cut.Everything,
		"etcd_server_is_leader":                         cut.Everything,
		"etcd_server_has_leader":                        cut.Everything,
		"etcd_server_leader_changes_seen_total":         cut.Everything,
		"etcd_server_proposals_pending":                 cut.Everything,
		"etcd_network_client_grpc_received_bytes_total": cut.Everything,
		"etcd_network_client_grpc_sent_bytes_total":     cut.Everything,
		"etcd_network_peer_received_bytes_total":        cut.Everything,
		"etcd_network_peer_sent_bytes_total":            cut.Everything,
		"etcd_server_client_requests_total":             cut.Everything,
		"etcd_server_range_duration_seconds":            cut.Everything,
		"go_gc_duration_seconds":                        cut.Everything,
		"etcd_server_id":                                cut.Everything,
	}),
	"controllers-ha": withProcess(cut.Families{
		"rest_client_requests_total":       cut.Everything,
		"leader_election_master_status":    cut.Everything,
		"scheduler_pending_pods":           cut.Everything,
		"workqueue_depth":                  working,
		"workqueue_adds_total":             working,
		"workqueue_retries_total":          working,
		"workqueue_queue_duration_seconds": working,
		"workqueue_work_duration_seconds":  working,
	}),
}

// busy ends an expression for the resources that the load uses.
const busy = `(configmaps|jobs|namespaces|nodes|pods)"`

var (
	// Every component has the queues of its certificates, which count alike.
	working = regexp.MustCompile(`name="[a-z]`)
	loaded  = regexp.MustCompile(`,resource="` + busy + `,.*,verb="(APPLY|DELETE|GET|LIST|PATCH|POST|PUT)",`)
)

// withProcess adds what every process says of itself. The counters of memory and
// network are no row of the page: they tell processes apart that started at the
// same time and do little, as replicas do.
func withProcess(own cut.Families) cut.Families {
	for _, name := range []string{
		"process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds",
		"go_goroutines", "go_memstats_alloc_bytes_total", "go_memstats_frees_total",
		"go_memstats_mallocs_total", "process_network_receive_bytes_total", "process_network_transmit_bytes_total",
	} {
		own[name] = cut.Everything
	}
	return own
}
