package identity

import "strings"

// namingLabels are the metrics and labels by which programs tell who they are.
var namingLabels = map[string]string{
	"etcd_server_id":    "server_id",
	"kubelet_node_name": "node",
}

// An API server has a hash of its own id on the metrics of the configuration files that it reloads.
const namingHash, namingHashMetrics = "apiserver_id_hash", "_config_"

// NamingLabel returns the label of a metric by which its program says who it is, or "".
func NamingLabel(metric string) string {
	if label, ok := namingLabels[metric]; ok {
		return label
	}
	if strings.Contains(metric, namingHashMetrics) {
		return namingHash
	}
	return ""
}

// Name collects what the lines of one body say who they are of.
type Name struct{ hash, rest string }

// Add adds the value of a label that [NamingLabel] named.
func (n *Name) Add(label, value string) {
	switch {
	case label != namingHash:
		n.rest += value + " "
	case n.hash == "":
		n.hash = value
	}
}

// String returns the name; "" if no line had one. Equal names are of one program, different ones are of two.
func (n *Name) String() string { return n.rest + n.hash }
