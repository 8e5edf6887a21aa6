package owners

import "github.com/promfold/promfold/internal/judge"

const (
	process  = judge.OwnerProcess
	external = judge.OwnerExternal
)

// Where it can be looked up who counts.
const (
	golang     = "prometheus/client_golang: process_collector reads /proc/self, the Go collector runtime/metrics"
	network    = "prometheus/client_golang: process_collector reads /proc/self/net/netstat, which counts the network namespace"
	java       = "prometheus/client_java: instrumentation-jvm reads the MXBeans of its own JVM"
	micrometer = "micrometer-core: the binders read their own JVM and server"
	python     = "prometheus/client_python: gc_collector and platform_collector read their own interpreter"
	node       = "siimon/prom-client: the default metrics read their own process"
	dotnet     = "prometheus-net: DotNetStats and EventCounters read their own process"
	promhttp   = "prometheus/client_golang: promhttp counts the requests of its own handler"
	kubernetes = "kubernetes/kubernetes: registered in the component's own legacyregistry"
	cadvisor   = "google/cadvisor: metrics/prometheus.go shows what the cgroups count"
	resource   = "kubernetes/kubernetes: pkg/kubelet/metrics/collectors/resource_metrics.go shows what the cgroups count"
	ksm        = "kubernetes/kube-state-metrics: docs/metrics, read from the API server's objects"
	ksmOwn     = "kubernetes/kube-state-metrics: README, its own metrics on the telemetry port"
	ms         = "kubernetes-sigs/metrics-server: pkg/server, pkg/scraper count their own work"
	etcd       = "etcd-io/etcd: Documentation/metrics, counted by the member itself"
	etcdNet    = "etcd-io/etcd: server/etcdserver/metrics.go counts the process's own connections"
	coredns    = "coredns/coredns: plugin/metrics counts its own queries"
	nodeEx     = "prometheus/node_exporter: README, the collectors read the kernel"
	nodeExOwn  = "prometheus/node_exporter: the scrape's own figures"
	windows    = "prometheus-community/windows_exporter: docs, the collectors read performance counters of the machine"
	blackbox   = "prometheus/blackbox_exporter: prober, made anew by each probe"
	snmp       = "prometheus/snmp_exporter: README, shows the device's counters"
	redis      = "oliver006/redis_exporter: exporter.go shows what INFO counts"
	redisOwn   = "oliver006/redis_exporter: counts its own scrapes"
	mysqld     = "prometheus/mysqld_exporter: collector shows SHOW GLOBAL STATUS and performance_schema"
	postgres   = "prometheus-community/postgres_exporter: collector shows pg_stat views"
	haproxyEx  = "prometheus/haproxy_exporter: shows HAProxy's statistics page"
	memcached  = "prometheus/memcached_exporter: shows the server's stats"
	mongodb    = "percona/mongodb_exporter: shows serverStatus"
	elastic    = "prometheus-community/elasticsearch_exporter: shows the cluster's node statistics"
	kafka      = "danielqsj/kafka_exporter: shows offsets that brokers keep"
	jmx        = "prometheus/jmx_exporter: as an agent it shows the beans of the JVM that it runs in"
	nginx      = "nginx/nginx-prometheus-exporter: shows stub_status"
	apache     = "Lusitaniae/apache_exporter: shows mod_status"
	varnish    = "jonnenauha/prometheus_varnish_exporter: shows varnishstat"
	zookeeper  = "apache/zookeeper: metrics provider counts in the server itself"
	procs      = "ncabatoff/process-exporter: reads /proc of other processes"
	statsd     = "prometheus/statsd_exporter: counts what it was sent, in its own memory"
	pushed     = "prometheus/pushgateway: README, shows what was pushed"
	dcgm       = "NVIDIA/dcgm-exporter: shows the device's counters"
	ipmi       = "prometheus-community/ipmi_exporter: shows the device"
	cloudwatch = "prometheus/cloudwatch_exporter: shows what the service counts"
	cilium     = "cilium/cilium: Documentation/observability/metrics, counted by the agent"
	envoy      = "envoyproxy/envoy: statistics of the process"
	istio      = "istio/istio: counted in the proxy"
	prometheus = "prometheus/prometheus: its own figures"
	haproxyOwn = "haproxy/haproxy: addons/promex counts in the process itself"
	runtimeOwn = "the runtime's own instrumentation"
)

