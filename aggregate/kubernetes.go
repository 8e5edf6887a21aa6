package aggregate

import "github.com/prometheus/common/model"

// Kubernetes is what is known of the metrics of Kubernetes' control plane, its
// etcd and kube-state-metrics. It was read in their code and checked against
// recordings of v1.36 and etcd 3.6; the slice is the caller's own.
func Kubernetes() Catalogue {
	const (
		counter   = model.MetricTypeCounter
		gauge     = model.MetricTypeGauge
		histogram = model.MetricTypeHistogram
	)
	scheduler := Election{Name: "kube-scheduler"}
	unknown := []float64{-1}
	return Catalogue{
		// The API servers' requests.
		{Metric: "apiserver_request_total", Type: counter, Meaning: MeaningShare,
			Read: "increase of each instance, then the sum", Why: "each counts its own requests"},
		{Metric: "apiserver_request_terminations_total", Type: counter, Meaning: MeaningShare,
			Read: "increase of each instance, then the sum", Why: "each counts its own requests"},
		{Metric: "apiserver_request_aborts_total", Type: counter, Meaning: MeaningShare,
			Read: "increase of each instance, then the sum", Why: "each counts its own requests"},
		{Metric: "apiserver_request_duration_seconds", Type: histogram, Meaning: MeaningShare,
			Read: "quantile of the merged buckets, and the worst instance's beside", Why: "a mean of quantiles is none, and a maximum of buckets hides the slow instance"},
		{Metric: "apiserver_request_sli_duration_seconds", Type: histogram, Meaning: MeaningShare,
			Read: "quantile of the merged buckets, and the worst instance's beside", Why: "a mean of quantiles is none, and a maximum of buckets hides the slow instance"},
		{Metric: "apiserver_current_inflight_requests", Type: gauge, Meaning: MeaningHighest,
			Read: "maximum; the sum is an upper bound", Why: "each is the high-water mark of a second, and not the same second"},
		{Metric: "apiserver_longrunning_requests", Type: gauge, Meaning: MeaningShare,
			Read: "sum; the maximum shows the skew", Why: "a watch hangs on one server"},
		{Metric: "apiserver_registered_watchers", Type: gauge, Meaning: MeaningShare,
			Read: "sum; the maximum shows the skew", Why: "a watch hangs on one server"},

		// Priority and fairness.
		{Metric: "apiserver_flowcontrol_nominal_limit_seats", Type: gauge, Meaning: MeaningLowest,
			Read: "minimum and maximum, which should be equal; the capacity is the sum", Why: "a limit of this server alone"},
		{Metric: "apiserver_flowcontrol_current_limit_seats", Type: gauge, Meaning: MeaningLowest,
			Read: "minimum and maximum; the capacity is the sum", Why: "a limit of this server alone, which it borrows and lends"},
		{Metric: "apiserver_flowcontrol_current_executing_seats", Type: gauge, Meaning: MeaningSaturation,
			Limit: "apiserver_flowcontrol_nominal_limit_seats",
			Read:  "all flow schemas of a level to the limit inside each instance, then the maximum", Why: "a server is full while its neighbour is idle"},
		{Metric: "apiserver_flowcontrol_current_inqueue_requests", Type: gauge, Meaning: MeaningShare,
			Read: "sum for the backlog, maximum for the worst", Why: "a request waits in one queue"},
		{Metric: "apiserver_flowcontrol_rejected_requests_total", Type: counter, Meaning: MeaningShare,
			Read: "increase of each instance, then the sum", Why: "each counts its own requests"},
		{Metric: "apiserver_flowcontrol_dispatched_requests_total", Type: counter, Meaning: MeaningShare,
			Read: "increase of each instance, then the sum", Why: "each counts its own requests"},
		{Metric: "apiserver_flowcontrol_request_wait_duration_seconds", Type: histogram, Meaning: MeaningShare,
			Read: "quantile of the merged buckets, and the worst instance's beside", Why: "as latencies; the buckets differ between versions"},

		// What is stored.
		{Metric: "apiserver_storage_objects", Type: gauge, Meaning: MeaningFact, Sentinels: unknown,
			Read: "the value that changed last", Why: "every server counts the same objects, once a minute; −1 is one that could not"},
		{Metric: "apiserver_resource_objects", Type: gauge, Meaning: MeaningFact, Sentinels: unknown,
			Read: "the value that changed last", Why: "every server counts the same objects, once a minute; −1 is one that could not"},
		{Metric: "apiserver_storage_size_bytes", Type: gauge, Meaning: MeaningFact,
			Read: "the value that changed last", Why: "it is the same database behind every server"},
		{Metric: "etcd_request_duration_seconds", Type: histogram, Meaning: MeaningShare,
			Read: "quantile of the merged buckets", Why: "seen from the API server; what is its own is the difference within one instance"},
		{Metric: "etcd_bookmark_counts", Type: counter, Declared: gauge, Meaning: MeaningShare,
			Read: "increase of each instance, then the sum", Why: "it only grows; etcd_bookmark_total of later versions says so"},
		{Metric: "etcd_bookmark_total", Type: counter, Meaning: MeaningShare,
			Read: "increase of each instance, then the sum", Why: "each counts the bookmarks of its own watches"},

		// Who and what.
		{Metric: "kubernetes_build_info", Type: gauge, Meaning: MeaningIdentity,
			Read: "the distinct label sets", Why: "more than one is version skew"},
		{Metric: "kubernetes_feature_enabled", Type: gauge, Meaning: MeaningIdentity,
			Read: "the distinct values by name", Why: "instances should have the same switches"},
		{Metric: "process_start_time_seconds", Type: gauge, Meaning: MeaningIdentity,
			Read: "as a token of the process", Why: "it tells restarts and instances apart; nothing to add up"},
		{Metric: "go_info", Type: gauge, Meaning: MeaningIdentity,
			Read: "the distinct label sets", Why: "more than one is version skew"},
		{Metric: "process_open_fds", Type: gauge, Meaning: MeaningSaturation, Limit: "process_max_fds",
			Read: "ratio inside each instance, then the maximum", Why: "a limit of this process alone"},
		{Metric: "process_max_fds", Type: gauge, Meaning: MeaningLowest,
			Read: "minimum", Why: "a limit of this process alone"},

		// etcd.
		{Metric: "etcd_mvcc_db_total_size_in_bytes", Type: gauge, Meaning: MeaningSaturation, Limit: "etcd_server_quota_backend_bytes",
			Read: "ratio inside each member, then the maximum", Why: "members are replicas, of different fragmentation; the first full one stops all"},
		{Metric: "etcd_server_quota_backend_bytes", Type: gauge, Meaning: MeaningLowest,
			Read: "minimum and maximum, which should be equal", Why: "a limit of this member alone"},
		{Metric: "etcd_server_is_leader", Type: gauge, Meaning: MeaningShare,
			Read: "the sum is 1", Why: "0 is an election, 2 is a stale scrape or two clusters"},
		{Metric: "etcd_server_has_leader", Type: gauge, Meaning: MeaningLowest,
			Read: "the minimum is 1", Why: "a member that sees no leader is cut off"},
		{Metric: "etcd_server_leader_changes_seen_total", Type: counter, Meaning: MeaningFact,
			Read: "the greatest increase", Why: "every member counts the same changes, unless it is away"},
		{Metric: "etcd_server_proposals_committed_total", Type: gauge, Meaning: MeaningFact,
			Read: "the value that changed last", Why: "a place in one replicated log, where each member is nearly as far"},
		{Metric: "etcd_server_proposals_applied_total", Type: gauge, Meaning: MeaningFact,
			Read: "the value that changed last", Why: "a place in one replicated log, where each member is nearly as far"},
		{Metric: "etcd_debugging_mvcc_keys_total", Type: gauge, Meaning: MeaningFact,
			Read: "the value that changed last", Why: "members are replicas; despite its name it falls"},
		{Metric: "etcd_disk_wal_fsync_duration_seconds", Type: histogram, Meaning: MeaningHighest,
			Read: "quantile of each member, then the worst", Why: "one slow disk holds up the quorum"},
		{Metric: "etcd_disk_backend_commit_duration_seconds", Type: histogram, Meaning: MeaningHighest,
			Read: "quantile of each member, then the worst", Why: "one slow disk holds up the quorum"},
		{Metric: "etcd_server_version", Type: gauge, Meaning: MeaningIdentity,
			Read: "the distinct label sets", Why: "more than one is version skew"},

		// Controllers, which elect a leader.
		{Metric: "scheduler_pending_pods", Type: gauge, Meaning: MeaningLeader, Election: scheduler,
			Read: "the leader's", Why: "standbys fill queues that they do not work off"},
		{Metric: "workqueue_depth", Type: gauge, Meaning: MeaningLeader,
			Read: "the leader's; in components without an election, such as API servers, the sum", Why: "standbys have other queues, or longer ones"},
		{Metric: "workqueue_adds_total", Type: counter, Meaning: MeaningShare,
			Read: "increase of each instance, then the sum", Why: "each counts its own work, before and after it led"},
		{Metric: "workqueue_retries_total", Type: counter, Meaning: MeaningShare,
			Read: "increase of each instance, then the sum", Why: "each counts its own work, before and after it led"},
		{Metric: "workqueue_queue_duration_seconds", Type: histogram, Meaning: MeaningShare,
			Read: "quantile of the merged buckets", Why: "each counts its own work, before and after it led"},
		{Metric: "workqueue_work_duration_seconds", Type: histogram, Meaning: MeaningShare,
			Read: "quantile of the merged buckets", Why: "each counts its own work, before and after it led"},
		{Metric: "leader_election_master_status", Type: gauge, Meaning: MeaningShare,
			Read: "the sum by name is 1; it selects the leader", Why: "absent is not 0: that one takes no part"},

		// What is watched from outside.
		{Metric: "kube_*", Meaning: MeaningShare,
			Read: "of shards the disjoint union, then the sum; of replicas one, then the union", Why: "a shard has its own objects, a replica all of them once more"},
		{Metric: "container_*", Meaning: MeaningShare,
			Read: "one target for each kubelet, then the sum", Why: "a kubelet found under two names counts each container twice"},
		{Metric: "node_*", Meaning: MeaningShare,
			Read: "one target for each node, then the sum", Why: "a node found under two names counts twice"},
	}
}
