package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promfold/promfold/examples/resourcemetrics/internal/usage"
	"github.com/promfold/promfold/internal/recording"
	"github.com/promfold/promfold/parse"
)

// compared says how the numbers stand to those of metrics-server. It scraped the
// same kubelets at other moments, so each of its numbers is computed again from
// the two bodies with the points that it names.
type compared struct {
	Equal     int      `json:"equal"`     // nodes and containers
	Unequal   []string `json:"unequal"`   // in words
	Elsewhere int      `json:"elsewhere"` // those of points that were not recorded
	OnlyHere  []string `json:"onlyHere"`  // nodes and pods that metrics-server left out
	OnlyThere []string `json:"onlyThere"` // and those that are not known here

	resolution time.Duration
	bodies     map[string]map[int64]body // by node, and by the time of its values in ms
}

// body is an answer of a kubelet.
type body struct {
	recording.Scrape
	text []byte
}

// remember keeps a body to compute from.
func (c *compared) remember(node string, s recording.Scrape, text []byte) error {
	samples, err := parse.Samples(s.Header(), text)
	if err != nil {
		return err
	}
	for _, x := range samples {
		if x.Name != "node_cpu_usage_seconds_total" {
			continue
		}
		if c.bodies[node] == nil {
			c.bodies[node] = map[int64]body{}
		}
		if ms := x.Time.UnixMilli(); c.bodies[node][ms].text == nil {
			c.bodies[node][ms] = body{s, text}
		}
	}
	return nil
}

// with compares with a list.
func (c *compared) with(cluster *usage.Cluster, at time.Time, list recordedList) error {
	there := map[usage.Name]bool{}
	for _, item := range list.Items {
		there[item.name()] = true
		if err := c.item(item); err != nil {
			return fmt.Errorf("%s: %w", item.name(), err)
		}
	}
	here := map[usage.Name]bool{}
	if list.Kind == nodeList {
		for _, name := range cluster.Nodes() {
			_, err := cluster.Node(name)
			here[usage.Name{Pod: name}] = err == nil
		}
	} else {
		for _, name := range cluster.Pods() {
			p, err := cluster.Pod(name, nil)
			here[name] = err == nil && len(p.Missing) == 0
		}
	}
	c.OnlyHere = append(c.OnlyHere, lacks(here, there, at)...)
	c.OnlyThere = append(c.OnlyThere, lacks(there, here, at)...)
	return nil
}

// lacks returns what the second does not know of the first, in words.
func lacks(first, second map[usage.Name]bool, at time.Time) (list []string) {
	for name, known := range first {
		if known && !second[name] {
			list = append(list, fmt.Sprintf("%s %s", at.UTC().Format(time.TimeOnly), name))
		}
	}
	slices.Sort(list)
	return list
}

// item compares the numbers of a node or pod.
func (c *compared) item(item recordedItem) error {
	window, err := time.ParseDuration(item.Window)
	if err != nil {
		return err
	}
	for node := range c.bodies {
		again := c.again(node, item, window)
		if again == nil {
			continue
		}
		for container, text := range item.usages() {
			ours, known := again[container]
			switch {
			case !known:
				c.Unequal = append(c.Unequal, fmt.Sprintf("%s %s: metrics-server alone knows it", item.name(), container))
			case fmt.Sprintf("%dn", ours.NanoCores) != text.CPU || ours.Bytes != text.bytes():
				c.Unequal = append(c.Unequal, fmt.Sprintf("%s %s: %dn and %d bytes, metrics-server says %s and %s",
					item.name(), container, ours.NanoCores, ours.Bytes, text.CPU, text.Memory))
			default:
				c.Equal++
			}
		}
		return nil
	}
	c.Elsewhere += len(item.usages())
	return nil
}

// again computes an item from the bodies of a node that hold its two points; nil
// if they are not there.
func (c *compared) again(node string, item recordedItem, window time.Duration) map[string]usage.Usage {
	for ms, b := range c.bodies[node] {
		if ms/1000 != item.Timestamp.Unix() { // the API has whole seconds
			continue
		}
		cluster := usage.Cluster{Resolution: c.resolution}
		if a, ok := c.bodies[node][ms-window.Milliseconds()]; ok {
			_ = cluster.Read(node, a.At(), a.Header(), a.text) // it was read before
		}
		_ = cluster.Read(node, b.At(), b.Header(), b.text)
		if found := item.in(&cluster, node); found != nil {
			return found
		}
	}
	return nil
}

const (
	recordedAPI = "/apis/metrics.k8s.io/v1beta1/"
	nodeList    = "NodeMetricsList"
)

// recordedList is a list of nodes or pods in JSON, as metrics-server writes it.
type recordedList struct {
	Kind  string
	Items []recordedItem
}

type recordedItem struct {
	Metadata   struct{ Name, Namespace string }
	Timestamp  time.Time
	Window     string
	Usage      recordedUsage // of a node
	Containers []struct {
		Name  string
		Usage recordedUsage
	}
}

type recordedUsage struct{ CPU, Memory string }

// bytes returns the memory, which has a unit where it is a whole number of KiB.
func (u recordedUsage) bytes() uint64 {
	digits, kibi := strings.CutSuffix(u.Memory, "Ki")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return math.MaxUint64
	}
	if kibi {
		n <<= 10
	}
	return n
}

// name returns the pod's name; that of a node has no namespace.
func (i *recordedItem) name() usage.Name {
	return usage.Name{Namespace: i.Metadata.Namespace, Pod: i.Metadata.Name}
}

// usages returns what is used by container; the name of a node's is empty.
func (i *recordedItem) usages() map[string]recordedUsage {
	if i.Containers == nil {
		return map[string]recordedUsage{"": i.Usage}
	}
	all := map[string]recordedUsage{}
	for _, c := range i.Containers {
		all[c.Name] = c.Usage
	}
	return all
}

// in returns what a cluster says of the same points; nil if it has others.
func (i *recordedItem) in(cluster *usage.Cluster, node string) map[string]usage.Usage {
	found := map[string]usage.Usage{}
	var end time.Time
	var window time.Duration
	if i.Containers == nil {
		if node != i.Metadata.Name {
			return nil
		}
		u, err := cluster.Node(node)
		if err != nil {
			return nil
		}
		found[""], end, window = u, u.Time, u.Window
	} else {
		p, err := cluster.Pod(i.name(), nil)
		if err != nil {
			return nil
		}
		end, window = p.Time, p.Window
		for _, u := range p.Containers {
			found[u.Name] = u.Usage
		}
	}
	if end.Unix() != i.Timestamp.Unix() || window.String() != i.Window {
		return nil
	}
	return found
}
