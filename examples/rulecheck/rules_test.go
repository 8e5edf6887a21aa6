package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRules: every rule finds what it is for in the first group of the rule
// file, and nothing in the second.
func TestRules(t *testing.T) {
	sources, troubles, _ := readPaths([]string{"testdata/rules.yaml"})
	require.Empty(t, troubles)
	r := check(sources)
	require.Empty(t, r.Troubles)
	require.Empty(t, r.Skipped)
	found := map[string][]string{}
	seen := map[string]bool{}
	for _, f := range append(r.Findings, r.Ignored...) {
		found[f.Title] = append(found[f.Title], f.Rule)
		seen[f.Rule] = true
	}
	assert.Equal(t, map[string][]string{
		"shop:requests:sum":   {"sum-of-counters"},
		"RateOfARecordedSum":  {"rate-of-sum"},
		"RateOfASum":          {"rate-of-sum"},
		"shop:growth:day":     {"sum-of-counters"},
		"shop:latency:mean":   {"mean-of-quantiles"},
		"shop:summary:sum":    {"mean-of-quantiles"},
		"shop:p95:p95":        {"quantile-of-quantiles"},
		"shop:latency:max":    {"max-by-le"},
		"shop:heatmap":        {"max-by-le"},
		"api:full":            {"max-over-max"},
		"api:objects":         {"sum-of-facts"},
		"etcd:commits":        {"sum-of-facts"},
		"queue:rate":          {"rate-of-gauge"},
		"scheduler:pending":   {"leader-gauge"},
		"shop:errors:ratio":   {"no-match"},
		"api:limit":           {"gone-metric"},
		"api:objects:ignored": {"sum-of-facts"},
	}, found)
	for _, r := range rules {
		assert.True(t, seen[r.name], "nothing in the file is for %s", r.name)
	}
}

// TestAdvice: what is advised in PromQL gives the library's number on the input
// that shows the expression wrong, and the library's bounds hold its value.
func TestAdvice(t *testing.T) {
	sources, _, _ := readPaths([]string{"testdata/rules.yaml", "testdata/dashboard.json", "testdata/configmap.yaml"})
	k := learn(sources)
	advised := 0
	for _, s := range sources {
		e, err := parse(s.Text)
		if err != nil {
			continue
		}
		for _, p := range k.prove(e) {
			o := p.proof.ours
			assert.LessOrEqual(t, o.Lo, o.Value, s.Text)
			assert.GreaterOrEqual(t, o.Hi, o.Value, s.Text)
			if p.match.promql == "" || p.rule.name == rateOfGauge.name || p.match.read != nil {
				continue // no advice, that on another question, or on all buckets
			}
			advice, err := parse(p.match.promql)
			require.NoError(t, err, p.match.promql)
			v, err := p.match.input.ask(advice)
			require.NoError(t, err, p.match.promql)
			sum := 0.0
			for _, one := range v {
				sum += one.F
			}
			require.NotEmpty(t, v, p.match.promql)
			if p.rule.name == goneMetric.name && p.match.asked != "now" {
				continue // the selector, which stands under a rate
			}
			if p.rule.name == noMatch.name {
				sum /= float64(len(v)) // of each code and instance
			}
			assert.LessOrEqual(t, math.Abs(sum-o.Value), difference*math.Abs(o.Value), "%s: %g, not %v", p.match.promql, sum, o)
			advised++
		}
	}
	assert.Greater(t, advised, 10)
}

// TestSilent: what is nobody's mistake.
func TestSilent(t *testing.T) {
	for _, text := range []string{
		`up`, `1`, `"text"`, `vector(1)`, `time() - process_start_time_seconds`,
		`sum by (pod) (http_requests_total)`, `rate(sum by (instance) (http_requests_total)[5m:])`,
		`avg by (instance) (histogram_quantile(0.9, rate(x_bucket[5m])))`, `avg by ($group) (histogram_quantile(0.9, rate(x_bucket[5m])))`,
		`max(process_open_fds{instance="a"}) / max(process_max_fds{instance="a"})`,
		`max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes) / max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_capacity_bytes)`,
		`histogram_quantile(0.9, max without (prometheus_replica) (rate(x_bucket[5m])))`, `max by (le, instance) (rate(x_bucket[5m]))`,
		`rate(etcd_server_proposals_committed_total[5m])`, `max(rate(etcd_server_proposals_committed_total[5m]))`,
		`sum(workqueue_depth{job="apiserver"})`, `sum by (cluster) (rate(a[5m])) / sum(rate(b[5m]))`,
		`sum by (x) (rate(a[5m])) / on () group_left sum(rate(b[5m]))`, `histogram_quantile(0.9, max by (le) (rate(backup_last_duration_seconds_bucket[5m])))`, `rate($metric[5m])`, `sum({__name__=~"a|b"})`,
	} {
		r := check([]source{{Text: text}, {Text: `rate(http_requests_total[5m])`}})
		assert.Empty(t, r.Skipped, text)
		assert.Empty(t, r.Findings, text)
	}
}

func TestIgnore(t *testing.T) {
	for comment, trouble := range map[string]string{
		"# rulecheck:ignore sum-of-facts one server": "",
		"# rulecheck:ignore sum-of-facts":            "shop.yaml:3: rulecheck:ignore sum-of-facts says no reason",
		"# rulecheck:ignore sum-of-fats one server":  `shop.yaml:3: rulecheck:ignore names no rule: "sum-of-fats"`,
	} {
		r := check([]source{{File: "shop.yaml", Line: 3, Text: "sum(apiserver_storage_objects) " + comment}})
		if trouble == "" {
			assert.Empty(t, r.Troubles)
			assert.Empty(t, r.Findings)
			require.Len(t, r.Ignored, 1)
			assert.Equal(t, "one server", r.Ignored[0].Reason)
		} else {
			assert.Equal(t, []string{trouble}, r.Troubles)
			assert.Len(t, r.Findings, 1)
		}
	}
}
