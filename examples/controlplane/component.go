package main

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/promfold/promfold/parse"
)

// component is a part of a control plane. It is a label of each target, so that
// a row is about the servers of one component and its coverage, too.
type component string

// The components.
const (
	apiServers  component = "apiserver"
	etcd        component = "etcd"
	controllers component = "controllers"
	auditLogs   component = "audit" // the logs of API servers, not processes
)

const componentLabel = "component"

// components are in the order in which a page shows them.
var components = []component{apiServers, etcd, controllers}

// String returns the name in the plural.
func (c component) String() string {
	return map[component]string{apiServers: "API servers", etcd: "etcd members", controllers: "controllers", auditLogs: "audit logs"}[c]
}

// signs are gauges of which every server of a component shows one from its start.
var signs = map[component]string{
	apiServers:  "apiserver_current_inflight_requests|apiserver_longrunning_requests|apiserver_storage_objects|apiserver_resource_objects",
	etcd:        "etcd_server_has_leader|etcd_server_is_leader|etcd_mvcc_db_total_size_in_bytes|apiserver_storage_size_bytes",
	controllers: "workqueue_depth|scheduler_pending_pods|leader_election_master_status",
}

// emptyAnswer is about an answer that says nothing. It has a status, so the fleet
// takes the server for one that lives, as after any answer that is no exposition.
type emptyAnswer struct{}

func (emptyAnswer) Error() string       { return "an answer without a sample" }
func (emptyAnswer) HTTPStatusCode() int { return http.StatusOK }

// smallBody is the size, as it is sent, above which a body surely has a sample.
const smallBody = 1 << 10

// empty returns emptyAnswer for a body without a sample. What is wrong with a body
// otherwise, the fleet says.
func empty(header http.Header, body []byte) error {
	if len(body) > smallBody {
		return nil
	}
	if all, err := parse.Samples(header, body); err != nil || len(all) > 0 {
		return nil
	}
	return emptyAnswer{}
}

// guess returns the component that a URL is of. Those of EKS end in
// …/kcm/container/metrics, and name the component one step before.
func guess(u *url.URL) component {
	parts := strings.Split(path.Clean(u.Path), "/")
	switch {
	case slices.Contains(parts, "etcd"):
		return etcd
	case slices.Contains(parts, "kcm"), slices.Contains(parts, "ksh"):
		return controllers
	}
	return apiServers
}

// recorded returns the component of a recorded target.
func recorded(target string) component {
	switch {
	case strings.HasPrefix(target, "etcd"):
		return etcd
	case strings.HasPrefix(target, "kcm"), strings.HasPrefix(target, "sched"):
		return controllers
	}
	return apiServers
}
