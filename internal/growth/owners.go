package growth

import (
	"strings"

	"github.com/promfold/promfold/internal/judge"
)

// owners tells by the beginning of a name who keeps the counts of a metric; the
// longest that fits decides. A process only shows what its network namespace
// counts, a machine, a container runtime or the objects of a cluster: those go on
// when it restarts.
var owners = map[string]judge.Owner{
	"process_network_": judge.OwnerExternal,
	"node_":            judge.OwnerExternal, // node exporter
	"container_":       judge.OwnerExternal, // cAdvisor
	"kube_":            judge.OwnerExternal, // kube-state-metrics

	"kube_state_metrics_": judge.OwnerProcess,
	"kube_apiserver_":     judge.OwnerProcess,
	"node_authorizer_":    judge.OwnerProcess, // of an API server
	"node_collector_":     judge.OwnerProcess, // of the controllers
	"node_ipam_":          judge.OwnerProcess,
	"apiserver_":          judge.OwnerProcess,
	"rest_client_":        judge.OwnerProcess,
	"workqueue_":          judge.OwnerProcess,
	"scheduler_":          judge.OwnerProcess,
	"etcd_":               judge.OwnerProcess,
	"grpc_":               judge.OwnerProcess,
	"go_":                 judge.OwnerProcess,
	"process_cpu_":        judge.OwnerProcess,
}

// OwnerOf returns who keeps the counts of a metric, as far as its name tells.
func OwnerOf(name string) judge.Owner {
	for end := len(name); end > 0; end = strings.LastIndexByte(name[:end-1], '_') + 1 {
		if owner, ok := owners[name[:end]]; ok {
			return owner
		}
	}
	return judge.OwnerUnknown
}
