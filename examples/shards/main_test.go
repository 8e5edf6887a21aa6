package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/parse"
)

// program is the result of a run of shards.
type program struct {
	code           int
	stdout, stderr string
}

func runShards(args ...string) program {
	var out, err bytes.Buffer
	code := run(context.Background(), args, &out, &err)
	return program{code, out.String(), err.String()}
}

func TestDefaultRun(t *testing.T) {
	p := runShards()
	require.Equal(t, example.Answered, p.code, p.stderr)
	assert.Empty(t, p.stderr)
	for _, says := range []string{
		"good  19:27:51  pods: total 359, told of 359",
		"! duplicate: ksm-1 and ksm-2 have the same setting 1/3",
		"no shard is 2/3",
		"! totals: the shards disagree on the number of shards: ksm-0 0/2, ksm-1 1/2, ksm-2 2/3",
		"! gap: 8.4% of all objects",
		"! frozen: ksm-1 (shard 1/3)",
		"! silent: ksm-2 (shard 2/3) does not answer: timeout",
	} {
		assert.Contains(t, p.stdout, says)
	}
	assert.Equal(t, p, runShards(), "the same scrapes, the same answers")
}

func TestDocuments(t *testing.T) {
	p := runShards("-json")
	require.Equal(t, example.Answered, p.code, p.stderr)
	var list []map[string]any
	for d := json.NewDecoder(strings.NewReader(p.stdout)); d.More(); {
		var x map[string]any
		require.NoError(t, d.Decode(&x))
		list = append(list, x)
	}
	require.Len(t, list, 9, "one each round")
	assert.EqualValues(t, 359, list[0]["total_pods"])
	assert.Equal(t, []any{}, list[0]["findings"])
	assert.NotContains(t, list[1], "total_pods", "it is unknown")
	assert.NotContains(t, list[1], "stored", "the API server was not asked")
}

func TestUnionToStdout(t *testing.T) {
	p := runShards("-union", "-", "-scenario", "good")
	require.Equal(t, example.Answered, p.code, p.stderr)
	assert.Len(t, unionOf(t, p.stdout).pods, 359)
	assert.Contains(t, p.stdout, "\nshards_union_complete 1\n")
	assert.Contains(t, p.stdout, "# TYPE kube_pod_created gauge\n")
}

// unionOf reads a union.
func unionOf(t *testing.T, body string) *content {
	t.Helper()
	var r parse.Reader
	require.NoError(t, r.Read(nil, []byte(body)))
	return contentOf(&r)
}

func TestExitStatus(t *testing.T) {
	empty := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(empty, "manifest.jsonl"), nil, 0o600))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-help"}, example.Answered, "usage: shards"},
		{[]string{"-nosuch"}, example.BadUsage, "-nosuch"},
		{[]string{"ftp://x"}, example.BadUsage, "not an http or https URL"},
		{[]string{"-replay", ".", "http://x"}, example.BadUsage, "select a recording"},
		{[]string{"-telemetry", "http://x/,http://y/", "http://x/"}, example.BadUsage, "one URL for each shard"},
		{[]string{"-interval", "0s"}, example.BadUsage, "positive"},
		{[]string{"-replay", empty}, example.Silent, "no shard answered"},
		{[]string{"-replay", filepath.Join(empty, "x")}, example.Silent, "no such file"},
		{[]string{"-scenario", "nosuch"}, example.Silent, "no shard answered"},
		{[]string{"-union", filepath.Join(empty, "x", "y")}, example.Silent, "no such file"},
	} {
		p := runShards(c.args...)
		assert.Equal(t, c.code, p.code, "%v", c.args)
		assert.Contains(t, p.stderr, c.says, "%v", c.args)
	}
	assert.Equal(t, example.Answered, runShards("-check", "-scenario", "good").code)
	assert.Equal(t, example.Wrong, runShards("-check").code)
	var errs bytes.Buffer
	assert.Equal(t, example.Silent, run(context.Background(), nil, broken{}, &errs))
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// podBody returns a body with pods of a shard.
func podBody(pods []string, more string) []byte {
	var b strings.Builder
	b.WriteString("# TYPE kube_pod_created gauge\n")
	for i, uid := range pods {
		fmt.Fprintf(&b, "kube_pod_created{namespace=\"n\",pod=\"p-%s\",uid=\"%s\"} %d\n", uid, uid, i)
	}
	return []byte(b.String() + more)
}

// rig is a watch that is fed with bodies.
type rig struct {
	*watch
	at time.Time
}

func (r *rig) round(bodies ...[]byte) (document, *union) {
	r.at = r.at.Add(15 * time.Second)
	x := round{at: r.at}
	for i, b := range bodies {
		answer := reading{shard: fmt.Sprintf("s%d", i), body: b}
		if b == nil {
			answer.err = errors.New("no answer")
		}
		x.readings = append(x.readings, answer)
	}
	return r.observe("", x)
}

func newRig() *rig { return &rig{newWatch(), time.Unix(1_000_000, 0)} }

var zero, one = setting{0, 2}, setting{1, 2}

func TestPartial(t *testing.T) {
	r := newRig()
	a, b := uidsOf(zero, 100), uidsOf(one, 100)
	d, _ := r.round(podBody(a, ""), podBody(b, ""))
	require.Empty(t, d.Findings)
	d, _ = r.round(podBody(a, ""), podBody(b[:60], ""))
	assert.Equal(t, []string{partial}, kinds(d))
	assert.Equal(t, partial, d.Shards[1].State)
	assert.Nil(t, d.TotalPods)
	d, _ = r.round(podBody(a, ""), podBody(b[:55], ""))
	assert.Empty(t, d.Findings, "this many may go at once")
}

