package main

import (
	"maps"

	"github.com/prometheus/client_golang/prometheus"
	genericapiserver "k8s.io/apiserver/pkg/server"
	openapi "k8s.io/kube-openapi/pkg/common"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/apiserver"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/generated/openapi/core"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/generated/openapi/custommetrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/generated/openapi/externalmetrics"

	"github.com/promfold/promfold/examples/resourcemetrics/serving"
)

// newServer returns a server of both APIs.
func newServer(o *options, m *metrics, self ...prometheus.Gatherer) (*genericapiserver.GenericAPIServer, error) {
	config, err := o.Config(serving.API{
		Title: "promfold autoscale", Scheme: apiserver.Scheme, Codecs: apiserver.Codecs, Definitions: definitions,
	})
	if err != nil {
		return nil, err
	}
	c := apiserver.Config{GenericConfig: config}
	s, err := c.Complete(nil).New("autoscale", custom{m}, external{m})
	if err != nil {
		return nil, err
	}
	serving.Metrics(s.GenericAPIServer, self...)
	return s.GenericAPIServer, nil
}

func definitions(ref openapi.ReferenceCallback) map[string]openapi.OpenAPIDefinition {
	all := core.GetOpenAPIDefinitions(ref)
	maps.Copy(all, custommetrics.GetOpenAPIDefinitions(ref))
	maps.Copy(all, externalmetrics.GetOpenAPIDefinitions(ref))
	return all
}
