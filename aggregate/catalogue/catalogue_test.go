package catalogue_test

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

func TestCatalogueIsComplete(t *testing.T) {
	c := aggregate.Kubernetes()
	seen := map[string]bool{}
	for _, e := range c {
		assert.False(t, seen[e.Metric], "%s stands twice", e.Metric)
		seen[e.Metric] = true
		assert.NotEqual(t, aggregate.MeaningUnknown, e.Meaning, e.Metric)
		assert.NotEmpty(t, e.Read, e.Metric)
		assert.NotEmpty(t, e.Why, e.Metric)
		assert.Equal(t, e.Type == "", strings.Contains(e.Metric, "*"), "%s: only patterns have no type", e.Metric)
		assert.True(t, e.Declared == "" || e.Declared != e.Type, e.Metric)
	}
}

func TestCatalogueLookup(t *testing.T) {
	c := aggregate.Kubernetes()
	e, ok := c.Lookup("apiserver_storage_objects")
	require.True(t, ok)
	assert.Equal(t, aggregate.MeaningFact, e.Meaning)
	assert.Equal(t, "apiserver_storage_objects (gauge): fact: the value that changed last; "+
		"every server counts the same objects, once a minute; −1 is one that could not", e.String())
	e, ok = c.Lookup("etcd_bookmark_counts")
	require.True(t, ok)
	assert.Equal(t, "etcd_bookmark_counts (counter, declared gauge): share: increase of each instance, then the sum; "+
		"it only grows; etcd_bookmark_total of later versions says so", e.String())
	e, ok = c.Lookup("apiserver_request")
	assert.True(t, ok, "_total may be left out")
	assert.Equal(t, "apiserver_request_total", e.Metric)
	e, ok = c.Lookup("kube_pod_info")
	assert.True(t, ok)
	assert.Equal(t, "kube_*", e.Metric)
	_, ok = c.Lookup("nobody_knows")
	assert.False(t, ok)

	// What is appended counts, but a name stands before a pattern.
	own := append(aggregate.Kubernetes(),
		aggregate.Entry{Metric: "kube_pod_info", Meaning: aggregate.MeaningIdentity},
		aggregate.Entry{Metric: "apiserver_*", Meaning: aggregate.MeaningHighest},
		aggregate.Entry{Metric: "apiserver_storage_objects", Meaning: aggregate.MeaningLowest},
		aggregate.Entry{Metric: "[", Meaning: aggregate.MeaningLowest})
	for metric, want := range map[string]aggregate.Meaning{
		"kube_pod_info": aggregate.MeaningIdentity, "kube_pod_labels": aggregate.MeaningShare,
		"apiserver_other": aggregate.MeaningHighest, "apiserver_storage_objects": aggregate.MeaningLowest,
		"apiserver_request_total": aggregate.MeaningShare,
	} {
		e, ok := own.Lookup(metric)
		assert.True(t, ok, metric)
		assert.Equal(t, want, e.Meaning, metric)
	}
	e, _ = aggregate.Kubernetes().Lookup("apiserver_storage_objects")
	assert.Equal(t, aggregate.MeaningFact, e.Meaning, "it is the caller's own")
}

