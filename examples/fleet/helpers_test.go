package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
)

// program is the result of a run of fleet.
type program struct {
	code           int
	stdout, stderr string
}

func runFleet(args ...string) program {
	var out, err bytes.Buffer
	code := run(context.Background(), args, &out, &err)
	return program{code, out.String(), err.String()}
}

func (p program) document(t *testing.T) (d decoded) {
	t.Helper()
	require.Equal(t, 0, p.code, p.stderr)
	require.NoError(t, json.Unmarshal([]byte(p.stdout), &d), p.stdout)
	return d
}

// decoded is the document as a reader sees it: by the names in JSON, and with
// absent fields apart from those that are 0.
type decoded struct {
	At            string
	WindowSeconds float64 `json:"window_seconds"`
	Instances     []map[string]any
	Views         []struct {
		Spec, Kind, Metric string
		Groups             []map[string]any
	}
}

// memory is a recording in memory; scrape adds to it.
type memory struct {
	files    fstest.MapFS
	manifest bytes.Buffer
}

func (m *memory) scrape(t *testing.T, r recording.Scrape, body string) {
	t.Helper()
	if m.files == nil {
		m.files = fstest.MapFS{}
	}
	if body != "" {
		r.File = r.Target + "-" + string(rune('a'+len(m.files))) + ".gz"
		m.files[r.File] = &fstest.MapFile{Data: zipped(t, body)}
		r.Status = 200
	}
	line, err := json.Marshal(r)
	require.NoError(t, err)
	m.manifest.Write(append(line, '\n'))
	m.files["manifest.jsonl"] = &fstest.MapFile{Data: m.manifest.Bytes()}
}

func zipped(t *testing.T, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(body))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

func (m *memory) replay(t *testing.T, args ...string) program {
	t.Helper()
	return replayFS(t, m.files, args...)
}

// replayFS replays dir, as -replay does.
func replayFS(t *testing.T, dir fs.FS, args ...string) program {
	t.Helper()
	var out, errs bytes.Buffer
	o, err := parseFlags(args, &errs)
	require.NoError(t, err)
	w, err := newWatch(o, example.NewScreen(o.Output, &out, &errs))
	require.NoError(t, err)
	err = replay(context.Background(), dir, o, w)
	p := program{example.Answered, out.String(), errs.String()}
	if err != nil || !w.answered {
		p.code = example.Silent
	}
	return p
}

// text returns a scrape of /metrics in the text format.
func text(target string, at int64) recording.Scrape {
	return recording.Scrape{Scenario: "test", Time: at, Target: target, Path: "/metrics", Format: "text",
		ContentType: "text/plain; version=0.0.4"}
}
