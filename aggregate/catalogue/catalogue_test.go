package catalogue_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
)

func TestKubernetesIsComplete(t *testing.T) {
	c := catalogue.Kubernetes()
	f, err := aggregate.NewFleet(aggregate.Config{Catalogue: c.View})
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, e := range c {
		assert.False(t, seen[e.Metric], "%s stands twice", e.Metric)
		seen[e.Metric] = true
		assert.NotEmpty(t, e.How, e.Metric)
		assert.NotEmpty(t, e.Why, e.Metric)
		assert.Equal(t, strings.HasPrefix(e.Metric, "container_") && e.Metric != "container_scrape_error", e.View.Select != "", e.Metric)
		pattern := strings.Contains(e.Metric, "*")
		assert.Equal(t, e.View.Type == "", pattern, "%s: only patterns have no type", e.Metric)
		assert.Equal(t, e.View.Combine != 0, pattern || e.View.Type == model.MetricTypeGauge, e.Metric)
		assert.True(t, e.Declared == "" || e.Declared != e.View.Type, e.Metric)
		if e.View.Limit != "" {
			_, known := c.Lookup(e.View.Limit)
			assert.True(t, known, e.View.Limit)
		}
		v := aggregate.View{Select: fmt.Sprintf("{%q}", strings.TrimSuffix(e.Metric, "*"))}
		switch e.View.Type {
		case model.MetricTypeCounter:
			_, err = f.Counter(v)
		case model.MetricTypeHistogram:
			_, err = f.Histogram(v)
		default:
			_, err = f.Gauge(v)
		}
		assert.NoError(t, err, e.Metric)
	}
}

func TestLookup(t *testing.T) {
	c := catalogue.Kubernetes()
	e, ok := c.Lookup("apiserver_storage_objects")
	require.True(t, ok)
	assert.Equal(t, aggregate.Consensus, e.View.Combine)
	assert.Equal(t, "apiserver_storage_objects (gauge): consensus: the value that changed last; "+
		"every server counts the same objects, once a minute; −1 is one that could not", e.String())
	e, ok = c.Lookup("etcd_bookmark_counts")
	require.True(t, ok)
	assert.Equal(t, "etcd_bookmark_counts (counter, declared gauge): increase of each instance, then the sum; "+
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
	entry := func(metric string, c aggregate.Combine) catalogue.Entry {
		return catalogue.Entry{Metric: metric, View: aggregate.View{Combine: c}}
	}
	own := append(catalogue.Kubernetes(), entry("kube_pod_info", aggregate.Distinct), entry("apiserver_*", aggregate.Max),
		entry("apiserver_storage_objects", aggregate.Min), entry("[", aggregate.Min))
	for metric, want := range map[string]aggregate.Combine{
		"kube_pod_info": aggregate.Distinct, "kube_pod_labels": aggregate.Sum, "apiserver_other": aggregate.Max,
		"apiserver_storage_objects": aggregate.Min, "apiserver_registered_watchers": aggregate.Sum,
	} {
		e, ok := own.Lookup(metric)
		assert.True(t, ok, metric)
		assert.Equal(t, want, e.View.Combine, metric)
	}
	e, _ = catalogue.Kubernetes().Lookup("apiserver_storage_objects")
	assert.Equal(t, aggregate.Consensus, e.View.Combine, "it is the caller's own")
}

func TestView(t *testing.T) {
	c := catalogue.Kubernetes()
	v, ok := c.View("apiserver_storage_objects")
	assert.True(t, ok)
	assert.Equal(t, aggregate.View{Combine: aggregate.Consensus, Sentinels: []float64{-1}}, v)
	v, _ = c.View("scheduler_pending_pods")
	assert.Equal(t, `leader_election_master_status{name="kube-scheduler"}`, v.Leader)
	v, _ = c.View("etcd_bookmark_counts")
	assert.Equal(t, model.MetricTypeCounter, v.Type)
	v, _ = c.View("etcd_bookmark_total")
	assert.Empty(t, v.Type, "where bodies are right, they are believed")
	_, ok = c.View("nobody_knows")
	assert.False(t, ok)
}

// Views are completed, and what they say themselves stays.
func TestCompletedViews(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{Catalogue: catalogue.Kubernetes().View})
	require.NoError(t, err)
	at := time.Unix(1_700_000_000, 0)
	value := func(v aggregate.View) (float64, bool) {
		g, err := f.Gauge(v)
		require.NoError(t, err)
		group, err := g.One(f.Snapshot(at))
		require.NoError(t, err)
		x, ok := group.Value()
		return x.Value, ok
	}
	for i, body := range []string{
		"apiserver_storage_objects 5\nprocess_open_fds 50\nprocess_max_fds 100\nscheduler_pending_pods 1\nis_leader 0\n",
		"apiserver_storage_objects -1\nprocess_open_fds 10\nprocess_max_fds 40\nscheduler_pending_pods 2\nis_leader 1\n",
	} {
		_, err := f.Ingest(aggregate.Scrape{Target: fmt.Sprint(i), Time: at, Body: []byte(body)})
		require.NoError(t, err)
	}
	for _, c := range []struct {
		view aggregate.View
		want float64
		ok   bool
	}{
		{aggregate.View{Select: "apiserver_storage_objects"}, 5, true},
		{aggregate.View{Select: "apiserver_storage_objects", Combine: aggregate.Min}, 5, true}, // -1 is a sentinel
		{aggregate.View{Select: "process_open_fds"}, 0.5, true},
		{aggregate.View{Select: "process_open_fds", Combine: aggregate.Sum}, 60, true},
		{aggregate.View{Select: "process_open_fds", Limit: "apiserver_storage_objects", Combine: aggregate.Min}, 10, true},
		{aggregate.View{Select: "scheduler_pending_pods"}, 0, false},
		{aggregate.View{Select: "scheduler_pending_pods", Leader: "is_leader"}, 2, true},
		{aggregate.View{Select: "scheduler_pending_pods", Combine: aggregate.Max}, 2, true},
		{aggregate.View{Select: "nobody_knows"}, 0, false},
	} {
		x, ok := value(c.view)
		assert.Equal(t, c.ok, ok, "%+v", c.view)
		assert.Equal(t, c.want, x, "%+v", c.view)
	}
}

