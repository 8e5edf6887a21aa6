package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const lists = "/apis/metrics.k8s.io/v1beta1"

// cluster is a server with kubelets that answer as a test says.
type cluster struct {
	*server
	t      *testing.T
	bodies map[string]string // by node; without one it fails
}

// kubelet starts a kubelet and returns its node. Its path says which it is.
func (c *cluster) kubelet(name string) *corev1.Node {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.bodies[name] == "" {
			http.Error(w, "", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, c.bodies[name])
	}))
	c.t.Cleanup(s.Close)
	at, err := netip.ParseAddrPort(strings.TrimPrefix(s.URL, "http://"))
	require.NoError(c.t, err)
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"zone": "of-" + name}},
		Status: corev1.NodeStatus{
			Addresses:       []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: at.Addr().String()}},
			DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: int32(at.Port())}},
		},
	}
}

func runningPod(namespace, name string, names ...string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}}, Status: corev1.PodStatus{Phase: corev1.PodRunning}}
	for _, c := range names {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: c})
	}
	return p
}

// startServer starts a server without a network of its own: see ask.
func startServer(t *testing.T, args ...string) *cluster {
	c := &cluster{t: t, bodies: map[string]string{}}
	objects := []runtime.Object{
		c.kubelet("n"), c.kubelet("o"),
		runningPod("default", "web", "main", "side"), runningPod("default", "job", "main"), runningPod("other", "web", "main"),
	}
	o, err := parseFlags(append([]string{"--open", "--bind-address", "127.0.0.1", "--kubelet-http", "--resolution", "1m"}, args...))
	require.NoError(t, err)
	o.Secure.Listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { o.Secure.Listener.Close() })
	c.server, err = newServerFor(o, &rest.Config{}, fake.NewClientset(objects...))
	require.NoError(t, err)
	c.PrepareRun()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go c.nodes.RunWithContext(ctx)
	go c.pods.RunWithContext(ctx)
	require.True(t, cache.WaitForCacheSync(ctx.Done(), c.nodes.HasSynced, c.pods.HasSynced))
	return c
}

// scrapes lets every kubelet be asked, at a moment in seconds.
func (c *cluster) scrapes(bodies map[string]string) {
	c.bodies = bodies
	require.NoError(c.t, c.scraper.Once(c.t.Context()))
}

