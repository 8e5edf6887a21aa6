package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/promfold/promfold/internal/recording"
)

// sequence is one replay of a part of the corpus through one fleet.
type sequence struct {
	name string
	dir  string

	// take is a pattern of "scenario target format" that selects scrapes. What
	// its group matches, if it has one, is the target that the fleet is told.
	take string

	balanced map[string]int // targets that are balancers, and how many instances are expected
	views    [][]spec
	late     []spec // declared in the middle
	every    int    // rounds between questions

	families bool // a view of each family, too
	split    bool // addresses that prove to reach several processes are split
	early    bool // observed since before the first scrape
	blind    bool // no process tells when it started
	uids     bool // instances are not named by their targets
	again    bool // scrapes come twice, late and changed, too
	samples  bool // scrapes come as samples
	packed   bool // bodies come compressed
	reload   bool // the fleet is saved, and goes on from what was saved
	brief    bool // of short windows, so that what is gone is given up
	aliases  bool // every second round has other targets for the same processes
	expect   []string
	leaves   []string // targets that are said to be gone in the middle, and are scraped no more
	returns  bool     // but these are

	how func(r *replay) error // nil: one fleet
}

func sets(list ...[]spec) [][]spec { return append([][]spec{common}, list...) }

// sequences are all replays. Of each recording the first is the plain one.
var sequences = []sequence{
	{name: "apiserver-ha-direct", dir: "apiserver-ha", take: `\S+ (apiserver-.) text`, views: sets(clients, apiserver), every: 6},
	{name: "apiserver-ha-balanced", dir: "apiserver-ha", take: `\S+ (lb) text`, balanced: map[string]int{"lb": 3}, views: sets(clients, apiserver), every: 6},
	{name: "apiserver-ha-balanced-unknown", dir: "apiserver-ha", take: `\S+ (lb) text`, balanced: map[string]int{"lb": 0}, views: sets(apiserver), every: 10},
	{name: "apiserver-ha-balanced-blind", dir: "apiserver-ha", take: `\S+ (lb) text`, balanced: map[string]int{"lb": 3}, views: sets(apiserver), every: 10, blind: true},
	{name: "apiserver-ha-undeclared", dir: "apiserver-ha", take: `\S+ (lb) text`, views: sets(apiserver), every: 6},
	{name: "apiserver-ha-split", dir: "apiserver-ha", take: `\S+ (lb) text`, views: sets(apiserver), every: 10, split: true, early: true},
	{name: "apiserver-ha-both", dir: "apiserver-ha", take: `\S+ (apiserver-.|lb) text`, balanced: map[string]int{"lb": 3}, views: sets(apiserver), every: 10},
	{name: "apiserver-ha-slis", dir: "apiserver-ha", take: `\S+ ((?:apiserver-.|lb)-slis) text`, balanced: map[string]int{"lb-slis": 3}, views: sets(), every: 5, families: true},
	{name: "apiserver-ha-protobuf", dir: "apiserver-ha", take: `\S+ (apiserver-.)-pb protobuf`, views: sets(clients, apiserver), every: 2, early: true},
	{name: "apiserver-ha-formats", dir: "apiserver-ha", take: `apiserver-ha (apiserver-.)(?:-pb|-om)? (?:text|protobuf|openmetrics)`, views: sets(apiserver), every: 10},
	{name: "apiserver-ha-blind", dir: "apiserver-ha", take: `\S+ (apiserver-.) text`, views: sets(apiserver), every: 10, blind: true},
	{name: "apiserver-ha-leaving", dir: "apiserver-ha", take: `\S+ (apiserver-.) text`, views: sets(apiserver), every: 10, leaves: []string{"apiserver-a"}, returns: true, late: apiserver[:3], uids: true},
	{name: "apiserver-ha-joined", dir: "apiserver-ha", take: `apiserver-ha (apiserver-.) text`, views: [][]spec{common, apiserver[:12]}, early: true, how: joined},
	{name: "apiserver-ha-aliases", dir: "apiserver-ha", take: `\S+ (apiserver-.) text`, views: sets(apiserver), every: 10, aliases: true, reload: true},
	{name: "apiserver-ha-reloaded", dir: "apiserver-ha", take: `\S+ (lb) text`, balanced: map[string]int{"lb": 3}, views: sets(apiserver), every: 10, blind: true, reload: true},
	{name: "apiserver-ha-merged", dir: "apiserver-ha", take: `apiserver-ha (apiserver-.|lb) text`, balanced: map[string]int{"lb": 3}, views: [][]spec{common, apiserver[:12]}, how: merged, early: true},

	{name: "rolling-direct", dir: "rolling", take: `\S+ (apiserver-.) text`, views: sets(clients, apiserver), every: 6, early: true},
	{name: "rolling-balanced", dir: "rolling", take: `\S+ (lb) text`, balanced: map[string]int{"lb": 5}, views: sets(apiserver), every: 6, early: true},
	{name: "rolling-balanced-blind", dir: "rolling", take: `\S+ (lb) text`, balanced: map[string]int{"lb": 5}, views: sets(apiserver), every: 10, blind: true},
	{name: "rolling-leaving", dir: "rolling", take: `\S+ (apiserver-.) text`, views: [][]spec{common, apiserver[:20]}, every: 10, brief: true, early: true, aliases: true, reload: true, leaves: []string{"apiserver-a", "apiserver-a-again", "apiserver-b"}},
	{name: "rolling-undeclared", dir: "rolling", take: `\S+ (lb) text`, views: sets(apiserver), every: 10},
	{name: "rolling-brief", dir: "rolling", take: `\S+ (lb) text`, balanced: map[string]int{"lb": 5}, views: sets(apiserver), every: 10, brief: true, reload: true},
	{name: "rolling-merged", dir: "rolling", take: `\S+ (apiserver-.) text`, views: [][]spec{common, apiserver[:12]}, how: merged, early: true, brief: true},

	{name: "native-text", dir: "apiserver-native", take: `\S+ (apiserver-.) text`, views: sets(apiserver), every: 1, families: true},
	{name: "native-protobuf", dir: "apiserver-native", take: `\S+ (apiserver-.)-pb protobuf`, views: sets(apiserver), every: 1, early: true, families: true},
	{name: "native-formats", dir: "apiserver-native", take: `\S+ (apiserver-.)(?:-pb)? (?:text|protobuf)`, views: sets(apiserver), every: 1},
	{name: "native-balanced", dir: "apiserver-native", take: `\S+ (lb-pb) protobuf`, balanced: map[string]int{"lb-pb": 3}, views: sets(apiserver), every: 1},
	{name: "native-reloaded", dir: "apiserver-native", take: `\S+ (lb-pb) protobuf`, balanced: map[string]int{"lb-pb": 3}, views: sets(apiserver), every: 1, early: true, reload: true},
	{name: "native-merged", dir: "apiserver-native", take: `\S+ (apiserver-.)-pb protobuf`, views: sets(apiserver), early: true, how: merged},
	{name: "native-joined", dir: "apiserver-native", take: `\S+ (apiserver-.)-pb protobuf`, views: sets(apiserver), early: true, how: joined},
	{name: "native-alone", dir: "apiserver-native", take: `\S+ (apiserver-c)-pb protobuf`, views: sets(apiserver), every: 1, early: true, reload: true},
	{name: "native-leaving", dir: "apiserver-native", take: `\S+ (apiserver-.)-pb protobuf`, views: sets(apiserver), every: 1, early: true, brief: true, reload: true, leaves: []string{"apiserver-c"}},
	{name: "native-alone-merged", dir: "apiserver-native", take: `\S+ (apiserver-c)-pb protobuf`, views: sets(apiserver), early: true, aliases: true, how: merged},
	{name: "native-alone-joined", dir: "apiserver-native", take: `\S+ (apiserver-c)-pb protobuf`, views: sets(apiserver), early: true, how: joined},

	{name: "skew-direct", dir: "apiserver-skew", take: `\S+ (apiserver-.) text`, views: sets(clients, apiserver), every: 2, families: true},
	{name: "skew-balanced", dir: "apiserver-skew", take: `\S+ (lb) text`, balanced: map[string]int{"lb": 3}, views: sets(apiserver), every: 2},
	{name: "skew-reloaded", dir: "apiserver-skew", take: `\S+ (apiserver-.) text`, views: sets(apiserver), every: 2, reload: true, late: apiserver[:2]},
	{name: "skew-merged", dir: "apiserver-skew", take: `\S+ (apiserver-.) text`, views: sets(apiserver), early: true, how: merged},

	{name: "controllers-managers", dir: "controllers-ha", take: `\S+ (kcm-.) text`, views: sets(clients, controllers), every: 4, families: true, again: true},
	{name: "controllers-schedulers", dir: "controllers-ha", take: `\S+ (sched-.) text`, views: sets(clients, controllers), every: 4, families: true},
	{name: "controllers-all", dir: "controllers-ha", take: `\S+ ((?:kcm|sched)-.) text`, views: sets(clients, controllers), every: 6, uids: true, early: true, leaves: []string{"kcm-1"}, returns: true},
	{name: "controllers-brief", dir: "controllers-ha", take: `\S+ ((?:kcm|sched)-.) text`, views: sets(clients, controllers), every: 6, brief: true, reload: true, leaves: []string{"kcm-1"}},
	{name: "controllers-merged", dir: "controllers-ha", take: `\S+ ((?:kcm|sched)-.) text`, views: sets(clients, controllers), how: merged, early: true, brief: true, leaves: []string{"sched-1", "kcm-2"}},
	{name: "controllers-joined", dir: "controllers-ha", take: `\S+ ((?:kcm|sched)-.) text`, views: sets(clients, controllers), how: joined, early: true},

	{name: "etcd", dir: "etcd", take: `\S+ (etcd-.) text`, views: sets(etcd), every: 3, families: true, again: true},
	{name: "etcd-reloaded", dir: "etcd", take: `\S+ (etcd-.) text`, views: sets(etcd), every: 4, reload: true, late: etcd[:2], expect: []string{"etcd-1", "etcd-2", "etcd-3", "etcd-4"}},
	{name: "etcd-one-address", dir: "etcd", take: `\S+ (etcd)-. text`, balanced: map[string]int{"etcd": 3}, views: sets(etcd), every: 4},
	{name: "etcd-blind", dir: "etcd", take: `\S+ (etcd)-. text`, balanced: map[string]int{"etcd": 3}, views: sets(etcd), every: 4, blind: true},
	{name: "etcd-aliases", dir: "etcd", take: `\S+ (etcd-.) text`, views: sets(etcd), every: 4, aliases: true},
	{name: "etcd-joined", dir: "etcd", take: `\S+ (etcd-.) text`, views: sets(etcd), how: joined, early: true},
	{name: "etcd-packed", dir: "etcd", take: `\S+ (etcd-.) text`, views: sets(etcd), every: 7, packed: true},

	{name: "ksm-good", dir: "ksm-shards", take: `good (ksm-\d) text`, views: sets(stateMetrics), every: 3, families: true},
	{name: "ksm-duplicate", dir: "ksm-shards", take: `duplicate (ksm-\d) text`, views: sets(stateMetrics), every: 2},
	{name: "ksm-scaleup", dir: "ksm-shards", take: `scaleup (ksm-\d) text`, views: sets(stateMetrics), every: 2},
	{name: "ksm-gap", dir: "ksm-shards", take: `gap (ksm-\d) text`, views: sets(stateMetrics), every: 2},
	{name: "ksm-overlap", dir: "ksm-shards", take: `overlap (ksm-\d) text`, views: sets(stateMetrics), every: 2},
	{name: "ksm-stale", dir: "ksm-shards", take: `stale (ksm-\d) text`, views: sets(stateMetrics), every: 5, reload: true},
	{name: "ksm-stopped", dir: "ksm-shards", take: `stopped (ksm-\d) text`, views: sets(stateMetrics), every: 2, expect: []string{"ksm-0", "ksm-1", "ksm-2", "ksm-3"}},
	{name: "ksm-balanced", dir: "ksm-shards", take: `good (ksm-lb) text`, balanced: map[string]int{"ksm-lb": 3}, views: sets(stateMetrics), every: 3},
	{name: "ksm-undeclared", dir: "ksm-shards", take: `stale (ksm-lb) text`, views: sets(stateMetrics), every: 5},
	{name: "ksm-all", dir: "ksm-shards", take: `\S+ (ksm-\d) text`, views: sets(stateMetrics), every: 20},
	{name: "ksm-all-balanced", dir: "ksm-shards", take: `\S+ (ksm-lb) text`, balanced: map[string]int{"ksm-lb": 3}, views: sets(stateMetrics), every: 20},
	{name: "ksm-brief", dir: "ksm-shards", take: `\S+ (ksm-\d) text`, views: sets(stateMetrics), every: 20, brief: true, uids: true, leaves: []string{"ksm-2"}},
	{name: "ksm-joined", dir: "ksm-shards", take: `stale (ksm-\d) text`, views: sets(stateMetrics), how: joined, early: true},
	{name: "ksm-telemetry", dir: "ksm-shards", take: `\S+ (ksm-\d-telemetry) text`, views: sets(stateMetrics), every: 3, families: true},
	{name: "ksm-openmetrics", dir: "ksm-shards", take: `\S+ (ksm-\d)-om openmetrics`, views: sets(stateMetrics), every: 4},
	{name: "ksm-formats", dir: "ksm-shards", take: `stale (ksm-\d)(?:-om)? (?:text|openmetrics)`, views: sets(stateMetrics), every: 7},

	{name: "kubelets", dir: "kubelets", take: `kubelets (hollow-\d) text`, views: sets(clients, kubelet), every: 3, families: true, again: true},
	{name: "kubelets-protobuf", dir: "kubelets", take: `kubelets (hollow-\d)(?:-pb)? (?:text|protobuf)`, views: sets(clients, kubelet), every: 4},
	{name: "kubelets-one-address", dir: "kubelets", take: `kubelets (hollow)-\d text`, balanced: map[string]int{"hollow": 3}, views: sets(clients, kubelet), every: 4},
	{name: "kubelets-reloaded", dir: "kubelets", take: `kubelets (hollow)-\d text`, balanced: map[string]int{"hollow": 3}, views: sets(clients, kubelet), every: 4, blind: true, reload: true},
	{name: "kubelets-joined", dir: "kubelets", take: `kubelets (hollow-\d) text`, views: sets(clients, kubelet), how: joined, early: true},
	{name: "kubelets-resource", dir: "kubelets", take: `kubelets (hollow-\d-resource) text`, views: sets(kubelet), every: 3, families: true},
	{name: "kubelets-fine", dir: "kubelets", take: `kubelets-fine (hollow-\d-resource) text`, views: sets(kubelet), every: 6, families: true, early: true},
	{name: "kubelets-cadvisor", dir: "kubelets", take: `kubelets (hollow-\d-cadvisor) text`, views: sets(kubelet), every: 1, families: true},
	{name: "metrics-server", dir: "kubelets", take: `kubelets (metrics-server) text`, views: sets(clients, kubelet), every: 1},

	{name: "haproxy", dir: "other", take: `\S+ (haproxy-\d) text`, views: sets(exporters), every: 2, families: true},
	{name: "haproxy-formats", dir: "other", take: `\S+ (haproxy-\d)(?:-om)? (?:text|openmetrics)`, views: sets(exporters), every: 2, again: true},
	{name: "haproxy-one-address", dir: "other", take: `\S+ (haproxy)-\d text`, balanced: map[string]int{"haproxy": 2}, views: sets(exporters), every: 2},
	{name: "node", dir: "other", take: `\S+ (node-\d)(?:-om)? (?:text|openmetrics)`, views: sets(exporters), every: 2, families: true},
	{name: "node-samples", dir: "other", take: `\S+ (node-\d)(?:-om)? (?:text|openmetrics)`, views: sets(exporters), every: 2, samples: true},
	{name: "native-samples", dir: "apiserver-native", take: `\S+ (apiserver-.)-pb protobuf`, views: sets(apiserver), every: 1, samples: true, early: true},
}