// What real bodies declare is what the catalogue says they do.
func TestCatalogueAgainstRecordings(t *testing.T) {
	declared := map[string]map[string]bool{}
	for _, name := range []string{"apiserver-ha", "apiserver-skew", "controllers-ha", "etcd"} {
		last := map[string]scrape{}
		for _, l := range recording(t, name) {
			if l.File != "" && l.Format == "text" && l.Path == "/metrics" {
				last[l.Target] = l
			}
		}
		for _, l := range last {
			sc := bufio.NewScanner(bytes.NewReader(l.body(t, name)))
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
	for _, e := range catalogue.Kubernetes() {
		want := e.Declared
		if want == "" {
			want = e.View.Type
		}
		if types, ok := declared[e.Metric]; ok {
			assert.Equal(t, []string{string(want)}, slices.Collect(maps.Keys(types)), e.Metric)
			checked++
		}
	}
	assert.Greater(t, checked, 35)
}

type scrape struct{ File, Target, Path, Format string }

const corpus = "../../../shared/corpus"

// recording are the scrapes of one.
func recording(t *testing.T, name string) (list []scrape) {
	t.Helper()
	f, err := os.Open(filepath.Join(corpus, name, "manifest.jsonl"))
	if os.IsNotExist(err) {
		t.Skip("the corpus of recordings is not here")
	}
	require.NoError(t, err)
	defer f.Close()
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		var l scrape
		require.NoError(t, json.Unmarshal(sc.Bytes(), &l))
		list = append(list, l)
	}
	require.NoError(t, sc.Err())
	require.NotEmpty(t, list)
	return list
}

func (l scrape) body(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(corpus, name, l.File))
	require.NoError(t, err)
	z, err := gzip.NewReader(bytes.NewReader(raw))
	require.NoError(t, err)
	body, err := io.ReadAll(z)
	require.NoError(t, err)
	return body
}

func ExampleCatalogue() {
	known := append(catalogue.Kubernetes(), catalogue.Entry{
		Metric: "myapp_tenants", View: aggregate.View{Type: model.MetricTypeGauge, Combine: aggregate.Consensus},
		How: "the value that changed last", Why: "each replica reads it from the database",
	})
	for _, metric := range []string{"apiserver_current_inflight_requests", "scheduler_pending_pods", "myapp_tenants"} {
		e, _ := known.Lookup(metric)
		fmt.Println(e)
	}

	now := time.Unix(1_700_000_000, 0)
	fleet, err := aggregate.NewFleet(aggregate.Config{Catalogue: known.View})
	if err != nil {
		panic(err)
	}
	tenants, err := fleet.Gauge(aggregate.View{Select: "myapp_tenants"})
	if err != nil {
		panic(err)
	}
	for i, body := range []string{"myapp_tenants 12\n", "myapp_tenants 12\n"} {
		sc := aggregate.Scrape{Target: fmt.Sprint("replica-", i), Time: now, Body: []byte(body)}
		if _, err := fleet.Ingest(sc); err != nil {
			panic(err)
		}
	}
	g, err := tenants.One(fleet.Snapshot(now))
	if err != nil {
		panic(err)
	}
	value, _ := g.Value()
	fmt.Println(value, "tenants, not 24")
	// Output:
	// apiserver_current_inflight_requests (gauge): max: maximum; the sum is an upper bound; each is the high-water mark of a second, and not the same second
	// scheduler_pending_pods (gauge): leader: the leader's; standbys fill queues that they do not work off
	// myapp_tenants (gauge): consensus: the value that changed last; each replica reads it from the database
	// 12 tenants, not 24
}

// A counter that something else keeps goes on when its exporter restarts.
func ExampleOwnerOf() {
	for _, metric := range []string{"redis_commands_processed_total", "redis_exporter_scrapes_total", "orders_total"} {
		owner, source := catalogue.OwnerOf(metric)
		fmt.Println(metric, "-", owner, "-", source)
	}
	// Output:
	// redis_commands_processed_total - external - oliver006/redis_exporter exporter/metrics.go: shows what INFO counts
	// redis_exporter_scrapes_total - process - oliver006/redis_exporter exporter/exporter.go: counts its own scrapes
	// orders_total - unknown -
}

// An entry says how a metric is to be read, and why.
func ExampleEntry() {
	e, known := catalogue.Kubernetes().Lookup("apiserver_storage_objects")
	fmt.Println(e.Metric, known, e.View.Combine)
	fmt.Println(e.How, "-", e.Why)
	// Output:
	// apiserver_storage_objects true consensus
	// the value that changed last - every server counts the same objects, once a minute; −1 is one that could not
}
