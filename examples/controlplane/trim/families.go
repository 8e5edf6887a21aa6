package main

import "regexp"

// kept says, by directory, which families stay, and of them which sample lines:
// those that the expression matches. It looks only at labels that every line of
// a series shares, never at le, so a series stays whole or goes whole. The
// counters of memory and network are no row of the page: they tell processes
// apart that started at the same time and do little, as replicas do.
var kept = map[string]map[string]*regexp.Regexp{
	"apiserver-ha": {
		"apiserver_request_total":                             everything,
		"apiserver_request_duration_seconds":                  loaded,
		"apiserver_request_sli_duration_seconds":              regexp.MustCompile(`,resource="(configmaps|pods)",.*,verb="(DELETE|GET|LIST|PATCH|POST|PUT)",`),
		"etcd_request_duration_seconds":                       regexp.MustCompile(`operation="(create|delete|get|update)",resource="(configmaps|pods)"`),
		"apiserver_current_inflight_requests":                 everything,
		"apiserver_longrunning_requests":                      everything,
		"apiserver_watch_events_total":                        regexp.MustCompile(`,resource="` + busy),
		"apiserver_flowcontrol_current_executing_seats":       everything,
		"apiserver_flowcontrol_nominal_limit_seats":           everything,
		"apiserver_flowcontrol_current_limit_seats":           everything,
		"apiserver_flowcontrol_current_inqueue_requests":      everything,
		"apiserver_flowcontrol_rejected_requests_total":       everything,
		"apiserver_flowcontrol_dispatched_requests_total":     everything,
		"apiserver_flowcontrol_request_wait_duration_seconds": everything,
		"apiserver_request_terminations_total":                everything,
		"apiserver_request_aborts_total":                      everything,
		"apiserver_storage_objects":                           everything,
		"kubernetes_build_info":                               everything,
		"process_cpu_seconds_total":                           everything,
		"process_resident_memory_bytes":                       everything,
		"process_start_time_seconds":                          everything,
		"go_goroutines":                                       everything,
		"go_memstats_alloc_bytes_total":                       everything,
		"go_memstats_frees_total":                             everything,
		"go_memstats_mallocs_total":                           everything,
		"process_network_receive_bytes_total":                 everything,
		"process_network_transmit_bytes_total":                everything,
	},
	"etcd": {
		"etcd_mvcc_db_total_size_in_bytes":              everything,
		"etcd_mvcc_db_total_size_in_use_in_bytes":       everything,
		"etcd_server_quota_backend_bytes":               everything,
		"etcd_disk_wal_fsync_duration_seconds":          everything,
		"etcd_disk_backend_commit_duration_seconds":     everything,
		"etcd_server_is_leader":                         everything,
		"etcd_server_has_leader":                        everything,
		"etcd_server_leader_changes_seen_total":         everything,
		"etcd_server_proposals_pending":                 everything,
		"etcd_network_client_grpc_received_bytes_total": everything,
		"etcd_network_client_grpc_sent_bytes_total":     everything,
		"etcd_network_peer_received_bytes_total":        everything,
		"etcd_network_peer_sent_bytes_total":            everything,
		"etcd_server_client_requests_total":             everything,
		"etcd_server_range_duration_seconds":            everything,
		"go_gc_duration_seconds":                        everything,
		"etcd_server_id":                                everything,
		"process_cpu_seconds_total":                     everything,
		"process_resident_memory_bytes":                 everything,
		"process_start_time_seconds":                    everything,
		"go_goroutines":                                 everything,
		"go_memstats_alloc_bytes_total":                 everything,
		"go_memstats_frees_total":                       everything,
		"go_memstats_mallocs_total":                     everything,
		"process_network_receive_bytes_total":           everything,
		"process_network_transmit_bytes_total":          everything,
	},
	"controllers-ha": {
		"rest_client_requests_total":           everything,
		"leader_election_master_status":        everything,
		"scheduler_pending_pods":               everything,
		"workqueue_depth":                      working,
		"workqueue_adds_total":                 working,
		"workqueue_retries_total":              working,
		"workqueue_queue_duration_seconds":     working,
		"workqueue_work_duration_seconds":      working,
		"process_cpu_seconds_total":            everything,
		"process_resident_memory_bytes":        everything,
		"process_start_time_seconds":           everything,
		"go_goroutines":                        everything,
		"go_memstats_alloc_bytes_total":        everything,
		"go_memstats_frees_total":              everything,
		"go_memstats_mallocs_total":            everything,
		"process_network_receive_bytes_total":  everything,
		"process_network_transmit_bytes_total": everything,
	},
}

// busy ends an expression for the resources that the load uses.
const busy = `(configmaps|jobs|namespaces|nodes|pods)"`

var (
	everything = regexp.MustCompile(``)
	// Every component has the queues of its certificates, which count alike.
	working = regexp.MustCompile(`name="[a-z]`)
	loaded  = regexp.MustCompile(`,resource="` + busy + `,.*,verb="(APPLY|DELETE|GET|LIST|PATCH|POST|PUT)",`)
)
