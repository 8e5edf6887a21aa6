package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/metadata/fake"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/autoscale/internal/scaling"
)

const file = `
metrics:
  - {name: requests, select: requests_total, scaleBy: rate, by: [verb], object: {kind: Pod, namespaceLabel: namespace, nameLabel: pod}}
  - {name: traffic, select: requests_total, scaleBy: rate, object: {kind: Service, namespaceLabel: namespace, nameLabel: service}}
  - {name: all, select: requests_total, scaleBy: rate, object: {apiVersion: apps/v1, kind: Deployment, namespace: default, name: web}}
  - {name: of_namespace, select: requests_total, scaleBy: rate, object: {kind: Namespace, nameLabel: namespace}}
  - {name: queue, select: queue, scaleBy: largest, by: [verb]}
  - {name: full, select: queue, scaleBy: saturation, limit: limit}
  - {name: odd, select: odd, scaleBy: largest}
`

// cluster is a server, the fleet that it answers of, and the objects in which it
// runs: pods web-1 and web-2 of one service, and api-1 of another namespace.
type cluster struct {
	t     *testing.T
	fleet *aggregate.Fleet
	http.Handler
	seconds int64
	total   map[string]float64
}

func at(s int64) time.Time { return time.Unix(1_000_000_000+s, 0) }

var pods = []aggregate.Target{
	{Name: "web-1", Labels: labels.FromStrings("namespace", "default", "pod", "web-1", "service", "web")},
	{Name: "web-2", Labels: labels.FromStrings("namespace", "default", "pod", "web-2", "service", "web")},
	{Name: "api-1", Labels: labels.FromStrings("namespace", "other", "pod", "api-1", "service", "api")},
}

func pod(namespace, name, app string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": app}},
	}
}

func start(t *testing.T, text string) *cluster {
	c := &cluster{t: t, total: map[string]float64{}}
	config, err := scaling.Read(strings.NewReader(text))
	require.NoError(t, err)
	c.fleet, err = aggregate.NewFleet(aggregate.Config{Since: at(-1)})
	require.NoError(t, err)
	require.NoError(t, c.fleet.SetTargets(at(0), pods...))
	set, err := scaling.New(c.fleet, config)
	require.NoError(t, err)
	scheme := runtime.NewScheme()
	require.NoError(t, metav1.AddMetaToScheme(scheme))
	o := listening(t, "--open", "--bind-address", "127.0.0.1", "--config", "x")
	s, err := newServer(o, &metrics{
		set: set, now: func() time.Time { return at(c.seconds) },
		objects: fake.NewSimpleMetadataClient(scheme, pod("default", "web-1", "web"), pod("default", "web-2", "web"), pod("default", "job", "job")),
	})
	require.NoError(t, err)
	s.PrepareRun()
	c.Handler = s.Handler
	return c
}

// listening returns options with which a server does not take a port for long.
func listening(t *testing.T, args ...string) *options {
	o, err := parseFlags(args)
	require.NoError(t, err)
	o.Secure.Listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { o.Secure.Listener.Close() })
	return o
}

// rounds has time pass. Each pod answers 10 requests a second of get, and 20 of
// put, but those in fails, which do not answer.
func (c *cluster) rounds(n int, fails ...string) {
	for range n {
		c.seconds += 15
		for _, p := range pods {
			if strings.Contains(strings.Join(fails, " "), p.Name) {
				require.NoError(c.t, c.fleet.ScrapeFailed(p.Name, at(c.seconds), context.DeadlineExceeded))
				continue
			}
			c.total[p.Name] += 150
			_, err := c.fleet.Ingest(aggregate.Scrape{Target: p.Name, Time: at(c.seconds), Body: fmt.Appendf(nil, `# TYPE requests_total counter
requests_total{verb="get"} %v
requests_total{verb="put"} %v
# TYPE queue gauge
queue{verb="get"} 30
queue{verb="put"} 40
# TYPE limit gauge
limit 100
# TYPE odd gauge
odd NaN
`, c.total[p.Name], 2*c.total[p.Name])})
			require.NoError(c.t, err)
		}
	}
}

