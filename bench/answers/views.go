package main

import "time"

// familyPrefix begins the names of views that are made for each family of a
// sequence.
const familyPrefix = "family "

// everyView is all families by all labels.
var everyView = spec{name: "everything", kind: everythingKind, sel: "{}"}

// common are views of what most programs expose.
var common = []spec{
	{name: "cpu", kind: counterKind, sel: "process_cpu_seconds_total"},
	{name: "cpu by zone", kind: counterKind, sel: "process_cpu_seconds_total", by: []string{"zone"}},
	{name: "cpu of the process", kind: counterKind, sel: "process_cpu_seconds_total", owner: processOwner},
	{name: "received", kind: counterKind, sel: "process_network_receive_bytes_total"},
	{name: "received outside", kind: counterKind, sel: "process_network_receive_bytes_total", owner: externalOwner, by: []string{"zone"}},
	{name: "gc count", kind: counterKind, sel: "go_gc_duration_seconds_count"},
	{name: "gc sum", kind: counterKind, sel: "go_gc_duration_seconds_sum"},
	{name: "gc pauses", kind: histogramKind, sel: "go_gc_pauses_seconds", above: []float64{1e-4, 1e-3}, rows: true},
	{name: "resident", kind: gaugeKind, sel: "process_resident_memory_bytes", combine: sum},
	{name: "resident by zone", kind: gaugeKind, sel: "process_resident_memory_bytes", combine: sum, by: []string{"zone"}},
	{name: "goroutines", kind: gaugeKind, sel: "go_goroutines", combine: highest},
	{name: "max fds", kind: gaugeKind, sel: "process_max_fds", combine: lowest},
	{name: "go version", kind: gaugeKind, sel: "go_info", combine: distinct},
	{name: "build", kind: gaugeKind, sel: "kubernetes_build_info", combine: distinct},
	{name: "started", kind: gaugeKind, sel: "process_start_time_seconds", combine: distinct},
	{name: "fds", kind: gaugeKind, sel: "process_open_fds", over: "process_max_fds", combine: saturation},
	{name: "fds undecided", kind: gaugeKind, sel: "process_open_fds"},
	{name: "every counter by name", kind: counterKind, sel: "{}", by: []string{"__name__"}, heavy: true},
	{name: "every gauge by name", kind: gaugeKind, sel: "{}", by: []string{"__name__"}, heavy: true},
	{name: "every histogram by name", kind: histogramKind, sel: "{}", by: []string{"__name__"}, above: []float64{1}, heavy: true},
	everyView,
}

// clients are what programs that talk to API servers expose.
var clients = []spec{
	{name: "client requests", kind: counterKind, sel: "rest_client_requests_total", by: []string{"code", "method"}},
	{name: "client latency", kind: histogramKind, sel: "rest_client_request_duration_seconds", by: []string{"verb"}, above: []float64{.1}},
	{name: "client errors", kind: ratioKind, sel: `rest_client_requests_total{code!~"2.."}`, over: "rest_client_requests_total"},
	{name: "queue adds", kind: counterKind, sel: "workqueue_adds_total", by: []string{"name"}},
	{name: "queue retries", kind: ratioKind, sel: "workqueue_retries_total", over: "workqueue_adds_total", by: []string{"name"}},
	{name: "queue depth", kind: gaugeKind, sel: "workqueue_depth", by: []string{"name"}, combine: sum},
	{name: "queue depth of the leader", kind: gaugeKind, sel: "workqueue_depth", by: []string{"name"}, combine: leads},
	{name: "queue wait", kind: histogramKind, sel: "workqueue_queue_duration_seconds", above: []float64{.01, 1}, rows: true},
	{name: "queue work", kind: histogramKind, sel: "workqueue_work_duration_seconds", by: []string{"name"}, above: []float64{.01}, heavy: true},
	{name: "leading", kind: gaugeKind, sel: "leader_election_master_status", by: []string{"name"}, combine: sum},
}

