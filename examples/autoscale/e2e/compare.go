package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

const resources = "/apis/metrics.k8s.io/v1beta1/"

// usage is what a server says of a node or a container.
type usage struct{ CPU, Memory string }

// point is of what it says it: two servers that saw the same points of a kubelet
// have the same.
type point struct{ object, time, window string }

// comparison has what both servers ever answered.
type comparison struct {
	here, there kube // this program, and metrics-server

	mu          sync.Mutex
	ours, other map[point]usage
}

func newComparison(k kube, port int) *comparison {
	at := func(port int) kube { return kube{fmt.Sprintf("https://127.0.0.1:%d", port), k.token} }
	return &comparison{here: at(port + 50), there: at(port + 51), ours: map[point]usage{}, other: map[point]usage{}}
}

// follow asks both every two seconds until ctx ends.
func (c *comparison) follow(ctx context.Context) {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.read(c.here, c.ours)
			c.read(c.there, c.other)
		}
	}
}

// read notes what a server answers, if it does.
func (c *comparison) read(k kube, into map[point]usage) {
	var list struct {
		Items []struct {
			Metadata          meta
			Timestamp, Window string
			Usage             usage
			Containers        []struct {
				Name  string
				Usage usage
			}
		}
	}
	for _, kind := range []string{"nodes", "pods"} {
		if k.get(resources+kind, &list) != nil {
			continue
		}
		c.mu.Lock()
		for _, x := range list.Items {
			object := kind + " " + x.Metadata.Namespace + "/" + x.Metadata.Name
			if kind == "nodes" {
				into[point{object, x.Timestamp, x.Window}] = x.Usage
			}
			for _, container := range x.Containers {
				into[point{object + " " + container.Name, x.Timestamp, x.Window}] = container.Usage
			}
		}
		c.mu.Unlock()
	}
}

// compared compares what both said of the same points.
func (x *trial) compared(context.Context) error {
	c := x.compare
	c.mu.Lock()
	defer c.mu.Unlock()
	same := 0
	var differ []string
	for p, ours := range c.ours {
		if other, ok := c.other[p]; ok && ours == other {
			same++
		} else if ok {
			differ = append(differ, fmt.Sprintf("%v: here %v, metrics-server %v", p, ours, other))
		}
	}
	slices.Sort(differ)
	fmt.Printf("%d answers here, %d of metrics-server; %d of the same points, of which %d are the same in CPU and memory\n",
		len(c.ours), len(c.other), same+len(differ), same)
	for _, d := range differ {
		fmt.Println(d)
	}
	x.check(same > 0 && len(differ) == 0, "%d numbers differ from those of metrics-server", len(differ))
	return nil
}
