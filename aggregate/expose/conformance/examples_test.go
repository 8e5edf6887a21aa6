package conformance

import (
	"bytes"
	"cmp"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/expose"
	"github.com/promfold/promfold/internal/recording"
)

// root is that of the repository, where the examples are.
const root = "../../.."

// example is a fleet of one of the examples, which reads a recording.
type example struct {
	name   string
	dir    fs.FS
	reads  func(recording.Scrape) bool // what it asks of its fleet
	behind string                      // the balancer, if there is one
	views  []shown
}

// shown is what an example asks of its fleet, as it would be exposed: under the
// name of its source with the help of that, or under a name of its own.
type shown struct {
	as, of  string // the name, and the selector
	by      []string
	kind    string // counter, gauge or histogram
	combine aggregate.Combine
}

var theExamples = []example{
	{"fleet", recording.FS, func(s recording.Scrape) bool { return s.Target != "lb" }, "", []shown{
		{as: "apiserver_request_total", by: []string{"verb"}, kind: "counter"},
		{as: "fleet_requests_by_code_total", of: "apiserver_request_total", by: []string{"code"}, kind: "counter"},
		{as: "process_cpu_seconds_total", kind: "counter"},
		{as: "apiserver_current_inflight_requests", by: []string{"request_kind"}, kind: "gauge", combine: aggregate.Max},
		{as: "apiserver_longrunning_requests", by: []string{"resource"}, kind: "gauge", combine: aggregate.Sum},
		{as: "apiserver_storage_objects", by: []string{"resource"}, kind: "gauge", combine: aggregate.Consensus},
		{as: "process_resident_memory_bytes", kind: "gauge", combine: aggregate.Max},
		{as: "apiserver_request_duration_seconds", of: `apiserver_request_duration_seconds{resource!="",verb!="WATCH"}`, by: []string{"verb"}, kind: "histogram"},
	}},
	{"balancer", recording.FS, func(s recording.Scrape) bool { return s.Target == "lb" }, "lb", []shown{
		{as: "apiserver_request_total", by: []string{"verb"}, kind: "counter"},
		{as: "balancer_requests_total", of: "apiserver_request_total", kind: "counter"},
	}},
	{"kubelets", os.DirFS(root + "/examples/kubelets/recording"), func(s recording.Scrape) bool { return s.Path == "/metrics" }, "", []shown{
		{as: "kubelet_runtime_operations_total", kind: "counter"},
	}},
	{"shards", os.DirFS(root + "/examples/shards/recording"), func(s recording.Scrape) bool {
		return s.Scenario == "good" && strings.HasPrefix(s.Target, "ksm-") && !strings.HasSuffix(s.Target, "-telemetry")
	}, "", nil},
}

// replay is the example's fleet, told all its scrapes, with its views exposed
// as declare does, and what the linter finds in what the instances say
// themselves. If known is there, it is told their families.
func (x example) replay(t *testing.T, declare func(*aggregate.Fleet, *expose.Exposition), known func(aggregate.Family)) (*expose.Exposition, map[promlint.Problem]bool) {
	t.Helper()
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	list, err := recording.Manifest(x.dir)
	require.NoError(t, err)
	if x.behind != "" {
		require.NoError(t, f.Describe(time.UnixMilli(list[0].Time), aggregate.Target{Name: x.behind, Balanced: true, Expected: 3}))
	}
	e := expose.New(f, func() time.Time { return time.UnixMilli(0) }) // as of the last scrape
	declare(f, e)
	theirs, scrapes := map[promlint.Problem]bool{}, 0
	for _, s := range list {
		if s.File == "" || !x.reads(s) {
			continue
		}
		body, err := s.Body(x.dir)
		require.NoError(t, err)
		_, err = f.Ingest(aggregate.Scrape{Target: s.Target, Time: time.UnixMilli(s.Time), Body: body})
		require.NoError(t, err)
		found, err := promlint.New(bytes.NewReader(body)).Lint()
		require.NoError(t, err)
		for p := range findings(found) {
			theirs[p] = true
		}
		scrapes++
	}
	require.Positive(t, scrapes)
	if known != nil {
		for _, x := range f.Snapshot(time.UnixMilli(0)).Families() {
			known(x)
		}
	}
	return e, theirs
}

