package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"
)

// node is what a node object says of its kubelet.
type node struct {
	name      string
	created   time.Time
	ready     readiness
	addresses []netip.Addr // the one to scrape comes first
	port      uint16
}

// readiness is the Ready condition of a node. A greater one is preferred: a
// node that is not ready still reports, one of unknown state does not.
type readiness int

const (
	readyAbsent readiness = iota
	readyUnknown
	readyFalse
	readyTrue
)

func (r readiness) String() string { return [...]string{"none", "Unknown", "False", "True"}[r] }

// defaultPort is the port of kubelets whose node names none.
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
		return nil, fmt.Errorf("%q is not a list of nodes", list.Kind)
	}
	var nodes []node
	for _, item := range list.Items {
		n := node{name: item.Metadata.Name, created: item.Metadata.CreationTimestamp, port: item.Status.DaemonEndpoints.KubeletEndpoint.Port}
		if n.port == 0 {
			n.port = defaultPort
		}
		for _, c := range item.Status.Conditions {
			if c.Type == "Ready" {
				n.ready = max(readyUnknown, map[string]readiness{"True": readyTrue, "False": readyFalse}[c.Status])
			}
		}
		// A kubelet may have several internal addresses: of two families, or of
		// several network cards. External ones are used if there are none.
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

// endpoints returns all addresses that reach the kubelet, first the one to
// scrape. Different spellings of an address are equal.
func (n *node) endpoints() (list []netip.AddrPort) {
	for _, a := range n.addresses {
		list = append(list, netip.AddrPortFrom(a, n.port))
	}
	return list
}