var apiserver = []spec{
	{name: "requests", kind: counterKind, sel: `apiserver_request_total{resource!=""}`},
	{name: "requests by verb", kind: counterKind, sel: `apiserver_request_total{resource!=""}`, by: []string{"verb"}},
	{name: "requests by zone", kind: counterKind, sel: "apiserver_request_total", by: []string{"zone"}},
	{name: "requests by zone, code", kind: counterKind, sel: "apiserver_request_total", by: []string{"zone", "code"}},
	{name: "requests of a zone", kind: counterKind, sel: `apiserver_request_total{zone="far"}`, by: []string{"verb"}},
	{name: "requests by most", kind: counterKind, sel: "apiserver_request_total", by: []string{"verb", "resource", "code"}, heavy: true},
	{name: "requests without", kind: counterKind, sel: "apiserver_request_total", without: []string{"component", "dry_run", "group", "version", "scope"}, heavy: true},
	{name: "requests, births bounded", kind: counterKind, sel: "apiserver_request_total", by: []string{"verb"}, boundBirths: true},
	{name: "requests of the process", kind: counterKind, sel: "apiserver_request_total", by: []string{"verb"}, owner: processOwner},
	{name: "requests of others", kind: counterKind, sel: "apiserver_request_total", owner: externalOwner},
	{name: "requests, totals", kind: counterKind, sel: "apiserver_request_total", by: []string{"code"}, totalsOnly: true},
	{name: "requests, 30 s", kind: counterKind, sel: "apiserver_request_total", by: []string{"code"}, window: 30 * time.Second},
	{name: "LIST pods", kind: counterKind, sel: `apiserver_request_total{verb="LIST",resource="pods"}`},
	{name: "LIST jobs", kind: counterKind, sel: `apiserver_request_total{verb="LIST",resource="jobs"}`},
	{name: "nothing", kind: counterKind, sel: `apiserver_request_total{verb="NONE"}`},
	{name: "errors", kind: ratioKind, sel: `apiserver_request_total{code=~"4..|5.."}`, over: "apiserver_request_total", by: []string{"verb"}},
	{name: "errors by zone", kind: ratioKind, sel: `apiserver_request_total{code="404"}`, over: "apiserver_request_total", by: []string{"zone"}},
	{name: "events", kind: counterKind, sel: "apiserver_watch_events_total", by: []string{"resource"}},
	{name: "audit without _total", kind: counterKind, sel: "apiserver_audit_event_total"},
	{name: "attempts", kind: counterKind, sel: "authentication_attempts", by: []string{"result"}},
	{name: "flow", kind: counterKind, sel: "apiserver_flowcontrol_dispatched_requests_total", by: []string{"priority_level"}},

	{name: "latency", kind: histogramKind, sel: `apiserver_request_duration_seconds{verb!="WATCH"}`, above: []float64{.1, .33, 1}, rows: true},
	{name: "latency by verb", kind: histogramKind, sel: "apiserver_request_duration_seconds", by: []string{"verb"}, above: []float64{.1, 1}},
	{name: "latency by zone", kind: histogramKind, sel: "apiserver_request_duration_seconds", by: []string{"zone"}, above: []float64{.1}},
	{name: "latency of the process", kind: histogramKind, sel: "apiserver_request_duration_seconds", owner: processOwner, above: []float64{.1}},
	{name: "latency, births bounded", kind: histogramKind, sel: "apiserver_request_duration_seconds", boundBirths: true, above: []float64{.1}},
	{name: "latency by most", kind: histogramKind, sel: "apiserver_request_duration_seconds", by: []string{"verb", "resource", "scope"}, above: []float64{.05}, heavy: true},
	{name: "latency, totals", kind: histogramKind, sel: "apiserver_request_sli_duration_seconds", by: []string{"verb"}, totalsOnly: true},
	{name: "latency count", kind: counterKind, sel: "apiserver_request_duration_seconds_count", by: []string{"verb"}},
	{name: "latency sum", kind: counterKind, sel: "apiserver_request_duration_seconds_sum", by: []string{"verb"}},
	{name: "sizes", kind: histogramKind, sel: "apiserver_response_sizes", above: []float64{1e4}, rows: true},
	{name: "etcd latency", kind: histogramKind, sel: "etcd_request_duration_seconds", by: []string{"operation"}, above: []float64{.025}},
	{name: "utilization", kind: histogramKind, sel: "apiserver_flowcontrol_priority_level_seat_utilization", above: []float64{.5}},
	{name: "admission count", kind: counterKind, sel: "apiserver_admission_step_admission_duration_seconds_summary_count", by: []string{"type"}},
	{name: "admission sum", kind: counterKind, sel: "apiserver_admission_step_admission_duration_seconds_summary_sum", by: []string{"type"}},

	{name: "inflight", kind: gaugeKind, sel: "apiserver_current_inflight_requests", by: []string{"request_kind"}, combine: highest},
	{name: "long running", kind: gaugeKind, sel: "apiserver_longrunning_requests", combine: sum},
	{name: "long running by resource", kind: gaugeKind, sel: "apiserver_longrunning_requests", by: []string{"resource"}, combine: sum},
	{name: "objects", kind: gaugeKind, sel: "apiserver_resource_objects", by: []string{"resource"}, combine: consensus, sentinels: []float64{-1}},
	{name: "storage size", kind: gaugeKind, sel: "apiserver_storage_size_bytes", combine: consensus},
	{name: "limits", kind: gaugeKind, sel: "apiserver_flowcontrol_nominal_limit_seats", by: []string{"priority_level"}, combine: lowest},
	{name: "seats", kind: gaugeKind, sel: "apiserver_flowcontrol_current_executing_seats", over: "apiserver_flowcontrol_nominal_limit_seats", by: []string{"priority_level"}, combine: saturation},
	{name: "revision", kind: gaugeKind, sel: "apiserver_watch_cache_resource_version", by: []string{"resource"}, combine: highest, heavy: true},
	{name: "features", kind: gaugeKind, sel: "kubernetes_feature_enabled", by: []string{"stage"}, combine: distinct, heavy: true},
	{name: "not a gauge", kind: gaugeKind, sel: "apiserver_request_total", combine: sum},
}

