package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// decision is whether to scrape a node's kubelet, and why.
type decision struct {
	Node   string `json:"node"`
	Target string `json:"target,omitempty"` // address and port
	Ready  string `json:"ready"`
	Scrape bool   `json:"scrape"`
	// Unresolved: no node with this address is known to be alive, so the
	// wrong one may have been chosen.
	Unresolved bool   `json:"unresolved,omitempty"`
	Same       string `json:"same,omitempty"` // the node that was chosen instead
	Reason     string `json:"reason"`

	node node
}

// decide chooses one node for each address: the readiest, and of those the
// newest, since a reused address belongs to its latest owner. A node with an
// address of its own is always scraped, so that it shows as down. The result
// does not depend on the order of the nodes and is sorted by name.
func decide(nodes []node) []decision {
	order := slices.Clone(nodes)
	slices.SortFunc(order, func(a, b node) int {
		return cmp.Or(cmp.Compare(b.ready, a.ready), b.created.Compare(a.created), strings.Compare(a.name, b.name))
	})
	var list []decision
	owner := map[netip.AddrPort]int{} // the index of the decision
	for _, n := range order {
		d := decision{Node: n.name, Ready: n.ready.String(), node: n}
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

// lost returns why another node was chosen.
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

// won updates a chosen node that was preferred to another one.
func (d *decision) won(over *decision) {
	if strings.HasPrefix(d.Reason, "no other") {
		d.Reason = "it is chosen of those with its address"
	}
	d.Unresolved = d.node.ready <= readyUnknown
	if d.Unresolved {
		d.Reason = "none of those with its address is known to be alive; it is the newest"
	}
}
