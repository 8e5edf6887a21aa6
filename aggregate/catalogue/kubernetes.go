package catalogue

import (
	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/aggregate"
)

// Kubernetes returns what is known of the control plane, etcd and
// kube-state-metrics. It was read in their code and checked against recordings of
// v1.36 and etcd 3.6; the slice is the caller's own.
func Kubernetes() Catalogue {
	const (
		counter   = model.MetricTypeCounter
		gauge     = model.MetricTypeGauge
		histogram = model.MetricTypeHistogram
	)
	const scheduler = `leader_election_master_status{name="kube-scheduler"}`
	unknown := []float64{-1}
	return Catalogue{
		// The API servers' requests.
		{Metric: "apiserver_request_total", View: aggregate.View{Type: counter},
			How: "increase of each instance, then the sum", Why: "each counts its own requests"},
		{Metric: "apiserver_request_terminations_total", View: aggregate.View{Type: counter},
			How: "increase of each instance, then the sum", Why: "each counts its own requests"},
		{Metric: "apiserver_request_aborts_total", View: aggregate.View{Type: counter},
			How: "increase of each instance, then the sum", Why: "each counts its own requests"},
		{Metric: "apiserver_request_duration_seconds", View: aggregate.View{Type: histogram},
			How: "quantile of the merged buckets, and the worst instance's beside", Why: "a mean of quantiles means nothing, and a maximum of buckets hides the slow instance"},
		{Metric: "apiserver_request_sli_duration_seconds", View: aggregate.View{Type: histogram},
			How: "quantile of the merged buckets, and the worst instance's beside", Why: "a mean of quantiles means nothing, and a maximum of buckets hides the slow instance"},
		{Metric: "apiserver_current_inflight_requests", View: aggregate.View{Type: gauge, Combine: aggregate.Max},
			How: "maximum; the sum is an upper bound", Why: "each is the high-water mark of a second, and not the same second"},
		{Metric: "apiserver_longrunning_requests", View: aggregate.View{Type: gauge, Combine: aggregate.Sum},
			How: "sum; the maximum shows the skew", Why: "a watch hangs on one server"},
		{Metric: "apiserver_registered_watchers", View: aggregate.View{Type: gauge, Combine: aggregate.Sum},
			How: "sum; the maximum shows the skew", Why: "a watch hangs on one server"},

		// Priority and fairness.
		{Metric: "apiserver_flowcontrol_nominal_limit_seats", View: aggregate.View{Type: gauge, Combine: aggregate.Min},
			How: "minimum and maximum, which should be equal; the capacity is the sum", Why: "a limit of this server alone"},
		{Metric: "apiserver_flowcontrol_current_limit_seats", View: aggregate.View{Type: gauge, Combine: aggregate.Min},
			How: "minimum and maximum; the capacity is the sum", Why: "a limit of this server alone, which it borrows and lends"},
		{Metric: "apiserver_flowcontrol_current_executing_seats", View: aggregate.View{Type: gauge, Combine: aggregate.Max, Limit: "apiserver_flowcontrol_nominal_limit_seats"},
			How: "all flow schemas of a level to the limit inside each instance, then the maximum", Why: "a server is full while its neighbour is idle"},
		{Metric: "apiserver_flowcontrol_current_inqueue_requests", View: aggregate.View{Type: gauge, Combine: aggregate.Sum},
			How: "sum for the backlog, maximum for the worst", Why: "a request waits in one queue"},
		{Metric: "apiserver_flowcontrol_rejected_requests_total", View: aggregate.View{Type: counter},
			How: "increase of each instance, then the sum", Why: "each counts its own requests"},
		{Metric: "apiserver_flowcontrol_dispatched_requests_total", View: aggregate.View{Type: counter},
			How: "increase of each instance, then the sum", Why: "each counts its own requests"},
		{Metric: "apiserver_flowcontrol_request_wait_duration_seconds", View: aggregate.View{Type: histogram},
			How: "quantile of the merged buckets, and the worst instance's beside", Why: "as latencies; the buckets differ between versions"},

		// What is stored.
		{Metric: "apiserver_storage_objects", View: aggregate.View{Type: gauge, Combine: aggregate.Consensus, Sentinels: unknown},
			How: "the value that changed last", Why: "every server counts the same objects, once a minute; −1 is one that could not"},
		{Metric: "apiserver_resource_objects", View: aggregate.View{Type: gauge, Combine: aggregate.Consensus, Sentinels: unknown},
			How: "the value that changed last", Why: "every server counts the same objects, once a minute; −1 is one that could not"},
		{Metric: "apiserver_storage_size_bytes", View: aggregate.View{Type: gauge, Combine: aggregate.Consensus},
			How: "the value that changed last", Why: "it is the same database behind every server"},
		{Metric: "etcd_request_duration_seconds", View: aggregate.View{Type: histogram},
			How: "quantile of the merged buckets", Why: "seen from the API server; what is its own is the difference within one instance"},
		{Metric: "etcd_bookmark_counts", Declared: gauge, View: aggregate.View{Type: counter},
			How: "increase of each instance, then the sum", Why: "it only grows; etcd_bookmark_total of later versions says so"},
		{Metric: "etcd_bookmark_total", View: aggregate.View{Type: counter},
			How: "increase of each instance, then the sum", Why: "each counts the bookmarks of its own watches"},

		// Who and what.
		{Metric: "kubernetes_build_info", View: aggregate.View{Type: gauge, Combine: aggregate.Distinct},
			How: "the distinct label sets", Why: "more than one is version skew"},
		{Metric: "kubernetes_feature_enabled", View: aggregate.View{Type: gauge, Combine: aggregate.Distinct},
			How: "the distinct values by name", Why: "instances should have the same switches"},
		{Metric: "process_start_time_seconds", View: aggregate.View{Type: gauge, Combine: aggregate.Distinct},
			How: "as a token of the process", Why: "it tells restarts and instances apart; nothing to add up"},
		{Metric: "go_info", View: aggregate.View{Type: gauge, Combine: aggregate.Distinct},
			How: "the distinct label sets", Why: "more than one is version skew"},
		{Metric: "process_open_fds", View: aggregate.View{Type: gauge, Combine: aggregate.Max, Limit: "process_max_fds"},
			How: "ratio inside each instance, then the maximum", Why: "a limit of this process alone"},
		{Metric: "process_max_fds", View: aggregate.View{Type: gauge, Combine: aggregate.Min},
			How: "minimum", Why: "a limit of this process alone"},

		// etcd.
		{Metric: "etcd_mvcc_db_total_size_in_bytes", View: aggregate.View{Type: gauge, Combine: aggregate.Max, Limit: "etcd_server_quota_backend_bytes"},
			How: "ratio inside each member, then the maximum", Why: "members are replicas, of different fragmentation; the first full one stops all"},
		{Metric: "etcd_server_quota_backend_bytes", View: aggregate.View{Type: gauge, Combine: aggregate.Min},
			How: "minimum and maximum, which should be equal", Why: "a limit of this member alone"},
		{Metric: "etcd_server_is_leader", View: aggregate.View{Type: gauge, Combine: aggregate.Sum},
			How: "the sum is 1", Why: "0 is an election, 2 is a stale scrape or two clusters"},
		{Metric: "etcd_server_has_leader", View: aggregate.View{Type: gauge, Combine: aggregate.Min},
			How: "the minimum is 1", Why: "a member that sees no leader is cut off"},
		{Metric: "etcd_server_leader_changes_seen_total", View: aggregate.View{Type: counter},
			How: "the greatest increase", Why: "every member counts the same changes, unless it is away"},
		{Metric: "etcd_server_proposals_committed_total", View: aggregate.View{Type: gauge, Combine: aggregate.Consensus},
			How: "the value that changed last", Why: "a place in one replicated log, where each member is nearly as far"},
		{Metric: "etcd_server_proposals_applied_total", View: aggregate.View{Type: gauge, Combine: aggregate.Consensus},
			How: "the value that changed last", Why: "a place in one replicated log, where each member is nearly as far"},
		{Metric: "etcd_debugging_mvcc_keys_total", View: aggregate.View{Type: gauge, Combine: aggregate.Consensus},
			How: "the value that changed last", Why: "members are replicas; despite its name it falls"},
		{Metric: "etcd_disk_wal_fsync_duration_seconds", View: aggregate.View{Type: histogram},
			How: "quantile of each member, then the worst", Why: "one slow disk holds up the quorum"},
		{Metric: "etcd_disk_backend_commit_duration_seconds", View: aggregate.View{Type: histogram},
			How: "quantile of each member, then the worst", Why: "one slow disk holds up the quorum"},
		{Metric: "etcd_server_version", View: aggregate.View{Type: gauge, Combine: aggregate.Distinct},
			How: "the distinct label sets", Why: "more than one is version skew"},

		// Controllers, which elect a leader.
		{Metric: "scheduler_pending_pods", View: aggregate.View{Type: gauge, Combine: aggregate.Leader, Leader: scheduler},
			How: "the leader's", Why: "standbys fill queues that they do not work off"},
		{Metric: "workqueue_depth", View: aggregate.View{Type: gauge, Combine: aggregate.Leader},
			How: "the leader's; in components without an election, such as API servers, the sum", Why: "standbys have other queues, or longer ones"},
		{Metric: "workqueue_adds_total", View: aggregate.View{Type: counter},
			How: "increase of each instance, then the sum", Why: "each counts its own work, before and after it led"},
		{Metric: "workqueue_retries_total", View: aggregate.View{Type: counter},
			How: "increase of each instance, then the sum", Why: "each counts its own work, before and after it led"},
		{Metric: "workqueue_queue_duration_seconds", View: aggregate.View{Type: histogram},
			How: "quantile of the merged buckets", Why: "each counts its own work, before and after it led"},
		{Metric: "workqueue_work_duration_seconds", View: aggregate.View{Type: histogram},
			How: "quantile of the merged buckets", Why: "each counts its own work, before and after it led"},
		{Metric: "leader_election_master_status", View: aggregate.View{Type: gauge, Combine: aggregate.Sum},
			How: "the sum by name is 1; it selects the leader", Why: "absent is not 0: that one takes no part"},

		// What is watched from outside.
		{Metric: "kube_*", View: aggregate.View{Combine: aggregate.Sum},
			How: "of shards the disjoint union, then the sum; of replicas one, then the union", Why: "a shard has its own objects, a replica all of them once more"},
		{Metric: "container_*", View: aggregate.View{Combine: aggregate.Sum, Select: `{container!="",container!="POD"}`},
			How: "one target for each kubelet, then the sum", Why: "a kubelet found under two names counts each container twice, and its page has the pods and slices beside their containers"},
		{Metric: "container_network_*", View: aggregate.View{Combine: aggregate.Sum, Select: `{pod!=""}`},
			How: "one target for each kubelet, then the sum", Why: "a pod's containers share its network, which the page also has for the node"},
		{Metric: "container_scrape_error", View: aggregate.View{Type: gauge, Combine: aggregate.Max},
			How: "the maximum is 0", Why: "1 says that the kubelet could not read its containers"},
		{Metric: "node_*", View: aggregate.View{Combine: aggregate.Sum},
			How: "one target for each node, then the sum", Why: "a node found under two names counts twice"},
	}
}
