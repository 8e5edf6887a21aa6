package main

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// made returns a node object. An address may have its type in front; ready is
// empty for a node without the condition.
func made(name, ready string, age int, addresses ...string) map[string]any {
	var list []map[string]string
	for _, a := range addresses {
		kind, address, ok := strings.Cut(a, " ")
		if !ok {
			kind, address = "InternalIP", a
		}
		list = append(list, map[string]string{"type": kind, "address": address})
	}
	conditions := []map[string]string{{"type": "DiskPressure", "status": "False"}}
	if ready != "" {
		conditions = append(conditions, map[string]string{"type": "Ready", "status": ready})
	}
	created := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC).Add(-time.Duration(age) * time.Hour)
	return map[string]any{
		"metadata": map[string]any{"name": name, "creationTimestamp": created.Format(time.RFC3339)},
		"status":   map[string]any{"conditions": conditions, "addresses": list},
	}
}

func nodesOf(t require.TestingT, items ...map[string]any) []node {
	text, err := json.Marshal(map[string]any{"kind": "NodeList", "items": items})
	require.NoError(t, err)
	nodes, err := readNodes(text)
	require.NoError(t, err)
	return nodes
}

// scraped returns the chosen nodes, with a question mark after those that are
// unresolved.
func scraped(list []decision) string {
	var names []string
	for _, d := range list {
		switch {
		case d.Unresolved:
			names = append(names, d.Node+"?")
		case d.Scrape:
			names = append(names, d.Node)
		}
	}
	return strings.Join(names, " ")
}

type row struct {
	about string
	nodes []map[string]any
	want  string
}

const shared = "1.1.1.1"

var rows = []row{
	{"unknown and ready", []map[string]any{made("a", "Unknown", 1, shared), made("b", "True", 2, shared)}, "b"},
	{"no condition and ready", []map[string]any{made("a", "", 1, shared), made("b", "True", 2, shared)}, "b"},
	{"not ready and ready", []map[string]any{made("a", "False", 1, shared), made("b", "True", 2, shared)}, "b"},
	{"both unknown: the newest, unresolved", []map[string]any{made("a", "Unknown", 2, shared), made("b", "Unknown", 1, shared)}, "b?"},
	{"neither has a condition", []map[string]any{made("a", "", 1, shared), made("b", "", 2, shared)}, "a?"},
	{"unknown before no condition", []map[string]any{made("a", "", 1, shared), made("b", "Unknown", 2, shared)}, "b?"},
	{"both ready: the newest", []map[string]any{made("a", "True", 1, shared), made("b", "True", 2, shared)}, "a"},
	{"both ready, as old: by name", []map[string]any{made("a", "True", 1, shared), made("b", "True", 1, shared)}, "a"},
	{"both not ready: they are alive", []map[string]any{made("a", "False", 2, shared), made("b", "False", 1, shared)}, "b"},
	{"three", []map[string]any{made("a", "True", 3, shared), made("b", "False", 2, shared), made("c", "Unknown", 1, shared)}, "a"},
	{"one address in two spellings", []map[string]any{made("a", "True", 2, "fd00::1"), made("b", "True", 1, "fd00:0:0:0:0:0:0:1")}, "b"},
	{"upper case", []map[string]any{made("a", "True", 1, "FD00::ABCD"), made("b", "False", 2, "fd00::abcd")}, "a"},
	{"IPv4 inside IPv6", []map[string]any{made("a", "Unknown", 1, "::ffff:1.1.1.1"), made("b", "True", 2, "1.1.1.1")}, "b"},
	{"an address of its own is kept however the node is", []map[string]any{made("a", "Unknown", 1, "1.1.1.1"), made("b", "", 1, "1.1.1.2"), made("c", "False", 1, "1.1.1.3")}, "a b c"},
	{"dual stack, one family shared", []map[string]any{made("a", "True", 2, "1.1.1.1", "fd00::1"), made("b", "Unknown", 1, "1.1.1.2", "fd00::1")}, "a"},
	{"dual stack, each family shared with another", []map[string]any{made("a", "True", 3, "1.1.1.1", "fd00::1"), made("b", "False", 2, "1.1.1.1"), made("c", "False", 1, "fd00::1")}, "a"},
	{"a node whose rival lost to another node is chosen", []map[string]any{made("a", "False", 3, "1.1.1.1", "fd00::1"), made("b", "True", 2, "1.1.1.1"), made("c", "Unknown", 1, "fd00::1")}, "b c"},
	{"an external address is used if there is no other", []map[string]any{made("a", "True", 1, "ExternalIP 9.9.9.9", "1.1.1.1"), made("b", "True", 2, "ExternalIP 9.9.9.9")}, "a b"},
	{"names are not addresses", []map[string]any{made("a", "True", 1, "Hostname a", "InternalDNS a.local"), made("b", "True", 1, "nonsense")}, ""},
	{"nothing", nil, ""},
}

