package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
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
	assert.NotContains(t, stderr.String(), "template")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "chart.alerts"), []byte("{{- if .Values.alerts }}\na: b\n{{ end }}"), 0o666))
	assert.Equal(t, exitClean, run([]string{dir}, &stdout, &stderr))
	assert.Contains(t, stderr.String(), "render it first")
	stdout.Reset()
	assert.Equal(t, exitClean, run([]string{"-h"}, &stdout, &stderr))
	assert.Equal(t, exitClean, run([]string{t.TempDir()}, &stdout, &stderr))
	assert.Equal(t, "0 expressions, 0 findings\n", stdout.String())
}

// TestExitStatus: what may be meant is a note, which alone changes nothing.
func TestExitStatus(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, exprs ...string) string {
		text := "groups: [{name: g, rules: [{record: r, expr: 'rate(http_requests_total[5m])'}"
		for _, e := range exprs {
			text += ", {record: r, expr: '" + e + "'}"
		}
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text+"]}]"), 0o666))
		return file
	}
	clean := write("clean.yaml")
	note := write("a note.yaml", "sum(http_requests_total)")
	notes := write("notes.yaml", "avg(histogram_quantile(0.9, sum by (le, service) (rate(x_bucket[5m]))))",
		"quantile(0.5, histogram_quantile(0.9, sum by (le, service) (rate(x_bucket[5m]))))", "rate(workqueue_unfinished_work_seconds[5m])")
	summed := write("summed.yaml", "sum(histogram_quantile(0.9, sum by (le, service) (rate(x_bucket[5m]))))")
	averaged := write("averaged.yaml", "avg(histogram_quantile(0.9, sum by (le, service, pod) (rate(x_bucket[5m]))))")
	wrong := write("wrong.yaml", "sum(http_requests_total) - sum(http_requests_total offset 1d)")
	quiet := write("quiet.yaml", "# rulecheck:ignore sum-of-counters known\n\n sum(http_requests_total)")
	for _, c := range []struct {
		status int
		args   []string
	}{
		{exitClean, []string{clean}}, {exitClean, []string{note}}, {exitFindings, []string{"-strict", note}}, {exitFindings, []string{wrong}}, {exitClean, []string{notes}}, {exitFindings, []string{"-strict", notes}}, {exitFindings, []string{summed}}, {exitFindings, []string{averaged}},
		{exitFindings, []string{"-json", clean, wrong}}, {exitFindings, []string{"-sarif", note, wrong}}, {exitClean, []string{"-strict", quiet}},
		{exitTrouble, []string{wrong, filepath.Join(dir, "missing.yaml")}},
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, c.status, run(c.args, &stdout, &stderr), "%v: %s", c.args, stdout.String())
	}
	var stdout, stderr bytes.Buffer
	run([]string{"-sarif", note}, &stdout, &stderr)
	var log struct {
		Runs []struct {
			Results []struct {
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &log))
	require.Len(t, log.Runs[0].Results, 1)
	r := log.Runs[0].Results[0]
	assert.Equal(t, "note", r.Level)
	assert.Contains(t, r.Locations[0].PhysicalLocation.ArtifactLocation.URI, "a%20note.yaml")
	assert.Contains(t, r.Message.Text, "b restarts", "the input")
	assert.Contains(t, r.Message.Text, "PromQL: 300 (counted since the first scrape); right: 390 [390, +Inf].", "both numbers")
}

// TestMatchersOfOneLabel: the input has series that all matchers of a label
// select, and a variable is one of those; what selects nothing is no proof.
func TestMatchersOfOneLabel(t *testing.T) {
	for text, want := range map[string]string{
		`sum(rate(etcd_server_proposals_committed_total{job="$cluster",job=~".*etcd.*"}[5m]))`: "2",
		`sum(apiserver_storage_objects{job=~"a|b",job!="a"})`:                                  "10000",
		`sum(apiserver_storage_objects{job="a",job="b"})`:                                      "",
	} {
		r := check([]source{{Text: text}})
		require.Empty(t, r.Skipped)
		if want == "" {
			assert.Empty(t, r.Findings, text)
		} else if assert.Len(t, r.Findings, 1, text) {
			assert.Equal(t, want, r.Findings[0].Theirs, text)
		}
	}
}

// TestEveryFindingHasItsProof: an input, both numbers, and what to ask instead.
func TestEveryFindingHasItsProof(t *testing.T) {
	sources, _, _ := readPaths([]string{"testdata"})
	r := check(sources)
	assert.Greater(t, len(r.Findings), 15)
	for _, f := range append(r.Findings, r.Ignored...) {
		assert.Greater(t, len(f.Input), 2, "%s: what happens, a series, the times", f.Part)
		for what, text := range map[string]string{"asked": f.Asked, "theirs": f.Theirs, "ours": f.Ours, "why": f.Why, "view": f.View, "level": string(f.Level)} {
			assert.NotEmpty(t, text, "%s of %s", what, f.Part)
		}
		assert.NotEqual(t, f.Theirs, f.Ours, f.Part)
		assert.Positive(t, f.Line)
	}
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

// What nobody writes is not checked, and says so at once: brackets in brackets took
// minutes for a page of them.
func TestExpressionsThatNobodyWrites(t *testing.T) {
	for why, text := range map[string]string{
		"longer than":      strings.Repeat("(", maxExpression) + "x" + strings.Repeat(")", maxExpression),
		"nested more":      strings.Repeat("(", 2*maxNested) + "x" + strings.Repeat(")", 2*maxNested),
		"nested more than": strings.Repeat("-(", 2*maxNested) + "x" + strings.Repeat(")", 2*maxNested),
	} {
		_, err := parse(text)
		assert.ErrorContains(t, err, why)
	}
	_, err := parse(strings.Repeat("(", maxNested/2) + "x" + strings.Repeat(")", maxNested/2))
	assert.NoError(t, err)
}

// A pipe in a directory, to which nobody writes, is passed by.
func TestDirectoryWithAPipe(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o600))
	require.NoError(t, os.Symlink("pipe.yaml", filepath.Join(dir, "link.yaml")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte("- {record: a, expr: b}"), 0o600))
	list, troubles, unread := readPaths([]string{dir})
	assert.Len(t, list, 1)
	assert.Empty(t, append(troubles, unread...))
}

// Rules that stand on rules many times are put in up to a bound.
func TestRulesInRulesManyTimes(t *testing.T) {
	k := &knowledge{recorded: map[string]source{}}
	for i := range deepest + 1 {
		k.recorded[fmt.Sprint("r", i)] = source{Text: strings.Repeat(fmt.Sprintf("r%d + ", i+1), 100) + "1"}
	}
	e, err := parse("r0")
	require.NoError(t, err)
	_, inside := expand(&parser.ParenExpr{Expr: e}, k, 0)
	assert.Greater(t, len(inside), mostInside/2)
	assert.Less(t, len(inside), 3*mostInside)
}

// The engine makes room for all steps of a subquery at once: it is not asked for
// more than there may be.
func TestSubqueriesWithoutEnd(t *testing.T) {
	for text, want := range map[string]string{
		"rate(sum(x)[100y:1ms])":                    "steps",
		"max_over_time(rate(sum(x)[1d:1s])[1d:1s])": "steps",
		"max_over_time(sum(x)[2*50y:1ms])":          "steps",
		"rate(sum(x)[30d:1m])":                      "",
	} {
		e, err := parse(text)
		require.NoError(t, err)
		if _, err = (&input{step: time.Minute}).ask(e); want == "" {
			assert.NoError(t, err, text)
		} else {
			assert.ErrorContains(t, err, want, text)
		}
	}
}