// aliased ends the names of second targets.
const aliased = "-again"

// entry is a line of a manifest, with the target that the fleet is told.
type entry struct {
	recording.Scrape
	target string
	last   bool // of its round
}

// entries are those of the manifest that the sequence takes.
func (s *sequence) entries(manifest []recording.Scrape) ([]entry, error) {
	pattern, err := regexp.Compile("^" + s.take + "$")
	if err != nil {
		return nil, err
	}
	var list []entry
	round := map[string]int{}
	for _, m := range manifest {
		if match := pattern.FindStringSubmatch(m.Scenario + " " + m.Target + " " + m.Format); match != nil {
			round[fmt.Sprint(m.Scenario, m.Step)] = len(list)
			target := match[len(match)-1]
			if s.aliases && m.Step%2 == 1 {
				target += aliased
			}
			list = append(list, entry{Scrape: m, target: target})
		}
	}
	for _, i := range round {
		list[i].last = true
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no scrape matches %s", s.take)
	}
	return list, nil
}

// zoneOf is a label of a target, so that views can group by one.
func zoneOf(target string) string {
	n := 0
	for _, c := range []byte(target) {
		n += int(c)
	}
	return [...]string{"near", "far"}[n%2]
}

// target is what the fleet is told about one.
func (s *sequence) target(name string) target {
	t := target{name: name, labels: []string{"zone", zoneOf(name)}}
	if s.uids {
		t.instance = "uid-" + name
	}
	t.expected, t.balanced = s.balanced[name]
	if strings.HasSuffix(name, aliased) {
		t.created = time.Unix(1, 0) // the newer target of a process
	}
	return t
}

// specs are the views to declare from the start.
func (s *sequence) specs() []spec { return slices.Concat(s.views...) }
