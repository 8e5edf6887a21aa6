package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kube "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/metrics/pkg/apis/custom_metrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"

	"github.com/promfold/promfold/examples/autoscale/internal/scaling"
)

// custom serves custom.metrics.k8s.io: the metrics that are about an object.
type custom struct{ *metrics }

// resourceOf returns the resource of an object.
func resourceOf(o *scaling.Object) schema.GroupVersionResource {
	plural, _ := meta.UnsafeGuessKindToResource(schema.FromAPIVersionAndKind(o.APIVersion, o.Kind))
	return plural
}

// namespaced reports whether an object is in a namespace.
func namespaced(o *scaling.Object) bool { return o.Namespace != "" || o.NamespaceLabel != "" }

// find returns the metric that is asked for.
func (c custom) find(info provider.CustomMetricInfo) (scaling.Metric, error) {
	m, err := c.set.Metric(info.Metric)
	if err != nil || m.Object == nil || resourceOf(m.Object).GroupResource() != info.GroupResource || namespaced(m.Object) != info.Namespaced {
		return m, provider.NewMetricNotFoundError(info.GroupResource, info.Metric)
	}
	return m, nil
}

// GetMetricByName returns the number of one object.
func (c custom) GetMetricByName(_ context.Context, name types.NamespacedName, info provider.CustomMetricInfo, selector kube.Selector) (*custom_metrics.MetricValue, error) {
	m, err := c.find(info)
	if err != nil {
		return nil, err
	}
	of, err := matchers(selector)
	if err != nil {
		return nil, err
	}
	return c.value(m, name, info, selector, of)
}

// value returns the number of one object, of the groups that match.
func (c custom) value(m scaling.Metric, name types.NamespacedName, info provider.CustomMetricInfo, selector kube.Selector, of []*labels.Matcher) (*custom_metrics.MetricValue, error) {
	o := m.Object
	if o.Name != "" && o.Name != name.Name || o.Namespace != "" && o.Namespace != name.Namespace {
		return nil, provider.NewMetricNotFoundForError(info.GroupResource, info.Metric, name.Name)
	}
	of = slices.Clone(of)
	for label, value := range map[string]string{o.NamespaceLabel: name.Namespace, o.NameLabel: name.Name} {
		if label != "" {
			of = append(of, labels.MustNewMatcher(labels.MatchEqual, label, value))
		}
	}
	n, err := c.set.One(c.now(), info.Metric, of...)
	if err != nil {
		return nil, refused(err)
	}
	value, err := quantity(info.Metric, n.Value)
	if err != nil {
		return nil, err
	}
	id := custom_metrics.MetricIdentifier{Name: info.Metric}
	if selector != nil && !selector.Empty() {
		if id.Selector, err = metav1.ParseToLabelSelector(selector.String()); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
	}
	return &custom_metrics.MetricValue{
		DescribedObject: custom_metrics.ObjectReference{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: name.Namespace, Name: name.Name},
		Metric:          id, Timestamp: metav1.NewTime(n.Time), WindowSeconds: seconds(n.Window), Value: value,
	}, nil
}

// GetMetricBySelector returns the numbers of all objects that match. Those without
// one are left out, as an autoscaler knows its pods and is careful with those
// that are missing; but where too few have one, there is none at all.
func (c custom) GetMetricBySelector(ctx context.Context, namespace string, objects kube.Selector, info provider.CustomMetricInfo, selector kube.Selector) (*custom_metrics.MetricValueList, error) {
	m, err := c.find(info)
	if err != nil {
		return nil, err
	}
	of, err := matchers(selector)
	if err != nil {
		return nil, err
	}
	names, err := c.names(ctx, m, namespace, objects, info)
	if err != nil {
		return nil, err
	}
	list := &custom_metrics.MetricValueList{}
	var why []string
	for _, name := range names {
		v, err := c.value(m, types.NamespacedName{Namespace: namespace, Name: name}, info, selector, of)
		if err != nil {
			why = append(why, fmt.Sprintf("%s: %s", name, err))
			continue
		}
		list.Items = append(list.Items, *v)
	}
	switch {
	case len(names) == 0:
		return nil, provider.NewMetricNotFoundForSelectorError(info.GroupResource, info.Metric, custom_metrics.AllObjects, objects)
	case len(list.Items) == 0, float64(len(list.Items)) < m.Coverage*float64(len(names)):
		return nil, apierrors.NewServiceUnavailable(fmt.Sprintf("%s: only %d of %d have a number: %s", info.Metric, len(list.Items), len(names), few(why)))
	}
	return list, nil
}

// names returns the objects that match, by name: those of the cluster, or where
// any will do those that are known.
func (c custom) names(ctx context.Context, m scaling.Metric, namespace string, objects kube.Selector, info provider.CustomMetricInfo) ([]string, error) {
	o := m.Object
	if objects.Empty() && o.Name != "" {
		return []string{o.Name}, nil
	}
	var names []string
	if objects.Empty() {
		groups, err := c.set.Groups(c.now(), info.Metric)
		if err != nil {
			return nil, refused(err)
		}
		for _, g := range groups {
			if name := g.Get(o.NameLabel); name != "" && (o.NamespaceLabel == "" || g.Get(o.NamespaceLabel) == namespace) {
				names = append(names, name)
			}
		}
	} else {
		if c.objects == nil {
			return nil, apierrors.NewBadRequest("without a cluster nobody knows which objects match a selector: see --kubeconfig")
		}
		options := metav1.ListOptions{LabelSelector: objects.String()}
		if o.APIVersion == "v1" && o.Kind == "Pod" {
			options.FieldSelector = "status.phase=Running" // others cannot have numbers, and an autoscaler knows that
		}
		all, err := c.objects.Resource(resourceOf(o)).Namespace(namespace).List(ctx, options)
		if err != nil {
			return nil, err
		}
		for _, object := range all.Items {
			if object.DeletionTimestamp == nil && (o.Name == "" || o.Name == object.Name) {
				names = append(names, object.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// ListAllMetrics returns the names of all metrics that are about an object.
func (c custom) ListAllMetrics() (list []provider.CustomMetricInfo) {
	for _, name := range c.set.Names() {
		if m, err := c.set.Metric(name); err == nil && m.Object != nil {
			list = append(list, provider.CustomMetricInfo{GroupResource: resourceOf(m.Object).GroupResource(), Namespaced: namespaced(m.Object), Metric: name})
		}
	}
	return list
}

// few returns some reasons, in words.
func few(why []string) string {
	const most = 3
	if n := len(why) - most; n > 0 {
		return fmt.Sprintf("%s; and %d more", strings.Join(why[:most], "; "), n)
	}
	return strings.Join(why, "; ")
}