func (c *cluster) ask(path string) (int, string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept", "application/json")
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (c *cluster) get(path string, into any) {
	code, body := c.ask(path)
	require.Equal(c.t, http.StatusOK, code, "%s: %s", path, body)
	require.NoError(c.t, json.Unmarshal([]byte(body), into))
}

// refuses asks, and checks that there is no answer, and why.
func (c *cluster) refuses(path string, code int, why string) {
	got, body := c.ask(path)
	assert.Equal(c.t, code, got, "%s: %s", path, body)
	assert.Contains(c.t, body, why, path)
	assert.NotContains(c.t, body, `"items"`, path)
}

const (
	customs   = "/apis/custom.metrics.k8s.io/v1beta2"
	externals = "/apis/external.metrics.k8s.io/v1beta1"
)

// TestDiscovery: each metric of an object is there with its two bounds, in both
// versions, and each metric at all is an external one.
func TestDiscovery(t *testing.T) {
	c := start(t, file)
	names := func(path string) (names []string) {
		var list metav1.APIResourceList
		c.get(path, &list)
		for _, r := range list.APIResources {
			names = append(names, fmt.Sprintf("%s %v", r.Name, r.Namespaced))
		}
		return names
	}
	assert.Equal(t, []string{
		"pods/requests true", "pods/requests.lo true", "pods/requests.hi true",
		"services/traffic true", "services/traffic.lo true", "services/traffic.hi true",
		"deployments.apps/all true", "deployments.apps/all.lo true", "deployments.apps/all.hi true",
		"namespaces/of_namespace false", "namespaces/of_namespace.lo false", "namespaces/of_namespace.hi false",
	}, names(customs))
	assert.Equal(t, names(customs), names("/apis/custom.metrics.k8s.io/v1beta1"))
	assert.Len(t, names(externals), 3*7)
	var groups metav1.APIGroupList
	c.get("/apis", &groups)
	require.Len(t, groups.Groups, 2)
	for _, path := range []string{"/openapi/v2", "/openapi/v3", "/metrics", "/livez/ping", "/readyz/ping"} {
		code, body := c.ask(path)
		assert.Equal(t, http.StatusOK, code, "%s: %s", path, body)
	}
}

// TestDelegated: without --open the API server says who may ask, and --open is
// for a loopback address alone.
func TestDelegated(t *testing.T) {
	kube := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(kube.Close)
	kubeconfig := write(t, `{apiVersion: v1, kind: Config, clusters: [{name: c, cluster: {server: "`+kube.URL+`"}}],
contexts: [{name: c, context: {cluster: c, user: u}}], current-context: c, users: [{name: u, user: {}}]}`)
	o := listening(t, "--kubeconfig", kubeconfig, "--authentication-skip-lookup", "--config", "x")
	s, err := newServer(o, &metrics{set: &scaling.Set{}, now: time.Now})
	require.NoError(t, err)
	s.PrepareRun()
	w := httptest.NewRecorder()
	s.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, externals, nil))
	assert.Equal(t, http.StatusInternalServerError, w.Code, "this API server answers nothing: %s", w.Body)

	objects, err := o.objects()
	require.NoError(t, err)
	assert.NotNil(t, objects)
	objects, err = listening(t, "--open", "--bind-address", "127.0.0.1", "--config", "x").objects()
	require.NoError(t, err)
	assert.Nil(t, objects, "a demo needs no cluster")
	for _, args := range [][]string{
		{}, {"--config", "x", "y"}, {"--config", "x", "--open"}, {"--config", "x", "--grpc", "0.0.0.0:6000"}, {"--nosuch"},
	} {
		_, err := parseFlags(args)
		assert.Error(t, err, "%v", args)
	}
	assert.ErrorContains(t, run(t.Context(), []string{"--config", "nosuch"}), "nosuch")
}
