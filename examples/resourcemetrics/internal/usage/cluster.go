package usage

import (
	"net/http"
	"sync"
	"time"

	"github.com/promfold/promfold/parse"
)

// horizon is for how many resolutions something is remembered that is in no
// answer any more. When it comes back sooner, its growth over the gap is known.
const horizon = 5

// Cluster holds what the kubelets of a cluster answered last. Set Resolution,
// which is the interval between scrapes, before the first call. It is safe for
// concurrent use; the answers of one kubelet come one after the other.
type Cluster struct {
	Resolution time.Duration

	mu    sync.RWMutex
	nodes map[string]*node
	pods  map[Name]map[string]*pod // by the node that runs it
}

// node is what is known of one node.
type node struct {
	reader *parse.Reader
	source
	failed bool          // the latest scrape
	pods   map[Name]bool // that are remembered
}

// pod is what one kubelet says of a pod.
type pod struct {
	containers map[string]*source
	latest     map[string]*reading // of the latest body; nil: the pod is not in it
	at         time.Time           // of the latest body that had it
}

// source is the node itself, or a container.
type source struct {
	track
	reading reading   // the latest
	at      time.Time // of the latest body that had it
}

// Read takes in an answer of a kubelet, all of it or, on an error, nothing: then
// the node counts as failed.
func (c *Cluster) Read(name string, at time.Time, header http.Header, text []byte) error {
	n := c.node(name)
	if err := n.reader.Read(header, text); err != nil {
		c.Failed(name)
		return err
	}
	b := bodyOf(n.reader, at)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.old(n.at, at) {
		n.source = source{}
	}
	n.failed = false
	n.take(&b.node, at, c.Resolution)
	for pod := range n.pods {
		if p := c.pods[pod][name]; c.old(p.at, at) {
			c.drop(name, pod)
		} else {
			p.latest = nil
		}
	}
	for pod, containers := range b.pods {
		c.pod(name, pod).read(containers, at, c)
		n.pods[pod] = true
	}
	return nil
}

// Failed says that a kubelet did not answer. What it said is not answered with
// any more, but the next answer is compared with it.
func (c *Cluster) Failed(name string) {
	n := c.node(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	n.failed = true
	for pod := range n.pods {
		c.pods[pod][name].latest = nil
	}
}

// Forget drops a node that left the cluster.
func (c *Cluster) Forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.nodes[name]; n != nil {
		for pod := range n.pods {
			c.drop(name, pod)
		}
		delete(c.nodes, name)
	}
}

func (c *Cluster) node(name string) *node {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nodes == nil {
		c.nodes, c.pods = map[string]*node{}, map[Name]map[string]*pod{}
	}
	if c.nodes[name] == nil {
		c.nodes[name] = &node{reader: newReader(), pods: map[Name]bool{}}
	}
	return c.nodes[name]
}

func (c *Cluster) pod(node string, name Name) *pod {
	if c.pods[name] == nil {
		c.pods[name] = map[string]*pod{}
	}
	if c.pods[name][node] == nil {
		c.pods[name][node] = &pod{containers: map[string]*source{}}
	}
	return c.pods[name][node]
}

func (c *Cluster) drop(node string, name Name) {
	delete(c.nodes[node].pods, name)
	delete(c.pods[name], node)
	if len(c.pods[name]) == 0 {
		delete(c.pods, name)
	}
}

// old reports whether what was seen last at one time is forgotten at another.
func (c *Cluster) old(seen, now time.Time) bool { return now.Sub(seen) > horizon*c.Resolution }

// read takes in what a body says of the pod's containers.
func (p *pod) read(containers map[string]*reading, at time.Time, c *Cluster) {
	p.latest, p.at = containers, at
	for name, s := range p.containers {
		if c.old(s.at, at) {
			delete(p.containers, name)
		}
	}
	for name, r := range containers {
		if p.containers[name] == nil {
			p.containers[name] = &source{}
		}
		p.containers[name].take(r, at, c.Resolution)
	}
}

// take observes a reading. One that is not complete is no point.
func (s *source) take(r *reading, at time.Time, resolution time.Duration) {
	s.reading, s.at = *r, at
	if r.why == "" {
		s.observe(r.Point, resolution)
	}
}

// unknown returns why there is no usage; empty: there is one.
func (s *source) unknown() string {
	if s.reading.why != "" {
		return s.reading.why
	}
	return s.why
}
