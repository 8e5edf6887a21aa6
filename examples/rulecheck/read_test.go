package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLines(t *testing.T) {
	for file, want := range map[string][]source{
		"testdata/configmap.yaml": {
			{Line: 12, Title: "Watchers", Text: "apiserver_registered_watchers"},
			{Line: 25, Multi: true, Title: "Pending", Text: "sum(\n  scheduler_pending_pods\n) > 100"},
		},
	} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		got, err := readFile(file, text)
		require.NoError(t, err)
		for i := range got {
			got[i].File, got[i].Above = "", ""
		}
		assert.Equal(t, want, got)
	}
}

func TestTroubles(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("a: [1"), 0o666))
	for _, args := range [][]string{{}, {"-x"}, {bad}, {filepath.Join(dir, "missing")}, {"-json", "-sarif", dir}} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, exitTrouble, run(args, &stdout, &stderr), args)
		assert.NotEmpty(t, stderr.String(), args)
	}
	var stdout, stderr bytes.Buffer
	assert.Equal(t, exitClean, run([]string{dir}, &stdout, &stderr))
	assert.Contains(t, stderr.String(), "left out")
	stdout.Reset()
	assert.Equal(t, exitClean, run([]string{"-h"}, &stdout, &stderr))
	assert.Equal(t, exitClean, run([]string{t.TempDir()}, &stdout, &stderr))
	assert.Equal(t, "0 expressions, 0 findings\n", stdout.String())
}

func TestVariables(t *testing.T) {
	for text, want := range map[string]string{
		`rate(x[$__rate_interval])`:           `rate(x[5m])`,
		`rate(x{a="$a"}[5m] offset ${shift})`: `rate(x{a="rulecheck_variable"}[5m] offset 5m)`,
		`rate(x{a=~"$a|b"}[[[range]]])`:       `rate(x{a=~"rulecheck_variable|b"}[5m])`,
		`histogram_quantile($q, x{a="$a"})`:   `histogram_quantile(0.9, x{a="rulecheck_variable"})`,
		`sum by ($by) ([[metric]])`:           `sum by (rulecheck_variable) (rulecheck_variable)`,
		`x{a='it''s'`:                         ``,
	} {
		e, err := parse(text)
		if want == "" {
			assert.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		assert.Equal(t, want, e.String())
	}
}

// FuzzReadFile: no file makes the readers fail in another way than by an error,
// and every expression has a line of the file.
func FuzzReadFile(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.*")
	require.NoError(f, err)
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		text, err := os.ReadFile(s)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := readFile("x", text)
		if err != nil {
			return
		}
		for _, s := range list {
			assert.Positive(t, s.Line)
			assert.LessOrEqual(t, s.Line, 2+bytes.Count(text, []byte("\n"))+bytes.Count(text, []byte("\r")))
			assert.NotEmpty(t, s.Text)
		}
	})
}

// FuzzCheck: no expression makes the rules fail.
func FuzzCheck(f *testing.F) {
	sources, _, _ := readPaths([]string{"testdata"})
	require.NotEmpty(f, sources)
	for _, s := range sources {
		f.Add(s.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := check([]source{{Line: 1, Text: text}, {Record: "shop:requests:sum", Text: "sum(http_requests_total)"}})
		for _, f := range r.Findings {
			assert.NotEmpty(t, f.Input)
			assert.NotEmpty(t, f.View)
		}
	})
}