var controllers = []spec{
	{name: "pending", kind: gaugeKind, sel: "scheduler_pending_pods", by: []string{"queue"}, combine: leads, leader: `leader_election_master_status{name="kube-scheduler"}`},
	{name: "scheduled", kind: counterKind, sel: "scheduler_schedule_attempts_total", by: []string{"result", "profile"}},
	{name: "scheduling", kind: histogramKind, sel: "scheduler_scheduling_attempt_duration_seconds", by: []string{"result"}, above: []float64{.01}},
	{name: "plugins", kind: histogramKind, sel: "scheduler_plugin_execution_duration_seconds", by: []string{"extension_point"}, above: []float64{1e-4}},
	{name: "incoming", kind: counterKind, sel: "scheduler_queue_incoming_pods_total", by: []string{"event"}},
	{name: "syncs", kind: counterKind, sel: "endpoint_slice_controller_syncs", by: []string{"result"}},
	{name: "informers", kind: histogramKind, sel: "informer_processing_latency_seconds", above: []float64{.001}, rows: true},
	{name: "unfinished", kind: gaugeKind, sel: "workqueue_unfinished_work_seconds", by: []string{"name"}, combine: highest},
	{name: "features", kind: gaugeKind, sel: "kubernetes_feature_enabled", by: []string{"stage"}, combine: distinct, heavy: true},
}