func TestCatalogueCompletesViews(t *testing.T) {
	c := aggregate.Kubernetes()
	v := c.View(aggregate.View{Metric: "apiserver_storage_objects", By: []string{"resource"}})
	assert.Equal(t, aggregate.View{
		Metric: "apiserver_storage_objects", By: []string{"resource"}, Meaning: aggregate.MeaningFact, Sentinels: []float64{-1},
	}, v)
	assert.Equal(t, "kube-scheduler", c.View(aggregate.View{Metric: "scheduler_pending_pods"}).Election.Name)
	assert.Equal(t, model.MetricTypeCounter, c.View(aggregate.View{Metric: "etcd_bookmark_counts"}).Type)
	assert.Empty(t, c.View(aggregate.View{Metric: "etcd_bookmark_total"}).Type, "where bodies are right, they are believed")
	// What the view says stays.
	own := aggregate.View{Metric: "scheduler_pending_pods", Meaning: aggregate.MeaningShare, Type: model.MetricTypeGauge, Sentinels: []float64{}}
	assert.Equal(t, own, c.View(own))
	own = aggregate.View{Metric: "scheduler_pending_pods", Election: aggregate.Election{Name: "my-scheduler"}}
	assert.Equal(t, "my-scheduler", c.View(own).Election.Name)
	own = aggregate.View{Metric: "nobody_knows"}
	assert.Equal(t, own, c.View(own))

	b := newBed(t, aggregate.Config{})
	for _, e := range c {
		if e.Limit == "" {
			assert.NotEqual(t, aggregate.MeaningSaturation, e.Meaning, e.Metric)
			continue
		}
		assert.Equal(t, aggregate.MeaningSaturation, e.Meaning, e.Metric)
		_, known := c.Lookup(e.Limit)
		assert.True(t, known, e.Limit)
		_, err := aggregate.GaugeRatio(b.gauge(c.View(aggregate.View{Metric: e.Metric})), b.gauge(c.View(aggregate.View{Metric: e.Limit})))
		assert.NoError(t, err)
	}
}

// What real bodies declare is what the catalogue says they do.
func TestCatalogueAgainstRecordings(t *testing.T) {
	declared := map[string]map[string]bool{}
	for _, name := range []string{"apiserver-ha", "apiserver-skew", "controllers-ha", "etcd"} {
		last := map[string]corpusLine{}
		for _, l := range corpus(t, name) {
			if l.File != "" && l.Format == "text" && l.Path == "/metrics" {
				last[l.Target] = l
			}
		}
		for _, l := range last {
			sc := bufio.NewScanner(bytes.NewReader(corpusBody(t, name, l.File)))
			for sc.Scan() {
				if f := strings.Fields(sc.Text()); len(f) == 4 && f[0] == "#" && f[1] == "TYPE" {
					if declared[f[2]] == nil {
						declared[f[2]] = map[string]bool{}
					}
					declared[f[2]][f[3]] = true
				}
			}
			require.NoError(t, sc.Err())
		}
	}
	checked := 0
	for _, e := range aggregate.Kubernetes() {
		want := e.Declared
		if want == "" {
			want = e.Type
		}
		if types, ok := declared[e.Metric]; ok {
			assert.Equal(t, []string{string(want)}, slices.Collect(maps.Keys(types)), e.Metric)
			checked++
		}
	}
	assert.Greater(t, checked, 35)
}

func ExampleKubernetes() {
	known := append(aggregate.Kubernetes(), aggregate.Entry{
		Metric: "myapp_tenants", Type: model.MetricTypeGauge, Meaning: aggregate.MeaningFact,
		Read: "the value that changed last", Why: "each replica reads it from the database",
	})
	for _, metric := range []string{"apiserver_current_inflight_requests", "scheduler_pending_pods", "myapp_tenants"} {
		e, _ := known.Lookup(metric)
		fmt.Println(e)
	}

	fleet, err := aggregate.NewFleet(aggregate.Config{})
	if err != nil {
		panic(err)
	}
	tenants, err := fleet.Gauge(known.View(aggregate.View{Metric: "myapp_tenants"}))
	if err != nil {
		panic(err)
	}
	for i, body := range []string{"myapp_tenants 12\n", "myapp_tenants 12\n"} {
		sc := aggregate.Scrape{Target: fmt.Sprint("replica-", i), Time: t0, Body: []byte(body)}
		if _, err := fleet.Observe(sc); err != nil {
			panic(err)
		}
	}
	groups, err := tenants.At(t0)
	if err != nil {
		panic(err)
	}
	value, _, _ := groups[0].Value()
	sum, _ := groups[0].Sum()
	fmt.Println(value, "tenants, not", sum)
	// Output:
	// apiserver_current_inflight_requests (gauge): highest: maximum; the sum is an upper bound; each is the high-water mark of a second, and not the same second
	// scheduler_pending_pods (gauge): leader: the leader's; standbys fill queues that they do not work off
	// myapp_tenants (gauge): fact: the value that changed last; each replica reads it from the database
	// 12 tenants, not 24
}
