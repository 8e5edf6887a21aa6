package aggregate_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// corpusLine is what the tests read of a manifest. They do not read
// true_instance: the library could not either.
type corpusLine struct {
	File, Scenario, Target, Path, Format string
	Step                                 int
	Time                                 int64
	ThroughLB                            bool   `json:"through_lb"`
	TrueInstance                         string `json:"true_instance"` // for comparison alone
	ContentType                          string `json:"content_type"`
}

const corpusDir = "../../shared/corpus"

// corpus reads the manifest lines of a recording; the bodies are read by body.
func corpus(t *testing.T, name string) []corpusLine {
	t.Helper()
	f, err := os.Open(filepath.Join(corpusDir, name, "manifest.jsonl"))
	if os.IsNotExist(err) {
		t.Skip("the corpus of recordings is not here")
	}
	require.NoError(t, err)
	defer f.Close()
	var lines []corpusLine
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		var l corpusLine
		require.NoError(t, json.Unmarshal(sc.Bytes(), &l))
		lines = append(lines, l)
	}
	require.NoError(t, sc.Err())
	require.NotEmpty(t, lines)
	return lines
}

func corpusBody(t T, name, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(corpusDir, name, file))
	require.NoError(t, err)
	z, err := gzip.NewReader(bytes.NewReader(raw))
	require.NoError(t, err)
	body, err := io.ReadAll(z)
	require.NoError(t, err)
	return body
}

func (l corpusLine) scrape(body []byte) aggregate.Scrape {
	return aggregate.Scrape{
		Target: l.Target, Time: time.UnixMilli(l.Time), Body: body,
		Header: http.Header{"Content-Type": {l.ContentType}},
	}
}

type groundTruth struct {
	Selections map[string]struct {
		PerInstance     float64            `json:"per_instance"`
		PerInstanceEach map[string]float64 `json:"per_instance_each"`
	}
	Latency map[string]struct {
		Merged float64 `json:"merged_buckets"`
		Count  float64
	} `json:"latency_seconds"`
}

// selections are those of the ground truth.
var selections = map[string][]*labels.Matcher{
	"all requests for a resource": {match("resource", "!=", "")},
	"LIST pods":                   {match("verb", "=", "LIST"), match("resource", "=", "pods")},
	"GET nodes":                   {match("verb", "=", "GET"), match("resource", "=", "nodes"), match("subresource", "=", "")},
	"POST configmaps":             {match("verb", "=", "POST"), match("resource", "=", "configmaps")},
	"DELETE configmaps":           {match("verb", "=", "DELETE"), match("resource", "=", "configmaps")},
	"code 404":                    {match("code", "=", "404")},
	"LIST jobs":                   {match("verb", "=", "LIST"), match("resource", "=", "jobs")},
}

func match(name, op, value string) *labels.Matcher {
	types := map[string]labels.MatchType{"=": labels.MatchEqual, "!=": labels.MatchNotEqual, "=~": labels.MatchRegexp, "!~": labels.MatchNotRegexp}
	return labels.MustNewMatcher(types[op], name, value)
}

// TestGroundTruth replays a restarting, asymmetric fleet and compares with
// what a script found by hand, and with the audit logs' order of magnitude.
func TestGroundTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("the recording in the repository is enough to find a race")
	}
	lines := corpus(t, "apiserver-ha")
	lines = slices.DeleteFunc(lines, func(l corpusLine) bool {
		return l.Format != "text" || l.Path != "/metrics" || l.ThroughLB || l.File == ""
	})
	raw, err := os.ReadFile(filepath.Join(corpusDir, "apiserver-ha/ground-truth.json"))
	require.NoError(t, err)
	var truth groundTruth
	require.NoError(t, json.Unmarshal(raw, &truth))

	f, err := aggregate.NewFleet(aggregate.Config{Since: time.UnixMilli(lines[0].Time)})
	require.NoError(t, err)
	views := map[string]*aggregate.CounterView{}
	for name, where := range selections {
		views[name], err = f.Counter(aggregate.View{Select: selector("apiserver_request_total", where)})
		require.NoError(t, err)
	}
	latency, err := f.Histogram(aggregate.View{Select: `apiserver_request_duration_seconds{resource!=""}`, By: []string{"verb"}})
	require.NoError(t, err)

	var now time.Time
	for _, l := range lines {
		body := corpusBody(t, "apiserver-ha", l.File)
		_, err := f.Ingest(l.scrape(body))
		require.NoError(t, err, l.File)
		again, err := f.Ingest(l.scrape(body))
		require.NoError(t, err, l.File)
		require.True(t, again.Duplicate)
		now = time.UnixMilli(l.Time)
	}

	for name, want := range truth.Selections {
		groups, err := views[name].In(until(f, now, sinceStart))
		require.NoError(t, err)
		require.Len(t, groups, 1, name)
		require.Equal(t, want.PerInstance, grew(groups[0]), name)
		got := map[string]float64{}
		for _, m := range groups[0].Increases() {
			got[m.Instance] = m.Estimate.Value
		}
		require.Equal(t, want.PerInstanceEach, got, name)
	}

	groups, err := latency.In(until(f, now, sinceStart))
	require.NoError(t, err)
	byVerb := map[string]*aggregate.HistogramGroup{}
	for _, g := range groups {
		byVerb[g.Labels().Get("verb")] = g
	}
	for name, want := range truth.Latency {
		var verb string
		var p float64
		_, err := fmt.Sscanf(name, "%s p%g", &verb, &p)
		require.NoError(t, err)
		g := byVerb[verb]
		require.NotNil(t, g, verb)
		e, ok := g.Quantile(p / 100)
		require.True(t, ok)
		require.InDelta(t, want.Merged, e.Value, 1e-9*math.Max(1, want.Merged), name)
		require.Less(t, e.Lo, e.Value)
		require.LessOrEqual(t, e.Value, e.Hi)
		require.Equal(t, want.Count, counted(g), name)
	}
}