// lint compares what the linter finds in families with what it found in their
// sources. The families that are of no source are clean.
func lint(t *testing.T, list []*dto.MetricFamily, theirs map[promlint.Problem]bool) {
	t.Helper()
	exposed := map[string]bool{}
	for _, f := range list {
		exposed[f.GetName()] = true
	}
	want := map[promlint.Problem]bool{}
	for p := range theirs {
		if exposed[p.Metric] {
			want[p] = true
		}
	}
	ours, err := promlint.NewWithMetricFamilies(list).Lint()
	require.NoError(t, err)
	assert.Equal(t, want, findings(ours))
}

// expose declares the view, and exposes it.
func (s *shown) expose(t *testing.T, f *aggregate.Fleet, e *expose.Exposition, help string) {
	t.Helper()
	v := aggregate.View{Select: cmp.Or(s.of, s.as), By: s.by}
	switch s.kind {
	case "counter":
		c, err := f.Counter(v)
		require.NoError(t, err)
		require.NoError(t, e.Counter(s.as, help, c))
	case "gauge":
		v.Combine, v.Sentinels = s.combine, []float64{-1}
		g, err := f.Gauge(v)
		require.NoError(t, err)
		require.NoError(t, e.Gauge(s.as, help, g))
	case "histogram":
		h, err := f.Histogram(v)
		require.NoError(t, err)
		require.NoError(t, e.Histogram(s.as, help, h))
	}
}

// The views of the examples are as clean as what they are made of.
func TestViewsOfTheExamplesLint(t *testing.T) {
	for _, x := range theExamples {
		t.Run(x.name, func(t *testing.T) {
			help := map[string]string{}
			x.replay(t, func(*aggregate.Fleet, *expose.Exposition) {}, func(f aggregate.Family) { help[f.Name] = f.Help })
			e, theirs := x.replay(t, func(f *aggregate.Fleet, e *expose.Exposition) {
				for _, s := range x.views {
					help := help[s.as]
					if s.of != "" {
						help = "Of the fleet."
					}
					s.expose(t, f, e, help)
				}
				require.NoError(t, e.Self())
			}, nil)
			list, err := e.Gather()
			require.NoError(t, err)
			exposed := map[string]bool{}
			for _, f := range list {
				exposed[f.GetName()] = true
			}
			for _, s := range x.views {
				assert.True(t, exposed[s.as], "%s has no answer", s.as)
			}
			lint(t, list, theirs)
		})
	}
}

// So is everything that the fleets of the examples have.
func TestEverythingOfTheExamplesLints(t *testing.T) {
	for _, x := range theExamples {
		t.Run(x.name, func(t *testing.T) {
			e, theirs := x.replay(t, func(f *aggregate.Fleet, e *expose.Exposition) {
				everything(t, f, e)
				require.NoError(t, e.Self())
			}, nil)
			list, err := e.Gather()
			require.NoError(t, err)
			t.Log(len(list), "families,", len(theirs), "findings in their sources")
			lint(t, list, theirs)
		})
	}
}

// The union that the shards' example writes itself.
func TestUnionOfTheShardsLints(t *testing.T) {
	run := exec.Command("go", "run", "./examples/shards", "-scenario", "good", "-union", "-")
	run.Dir = root
	var errs bytes.Buffer
	run.Stderr = &errs
	text, err := run.Output()
	require.NoError(t, err, errs.String())
	require.Contains(t, string(text), "shards_union_complete 1\n")
	_, theirs := theExamples[3].replay(t, func(*aggregate.Fleet, *expose.Exposition) {}, nil)
	ours, err := promlint.New(bytes.NewReader(text)).Lint()
	require.NoError(t, err)
	for p := range findings(ours) {
		assert.True(t, theirs[p], "%+v", p)
	}
}
