package aggregate_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
)

// A kubelet's page has a pod, its sandbox and its containers: what views add up is
// the containers alone, unless a view tells the others apart.
func TestLeaves(t *testing.T) {
	b := newBed(t, aggregate.Config{Catalogue: catalogue.Kubernetes().View})
	one := b.counter(aggregate.View{Select: "container_cpu_usage_seconds_total"})
	said := b.counter(aggregate.View{Select: `container_cpu_usage_seconds_total{container=""}`})
	every := b.counter(aggregate.View{Select: everyFamily, By: []string{"pod"}})
	all := b.counter(aggregate.View{Select: "container_cpu_usage_seconds_total", ByAllLabels: true})
	network := b.counter(aggregate.View{Select: "container_network_receive_bytes_total"})
	e, err := b.Everything(aggregate.View{Select: everyFamily})
	require.NoError(t, err)
	page := func(seconds, x float64) {
		b.scrape("kubelet", seconds, -1000, "# TYPE container_cpu_usage_seconds_total counter",
			fmt.Sprintf("container_cpu_usage_seconds_total{container=\"\",id=\"/\",pod=\"\"} %g", 100+4*x),
			fmt.Sprintf("container_cpu_usage_seconds_total{container=\"\",id=\"/p\",pod=\"p\"} %g", 2*x),
			"container_cpu_usage_seconds_total{container=\"POD\",id=\"/p/s\",pod=\"p\"} 0",
			fmt.Sprintf("container_cpu_usage_seconds_total{container=\"a\",id=\"/p/a\",pod=\"p\"} %g", x),
			fmt.Sprintf("container_cpu_usage_seconds_total{container=\"b\",id=\"/p/b\",pod=\"p\"} %g", x),
			"# TYPE container_network_receive_bytes_total counter",
			fmt.Sprintf("container_network_receive_bytes_total{container=\"\",id=\"/\",pod=\"\"} %g", 100+7*x),
			fmt.Sprintf("container_network_receive_bytes_total{container=\"\",id=\"/p\",pod=\"p\"} %g", 3*x))
	}
	page(0, 0)
	page(10, 5)
	total := func(v *aggregate.CounterView) (sum float64) {
		groups, err := v.In(until(b, at(10), sinceStart))
		require.NoError(t, err)
		for _, g := range groups {
			sum += grew(g)
		}
		return sum
	}
	assert.Equal(t, 10.0, total(one))
	assert.Equal(t, 30.0, total(said))
	assert.Equal(t, 10.0+15+35, total(every), "the node is a group of its own")
	assert.Equal(t, 40.0, total(all), "each by itself")
	assert.Equal(t, 15.0, total(network))
	series, leftOut := countShown(t, b, e, 10)
	assert.Equal(t, 8, series, "and the start time; nothing is added to another")
	assert.Zero(t, leftOut)
}
