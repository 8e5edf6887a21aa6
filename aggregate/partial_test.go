package aggregate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// family writes the first n lines of a family.
func family(name, typ string, n int) []string {
	lines := []string{"# TYPE " + name + " " + typ}
	for i := range n {
		lines = append(lines, fmt.Sprintf(`%s{i="%d"} 1`, name, i))
	}
	return lines
}

func body(families ...[]string) (lines []string) {
	for _, f := range families {
		lines = append(lines, f...)
	}
	return lines
}

// partialWarnings are those of a view that speak of partial families.
func partialWarnings(list []string) (out []string) {
	for _, w := range list {
		if strings.Contains(w, "partial") {
			out = append(out, w)
		}
	}
	return out
}

func TestFamilyThatLostMostOfItsLines(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after int
		start         float64 // of the process in the second scrape
		want          string
	}{
		{"most", 20, 9, -100, "only 9 of 20 lines of pods are left, of the same process: it may be partial"},
		{"all", 20, 0, -100, "only 0 of 20 lines of pods are left, of the same process: it may be partial"},
		{"half", 20, 10, -100, ""},
		{"a handful", 9, 0, -100, ""},
		{"the least", 10, 4, -100, "only 4 of 10 lines of pods are left, of the same process: it may be partial"},
		{"with a restart", 20, 1, 5, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBed(t, aggregate.Config{})
			r := b.scrape("a", 0, -100, body(family("pods", "gauge", c.before), family("nodes", "gauge", 20))...)
			require.Nil(t, r.Partial)
			r = b.scrape("a", 10, c.start, body(family("pods", "gauge", c.after), family("nodes", "gauge", 20))...)
			require.Equal(t, c.want, strings.Join(r.Warnings, ""))
			require.Equal(t, c.want != "", slices.Equal(r.Partial, []string{"pods"}))
		})
	}
}

// As many that came as went: the family changed, and is whole.
func TestReplacedLinesAreNotPartial(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	lines := family("pods", "gauge", 20)
	b.scrape("a", 0, 0, lines...)
	for i := range lines {
		lines[i] = strings.Replace(lines[i], `i="`, `i="new-`, 1)
	}
	r := b.scrape("a", 10, 0, lines...)
	require.Equal(t, 20, r.Went)
	require.Nil(t, r.Partial)
}

// The views on a partial family warn as long as it is so, in a window that saw
// it so, and count its instance as answering in part; others do not.
func TestViewsOnAPartialFamilyWarn(t *testing.T) {
	b := newBed(t, aggregate.Config{Window: 10 * time.Minute})
	pods, err := b.Gauge(aggregate.View{Select: "pods"})
	require.NoError(t, err)
	nodes, err := b.Gauge(aggregate.View{Select: "nodes"})
	require.NoError(t, err)
	restarts := b.counter(aggregate.View{Select: "restarts_total"})
	all := b.everything(aggregate.View{Select: everyFamily, TotalsOnly: true})
	whole := body(family("pods", "gauge", 20), family("nodes", "gauge", 20), family("restarts_total", "counter", 20))
	part := body(family("pods", "gauge", 3), family("nodes", "gauge", 20), family("restarts_total", "counter", 2))

	ask := func(seconds float64, window time.Duration) (warnings map[string][]string, inPart int) {
		warnings = map[string][]string{}
		for name, v := range map[string]*aggregate.GaugeView{"pods": pods, "nodes": nodes, "all": all.gauges} {
			groups, err := v.At(b.Snapshot(at(seconds)))
			require.NoError(t, err)
			for _, g := range groups {
				warnings[name+g.Labels().Get("__name__")] = partialWarnings(g.Warnings())
				inPart += g.Coverage().Partial
			}
		}
		warnings["restarts"] = partialWarnings(b.one(restarts, seconds, window).Warnings())
		return warnings, inPart
	}
	b.scrape("a", 0, -100, whole...)
	got, n := ask(0, time.Minute)
	for name, w := range got {
		require.Empty(t, w, name)
	}
	require.Zero(t, n)

	b.scrape("a", 60, -100, part...)
	b.scrape("a", 120, -100, part...) // as the scrape before, and still partial
	got, n = ask(120, time.Minute)
	podsText := "a: only 3 of 20 lines of pods since 2023-11-14T22:14:20Z, of the same process: it may be partial"
	assert.Equal(t, map[string][]string{
		"pods": {podsText}, "nodes": nil, "allpods": {podsText}, "allnodes": nil, "allprocess_start_time_seconds": nil,
		"restarts": {"a: only 2 of 20 lines of restarts_total since 2023-11-14T22:14:20Z, of the same process: it may be partial"},
	}, got)
	assert.Equal(t, 1, n, "for the view on the pods alone")
	_, err = pods.At(b.Snapshot(at(120)).AtLeast(1))
	var refused *aggregate.CoverageError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, []string{"a (partial)"}, refused.Missing)
	_, err = nodes.At(b.Snapshot(at(120)).AtLeast(1))
	require.NoError(t, err)

	b.scrape("a", 180, -100, whole...)
	got, n = ask(180, 3*time.Minute)
	assert.Zero(t, n)
	assert.Empty(t, got["pods"], "a gauge is about now")
	assert.Equal(t, []string{"a: restarts_total was partial from 2023-11-14T22:14:20Z to 2023-11-14T22:16:20Z"}, got["restarts"])
	b.scrape("a", 300, -100, whole...)
	got, _ = ask(300, time.Minute)
	assert.Empty(t, got["restarts"], "before the window")
}

