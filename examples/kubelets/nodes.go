package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// node is what a node object says of its kubelet.
type node struct {
	name      string
	created   time.Time
	ready     aggregate.Readiness
	addresses []netip.Addr // the one to scrape first
	port      uint16
}

// defaultPort is where kubelets listen unless their node says otherwise.
const defaultPort = 10250

// readNodes reads a NodeList, as an API server or kubectl writes it.
func readNodes(text []byte) ([]node, error) {
	var list struct {
		Kind  string
		Items []struct {
			Metadata struct {
				Name              string
				CreationTimestamp time.Time
			}
			Status struct {
				Conditions      []struct{ Type, Status string }
				Addresses       []struct{ Type, Address string }
				DaemonEndpoints struct{ KubeletEndpoint struct{ Port uint16 } }
			}
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	if list.Kind != "NodeList" && list.Kind != "List" {
		return nil, fmt.Errorf("a %q is no list of nodes", list.Kind)
	}
	var nodes []node
	for _, item := range list.Items {
		n := node{name: item.Metadata.Name, created: item.Metadata.CreationTimestamp, port: item.Status.DaemonEndpoints.KubeletEndpoint.Port}
		if n.port == 0 {
			n.port = defaultPort
		}
		for _, c := range item.Status.Conditions {
			if c.Type == "Ready" {
				n.ready = map[string]aggregate.Readiness{"True": aggregate.ReadyTrue, "False": aggregate.ReadyFalse}[c.Status]
				if n.ready == aggregate.ReadyAbsent {
					n.ready = aggregate.ReadyUnknown
				}
			}
		}
		// All internal addresses are the kubelet's own: two families, or
		// several cards. External ones are for nodes that have no other.
		for _, kind := range []string{"InternalIP", "ExternalIP"} {
			for _, a := range item.Status.Addresses {
				if ip, err := netip.ParseAddr(a.Address); a.Type == kind && err == nil {
					n.addresses = append(n.addresses, ip.Unmap())
				}
			}
			if n.addresses != nil {
				break
			}
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// endpoints are all addresses that reach the kubelet, the one to scrape first.
// Different spellings of an address are equal.
func (n *node) endpoints() (list []netip.AddrPort) {
	for _, a := range n.addresses {
		list = append(list, netip.AddrPortFrom(a, n.port))
	}
	return list
}
