package main

import (
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	kube "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	cm "k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	em "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
	customclient "k8s.io/metrics/pkg/client/custom_metrics"
	externalclient "k8s.io/metrics/pkg/client/external_metrics"
)

func write(t *testing.T, text string) string {
	name := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// numbers returns what objects have, in thousandths.
func (c *cluster) numbers(path string) map[string]int64 {
	var list cm.MetricValueList
	c.get(path, &list)
	got := map[string]int64{}
	for _, v := range list.Items {
		assert.Equal(c.t, at(c.seconds).Unix(), v.Timestamp.Unix(), "the end of the window")
		assert.Equal(c.t, int64(60), *v.WindowSeconds)
		got[v.DescribedObject.Kind+" "+v.DescribedObject.Namespace+"/"+v.DescribedObject.Name] = v.Value.MilliValue()
	}
	return got
}

func TestCustom(t *testing.T) {
	c := start(t, file)
	c.rounds(5)
	for path, want := range map[string]map[string]int64{
		"/namespaces/default/pods/web-1/requests":                                       {"Pod default/web-1": 30_000},
		"/namespaces/default/pods/web-1/requests?metricLabelSelector=verb%3Dget":        {"Pod default/web-1": 10_000},
		"/namespaces/default/pods/*/requests?metricLabelSelector=verb+notin+(get,post)": {"Pod default/web-1": 20_000, "Pod default/web-2": 20_000},
		"/namespaces/default/pods/*/requests":                                           {"Pod default/web-1": 30_000, "Pod default/web-2": 30_000},
		"/namespaces/default/pods/*/requests?labelSelector=app%3Dweb":                   {"Pod default/web-1": 30_000, "Pod default/web-2": 30_000},
		"/namespaces/other/services/api/traffic":                                        {"Service other/api": 30_000},
		"/namespaces/default/services/*/traffic":                                        {"Service default/web": 60_000},
		"/namespaces/default/deployments.apps/web/all":                                  {"Deployment default/web": 90_000},
		"/namespaces/default/deployments.apps/*/all":                                    {"Deployment default/web": 90_000},
		"/namespaces/default/metrics/of_namespace":                                      {"Namespace /default": 60_000},
	} {
		assert.Equal(t, want, c.numbers(customs+path), path)
	}
	lo, hi := c.numbers(customs+"/namespaces/default/services/web/traffic.lo"), c.numbers(customs+"/namespaces/default/services/web/traffic.hi")
	assert.Less(t, lo["Service default/web"], int64(60_000))
	assert.Greater(t, hi["Service default/web"], int64(60_000))
	assert.Positive(t, lo["Service default/web"])
	for path, why := range map[string]string{
		"/namespaces/default/services/web/requests":    "could not find the metric requests for services",
		"/namespaces/default/pods/web-1/nothing":       "could not find the metric nothing for pods",
		"/namespaces/default/pods/web-1/queue":         "could not find", // it is about no object
		"/namespaces/default/deployments.apps/x/all":   "could not find the metric all for deployments.apps x",
		"/namespaces/nowhere/pods/*/requests":          "could not find",
		"/nodes/n/requests":                            "could not find",
		"/namespaces/nowhere/deployments.apps/web/all": "could not find",
	} {
		c.refuses(customs+path, http.StatusNotFound, why)
	}
	c.refuses(customs+"/namespaces/default/pods/web-1/requests?metricLabelSelector=verb%3E1", http.StatusBadRequest, "not known")
}

func TestExternal(t *testing.T) {
	c := start(t, file)
	c.rounds(5)
	list := func(path string) []em.ExternalMetricValue {
		var list em.ExternalMetricValueList
		c.get(externals+"/namespaces/default/"+path, &list)
		return list.Items
	}
	all := list("requests")
	assert.Len(t, all, 3*2, "each pod and verb, of which an autoscaler makes the sum")
	var sum float64
	for _, v := range all {
		sum += v.Value.AsApproximateFloat64()
	}
	assert.InDelta(t, 90, sum, 1e-6)
	get := list("requests?labelSelector=verb%3Dget,pod+in+(web-1)")
	require.Len(t, get, 1)
	assert.Equal(t, map[string]string{"namespace": "default", "pod": "web-1", "verb": "get"}, get[0].MetricLabels)
	assert.Equal(t, "10", get[0].Value.String())
	assert.Equal(t, int64(60), *get[0].WindowSeconds)
	assert.Equal(t, at(c.seconds).Unix(), get[0].Timestamp.Unix())
	assert.Len(t, list("requests?labelSelector=verb,!none"), 6)

	full := list("full")
	require.Len(t, full, 1)
	assert.Equal(t, "700m", full[0].Value.String())
	require.NotNil(t, full[0].WindowSeconds)
	assert.Zero(t, *full[0].WindowSeconds, "it is so at this moment")
	assert.Equal(t, "120", list("queue?labelSelector=verb%3Dput")[0].Value.String())

	at := externals + "/namespaces/default/"
	c.refuses(at+"nothing", http.StatusNotFound, "there is no such metric")
	c.refuses(at+"queue", http.StatusBadRequest, "choose one by its labels")
	c.refuses(at+"queue?labelSelector=verb%3Ddelete", http.StatusServiceUnavailable, "nothing is known of it")
	c.refuses(at+"odd", http.StatusServiceUnavailable, "nothing is known of it") // NaN
}

// TestAsked: an autoscaler's own clients understand the answers.
func TestAsked(t *testing.T) {
	c := start(t, file)
	c.rounds(5)
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	config := &rest.Config{Host: s.URL}
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Version: "v1"}})
	mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, meta.RESTScopeNamespace)
	mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "Service"}, meta.RESTScopeNamespace)
	custom, err := customclient.NewForVersionForConfig(config, mapper, cm.SchemeGroupVersion)
	require.NoError(t, err)
	web := kube.SelectorFromSet(kube.Set{"app": "web"})
	list, err := custom.NamespacedMetrics("default").GetForObjects(schema.GroupKind{Kind: "Pod"}, web, "requests.hi", kube.Everything())
	require.NoError(t, err)
	assert.Len(t, list.Items, 2)
	one, err := custom.NamespacedMetrics("default").GetForObject(schema.GroupKind{Kind: "Service"}, "web", "traffic", kube.Everything())
	require.NoError(t, err)
	assert.Equal(t, "60", one.Value.String())
	space, err := custom.RootScopedMetrics().GetForObject(schema.GroupKind{Kind: "Namespace"}, "other", "of_namespace", kube.Everything())
	require.NoError(t, err)
	assert.Equal(t, "30", space.Value.String())
	external, err := externalclient.NewForConfig(config)
	require.NoError(t, err)
	values, err := external.NamespacedMetrics("default").List("all", kube.Everything())
	require.NoError(t, err)
	require.Len(t, values.Items, 1)
	assert.Equal(t, "90", values.Items[0].Value.String())

	c.rounds(1, "web-2")
	_, err = custom.NamespacedMetrics("default").GetForObjects(schema.GroupKind{Kind: "Pod"}, web, "requests", kube.Everything())
	assert.ErrorContains(t, err, "only 1 of 2 have a number")
	_, err = external.NamespacedMetrics("default").List("all", kube.Everything())
	assert.ErrorContains(t, err, "missing web-2")
}

