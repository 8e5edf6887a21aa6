package main

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kube "k8s.io/apimachinery/pkg/labels"
	"k8s.io/metrics/pkg/apis/external_metrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
)

// external serves external.metrics.k8s.io: every metric, in each namespace.
type external struct{ *metrics }

// GetExternalMetric returns the groups of a metric that match. An autoscaler adds
// them up, so there are several only where a sum is right.
func (e external) GetExternalMetric(_ context.Context, _ string, selector kube.Selector, info provider.ExternalMetricInfo) (*external_metrics.ExternalMetricValueList, error) {
	of, err := matchers(selector)
	if err != nil {
		return nil, err
	}
	numbers, err := e.set.Items(e.now(), info.Metric, of...)
	if err != nil {
		return nil, refused(err)
	}
	list := &external_metrics.ExternalMetricValueList{}
	for _, n := range numbers {
		value, err := quantity(info.Metric, n.Value)
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, external_metrics.ExternalMetricValue{
			MetricName: info.Metric, MetricLabels: n.Labels.Map(),
			Timestamp: metav1.NewTime(n.Time), WindowSeconds: seconds(n.Window), Value: value,
		})
	}
	return list, nil
}

// ListAllExternalMetrics returns all names.
func (e external) ListAllExternalMetrics() (list []provider.ExternalMetricInfo) {
	for _, name := range e.set.Names() {
		list = append(list, provider.ExternalMetricInfo{Metric: name})
	}
	return list
}
