package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
)

func runTop(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestDefaultRun(t *testing.T) {
	code, out, errs := runTop()
	require.Equal(t, example.Answered, code, errs)
	assert.Empty(t, errs)
	for _, says := range []string{
		"node hollow-2: connection refused",
		"pod default/app-2-1 is incomplete: main: it started 8.981s ago; side: it started 8.958s ago",
		"complete: default/app-2-1, default/app-2-2, default/app-2-3\n",
		"162 numbers computed from its points, 162 of them equal",
	} {
		assert.Contains(t, out, says)
	}
	_, again, _ := runTop()
	assert.Equal(t, out, again)
}

// TestBesideMetricsServer: what the real metrics-server answered is what is
// computed from the points that it names. It is known here as long as there,
// but for the first round of a recording, and sooner after a restart.
func TestBesideMetricsServer(t *testing.T) {
	code, out, errs := runTop("-json")
	require.Equal(t, example.Answered, code, errs)
	var d document
	require.NoError(t, json.Unmarshal([]byte(out), &d))
	assert.Empty(t, d.Compared.Unequal)
	assert.Equal(t, 24+138, d.Compared.Equal)
	assert.Len(t, d.Nodes, 3)
	assert.Len(t, d.Pods, 18)
	for _, text := range d.Compared.OnlyThere {
		first := strings.HasPrefix(text, "20:44:54") || strings.HasPrefix(text, "20:53:09")
		assert.True(t, first, text)
	}
	assert.Equal(t, []string{
		"20:46:24 default/app-2-1", "20:46:24 default/app-2-2", "20:46:24 default/app-2-3", // hollow-2 is back
		"20:46:54 default/app-3-3", "20:54:39 default/app-3-3", // it was created again
	}, d.Compared.OnlyHere)
}

func TestExitStatus(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.jsonl"), []byte("{}\n"), 0o600))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-help"}, example.Answered, "usage: resourcemetrics"},
		{[]string{"x"}, example.BadUsage, `unexpected argument "x"`},
		{[]string{"-resolution", "0s"}, example.BadUsage, "positive"},
		{[]string{"-replay", dir}, example.Silent, "no answers to /metrics/resource"},
		{[]string{"-replay", filepath.Join(dir, "x")}, example.Silent, "no such file"},
	} {
		code, out, errs := runTop(c.args...)
		assert.Equal(t, c.code, code, "%v", c.args)
		assert.Contains(t, errs, c.says, "%v", c.args)
		assert.Empty(t, out, "%v", c.args)
	}
}