func TestFrozenAlone(t *testing.T) {
	r := newRig()
	a, b := uidsOf(zero, 100), uidsOf(one, 200)
	for i := range 12 {
		d, _ := r.round(podBody(a, ""), podBody(b[:100+i], "")) // a pod a round
		assert.Equal(t, i >= 10, slices.Contains(kinds(d), frozen), "round %d", i)
	}
	d, _ := r.round(podBody(a[1:], ""), podBody(b[:100], ""))
	assert.Empty(t, d.Findings, "it exposes something new")
	for range 20 {
		d, _ = r.round(podBody(a, ""), podBody(b, ""))
	}
	assert.Empty(t, d.Findings, "no shard changes")
}

// TestRecreated: of two pods with one name the older one is gone. The shard that
// owned it may notice later; that is not a problem.
func TestRecreated(t *testing.T) {
	a, b := uidsOf(zero, 100), uidsOf(one, 100)
	again := func(uid string, created int) string {
		return fmt.Sprintf("kube_pod_created{namespace=\"n\",pod=\"same\",uid=\"%s\"} %d\n", uid, created)
	}
	bodies := [][]byte{podBody(a[1:], again(a[0], 5)), podBody(b[1:], again(b[0], 9))}
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		d, u := newRig().round(bodies[order[0]], bodies[order[1]])
		assert.Empty(t, d.Findings)
		assert.Equal(t, 1, d.Recreated)
		assert.Equal(t, 200, d.Pods.Union)
		assert.Equal(t, 199, *d.TotalPods)
		var out strings.Builder
		require.NoError(t, u.write(&out, true))
		assert.Contains(t, out.String(), b[0], "the newer one")
		assert.NotContains(t, out.String(), `uid="`+a[0]+`"`)
	}
}

// TestConflict: a series with two values is reported, and is in the union once.
func TestConflict(t *testing.T) {
	a, b := uidsOf(zero, 100), uidsOf(one, 100)
	more := "# TYPE kube_node_info gauge\nkube_node_info{node=\"n\\\"\\\\\"} %d\n"
	d, u := newRig().round(podBody(a, fmt.Sprintf(more, 1)), podBody(b, fmt.Sprintf(more, 2)))
	assert.Equal(t, []string{conflict, overlap}, kinds(d))
	assert.Equal(t, counts{202, 201, 1}, d.Series)
	assert.Equal(t, 200, *d.TotalPods)
	var out strings.Builder
	require.NoError(t, u.write(&out, false))
	assert.Equal(t, 1, strings.Count(out.String(), "kube_node_info{"), "the first shard's")
	assert.Contains(t, out.String(), "kube_node_info{node=\"n\\\"\\\\\"} 1\n")
}

// TestUnproven: with too few pods no setting is proven.
func TestUnproven(t *testing.T) {
	d, _ := newRig().round(podBody(uidsOf(zero, 3), ""), podBody(uidsOf(one, 3), ""))
	assert.Equal(t, []string{unproven}, kinds(d))
	assert.Nil(t, d.TotalPods)
	d, _ = newRig().round([]byte("<html>"), nil)
	assert.Equal(t, []string{silent}, kinds(d))
	assert.Len(t, d.Findings, 2, "neither shard has answered")
}

// TestLive scrapes shards over HTTP. One of them declares a wrong setting, and
// the API server has more pods than both expose.
func TestLive(t *testing.T) {
	serve := func(body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }))
		t.Cleanup(s.Close)
		return s.URL
	}
	self := "kube_state_metrics_shard_ordinal{shard_ordinal=\"0\"} 0\nkube_state_metrics_total_shards 2\n"
	first, second := serve(string(podBody(uidsOf(zero, 100), ""))), serve(string(podBody(uidsOf(one, 100), "")))
	store := serve("apiserver_storage_objects{resource=\"pods\"} -1\napiserver_resource_objects{group=\"\",resource=\"pods\"} 250\n")
	o, err := parseFlags([]string{"-json", "-rounds", "2", "-timeout", "1m", "-telemetry", serve(self) + "," + serve(self), "-apiserver", store, first, second}, io.Discard)
	require.NoError(t, err)
	var out bytes.Buffer
	s := newScreen(o, &out, io.Discard)
	tick := make(chan time.Time, 1)
	tick <- time.Time{}
	clock := time.Unix(1_000_000, 0)
	o.Tick = tick
	require.NoError(t, watchLive(t.Context(), o, s, func() time.Time {
		clock = clock.Add(time.Second)
		return clock
	}))
	for in := json.NewDecoder(&out); in.More(); {
		var d document
		require.NoError(t, in.Decode(&d))
		assert.Equal(t, []string{declared, incomplete}, kinds(d))
		assert.Equal(t, []string{second}, d.Findings[0].Shards)
		assert.Equal(t, storedInfo{Pods: 250, Missing: 50}, *d.Stored)
		assert.Equal(t, []string{"0/2", "1/2"}, settings(d))
	}
	assert.True(t, s.wrong)
	require.NoError(t, s.end())

	assert.Equal(t, example.Silent, runShards("-rounds", "1", "-timeout", "1s", "http://127.0.0.1:1/").code)
}