func TestDecide(t *testing.T) {
	for _, r := range rows {
		list := decide(nodesOf(t, r.nodes...))
		assert.Equal(t, r.want, scraped(list), r.about)
		require.Len(t, list, len(r.nodes), "each node has a decision")
		for _, d := range list {
			assert.NotEmpty(t, d.Reason, r.about)
			if d.Same != "" {
				assert.Contains(t, scraped(list), d.Same, "%s: the node chosen instead of %s is scraped", r.about, d.Node)
				assert.False(t, d.Scrape)
			}
		}
	}
}

func TestReasons(t *testing.T) {
	list := decide(nodesOf(t, made("a", "True", 3, shared), made("b", "True", 4, shared), made("c", "False", 1, shared),
		made("d", "True", 1, "1.1.1.2"), made("e", "True", 1), made("f", "True", 3, shared)))
	want := []string{
		"it is chosen of those with its address",
		"a has its address 1.1.1.1; it is the older one",
		"a has its address 1.1.1.1; ready: False against True",
		"no other node has its address",
		"it has no address",
		"a has its address 1.1.1.1; as old, and later by name",
	}
	for i, d := range list {
		assert.Equal(t, want[i], d.Reason, d.Node)
	}
	assert.Equal(t, "1.1.1.1:10250", list[0].Target)
}

func TestPorts(t *testing.T) {
	nodes := nodesOf(t, made("a", "True", 1, shared), made("b", "True", 1, shared))
	nodes[1].port = 10251
	assert.Equal(t, "a b", scraped(decide(nodes)), "one address, two ports: two kubelets")
}

// orders yields all orders of a list.
func orders(list []node) iter.Seq[[]node] {
	return func(yield func([]node) bool) {
		if len(list) < 2 {
			yield(slices.Clone(list))
			return
		}
		for i := range list {
			rest := slices.Delete(slices.Clone(list), i, i+1)
			for o := range orders(rest) {
				if !yield(append(o, list[i])) {
					return
				}
			}
		}
	}
}

// TestOrderDoesNotMatter: the decisions are the same for any order of the nodes.
func TestOrderDoesNotMatter(t *testing.T) {
	for _, r := range rows {
		want := decide(nodesOf(t, r.nodes...))
		for nodes := range orders(nodesOf(t, r.nodes...)) {
			assert.Equal(t, want, decide(nodes), r.about)
		}
	}
}

// TestLaws: no address is scraped twice, and a node that is not scraped is less
// ready than the one chosen instead, or equally ready.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var items []map[string]any
		for i := range rapid.IntRange(0, 8).Draw(t, "nodes") {
			ready := rapid.SampledFrom([]string{"", "Unknown", "False", "True"}).Draw(t, "ready")
			addresses := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"1.1.1.1", "1.1.1.2", "fd00::1", "fd00:0::1", "fd00::2"}), 1, 2, rapid.ID).Draw(t, "addresses")
			items = append(items, made(fmt.Sprint("n", i), ready, rapid.IntRange(0, 3).Draw(t, "age"), addresses...))
		}
		nodes := nodesOf(t, items...)
		list := decide(nodes)
		kept := map[string]decision{}
		owners := map[string]string{}
		for _, d := range list {
			if !d.Scrape {
				continue
			}
			kept[d.Node] = d
			for _, e := range d.node.endpoints() {
				other, taken := owners[e.String()]
				require.True(t, !taken || other == d.Node, "%s is scraped as %s and %s", e, d.Node, other)
				owners[e.String()] = d.Node
			}
		}
		for _, d := range list {
			if d.Scrape {
				continue
			}
			k, ok := kept[d.Same]
			require.True(t, ok)
			require.GreaterOrEqual(t, k.node.ready, d.node.ready)
		}
	})
}

func TestNotNodes(t *testing.T) {
	for _, text := range []string{``, `{`, `{"kind":"PodList"}`, `[]`, `{"kind":"NodeList","items":[{"status":{"daemonEndpoints":{"kubeletEndpoint":{"Port":99999}}}}]}`} {
		_, err := readNodes([]byte(text))
		assert.Error(t, err, text)
	}
}
