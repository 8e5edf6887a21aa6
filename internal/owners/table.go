package owners

import "github.com/promfold/promfold/internal/judge"

const (
	process  = judge.OwnerProcess
	external = judge.OwnerExternal
)

// The files that were read: each is a repository on GitHub, a path in it, and what
// it says. They registered the metrics of an entry, or read its numbers from
// elsewhere, on the default branches of 2026.
const (
	golang     = "prometheus/client_golang prometheus/go_collector.go, process_collector.go: the process reads itself"
	network    = "prometheus/client_golang prometheus/process_collector_procfsenabled.go: /proc/self/net/netstat counts for the network namespace"
	java       = "prometheus/client_java prometheus-metrics-instrumentation-jvm: reads the MXBeans of its own JVM"
	tomcat     = "micrometer-metrics/micrometer micrometer-core/…/binder/tomcat/TomcatMetrics.java: reads the server in its own JVM"
	logback    = "micrometer-metrics/micrometer micrometer-core/…/binder/logging/LogbackMetrics.java: counts in its own JVM"
	hikari     = "brettwooldridge/HikariCP …/metrics/micrometer/MicrometerMetricsTracker.java: the pool counts"
	spring     = "spring-projects/spring-framework spring-web/…/server/observation/DefaultServerRequestObservationConvention.java: the server counts"
	python     = "prometheus/client_python prometheus_client/gc_collector.py: reads its own interpreter"
	node       = "siimon/prom-client lib/metrics: reads its own process"
	dotnet     = "prometheus-net/prometheus-net Prometheus/DotNetStats.cs: reads its own process"
	grpc       = "grpc-ecosystem/go-grpc-middleware providers/prometheus: interceptors count their own calls"
	promhttp   = "prometheus/client_golang prometheus/promhttp/http.go: the handler counts its own requests"
	conntrack  = "mwitkow/go-conntrack dialer_reporter.go: counts the process's own connections"
	runtime    = "kubernetes-sigs/controller-runtime pkg/internal/controller/metrics/metrics.go: the manager counts"
	kubernetes = "kubernetes/kubernetes test/instrumentation/documentation/documentation-list.yaml: registered by the component that counts"
	stable     = "kubernetes/kubernetes test/instrumentation/testdata/stable-metrics-list.yaml: registered by the component that counts"
	authorize  = "kubernetes/kubernetes staging/src/k8s.io/apiserver/pkg/endpoints/filters/metrics.go: the server counts"
	autoscaler = "kubernetes/kubernetes pkg/controller/podautoscaler/monitor/metrics.go: the controller counts"
	taint      = "kubernetes/kubernetes pkg/controller/tainteviction/metrics/metrics.go: counts since its start"
	cloudNode  = "kubernetes/kubernetes staging/src/k8s.io/cloud-provider/controllers/node/metrics.go: the controller counts"
	volumes    = "kubernetes/kubernetes pkg/kubelet/metrics/collectors/volume_stats.go: shows the file system"
	resource   = "kubernetes/kubernetes pkg/kubelet/metrics/collectors/resource_metrics.go: shows what the cgroups count"
	cadvisor   = "google/cadvisor lib/metrics/prometheus.go, prometheus_machine.go: show what the kernel counts"
	oom        = "google/cadvisor cmd/internal/api/oom.go: counts the kernel's messages in its own memory"
	crio       = "cri-o/cri-o server/metrics/collectors/collectors.go: the runtime counts"
	ksm        = "kubernetes/kube-state-metrics docs/metrics: read from the API server's objects"
	ksmOwn     = "kubernetes/kube-state-metrics pkg/app/server.go, pkg/watch/watch.go: its own metrics"
	ms         = "kubernetes-sigs/metrics-server pkg/api/monitoring.go: counts its own work"
	etcd       = "etcd-io/etcd server/etcdserver/metrics.go and others of server: the member counts"
	coredns    = "coredns/coredns plugin/metrics/vars, plugin/*/metrics.go: counts its own queries"
	cilium     = "cilium/cilium pkg/metrics/metrics.go: the agent counts"
	ciliumMap  = "cilium/cilium pkg/maps/metricsmap/metricsmap.go: reads a pinned map that the kernel's programs count in"
	nodeEx     = "prometheus/node_exporter collector: the collectors read the kernel"
	nodeExOwn  = "prometheus/node_exporter collector/collector.go: about the scrape itself"
	windows    = "prometheus-community/windows_exporter internal/collector: reads performance counters of the machine"
	windowsOwn = "prometheus-community/windows_exporter pkg/collector/collection.go: about the scrape itself"
	blackbox   = "prometheus/blackbox_exporter prober/handler.go: each probe has a new registry"
	blackOwn   = "prometheus/blackbox_exporter main.go, config/config.go: its own metrics"
	snmp       = "prometheus/snmp_exporter collector/collector.go, snmp.yml: shows the device's counters"
	snmpOwn    = "prometheus/snmp_exporter main.go: counts its own requests"
	redis      = "oliver006/redis_exporter exporter/metrics.go: shows what INFO counts"
	redisOwn   = "oliver006/redis_exporter exporter/exporter.go: counts its own scrapes"
	mysqld     = "prometheus/mysqld_exporter collector: shows SHOW GLOBAL STATUS and performance_schema"
	mysqldOwn  = "prometheus/mysqld_exporter collector/exporter.go, config/config.go: about its own scrapes"
	postgres   = "prometheus-community/postgres_exporter collector: shows the pg_stat views"
	pgOwn      = "prometheus-community/postgres_exporter exporter/postgres_exporter.go, config/config.go: counts its own scrapes"
	haproxyEx  = "prometheus/haproxy_exporter haproxy_exporter.go: counts its own scrapes"
	promex     = "haproxy/haproxy addons/promex/service-prometheus.c: the process counts"
	memcached  = "prometheus/memcached_exporter pkg/exporter/exporter.go: shows the server's stats"
	memOwn     = "prometheus/memcached_exporter scraper/scraper.go: counts its own scrapes"
	mongodb    = "percona/mongodb_exporter exporter/diagnostic_data_collector.go: shows getDiagnosticData"
	elastic    = "prometheus-community/elasticsearch_exporter collector: shows the cluster's statistics"
	elasticOwn = "prometheus-community/elasticsearch_exporter collector/shards.go, collector/nodes.go up to v1.8: counts its own failures"
	kafka      = "danielqsj/kafka_exporter kafka_exporter.go: shows offsets that brokers keep"
	jmx        = "prometheus/jmx_exporter collector/…/JmxCollector.java: about its own scrapes"
	nginx      = "nginx/nginx-prometheus-exporter collector/nginx.go: shows stub_status"
	nginxPlus  = "nginx/nginx-prometheus-exporter collector/nginx_plus.go: shows the server's API"
	ingress    = "kubernetes/ingress-nginx internal/ingress/metric/collectors: the controller counts what its workers tell it"
	ingressNow = "kubernetes/ingress-nginx internal/ingress/metric/collectors/nginx_status.go: shows the server's status"
	apache     = "Lusitaniae/apache_exporter collector/collector.go: shows mod_status"
	apacheOwn  = "Lusitaniae/apache_exporter collector/collector.go: counts its own failures"
	varnish    = "jonnenauha/prometheus_varnish_exporter varnish.go: shows varnishstat"
	zookeeper  = "dabealu/zookeeper-exporter main.go: shows what the server answers to mntr"
	procs      = "ncabatoff/process-exporter proc/grouper.go: adds up, since it began, what processes used"
	statsd     = "prometheus/statsd_exporter main.go: counts what it was sent"
	pushed     = "prometheus/pushgateway handler/metrics.go: counts its own requests"
	dcgm       = "NVIDIA/dcgm-exporter etc/default-counters.csv: shows the device's counters"
	ipmi       = "prometheus-community/ipmi_exporter collector.go: shows the device"
	cloudwatch = "prometheus/cloudwatch_exporter …/CloudWatchCollector.java: counts its own requests"
	traefik    = "traefik/traefik pkg/observability/metrics/prometheus.go: the proxy counts"
	envoy      = "envoyproxy/envoy source/server/admin/prometheus_stats.cc: the process counts"
	istio      = "istio/proxy extensions/stats: counted in the proxy"
	prometheus = "prometheus/prometheus scrape/metrics.go and others: the server counts"
	alerts     = "prometheus/alertmanager api/metrics/metrics.go and others: the server counts"
	collector  = "open-telemetry/opentelemetry-collector service/telemetry: the collector counts"
)

