// Package conformance holds what is exposed to client_golang's own tools, in a
// module of its own so that importers of expose do not need them.
package conformance

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/expose"
	"github.com/promfold/promfold/counter"
)

var (
	_ prometheus.Gatherer = (*expose.Exposition)(nil)
	_ prometheus.Gatherer = (*expose.Publisher)(nil)
)

var t0 = time.Unix(1_700_000_000, 0)

func at(seconds int) time.Time { return t0.Add(time.Duration(seconds) * time.Second) }

func shop(t *testing.T) *expose.Exposition {
	t.Helper()
	f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1000)})
	require.NoError(t, err)
	e := expose.New(f, func() time.Time { return at(15) })
	v, err := f.Counter(aggregate.View{Select: "orders_total", By: []string{"kind"}, Owner: counter.Process})
	require.NoError(t, err)
	h, err := f.Histogram(aggregate.View{Select: "latency_seconds", Owner: counter.Process})
	require.NoError(t, err)
	require.NoError(t, e.Counter("shop_orders_total", "Orders taken.", v))
	require.NoError(t, e.Histogram("shop_latency_seconds", "Latency of orders.", h))
	require.NoError(t, e.Self())
	for i, body := range []string{
		"# TYPE orders_total counter\norders_total{kind=\"a\"} 3\n# TYPE latency_seconds histogram\n" +
			"latency_seconds_bucket{le=\"1\"} 1\nlatency_seconds_bucket{le=\"+Inf\"} 2\nlatency_seconds_sum 3\nlatency_seconds_count 2\n",
		"# TYPE orders_total counter\norders_total{kind=\"a\"} 1\n", "noise noise\n",
	} {
		_, err := f.Ingest(aggregate.Scrape{Target: "a", Time: at(10 + i), Body: []byte(body),
			Header: http.Header{"Process-Start-Time-Unix": {fmt.Sprint(t0.Unix() - 100)}}})
		require.Equal(t, i == 2, err != nil, "%v", err)
	}
	return e
}

// What the library says of itself is clean, and so are views with sound names.
func TestSelfMetricsLint(t *testing.T) {
	problems, err := testutil.GatherAndLint(shop(t))
	require.NoError(t, err)
	assert.Empty(t, problems)
}

func TestCompareAndHandle(t *testing.T) {
	e := shop(t)
	const want = "# HELP shop_orders_total Orders taken.\n# TYPE shop_orders_total counter\nshop_orders_total{kind=\"a\"} 4\n"
	require.NoError(t, testutil.GatherAndCompare(e, strings.NewReader(want), "shop_orders_total"))
	n, err := testutil.GatherAndCount(e, "shop_latency_seconds")
	require.NoError(t, err)
	assert.Equal(t, 1, n)

	for _, accept := range []string{"", "application/openmetrics-text;version=1.0.0",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"} {
		theirs, ours := httptest.NewRecorder(), httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.Header.Set("Accept", accept)
		promhttp.HandlerFor(e, promhttp.HandlerOpts{EnableOpenMetrics: true, EnableOpenMetricsTextCreatedSamples: true}).ServeHTTP(theirs, r)
		e.ServeHTTP(ours, r)
		assert.Equal(t, theirs.Code, ours.Code)
		assert.Equal(t, theirs.Header().Get("Content-Type"), ours.Header().Get("Content-Type"))
		assert.Equal(t, theirs.Body.String(), ours.Body.String())
	}
	registry := prometheus.NewPedanticRegistry()
	families, err := prometheus.Gatherers{registry, e}.Gather() // checks each metric
	require.NoError(t, err)
	assert.NotEmpty(t, families)
}

// What is exposed of an instance has the findings that its own exposition has,
// on the families that are exposed: neither more nor less.
func TestCorpusHasTheSameFindings(t *testing.T) {
	manifests, err := filepath.Glob("../../../../shared/corpus/*/manifest.jsonl")
	require.NoError(t, err)
	if len(manifests) == 0 {
		t.Skip("the corpus of recordings is not here")
	}
	families := 0
	for _, m := range manifests {
		for target, body := range firstBodies(t, m) {
			if testing.Short() && families > 0 {
				return
			}
			f, err := aggregate.NewFleet(aggregate.Config{Since: time.Unix(1, 0)})
			require.NoError(t, err)
			e := expose.New(f, func() time.Time { return at(0) })
			everything(t, f, e)
			_, err = f.Ingest(aggregate.Scrape{Target: target, Time: at(0), Body: body})
			require.NoError(t, err)
			list, err := e.Gather()
			require.NoError(t, err)
			families += len(list)
			exposed := map[string]bool{}
			for _, x := range list {
				exposed[x.GetName()] = true
			}
			theirs, err := promlint.New(bytes.NewReader(body)).Lint()
			require.NoError(t, err)
			theirs = slices.DeleteFunc(theirs, func(p promlint.Problem) bool { return !exposed[p.Metric] })
			ours, err := promlint.NewWithMetricFamilies(list).Lint()
			require.NoError(t, err)
			assert.Equal(t, findings(theirs), findings(ours), "%s %s", m, target)
			_, err = prometheus.Gatherers{gathered(list)}.Gather()
			require.NoError(t, err)
		}
	}
	t.Log("families:", families)
}

// everything exposes all families of a fleet.
func everything(t *testing.T, f *aggregate.Fleet, e *expose.Exposition) {
	t.Helper()
	all, err := f.Everything(aggregate.View{Select: `{__name__=~".+"}`, ByAllLabels: true, Combine: aggregate.Sum})
	require.NoError(t, err)
	require.NoError(t, e.Everything(all))
}

// findings once each: a label without a value, which the linter counts, is none.
func findings(list []promlint.Problem) map[promlint.Problem]bool {
	m := map[promlint.Problem]bool{}
	for _, p := range list {
		m[p] = true
	}
	return m
}

type gathered []*dto.MetricFamily

func (g gathered) Gather() ([]*dto.MetricFamily, error) { return g, nil }

// firstBodies are the first text of each target of a recording.
func firstBodies(t *testing.T, manifest string) map[string][]byte {
	t.Helper()
	f, err := os.Open(manifest)
	require.NoError(t, err)
	defer f.Close()
	bodies := map[string][]byte{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var l struct {
			File, Target, Path string
			ContentType        string `json:"content_type"`
		}
		require.NoError(t, json.Unmarshal(sc.Bytes(), &l))
		if l.File == "" || !strings.HasPrefix(l.ContentType, "text/plain") || bodies[l.Target+l.Path] != nil {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(filepath.Dir(manifest), l.File))
		require.NoError(t, err)
		z, err := gzip.NewReader(bytes.NewReader(raw))
		require.NoError(t, err)
		bodies[l.Target+l.Path], err = io.ReadAll(z)
		require.NoError(t, err)
	}
	return bodies
}
