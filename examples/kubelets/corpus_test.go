package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
)

// corpus returns the whole recording, from which the one in the program was cut.
func corpus(t *testing.T) fs.FS {
	t.Helper()
	const dir = "../../../shared/corpus/kubelets"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the whole recording is not here: ", err)
	}
	return os.DirFS(dir)
}

// answer is a recorded body of a kubelet.
type answer struct {
	kubelet string
	at      time.Time
	body    []byte
}

// answers returns the recorded bodies of the kubelets, in order of time.
func answers(t *testing.T, dir fs.FS) (list []answer) {
	t.Helper()
	all, err := recording.Manifest(dir)
	require.NoError(t, err)
	for _, r := range all {
		if r.Format != "text" || r.Path != "/metrics" || r.File == "" || len(r.Target) != len("hollow-1") {
			continue
		}
		body, err := r.Body(dir)
		require.NoError(t, err)
		list = append(list, answer{r.Target, r.At(), body})
	}
	require.NotEmpty(t, list)
	return list
}

// watching returns a watch of nodes with different addresses.
func watching(t *testing.T, names ...string) *watch {
	t.Helper()
	o, err := parseFlags(nil, io.Discard)
	require.NoError(t, err)
	w, err := newWatch(o, example.NewScreen(o.Output, io.Discard, io.Discard))
	require.NoError(t, err)
	var items []map[string]any
	for i, name := range names {
		items = append(items, made(name, "True", i, fmt.Sprint("192.0.2.", i+1)))
	}
	require.NoError(t, w.plan(nodesOf(t, items...), time.Unix(1, 0)))
	return w
}

func (w *watch) states(t *testing.T) map[string]string {
	t.Helper()
	d, err := w.document()
	require.NoError(t, err)
	states := map[string]string{}
	for _, k := range d.Kubelets {
		states[k.Node] = k.State
		if k.Same != "" {
			states[k.Node] += " of " + k.Same
		}
	}
	return states
}

// nameless returns a body without the metric that names its node.
func nameless(body []byte) (kept []byte) {
	for line := range bytes.Lines(body) {
		if !bytes.Contains(line, []byte("kubelet_node_name")) {
			kept = append(kept, line...)
		}
	}
	return kept
}

// TestOneStartThreeKubelets: an equal start time does not make two kubelets one.
func TestOneStartThreeKubelets(t *testing.T) {
	dir := corpus(t)
	w := watching(t, "hollow-1", "hollow-2", "hollow-3")
	starts := map[string]bool{}
	for _, a := range answers(t, dir)[:12] { // before hollow-2 is killed
		body := nameless(a.body)
		_, rest, ok := bytes.Cut(body, []byte("\nprocess_start_time_seconds "))
		require.True(t, ok)
		start, _, _ := bytes.Cut(rest, []byte("\n"))
		starts[string(start)] = true
		w.observe(a.kubelet, a.at, nil, body, nil)
	}
	require.Len(t, starts, 1, "their start times are equal")
	assert.Equal(t, map[string]string{"hollow-1": "up", "hollow-2": "up", "hollow-3": "up"}, w.states(t))
}

// TestTwoNamesOneKubelet: one real kubelet under two names is recognised by its
// counters, without the metric that names its node. The two others, which
// started at the same time, stay apart.
func TestTwoNamesOneKubelet(t *testing.T) {
	dir := corpus(t)
	for _, c := range []struct {
		about string
		body  func([]byte) []byte
		under func(n int) []string // the names that the n-th scrape is made under
	}{
		{"taking turns", nameless, func(n int) []string { return []string{[]string{"hollow-1", "twin"}[n%2]} }},
		{"with its name", func(b []byte) []byte { return b }, func(n int) []string { return []string{[]string{"hollow-1", "twin"}[n%2]} }},
		{"unevenly", nameless, func(n int) []string { return []string{[]string{"hollow-1", "hollow-1", "twin"}[n%3]} }},
	} {
		w, n := watching(t, "hollow-1", "hollow-2", "hollow-3", "twin"), 0
		for _, a := range answers(t, dir) {
			names := []string{a.kubelet}
			if a.kubelet == "hollow-1" {
				names = c.under(n)
				n++
			}
			for _, name := range names {
				w.observe(name, a.at, http.Header{}, c.body(a.body), nil)
			}
		}
		// Both nodes are ready, and hollow-1 is the newer one.
		want := map[string]string{"hollow-1": "up", "hollow-2": "up", "hollow-3": "up", "twin": "duplicate of hollow-1"}
		assert.Equal(t, want, w.states(t), c.about)
		d, err := w.document()
		require.NoError(t, err)
		assert.Contains(t, d.Coverage, "1 duplicate")
		assert.Equal(t, []string{"hollow-1", "twin"}, d.Kubelets[0].Names)
		assert.Less(t, *d.Increase, *d.ByName)
		assert.True(t, w.doubled)
	}
}

// TestCorpus: the recorded cluster has no problem.
func TestCorpus(t *testing.T) {
	corpus(t)
	p := runKubelets("-check", "-replay", "../../../shared/corpus/kubelets")
	assert.Equal(t, example.Answered, p.code, p.stderr)
	assert.NotContains(t, p.stdout, "duplicate")
	assert.Contains(t, p.stdout, "3 of 3 expected, 1 restarted")
}
