// Package oracle compares this program with metrics-server: its client reads
// the same answers of kubelets, and its storage answers the same questions.
package oracle

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"sigs.k8s.io/metrics-server/pkg/scraper/client"
	"sigs.k8s.io/metrics-server/pkg/scraper/client/resource"
	"sigs.k8s.io/metrics-server/pkg/storage"

	"github.com/promfold/promfold/examples/resourcemetrics/internal/usage"
)

const resolution = time.Minute

// TestMain silences metrics-server, which logs each part that it leaves out.
func TestMain(m *testing.M) {
	klog.SetLogger(klog.Logger{})
	m.Run()
}

// both are metrics-server and this program, side by side.
type both struct {
	t      testing.TB
	client client.KubeletMetricsGetter
	bodies map[string]string // what the kubelet of each node answers now
	theirs storage.Storage
	ours   *usage.Cluster
	now    time.Time
}

// RoundTrip answers as the kubelets do; a node's address is its name.
func (b *both) RoundTrip(r *http.Request) (*http.Response, error) {
	body, ok := b.bodies[r.URL.Hostname()]
	if !ok {
		return nil, fmt.Errorf("connection refused")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: r}, nil
}

func newBoth(t testing.TB) *both {
	b := &both{t: t, ours: &usage.Cluster{Resolution: resolution}, now: epoch}
	var err error
	b.client, err = resource.NewForConfig(&client.KubeletClientConfig{
		Client: rest.Config{Transport: b}, Scheme: "http", DefaultPort: 10250, AddressTypePriority: []corev1.NodeAddressType{corev1.NodeHostName},
	})
	require.NoError(t, err)
	b.again()
	return b
}

// again forgets everything.
func (b *both) again() {
	b.theirs, b.ours = storage.NewStorage(resolution), &usage.Cluster{Resolution: resolution}
}

// round has every node scraped, in an order that metrics-server leaves to chance.
// A node without a body fails.
func (b *both) round(order []string, bodies map[string]string) {
	b.now = b.now.Add(resolution)
	b.bodies = bodies
	batch := &storage.MetricsBatch{Nodes: map[string]storage.MetricsPoint{}, Pods: map[types.NamespacedName]storage.PodMetricsPoint{}}
	for _, name := range order {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NodeStatus{
			Addresses: []corev1.NodeAddress{{Type: corev1.NodeHostName, Address: name}},
		}}
		answer, err := b.client.GetMetrics(context.Background(), node)
		if err != nil {
			b.ours.Failed(name)
			continue
		}
		require.NoError(b.t, b.ours.Read(name, b.now, nil, []byte(bodies[name])))
		for name, point := range answer.Nodes {
			batch.Nodes[name] = point
		}
		for pod, point := range answer.Pods {
			if _, there := batch.Pods[pod]; !there { // the scraper keeps the first
				batch.Pods[pod] = point
			}
		}
	}
	b.theirs.Store(batch)
}

// answer is a number of a node, or those of a pod.
type answer struct {
	known  bool
	end    time.Time
	window time.Duration
	cpu    map[string]int64 // nanocores, by container; that of a node has no name
	memory map[string]int64
}

func newAnswer(end time.Time, window time.Duration) answer {
	return answer{known: true, end: end, window: window, cpu: map[string]int64{}, memory: map[string]int64{}}
}

// String returns the answer in words.
func (a answer) String() string {
	if !a.known {
		return "unknown"
	}
	var list []string
	for name, v := range a.cpu {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %dn", name, v)))
	}
	slices.Sort(list)
	return fmt.Sprintf("%s in %s until %v", strings.Join(list, ", "), a.window, a.end.Sub(epoch).Seconds())
}

func (a *answer) add(name string, usage corev1.ResourceList) {
	a.cpu[name], a.memory[name] = usage.Cpu().ScaledValue(-9), usage.Memory().Value()
}

func (b *both) theirNode(name string) answer {
	list, err := b.theirs.GetNodeMetrics(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}})
	require.NoError(b.t, err)
	if len(list) == 0 {
		return answer{}
	}
	a := newAnswer(list[0].Timestamp.Time, list[0].Window.Duration)
	a.add("", list[0].Usage)
	return a
}

func (b *both) ourNode(name string) answer {
	u, err := b.ours.Node(name)
	if err != nil {
		return answer{}
	}
	a := newAnswer(u.Time, u.Window)
	a.cpu[""], a.memory[""] = int64(u.NanoCores), int64(u.Bytes)
	return a
}

func (b *both) theirPod(name string) answer {
	list, err := b.theirs.GetPodMetrics(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}})
	require.NoError(b.t, err)
	if len(list) == 0 || len(list[0].Containers) == 0 {
		return answer{}
	}
	a := newAnswer(list[0].Timestamp.Time, list[0].Window.Duration)
	for _, c := range list[0].Containers {
		a.add(c.Name, c.Usage)
	}
	return a
}

// ourPod returns what is answered with -incomplete=refuse.
func (b *both) ourPod(name string) answer {
	p, err := b.ours.Pod(usage.Name{Namespace: "default", Pod: name}, nil)
	if err != nil || len(p.Missing) > 0 {
		return answer{}
	}
	a := newAnswer(p.Time, p.Window)
	for _, c := range p.Containers {
		a.cpu[c.Name], a.memory[c.Name] = int64(c.NanoCores), int64(c.Bytes)
	}
	return a
}
