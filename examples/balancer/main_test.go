package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
)

// program is the result of a run of balancer.
type program struct {
	code           int
	stdout, stderr string
}

func runBalancer(args ...string) program {
	var out, err bytes.Buffer
	code := run(context.Background(), args, &out, &err)
	return program{code, out.String(), err.String()}
}

// decoded returns the document as a reader sees it.
func (p program) decoded(t *testing.T) (d map[string]any) {
	t.Helper()
	require.Equal(t, example.Answered, p.code, p.stderr)
	require.NoError(t, json.Unmarshal([]byte(p.stdout), &d), p.stdout)
	return d
}

func TestDefaultRun(t *testing.T) {
	p := runBalancer()
	require.Equal(t, example.Answered, p.code, p.stderr)
	assert.Empty(t, p.stderr)
	for _, says := range []string{"lb: 46 scrapes", "5 processes met", "of 3 alive", "lb#5", "LIST", "total", "lower bounds"} {
		assert.Contains(t, p.stdout, says)
	}
	assert.Equal(t, p, runBalancer(), "the same scrapes, the same answers")
}

// TestDocument checks that the numbers of the default run are consistent, and
// that the increase is below the true one.
func TestDocument(t *testing.T) {
	d := runBalancer("-json").decoded(t)
	assert.EqualValues(t, 46, d["scrapes"])
	assert.EqualValues(t, 0, d["ambiguous"])
	assert.EqualValues(t, 3, d["expected"])
	instances := d["instances"].([]any)
	require.Len(t, instances, 5)
	met, each := 0.0, 0.0
	for _, in := range instances {
		in := in.(map[string]any)
		met += in["met"].(float64)
		each += in["increase"].(float64)
		assert.Equal(t, "start time, dominance", in["by"])
	}
	assert.EqualValues(t, 46, met)
	total := d["total"].(map[string]any)
	assert.EqualValues(t, each, total["increase"])
	const answered = 11017 // requests for a resource, from the audit logs
	assert.Less(t, total["increase"], float64(answered))
	assert.Greater(t, total["naive_increase"], 4.0*answered)
	groups := 0.0
	for _, g := range d["groups"].([]any) {
		groups += g.(map[string]any)["increase"].(float64)
	}
	assert.EqualValues(t, total["increase"], groups)
}

func TestReplayOfADirectory(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, recording.FS))
	d := runBalancer("-json", "-replay", dir, "-target", "lb", "-match", "verb=LIST", "-by", "code").decoded(t)
	assert.NotContains(t, d, "expected", "the number of instances is unknown")
	require.NotEmpty(t, d["groups"])
	for _, g := range d["groups"].([]any) {
		assert.Len(t, g.(map[string]any)["labels"], 1)
	}

	// The address of one instance is a balancer with one instance behind it.
	d = runBalancer("-json", "-replay", dir, "-target", "apiserver-a").decoded(t)
	require.Len(t, d["instances"], 1)
	total := d["total"].(map[string]any)
	assert.EqualValues(t, 0, total["naive_resets"])
	assert.InEpsilon(t, total["naive_increase"], total["increase"], 0.01, "reset logic is right for one process, except for new series")
}

// TestFailures: a failed scrape is reported, and changes nothing else.
func TestFailures(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, recording.FS))
	whole := runBalancer("-json", "-replay", dir).decoded(t)

	manifest, err := fs.ReadFile(recording.FS, "manifest.jsonl")
	require.NoError(t, err)
	last := whole["at"].(string)
	require.NotEmpty(t, last)
	manifest = append(manifest, `{"target":"lb","scenario":"x","time":1795288999000,"status":503,"file":"lb-000.txt.gz"}
{"target":"lb","scenario":"x","time":1795288999001,"notes":"connection refused"}
`...)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.jsonl"), manifest, 0o644))
	p := runBalancer("-json", "-replay", dir)
	assert.Contains(t, p.stderr, "HTTP status 503")
	assert.Contains(t, p.stderr, "connection refused")
	broken := p.decoded(t)
	assert.EqualValues(t, 2, broken["failed"])
	assert.Equal(t, whole["total"], broken["total"])
	assert.Equal(t, whole["instances"], broken["instances"])
}

func TestExitStatus(t *testing.T) {
	empty := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(empty, "manifest.jsonl"), []byte("{\n"), 0o644))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-help"}, example.Answered, "usage: balancer"},
		{[]string{"-nosuch"}, example.BadUsage, "-nosuch"},
		{[]string{"a", "b"}, example.BadUsage, "more than one URL"},
		{[]string{"ftp://x"}, example.BadUsage, "not an http or https URL"},
		{[]string{"-replay", ".", "http://x"}, example.BadUsage, "exclude each other"},
		{[]string{"-window", "1ms"}, example.BadUsage, "a second at least"},
		{[]string{"-cert", "x"}, example.BadUsage, "go together"},
		{[]string{"-match", "verb"}, example.BadUsage, "no LABEL=VALUE"},
		{[]string{"-match", "verb=~("}, example.BadUsage, "missing closing )"},
		{[]string{"-match", "verb!LIST"}, example.BadUsage, "one of = != =~ !~"},
		{[]string{"-replay", empty}, example.Silent, "manifest.jsonl: entry 1"},
		{[]string{"-replay", filepath.Join(empty, "nosuch")}, example.Silent, "no such file"},
		{[]string{"-target", "nosuch"}, example.Silent, "nosuch: no answer"},
		{[]string{"-ca", filepath.Join(empty, "manifest.jsonl"), "http://127.0.0.1:1/"}, example.Silent, "unable to use specified CA cert"},
	} {
		p := runBalancer(c.args...)
		assert.Equal(t, c.code, p.code, "%v", c.args)
		assert.Contains(t, p.stderr, c.says, "%v", c.args)
		assert.Empty(t, p.stdout, "%v", c.args)
	}
}

// TestNothingSelected: a metric that does not exist is not shown as 0.
func TestNothingSelected(t *testing.T) {
	p := runBalancer("-json", "-metric", "nosuch_total")
	d := p.decoded(t)
	assert.NotContains(t, d, "total")
	assert.Empty(t, d["groups"])
	assert.NotEmpty(t, d["notes"])
	assert.NotContains(t, p.stdout, "NaN")
	assert.Equal(t, example.Answered, runBalancer("-metric", "nosuch_total").code)
}

func TestUnwritable(t *testing.T) {
	var errs bytes.Buffer
	assert.Equal(t, example.Silent, run(context.Background(), nil, broken{}, &errs))
	assert.Contains(t, errs.String(), io.ErrClosedPipe.Error())
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
