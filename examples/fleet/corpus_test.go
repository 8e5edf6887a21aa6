package main

import (
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// corpus returns the whole recording, from which the one in the program was cut.
func corpus(t *testing.T) fs.FS {
	t.Helper()
	if testing.Short() {
		t.Skip("slow; the recording inside the program covers the code")
	}
	const dir = "../../../shared/corpus/apiserver-ha"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the whole recording is not here: ", err)
	}
	return os.DirFS(dir)
}

// scope selects what the ground truth covers.
var scope = []string{"-json", "-scenario", "apiserver-ha,apiserver-ha-after-load", "-window", "all"}

// selections are the ground truth's, as SPECs.
var selections = map[string]string{
	"all requests for a resource": `apiserver_request_total{resource!=""}`,
	"LIST pods":                   `apiserver_request_total{verb="LIST",resource="pods"}`,
	"GET nodes":                   `apiserver_request_total{verb="GET",resource="nodes",subresource=""}`,
	"POST configmaps":             `apiserver_request_total{verb="POST",resource="configmaps"}`,
	"DELETE configmaps":           `apiserver_request_total{verb=~"DELETE",resource=~"configmaps"}`,
	"code 404":                    `apiserver_request_total{code="404"}`,
	"LIST jobs":                   `apiserver_request_total{verb="LIST",resource="jobs"}`,
}

const latency = `apiserver_request_duration_seconds{resource!=""} by (verb)`

type groundTruth struct {
	Selections map[string]struct {
		PerInstance     float64            `json:"per_instance"`
		PerInstanceEach map[string]float64 `json:"per_instance_each"`
	}
	Latency map[string]struct {
		MergedBuckets float64 `json:"merged_buckets"`
		Count         float64
	} `json:"latency_seconds"`
}

// TestGroundTruth compares with sums and quantiles that another program
// computed.
func TestGroundTruth(t *testing.T) {
	dir := corpus(t)
	data, err := fs.ReadFile(dir, "ground-truth.json")
	require.NoError(t, err)
	var truth groundTruth
	require.NoError(t, json.Unmarshal(data, &truth))
	require.Len(t, truth.Selections, len(selections))
	require.NotEmpty(t, truth.Latency)

	args := append([]string{"-q", "0.5,0.9,0.99", "-histogram", latency}, scope...)
	names := map[string]string{} // of selections by SPEC
	for name, spec := range selections {
		names[spec] = name
		args = append(args, "-counter", spec)
	}
	d := replayFS(t, dir, args...).document(t)
	require.Len(t, d.Views, len(selections)+1)
	for _, v := range d.Views[:len(selections)] {
		want := truth.Selections[names[v.Spec]]
		require.Len(t, v.Groups, 1, v.Spec)
		assert.Equal(t, want.PerInstance, v.Groups[0]["increase"], v.Spec)
		each := map[string]float64{}
		for _, m := range v.Groups[0]["members"].([]any) {
			m := m.(map[string]any)
			each[m["instance"].(string)] = m["increase"].(float64)
		}
		assert.Equal(t, want.PerInstanceEach, each, v.Spec)
	}
	compareLatency(t, truth, d.Views[len(selections)].Groups)
}

func compareLatency(t *testing.T, truth groundTruth, groups []map[string]any) {
	t.Helper()
	levels := map[float64]string{0.5: "p50", 0.9: "p90", 0.99: "p99"}
	compared := 0
	for _, g := range groups {
		verb := g["labels"].(map[string]any)["verb"].(string)
		for _, q := range g["quantiles"].([]any) {
			q := q.(map[string]any)
			name := verb + " " + levels[q["q"].(float64)]
			want, ok := truth.Latency[name]
			if !ok {
				continue
			}
			compared++
			assert.Equal(t, want.Count, g["count"], name)
			assert.InDelta(t, want.MergedBuckets, q["value"], 1e-9, name)
			lo, hi := bucketAround(want.MergedBuckets)
			assert.Equal(t, []any{lo, hi}, []any{q["lo"], q["hi"]}, name)
		}
	}
	assert.Len(t, truth.Latency, compared)
}

// bucketAround returns the bucket of request durations that holds x.
func bucketAround(x float64) (lo, hi float64) {
	bounds := []float64{0, 0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60}
	for i, b := range bounds[1:] {
		if x <= b {
			return bounds[i], b
		}
	}
	return bounds[len(bounds)-1], math.Inf(1)
}

// TestCorpusUnderOtherManifests repeats TestOrderAndRepetitionDoNotShow and
// TestNamesDoNotMatter on whole bodies.
func TestCorpusUnderOtherManifests(t *testing.T) {
	dir := corpus(t)
	// Watches last longer than any bound, so all instances are equally bad and
	// the first name wins. Names change here.
	args := append([]string{"-counter", selections["code 404"],
		"-histogram", `apiserver_request_duration_seconds{resource!="",verb!="WATCH"} by (verb)`}, scope...)
	manifest := linesOf(t, dir)
	want := replayManifest(t, dir, manifest, args...)

	var twiceBackwards []map[string]any
	for i := len(manifest) - 1; i >= 0; i-- {
		twiceBackwards = append(twiceBackwards, manifest[i], manifest[i])
	}
	assert.Equal(t, want, replayManifest(t, dir, twiceBackwards, args...))

	for _, l := range manifest {
		delete(l, "true_instance")
		l["target"] = strings.NewReplacer("-a", "-z", "-b", "-y").Replace(l["target"].(string))
	}
	assert.Equal(t, fleetNumbers(t, want), fleetNumbers(t, replayManifest(t, dir, manifest, args...)))
}