var etcd = []spec{
	{name: "handled", kind: counterKind, sel: "grpc_server_handled_total", by: []string{"grpc_code"}},
	{name: "handled by method", kind: counterKind, sel: "grpc_server_handled_total", by: []string{"grpc_method", "grpc_code"}, heavy: true},
	{name: "handled by service", kind: counterKind, sel: `grpc_server_handled_total{grpc_code="OK"}`, by: []string{"grpc_service", "zone"}},
	{name: "grpc errors", kind: ratioKind, sel: `grpc_server_handled_total{grpc_code!="OK"}`, over: "grpc_server_handled_total", by: []string{"grpc_method"}},
	{name: "leader changes", kind: counterKind, sel: "etcd_server_leader_changes_seen_total"},
	{name: "committed", kind: gaugeKind, sel: "etcd_server_proposals_committed_total", combine: consensus},
	{name: "written", kind: counterKind, sel: "etcd_disk_wal_write_bytes_total", typ: "counter"},
	{name: "puts", kind: counterKind, sel: "etcd_mvcc_put_total"},
	{name: "peer bytes", kind: counterKind, sel: "etcd_network_peer_sent_bytes_total", by: []string{"To"}},
	{name: "is leader", kind: gaugeKind, sel: "etcd_server_is_leader", combine: sum},
	{name: "has leader", kind: gaugeKind, sel: "etcd_server_has_leader", combine: lowest},
	{name: "keys", kind: gaugeKind, sel: "etcd_debugging_mvcc_keys_total", combine: consensus},
	{name: "database", kind: gaugeKind, sel: "etcd_mvcc_db_total_size_in_bytes", over: "etcd_server_quota_backend_bytes", combine: saturation},
	{name: "version", kind: gaugeKind, sel: "etcd_server_version", combine: distinct},
	{name: "identity", kind: gaugeKind, sel: "etcd_server_id", combine: distinct},
	{name: "fsync", kind: histogramKind, sel: "etcd_disk_wal_fsync_duration_seconds", above: []float64{.008, .01}, rows: true},
	{name: "commit", kind: histogramKind, sel: "etcd_disk_backend_commit_duration_seconds", by: []string{"zone"}, above: []float64{.025}},
	{name: "round trip", kind: histogramKind, sel: "etcd_network_peer_round_trip_time_seconds", by: []string{"To"}, above: []float64{.1}},
	{name: "ttl", kind: histogramKind, sel: "etcd_debugging_lease_ttl_total", above: []float64{64}},
	{name: "apply", kind: histogramKind, sel: "etcd_server_apply_duration_seconds", by: []string{"op"}, above: []float64{.001}},
}

var stateMetrics = []spec{
	{name: "phases", kind: gaugeKind, sel: "kube_pod_status_phase", by: []string{"phase"}, combine: sum},
	{name: "phases by shard", kind: gaugeKind, sel: "kube_pod_status_phase", by: []string{"zone", "phase"}, combine: sum},
	{name: "pods", kind: gaugeKind, sel: "kube_pod_info", combine: sum},
	{name: "pods by node", kind: gaugeKind, sel: "kube_pod_info", by: []string{"node"}, combine: sum},
	{name: "each pod", kind: gaugeKind, sel: "kube_pod_info", by: []string{"namespace", "pod"}, combine: sum, heavy: true},
	{name: "requests", kind: gaugeKind, sel: "kube_pod_container_resource_requests", by: []string{"resource", "unit"}, combine: sum},
	{name: "replicas", kind: gaugeKind, sel: "kube_deployment_status_replicas", by: []string{"namespace"}, combine: sum},
	{name: "ready", kind: gaugeKind, sel: "kube_pod_status_ready", without: []string{"pod", "uid"}, combine: sum},
	{name: "versions", kind: gaugeKind, sel: "kube_configmap_metadata_resource_version", combine: highest},
	{name: "created", kind: gaugeKind, sel: "kube_pod_created", combine: lowest},
	{name: "nodes", kind: gaugeKind, sel: "kube_node_info", combine: distinct},
	{name: "restarts", kind: counterKind, sel: "kube_pod_container_status_restarts_total"},
	{name: "restarts by namespace", kind: counterKind, sel: "kube_pod_container_status_restarts_total", by: []string{"namespace"}, owner: externalOwner},
	{name: "restarts, births bounded", kind: counterKind, sel: "kube_pod_container_status_restarts_total", boundBirths: true},
	{name: "restarts by pod", kind: counterKind, sel: "kube_pod_container_status_restarts_total", by: []string{"namespace", "pod"}, heavy: true},
	{name: "watched", kind: counterKind, sel: "kube_state_metrics_watch_total", by: []string{"result"}},
	{name: "listed", kind: counterKind, sel: "kube_state_metrics_list_total", by: []string{"result", "resource"}},
	{name: "shard", kind: gaugeKind, sel: "kube_state_metrics_shard_ordinal", combine: distinct},
	{name: "served", kind: histogramKind, sel: "http_request_duration_seconds", above: []float64{.1}, rows: true},
}