// TestBelowCoverage: of what rests on too little there is an error, and neither 0
// nor an empty list. What the missing have no part in is known as before.
func TestBelowCoverage(t *testing.T) {
	c := start(t, file)
	paths := []string{
		customs + "/namespaces/default/pods/*/requests", customs + "/namespaces/default/pods/web-2/requests.hi",
		customs + "/namespaces/default/pods/*/requests?labelSelector=app%3Dweb", customs + "/namespaces/default/services/web/traffic",
		customs + "/namespaces/default/deployments.apps/web/all", customs + "/namespaces/default/metrics/of_namespace.lo",
		externals + "/namespaces/default/requests", externals + "/namespaces/default/all.hi", externals + "/namespaces/default/full",
		externals + "/namespaces/default/queue?labelSelector=verb%3Dget",
	}
	for _, path := range slices.Concat(paths[3:], paths[1:2]) {
		c.refuses(path, http.StatusServiceUnavailable, "covers")
	}
	c.rounds(5)
	c.rounds(1, "web-2")
	for _, path := range paths {
		c.refuses(path, http.StatusServiceUnavailable, "web-2")
	}
	c.refuses(customs+"/namespaces/default/pods/*/requests?labelSelector=app%3Djob", http.StatusServiceUnavailable, "only 0 of 1")
	assert.Equal(t, map[string]int64{"Pod other/api-1": 30_000}, c.numbers(customs+"/namespaces/other/pods/*/requests"))
	assert.Equal(t, map[string]int64{"Service other/api": 30_000}, c.numbers(customs+"/namespaces/other/services/api/traffic"))
	assert.Equal(t, map[string]int64{"Pod default/web-1": 30_000}, c.numbers(customs+"/namespaces/default/pods/web-1/requests"))

	c = start(t, "metrics: [{name: requests, select: requests_total, scaleBy: rate, coverage: 0.5, object: {kind: Pod, namespaceLabel: namespace, nameLabel: pod}}]")
	c.rounds(5)
	c.rounds(1, "web-2")
	assert.Equal(t, map[string]int64{"Pod default/web-1": 30_000}, c.numbers(customs+"/namespaces/default/pods/*/requests?labelSelector=app%3Dweb"),
		"half is enough, and what is missing is not 0")
}

// TestLeft: a pod that left the fleet is no longer missing, one of the cluster is.
func TestLeft(t *testing.T) {
	c := start(t, file)
	c.rounds(5)
	require.NoError(t, c.fleet.SetTargets(at(c.seconds), pods[0], pods[2]))
	assert.Equal(t, map[string]int64{"Pod default/web-1": 30_000}, c.numbers(customs+"/namespaces/default/pods/*/requests"))
	var list em.ExternalMetricValueList
	c.get(externals+"/namespaces/default/requests", &list)
	assert.Len(t, list.Items, 2*2)
	c.refuses(customs+"/namespaces/default/pods/*/requests?labelSelector=app", http.StatusServiceUnavailable, "only 1 of 3")
}

func TestQuantity(t *testing.T) {
	for _, c := range []struct {
		name string
		x    float64
		want string
	}{
		{"a", 0, "0"}, {"a", 30, "30"}, {"a", 0.25, "250m"}, {"a", 1.0 / 3, "333333333n"}, {"a.lo", 2.0 / 3, "666666666n"}, {"a.hi", 1.0 / 3, "333333334n"},
		{"a", -1.5, "-1500m"}, {"a", 12e9 + 0.25, "12000000000250m"}, {"a", 3e18, "3E"}, {"a.hi", 1e-12, "1n"}, {"a.lo", 1e-12, "0"},
	} {
		q, err := quantity(c.name, c.x)
		require.NoError(t, err)
		assert.Equal(t, c.want, q.String(), "%s %v", c.name, c.x)
	}
	assert.Equal(t, "a; b; c; and 2 more", few([]string{"a", "b", "c", "d", "e"}))
	assert.Equal(t, "a; b", few([]string{"a", "b"}))
	for _, x := range []float64{math.NaN(), math.Inf(1), 1e19} {
		_, err := quantity("a", x)
		assert.Error(t, err, "%v", x)
	}
	assert.Equal(t, int64(90), *seconds(90 * time.Second))
}