// A family that stays small is not partial for ever.
func TestSmallForLongIsSmall(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v, err := b.Gauge(aggregate.View{Select: "pods"})
	require.NoError(t, err)
	b.scrape("a", 0, 0, family("pods", "gauge", 20)...)
	for _, c := range []struct {
		seconds float64
		partial int
	}{{10, 1}, {3610, 1}, {3611, 0}} {
		b.scrape("a", c.seconds, 0, family("pods", "gauge", 2)...)
		groups, err := v.At(b.Snapshot(at(c.seconds)))
		require.NoError(t, err)
		assert.Equal(t, c.partial, groups[0].Coverage().Partial)
		assert.Len(t, partialWarnings(groups[0].Warnings()), c.partial)
	}
}

// A restart ends what was partial: the new process has its own families.
func TestRestartEndsPartial(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v, err := b.Gauge(aggregate.View{Select: "pods"})
	require.NoError(t, err)
	b.scrape("a", 0, -100, family("pods", "gauge", 20)...)
	b.scrape("a", 10, -100, family("pods", "gauge", 2)...)
	b.scrape("a", 20, 15, family("pods", "gauge", 2)...)
	groups, err := v.At(b.Snapshot(at(20)))
	require.NoError(t, err)
	assert.Zero(t, groups[0].Coverage().Partial)
}

// No body of the recordings is partial: restarts, upgrades and objects that
// come and go do not look like it. Cut down by a relist, each one would.
func TestNoRecordedBodyIsPartial(t *testing.T) {
	for _, name := range []string{"apiserver-ha", "apiserver-skew", "controllers-ha", "etcd", "ksm-shards", "kubelets", "other"} {
		t.Run(name, func(t *testing.T) {
			scenario, n := "", 0
			var b bed
			for _, l := range corpus(t, name) {
				if l.File == "" || l.ThroughLB || !strings.HasPrefix(l.ContentType, "text/plain") {
					continue
				}
				if testing.Short() && l.Step > 2 {
					continue
				}
				if l.Scenario != scenario {
					scenario, b = l.Scenario, newBed(t, aggregate.Config{})
				}
				sc := l.scrape(corpusBody(t, name, l.File))
				sc.Target += l.Path
				r, err := b.Ingest(sc)
				require.NoError(t, err, l.File)
				require.Nil(t, r.Partial, l.File)
				n++
			}
			require.NotZero(t, n)
		})
	}
}

func TestTrimmedBodyOfARecordingIsPartial(t *testing.T) {
	lines := corpus(t, "ksm-shards")
	b := newBed(t, aggregate.Config{})
	for _, l := range lines {
		if l.File == "" || l.Target != "ksm-0" || l.Scenario != "good" || !strings.HasPrefix(l.ContentType, "text/plain") {
			continue
		}
		sc := l.scrape(corpusBody(t, "ksm-shards", l.File))
		_, err := b.Ingest(sc)
		require.NoError(t, err)
		// What a relist serves: of the pods, only the first few.
		n := 0
		var kept []string
		for _, line := range strings.SplitAfter(string(sc.Body), "\n") {
			if strings.HasPrefix(line, "kube_pod_info{") {
				if n++; n > 3 {
					continue
				}
			}
			kept = append(kept, line)
		}
		sc.Body, sc.Time = []byte(strings.Join(kept, "")), sc.Time.Add(time.Second)
		r, err := b.Ingest(sc)
		require.NoError(t, err)
		require.Equal(t, []string{"kube_pod_info"}, r.Partial)
		require.Contains(t, r.Warnings[0], fmt.Sprintf("only 3 of %d lines", n))
		return
	}
	t.Fatal("no scrape of the shard")
}

// A family of a gauge vanishes while its process goes on, and another that started when it
// did still shows it: the columns that are given back are not asked for again.
func TestGaugeFamilyThatVanishes(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	pods, err := b.Gauge(aggregate.View{Select: "pods", By: []string{"i"}, Combine: aggregate.Sum})
	require.NoError(t, err)
	for i := range 6 {
		b.scrape("a", float64(10*i), -100, family("pods", "gauge", 20)...)
		if i < 3 {
			b.scrape("b", float64(10*i), -100, family("pods", "gauge", 20)...)
		} else {
			b.scrape("b", float64(10*i), -100)
		}
	}
	groups, err := pods.At(b.Snapshot(at(50)))
	require.NoError(t, err)
	require.Len(t, groups, 20)
	for _, g := range groups {
		require.Len(t, g.Members(), 1)
	}
}