var kubelet = []spec{
	{name: "operations", kind: counterKind, sel: "kubelet_runtime_operations_total", by: []string{"operation_type"}},
	{name: "operation time", kind: histogramKind, sel: "kubelet_runtime_operations_duration_seconds", by: []string{"operation_type"}, above: []float64{.001, .01}},
	{name: "relist", kind: histogramKind, sel: "kubelet_pleg_relist_duration_seconds", above: []float64{.005}, rows: true},
	{name: "http", kind: counterKind, sel: "kubelet_http_requests_total", by: []string{"path", "long_running"}},
	{name: "running", kind: gaugeKind, sel: "kubelet_running_pods", combine: sum},
	{name: "containers", kind: gaugeKind, sel: "kubelet_running_containers", by: []string{"container_state"}, combine: sum},
	{name: "node", kind: gaugeKind, sel: "kubelet_node_name", combine: distinct},
	{name: "workers", kind: histogramKind, sel: "kubelet_pod_worker_duration_seconds", by: []string{"operation_type", "zone"}, above: []float64{.01}},

	{name: "container cpu", kind: counterKind, sel: "container_cpu_usage_seconds_total", by: []string{"namespace", "container"}},
	{name: "container cpu by pod", kind: counterKind, sel: "container_cpu_usage_seconds_total", by: []string{"pod"}, owner: externalOwner},
	{name: "pod cpu", kind: counterKind, sel: "pod_cpu_usage_seconds_total", by: []string{"zone"}},
	{name: "node cpu", kind: counterKind, sel: "node_cpu_usage_seconds_total", by: []string{"zone"}},
	{name: "pod memory", kind: gaugeKind, sel: "pod_memory_working_set_bytes", by: []string{"pod"}, combine: sum},
	{name: "node memory", kind: gaugeKind, sel: "node_memory_working_set_bytes", by: []string{"zone"}, combine: sum},
	{name: "container start", kind: gaugeKind, sel: "container_start_time_seconds", combine: highest},
	{name: "memory of a limit", kind: gaugeKind, sel: "container_swap_usage_bytes", over: "container_swap_limit_bytes", by: []string{"pod", "container"}, combine: saturation},
	{name: "oom", kind: counterKind, sel: "container_oom_events_total"},
	{name: "server requests", kind: counterKind, sel: "apiserver_request_total", by: []string{"verb", "code"}},
}

var exporters = []spec{
	{name: "responses", kind: counterKind, sel: "haproxy_server_http_responses_total", by: []string{"proxy", "code"}},
	{name: "sessions", kind: counterKind, sel: "haproxy_frontend_sessions_total", by: []string{"zone"}},
	{name: "failed responses", kind: ratioKind, sel: `haproxy_backend_http_responses_total{code!="2xx"}`, over: "haproxy_backend_http_responses_total", by: []string{"proxy"}},
	{name: "current sessions", kind: gaugeKind, sel: "haproxy_backend_current_sessions", by: []string{"proxy"}, combine: sum},
	{name: "server states", kind: gaugeKind, sel: "haproxy_server_status", by: []string{"state"}, combine: sum},
	{name: "not a number", kind: gaugeKind, sel: "haproxy_server_check_duration_seconds", combine: highest},
	{name: "connections", kind: gaugeKind, sel: "haproxy_process_current_connections", over: "haproxy_process_max_connections", combine: saturation},
	{name: "haproxy build", kind: gaugeKind, sel: "haproxy_process_build_info", combine: distinct},
	{name: "node cpu", kind: counterKind, sel: "node_cpu_seconds_total", by: []string{"mode"}, owner: externalOwner},
	{name: "each cpu", kind: counterKind, sel: "node_cpu_seconds_total", by: []string{"cpu", "mode"}},
	{name: "switches", kind: counterKind, sel: "node_context_switches_total", owner: externalOwner, by: []string{"zone"}},
	{name: "load", kind: gaugeKind, sel: "node_load1", combine: highest},
	{name: "memory", kind: gaugeKind, sel: "node_memory_MemFree_bytes", over: "node_memory_MemTotal_bytes", combine: saturation},
	{name: "kernel", kind: gaugeKind, sel: "node_uname_info", combine: distinct},
}
