package growth

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/judge"
)

func TestOwnerOf(t *testing.T) {
	for name, want := range map[string]judge.Owner{
		"":                                    judge.OwnerUnknown,
		"http_requests_total":                 judge.OwnerUnknown,
		"apiserver_request_total":             judge.OwnerProcess,
		"apiserver":                           judge.OwnerUnknown, // the beginning ends with an underscore
		"node_cpu_seconds_total":              judge.OwnerExternal,
		"node_authorizer_graph_actions_total": judge.OwnerProcess, // the longest beginning decides
		"kube_pod_container_restarts_total":   judge.OwnerExternal,
		"kube_state_metrics_watch_total":      judge.OwnerProcess,
		"process_network_receive_bytes_total": judge.OwnerExternal,
		"process_cpu_seconds_total":           judge.OwnerProcess,
		"process_resident_memory_bytes":       judge.OwnerUnknown,
	} {
		assert.Equal(t, want, ownerOf(name), name)
	}
}

// What a view says of the owner overrules the name.
func TestOwnerOfView(t *testing.T) {
	b := newBed(t, &Selection{Kind: Counter, Metric: "node_x"}, &Selection{Kind: Counter, Metric: "node_x", Rules: judge.Rules{Owner: judge.OwnerProcess}})
	b.scrape(1000, 0, text("node_x", "counter", "node_x 1"))
	var owners []judge.Owner
	for i := range b.plan.objects {
		owners = append(owners, b.plan.rules(&b.plan.objects[i]).Owner)
	}
	assert.Equal(t, []judge.Owner{judge.OwnerExternal, judge.OwnerProcess}, owners)
}