func (c *cluster) ask(method, path, accept string) (int, string) {
	r := httptest.NewRequest(method, path, nil)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	w := httptest.NewRecorder()
	c.Handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (c *cluster) get(path string) map[string]any {
	code, body := c.ask(http.MethodGet, path, "application/json")
	require.Equal(c.t, http.StatusOK, code, body)
	var v map[string]any
	require.NoError(c.t, json.Unmarshal([]byte(body), &v), body)
	return v
}

var origin = time.Now().Add(-10 * time.Minute).Truncate(time.Second)

func nodeAt(s, cpu float64) string {
	ms := origin.UnixMilli() + int64(s*1000)
	return fmt.Sprintf("node_cpu_usage_seconds_total %v %d\nnode_memory_working_set_bytes 1.048576e+08 %d\n", cpu, ms, ms)
}

func containerAt(namespace, pod, name string, s, cpu float64) string {
	ms, labels := origin.UnixMilli()+int64(s*1000), fmt.Sprintf("{container=%q,namespace=%q,pod=%q}", name, namespace, pod)
	return fmt.Sprintf("container_cpu_usage_seconds_total%s %v %d\ncontainer_memory_working_set_bytes%s 1000 %d\ncontainer_start_time_seconds%s %d\n",
		labels, cpu, ms, labels, ms, labels, origin.Unix()-500)
}

// fill has two rounds answered, in which all is well but for the counter of the
// container side, which fell.
func (c *cluster) fill(side float64) {
	for i := range 2 {
		s := float64(60 * i)
		c.scrapes(map[string]string{
			"n": nodeAt(s, 100+s/2) + containerAt("default", "web", "main", s, 10+s/4) + containerAt("default", "web", "side", s, 10+side*float64(i)),
			"o": nodeAt(s, 100+s*1.25) + containerAt("default", "job", "main", s, 10+s/3) + containerAt("other", "web", "main", s, 10+s/8),
		})
	}
}

func names(list map[string]any) (names []string) {
	for _, item := range list["items"].([]any) {
		meta := item.(map[string]any)["metadata"].(map[string]any)
		namespace, _ := meta["namespace"].(string)
		names = append(names, strings.TrimPrefix(namespace+"/"+meta["name"].(string), "/"))
	}
	return names
}

func TestLists(t *testing.T) {
	c := startServer(t)
	assert.Error(t, c.ready(nil))
	c.fill(3)
	assert.NoError(t, c.ready(nil))
	assert.Equal(t, []string{"n", "o"}, names(c.get(lists+"/nodes")))
	assert.Equal(t, []string{"default/job", "default/web", "other/web"}, names(c.get(lists+"/pods")))
	assert.Equal(t, []string{"other/web"}, names(c.get(lists+"/namespaces/other/pods")))
	assert.Equal(t, []string{"o"}, names(c.get(lists+"/nodes?labelSelector=zone%3Dof-o")))
	assert.Equal(t, []string{"default/web", "other/web"}, names(c.get(lists+"/pods?labelSelector=app%3Dweb")))
	assert.Equal(t, []string{"default/web"}, names(c.get(lists+"/pods?fieldSelector=metadata.name%3Dweb,metadata.namespace%3Ddefault")))

	pod := c.get(lists + "/namespaces/default/pods/web")
	assert.Equal(t, "1m0s", pod["window"])
	assert.Equal(t, origin.Add(time.Minute).UTC().Format(time.RFC3339), pod["timestamp"])
	assert.Equal(t, []any{
		map[string]any{"name": "main", "usage": map[string]any{"cpu": "250m", "memory": "1k"}},
		map[string]any{"name": "side", "usage": map[string]any{"cpu": "50m", "memory": "1k"}},
	}, pod["containers"])
	assert.Equal(t, map[string]any{"cpu": "1250m", "memory": "100Mi"}, c.get(lists + "/nodes/o")["usage"])
}

func TestRefused(t *testing.T) {
	c := startServer(t)
	c.fill(3)
	for path, want := range map[string]int{
		"/nodes/x": http.StatusNotFound, "/namespaces/default/pods/x": http.StatusNotFound,
		"/nodes?watch=1": http.StatusMethodNotAllowed, "/pods?watch=1": http.StatusMethodNotAllowed,
		"/nodes?labelSelector=%3D%3D": http.StatusBadRequest,
	} {
		code, body := c.ask(http.MethodGet, lists+path, "")
		assert.Equal(t, want, code, "%s: %s", path, body)
	}
	code, _ := c.ask(http.MethodDelete, lists+"/nodes/n", "")
	assert.Equal(t, http.StatusMethodNotAllowed, code)
}

func TestOtherForms(t *testing.T) {
	c := startServer(t)
	c.fill(3)
	_, table := c.ask(http.MethodGet, lists+"/nodes", "application/json;as=Table;v=v1;g=meta.k8s.io")
	assert.Contains(t, table, `"kind":"Table"`)
	assert.Contains(t, table, `"cells":["n","500m"`)
	assert.Equal(t, []any{"get", "list"}, c.get(lists)["resources"].([]any)[0].(map[string]any)["verbs"])
	assert.Contains(t, fmt.Sprint(c.get("/openapi/v2")["definitions"]), "v1beta1.PodMetrics")
	assert.Contains(t, fmt.Sprint(c.get("/openapi/v3")), "apis/metrics.k8s.io/v1beta1")
	_, self := c.ask(http.MethodGet, "/metrics", "")
	assert.Contains(t, self, "apiserver_request_total")
	assert.Contains(t, self, "promfold_scrape")
}

// TestIncomplete: a pod with a container whose counter fell is left out, or says
// so and lists the container without CPU. It is never answered with less.
func TestIncomplete(t *testing.T) {
	c := startServer(t)
	c.fill(-5)
	assert.Equal(t, []string{"default/job", "other/web"}, names(c.get(lists+"/pods")))
	code, _ := c.ask(http.MethodGet, lists+"/namespaces/default/pods/web", "")
	assert.Equal(t, http.StatusNotFound, code)
	_, why := c.ask(http.MethodGet, "/incomplete", "")
	assert.Equal(t, `[{"Node":"","Namespace":"default","Pod":"web","Why":"side: its counter fell from 10.000 to 5.000 core-seconds"}]`+"\n", why)

	c = startServer(t, "--incomplete", "serve")
	c.fill(-5)
	pod := c.get(lists + "/namespaces/default/pods/web")
	assert.Equal(t, []any{
		map[string]any{"name": "main", "usage": map[string]any{"cpu": "250m", "memory": "1k"}},
		map[string]any{"name": "side", "usage": map[string]any{"memory": "1k"}},
	}, pod["containers"])
	assert.Equal(t, map[string]any{Missing: "side: its counter fell from 10.000 to 5.000 core-seconds"}, pod["metadata"].(map[string]any)["annotations"])
}

// TestFailed: a kubelet that does not answer has no numbers at once, nor have its
// pods, and all of them are back with its next answer.
func TestFailed(t *testing.T) {
	c := startServer(t)
	c.fill(3)
	c.scrapes(map[string]string{"n": nodeAt(120, 170)})
	assert.Equal(t, []string{"n"}, names(c.get(lists+"/nodes")))
	assert.Empty(t, names(c.get(lists+"/pods")))
	c.scrapes(map[string]string{"n": nodeAt(180, 200), "o": nodeAt(180, 300) + containerAt("default", "job", "main", 180, 90)})
	assert.Equal(t, []string{"n", "o"}, names(c.get(lists+"/nodes")))
	assert.Equal(t, []string{"default/job"}, names(c.get(lists+"/pods")))
	assert.Equal(t, "2m0s", c.get(lists + "/namespaces/default/pods/job")["window"])
}
