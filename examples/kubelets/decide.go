package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/promfold/promfold/aggregate"
)

// decision is whether to scrape a node's kubelet, and why.
type decision struct {
	Node   string `json:"node"`
	Target string `json:"target,omitempty"` // address and port
	Ready  string `json:"ready"`
	Scrape bool   `json:"scrape"`
	// Unresolved: of those that share the address none says that it is alive,
	// so nobody knows whether the right one was chosen.
	Unresolved bool   `json:"unresolved,omitempty"`
	Same       string `json:"same,omitempty"` // the node that stands for this one
	Reason     string `json:"reason"`

	node node
}

var readiness = map[aggregate.Readiness]string{
	aggregate.ReadyTrue: "True", aggregate.ReadyFalse: "False", aggregate.ReadyUnknown: "Unknown", aggregate.ReadyAbsent: "none",
}

// decide chooses one node for each address: the readiest, of those the newest,
// since an address that is used again is its latest owner's. A node whose
// address is its own is scraped however it is: that it is down should show.
// The order of the nodes does not matter; decisions are in that of the names.
func decide(nodes []node) []decision {
	order := slices.Clone(nodes)
	slices.SortFunc(order, func(a, b node) int {
		return cmp.Or(cmp.Compare(b.ready, a.ready), b.created.Compare(a.created), strings.Compare(a.name, b.name))
	})
	var list []decision
	owner := map[netip.AddrPort]int{} // the index of the decision
	for _, n := range order {
		d := decision{Node: n.name, Ready: readiness[n.ready], node: n}
		endpoints := n.endpoints()
		if len(endpoints) == 0 {
			d.Reason = "it has no address"
			list = append(list, d)
			continue
		}
		d.Target = endpoints[0].String()
		if i := slices.IndexFunc(endpoints, func(e netip.AddrPort) bool { _, taken := owner[e]; return taken }); i >= 0 {
			kept := &list[owner[endpoints[i]]]
			d.Same, d.Reason = kept.Node, lost(kept, &d, endpoints[i].Addr())
			kept.won(&d)
		} else {
			d.Scrape, d.Reason = true, "no other node has its address"
			for _, e := range endpoints {
				owner[e] = len(list)
			}
		}
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b decision) int { return strings.Compare(a.Node, b.Node) })
	return list
}

// lost says why another node was chosen.
func lost(kept, d *decision, shared netip.Addr) string {
	why := "ready: " + d.Ready + " against " + kept.Ready
	if kept.Ready == d.Ready {
		why = "it is the older one"
		if kept.node.created.Equal(d.node.created) {
			why = "as old, and later by name"
		}
	}
	return fmt.Sprintf("%s has its address %s; %s", kept.Node, shared, why)
}

// won tells that a node was chosen before another one.
func (d *decision) won(over *decision) {
	if strings.HasPrefix(d.Reason, "no other") {
		d.Reason = "it is chosen of those with its address"
	}
	d.Unresolved = d.node.ready <= aggregate.ReadyUnknown
	if d.Unresolved {
		d.Reason = "none of those with its address is known to be alive; it is the newest"
	}
}
