package usage

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ErrUnknown is wrapped by the error of a node or pod that no kubelet speaks of.
var ErrUnknown = errors.New("no kubelet answers with it")

// Pod is what the containers of a pod use.
type Pod struct {
	Time       time.Time // the earliest of its containers
	Window     time.Duration
	Containers []Container // by name
	Missing    []Missing   // by name; without any the pod is complete
}

// Container is what one container uses.
type Container struct {
	Name string
	Usage
}

// Missing is a container of which the CPU is not known, and why.
type Missing struct {
	Name, Why string
	Bytes     uint64 // memory; 0: not known
}

// String returns the name and the reason.
func (m Missing) String() string { return m.Name + ": " + m.Why }

// Whys returns the missing containers in words.
func (p *Pod) Whys() string {
	var list []string
	for _, m := range p.Missing {
		list = append(list, m.String())
	}
	return strings.Join(list, "; ")
}

// Node returns what a node uses, or why that is not known.
func (c *Cluster) Node(name string) (Usage, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	n := c.nodes[name]
	switch {
	case n == nil || n.failed || n.at.IsZero():
		return Usage{}, ErrUnknown
	case n.unknown() != "":
		return Usage{}, fmt.Errorf("%s: %s", name, n.unknown())
	}
	return n.usage, nil
}

// Nodes returns the names of the nodes that were ever read, sorted.
func (c *Cluster) Nodes() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Sorted(maps.Keys(c.nodes))
}

// Pods returns the names of the pods in the latest answers, sorted.
func (c *Cluster) Pods() []Name {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var list []Name
	for name := range c.pods {
		if c.newest(name) != nil {
			list = append(list, name)
		}
	}
	slices.SortFunc(list, func(a, b Name) int {
		return strings.Compare(a.Namespace+"\x00"+a.Pod, b.Namespace+"\x00"+b.Pod)
	})
	return list
}

// Pod returns what the containers of a pod use. Those that are expected and that
// the kubelet does not speak of are missing, too: a container between two starts
// has no lines.
func (c *Cluster) Pod(name Name, expected []string) (Pod, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	p := c.newest(name)
	if p == nil {
		return Pod{}, ErrUnknown
	}
	var answer Pod
	for _, container := range p.names(expected) {
		if p.latest[container] == nil {
			answer.Missing = append(answer.Missing, Missing{Name: container, Why: "its kubelet does not speak of it"})
			continue
		}
		s := p.containers[container]
		if why := s.unknown(); why != "" {
			answer.Missing = append(answer.Missing, Missing{container, why, uint64(s.reading.Memory)})
			continue
		}
		answer.Containers = append(answer.Containers, Container{container, s.usage})
		answer.cover(s.usage)
	}
	return answer, nil
}

// cover makes the pod as old as its oldest container. Of those that are equally
// old the longest window counts.
func (p *Pod) cover(u Usage) {
	if p.Time.IsZero() || u.Time.Before(p.Time) || u.Time.Equal(p.Time) && u.Window > p.Window {
		p.Time, p.Window = u.Time, u.Window
	}
}

// newest returns what the kubelet says that runs the pod. While a pod moves from
// one node to another, two do: the one whose containers started last has it.
func (c *Cluster) newest(name Name) *pod {
	var found *pod
	var started time.Time
	for _, node := range slices.Sorted(maps.Keys(c.pods[name])) {
		p := c.pods[name][node]
		if p.latest == nil {
			continue
		}
		if s := p.started(); found == nil || s.After(started) {
			found, started = p, s
		}
	}
	return found
}

// started returns when the newest container started.
func (p *pod) started() (newest time.Time) {
	for _, r := range p.latest {
		if r.Start.After(newest) {
			newest = r.Start
		}
	}
	return newest
}

// names returns the containers that the pod has, and those that are expected.
func (p *pod) names(expected []string) []string {
	list := slices.Concat(slices.Collect(maps.Keys(p.latest)), expected)
	slices.Sort(list)
	return slices.Compact(list)
}
