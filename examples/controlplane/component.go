package main

import (
	"net/url"
	"path"
	"slices"
	"strings"
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