// table is ordered by who exposes the metrics. What several programs expose under
// one name, and some of them for others, is left out: nothing said is better than
// something wrong. So haproxy_ is told only where HAProxy's own names differ from
// its exporter's, and kafka_server_ is not: a JMX exporter may run in the broker or
// beside it, as RabbitMQ's and Consul's exporters have the servers' own names.
var table = []Entry{
	// Runtimes and client libraries.
	{"go_", process, golang},
	{"process_cpu_", process, golang},
	{"process_network_", external, network},
	{"promhttp_", process, promhttp},
	{"jvm_", process, java},
	{"tomcat_", process, micrometer},
	{"hikaricp_", process, micrometer},
	{"logback_events", process, micrometer},
	{"http_server_requests_seconds", process, micrometer},
	{"python_gc_", process, python},
	{"nodejs_", process, node},
	{"dotnet_", process, dotnet},
	{"grpc_server_", process, runtimeOwn},
	{"grpc_client_", process, runtimeOwn},
	{"grpc_", process, runtimeOwn},

	// Kubernetes' components.
	{"apiserver_", process, kubernetes},
	{"kube_apiserver_", process, kubernetes},
	{"aggregator_", process, kubernetes},
	{"apiextensions_", process, kubernetes},
	{"authentication_", process, kubernetes},
	{"authenticated_user_requests", process, kubernetes},
	{"authorization_", process, kubernetes},
	{"node_authorizer_", process, kubernetes},
	{"node_collector_", process, kubernetes},
	{"node_ipam_", process, kubernetes},
	{"watch_cache_", process, kubernetes},
	{"watch_events_", process, kubernetes},
	{"rest_client_", process, kubernetes},
	{"workqueue_", process, kubernetes},
	{"scheduler_", process, kubernetes},
	{"kubelet_", process, kubernetes},
	{"kubelet_volume_stats_", external, "kubernetes/kubernetes: pkg/kubelet/metrics/collectors/volume_stats.go shows the file system"},
	{"kubeproxy_", process, kubernetes},
	{"prober_probe_", process, kubernetes},
	{"volume_manager_", process, kubernetes},
	{"plugin_manager_", process, kubernetes},
	{"storage_operation_", process, kubernetes},
	{"csi_operations_seconds", process, kubernetes},
	{"cronjob_controller_", process, kubernetes},
	{"job_controller_", process, kubernetes},
	{"endpoint_slice_controller_", process, kubernetes},
	{"endpoint_slice_mirroring_controller_", process, kubernetes},
	{"garbagecollector_controller_", process, kubernetes},
	{"horizontal_pod_autoscaler_controller_", process, kubernetes},
	{"replicaset_controller_", process, kubernetes},
	{"root_ca_cert_publisher_", process, kubernetes},
	{"service_controller_", process, kubernetes},
	{"taint_eviction_controller_", process, kubernetes},
	{"ttl_after_finished_controller_", process, kubernetes},
	{"serviceaccount_", process, kubernetes},
	{"leader_election_", process, kubernetes},
	{"registered_metrics", process, kubernetes},
	{"hidden_metrics", process, kubernetes},
	{"disabled_metrics", process, kubernetes},
	{"container_", external, cadvisor},
	{"machine_", external, cadvisor},
	{"pod_cpu_usage_seconds", external, resource},
	{"pod_swap_", external, resource},
	{"kube_", external, ksm},
	{"kube_state_metrics_", process, ksmOwn},
	{"metrics_server_", process, ms},
	{"etcd_", process, etcd},
	{"etcd_network_", process, etcdNet},
	{"coredns_", process, coredns},
	{"cilium_", process, cilium},

	// Machines and devices.
	{"node_", external, nodeEx},
	{"node_scrape_collector_", process, nodeExOwn},
	{"windows_", external, windows},
	{"windows_exporter_", process, windows},
	{"wmi_", external, windows},
	{"namedprocess_", external, procs},
	{"probe_", external, blackbox},
	{"blackbox_", process, blackbox},
	{"snmp_", process, "prometheus/snmp_exporter: counts its own requests"},
	{"ifHCInOctets", external, snmp},
	{"ifHCOutOctets", external, snmp},
	{"ifHCInUcastPkts", external, snmp},
	{"ifHCOutUcastPkts", external, snmp},
	{"ifHCInMulticastPkts", external, snmp},
	{"ifHCOutMulticastPkts", external, snmp},
	{"ifHCInBroadcastPkts", external, snmp},
	{"ifHCOutBroadcastPkts", external, snmp},
	{"ifInOctets", external, snmp},
	{"ifOutOctets", external, snmp},
	{"ifInUcastPkts", external, snmp},
	{"ifOutUcastPkts", external, snmp},
	{"ifInNUcastPkts", external, snmp},
	{"ifOutNUcastPkts", external, snmp},
	{"ifInErrors", external, snmp},
	{"ifOutErrors", external, snmp},
	{"ifInDiscards", external, snmp},
	{"ifOutDiscards", external, snmp},
	{"ifInUnknownProtos", external, snmp},
	{"ipmi_", external, ipmi},
	{"DCGM_FI_", external, dcgm},

	// Exporters of servers.
	{"redis_", external, redis},
	{"redis_exporter_", process, redisOwn},
	{"redis_target_scrape_request_errors", process, redisOwn},
	{"mysql_", external, mysqld},
	{"mysql_exporter_", process, mysqld},
	{"mysqld_exporter_", process, mysqld},
	{"pg_", external, postgres},
	{"postgres_exporter_", process, postgres},
	{"pg_exporter_", process, postgres},
	{"haproxy_exporter_", process, haproxyEx},
	{"haproxy_process_", process, haproxyOwn},
	{"memcached_", external, memcached},
	{"mongodb_", external, mongodb},
	{"mongodb_exporter_", process, mongodb},
	{"elasticsearch_", external, elastic},
	{"elasticsearch_exporter_", process, elastic},
	{"elasticsearch_node_stats_total_scrapes", process, elastic},
	{"elasticsearch_node_stats_json_parse_failures", process, elastic},
	{"kafka_topic_partition_", external, kafka},
	{"kafka_consumergroup_", external, kafka},
	{"jmx_", process, jmx},
	{"nginx_connections_", external, nginx},
	{"nginx_ingress_", process, "kubernetes/ingress-nginx: the controller counts what its workers tell it"},
	{"apache_", external, apache},
	{"varnish_", external, varnish},
	{"varnish_exporter_", process, varnish},
	{"zk_", process, zookeeper},
	{"cloudwatch_", process, cloudwatch},

	// Proxies, and programs around metrics.
	{"envoy_", process, envoy},
	{"istio_", process, istio},
	{"prometheus_", process, prometheus},
	{"alertmanager_", process, prometheus},
	{"net_conntrack_", process, prometheus},
	{"statsd_exporter_", process, statsd},
	{"pushgateway_", process, pushed},
	{"otelcol_", process, runtimeOwn},
}
