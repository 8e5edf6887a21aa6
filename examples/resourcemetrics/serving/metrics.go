package serving

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	apimetrics "k8s.io/apiserver/pkg/endpoints/metrics"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/metrics/legacyregistry"
)

// Metrics serves at /metrics what the API server machinery counts, and what
// others gather.
func Metrics(s *genericapiserver.GenericAPIServer, others ...prometheus.Gatherer) {
	apimetrics.Register()
	all := append(prometheus.Gatherers{prometheus.GathererFunc(legacyregistry.DefaultGatherer.Gather)}, others...)
	s.Handler.NonGoRestfulMux.Handle("/metrics", promhttp.HandlerFor(all, promhttp.HandlerOpts{}))
}
