package main

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/metrics/pkg/apis/metrics"

	"github.com/promfold/promfold/examples/resourcemetrics/internal/usage"
)

// Missing is the annotation of a pod that is served incomplete. It names the
// containers of which the CPU is not known, and why.
const Missing = "promfold/missing"

// answers are what the API serves of nodes and pods.
type answers struct {
	cluster *usage.Cluster
	serve   bool // incomplete pods, too
	now     func() time.Time
}

// GetNodeMetrics returns what is known of nodes.
func (a *answers) GetNodeMetrics(nodes ...*corev1.Node) ([]metrics.NodeMetrics, error) {
	list := make([]metrics.NodeMetrics, 0, len(nodes))
	for _, n := range nodes {
		u, err := a.cluster.Node(n.Name)
		if err != nil {
			continue
		}
		list = append(list, metrics.NodeMetrics{
			ObjectMeta: a.meta(n.Name, "", n.Labels), Timestamp: metav1.NewTime(u.Time), Window: metav1.Duration{Duration: u.Window}, Usage: resources(u),
		})
	}
	return list, nil
}

// GetPodMetrics returns what is known of pods. One that lacks a container is left
// out, or says so: it lists the container without CPU, so that an autoscaler
// takes the pod's CPU for missing.
func (a *answers) GetPodMetrics(pods ...*metav1.PartialObjectMetadata) ([]metrics.PodMetrics, error) {
	list := make([]metrics.PodMetrics, 0, len(pods))
	for _, p := range pods {
		u, err := a.cluster.Pod(usage.Name{Namespace: p.Namespace, Pod: p.Name}, expected(p))
		if err != nil || len(u.Missing) > 0 && (!a.serve || len(u.Containers) == 0) {
			continue
		}
		m := metrics.PodMetrics{ObjectMeta: a.meta(p.Name, p.Namespace, p.Labels), Timestamp: metav1.NewTime(u.Time), Window: metav1.Duration{Duration: u.Window}}
		for _, c := range u.Containers {
			m.Containers = append(m.Containers, metrics.ContainerMetrics{Name: c.Name, Usage: resources(c.Usage)})
		}
		for _, c := range u.Missing {
			known := corev1.ResourceList{}
			if c.Bytes > 0 {
				known[corev1.ResourceMemory] = memory(c.Bytes)
			}
			m.Containers = append(m.Containers, metrics.ContainerMetrics{Name: c.Name, Usage: known})
		}
		if len(u.Missing) > 0 {
			m.Annotations = map[string]string{Missing: u.Whys()}
		}
		list = append(list, m)
	}
	return list, nil
}

func (a *answers) meta(name, namespace string, labels map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: labels, CreationTimestamp: metav1.NewTime(a.now())}
}

// resources returns a usage as quantities, CPU in nanocores.
func resources(u usage.Usage) corev1.ResourceList {
	cpu := resource.NewScaledQuantity(int64(u.NanoCores), resource.Nano)
	cpu.Format = resource.DecimalSI
	return corev1.ResourceList{corev1.ResourceCPU: *cpu, corev1.ResourceMemory: memory(u.Bytes)}
}

func memory(n uint64) resource.Quantity { return *resource.NewQuantity(int64(n), resource.BinarySI) }

// containers is the annotation in which watch.go keeps what a pod should have.
const containers = "promfold/containers"

func expected(p *metav1.PartialObjectMetadata) []string {
	if p.Annotations[containers] == "" {
		return nil
	}
	return strings.Split(p.Annotations[containers], ",")
}