// table is ordered by who exposes the metrics. What several programs expose under
// one name, and some of them for others, is left out: an unknown owner is better
// than a wrong one. So haproxy_ has an owner only where HAProxy's own names differ
// from its exporter's, nginx_http_requests has none (a Lua library counts by that
// name in the server), nor has kafka_server_: a JMX exporter may run in the broker
// or beside it, as RabbitMQ's and Consul's exporters have the servers' own names.
var table = []Entry{
	// Runtimes and client libraries.
	{"go_", process, golang},
	{"process_cpu_", process, golang},
	{"process_network_", external, network},
	{"promhttp_", process, promhttp},
	{"jvm_", process, java},
	{"tomcat_", process, tomcat},
	{"hikaricp_", process, hikari},
	{"logback_events", process, logback},
	{"http_server_requests_seconds", process, spring},
	{"python_gc_", process, python},
	{"nodejs_", process, node},
	{"dotnet_", process, dotnet},
	{"grpc_server_", process, grpc},
	{"grpc_client_", process, grpc},
	{"net_conntrack_", process, conntrack},
	{"controller_runtime_", process, runtime},

	// Kubernetes' components.
	{"aggregator_", process, kubernetes},
	{"apiextensions_", process, kubernetes},
	{"apiserver_", process, kubernetes},
	{"attachdetach_controller_", process, kubernetes},
	{"authenticated_user_requests", process, authorize},
	{"authentication_", process, authorize},
	{"cloudprovider_", process, kubernetes},
	{"cronjob_controller_", process, kubernetes},
	{"csi_operations_seconds", process, kubernetes},
	{"disabled_metrics", process, stable},
	{"endpoint_slice_controller_", process, kubernetes},
	{"endpoint_slice_mirroring_controller_", process, kubernetes},
	{"ephemeral_volume_controller_", process, kubernetes},
	{"field_validation_request_duration_seconds", process, kubernetes},
	{"garbagecollector_controller_", process, kubernetes},
	{"hidden_metrics", process, stable},
	{"horizontal_pod_autoscaler_controller_", process, autoscaler},
	{"job_controller_", process, kubernetes},
	{"kube_apiserver_", process, kubernetes},
	{"kubelet_", process, kubernetes},
	{"kubelet_volume_stats_", external, volumes},
	{"kubeproxy_", process, kubernetes},
	{"kubernetes_", process, kubernetes},
	{"leader_election_", process, kubernetes},
	{"node_authorizer_", process, kubernetes},
	{"node_collector_", process, kubernetes},
	{"node_controller_", process, cloudNode},
	{"node_ipam_", process, kubernetes},
	{"plugin_manager_", process, kubernetes},
	{"pod_gc_collector_", process, kubernetes},
	{"pod_security_", process, kubernetes},
	{"prober_probe_", process, kubernetes},
	{"registered_metrics", process, stable},
	{"replicaset_controller_", process, kubernetes},
	{"resourceclaim_controller_", process, kubernetes},
	{"rest_client_", process, kubernetes},
	{"retroactive_storageclass_", process, kubernetes},
	{"root_ca_cert_publisher_", process, kubernetes},
	{"scheduler_", process, kubernetes},
	{"service_controller_", process, kubernetes},
	{"serviceaccount_", process, kubernetes},
	{"storage_operation_", process, kubernetes},
	{"taint_eviction_controller_", process, taint},
	{"ttl_after_finished_controller_", process, kubernetes},
	{"volume_manager_", process, kubernetes},
	{"volume_operation_", process, kubernetes},
	{"watch_cache_", process, kubernetes},
	{"workqueue_", process, kubernetes},
	{"container_", external, cadvisor},
	{"container_oom_events", process, oom},
	{"container_runtime_", process, crio},
	{"machine_", external, cadvisor},
	{"pod_cpu_usage_seconds", external, resource},
	{"pod_swap_", external, resource},
	{"kube_", external, ksm},
	{"kube_state_metrics_", process, ksmOwn},
	{"metrics_server_", process, ms},
	{"etcd_", process, etcd},
	{"coredns_", process, coredns},
	{"cilium_", process, cilium},
	{"cilium_drop_", external, ciliumMap},
	{"cilium_forward_", external, ciliumMap},

	// Machines and devices.
	{"node_", external, nodeEx},
	{"node_scrape_collector_", process, nodeExOwn},
	{"windows_", external, windows},
	{"windows_exporter_", process, windowsOwn},
	{"wmi_", external, windows}, // the same exporter by its old name
	{"namedprocess_", process, procs},
	{"probe_", external, blackbox},
	{"blackbox_", process, blackOwn},
	{"snmp_", process, snmpOwn},
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
	{"ifInMulticastPkts", external, snmp},
	{"ifOutMulticastPkts", external, snmp},
	{"ifInBroadcastPkts", external, snmp},
	{"ifOutBroadcastPkts", external, snmp},
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
	{"mysql_exporter_", process, mysqldOwn},
	{"mysqld_exporter_", process, mysqldOwn},
	{"pg_", external, postgres},
	{"pg_exporter_", process, pgOwn},
	{"postgres_exporter_", process, pgOwn},
	{"haproxy_exporter_", process, haproxyEx},
	{"haproxy_process_", process, promex},
	{"memcached_", external, memcached},
	{"memcached_exporter_", process, memOwn},
	{"mongodb_", external, mongodb},
	{"elasticsearch_", external, elastic},
	{"elasticsearch_exporter_", process, elasticOwn},
	{"elasticsearch_node_shards_json_parse_failures", process, elasticOwn},
	{"elasticsearch_node_stats_json_parse_failures", process, elasticOwn},
	{"elasticsearch_node_stats_total_scrapes", process, elasticOwn},
	{"kafka_topic_partition_", external, kafka},
	{"kafka_consumergroup_", external, kafka},
	{"jmx_", process, jmx},
	{"nginx_connections_", external, nginx},
	{"nginxplus_", external, nginxPlus},
	{"nginx_ingress_", process, ingress},
	{"nginx_ingress_controller_nginx_process_connections", external, ingressNow},
	{"nginx_ingress_controller_nginx_process_requests", external, ingressNow},
	{"apache_", external, apache},
	{"apache_exporter_", process, apacheOwn},
	{"varnish_", external, varnish},
	{"zk_", external, zookeeper},
	{"cloudwatch_", process, cloudwatch},

	// Proxies, and programs around metrics.
	{"envoy_", process, envoy},
	{"istio_", process, istio},
	{"traefik_", process, traefik},
	{"prometheus_", process, prometheus},
	{"alertmanager_", process, alerts},
	{"statsd_exporter_", process, statsd},
	{"pushgateway_", process, pushed},
	{"otelcol_", process, collector},
}
