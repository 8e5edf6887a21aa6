package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
)

// program is the result of a run of kubelets.
type program struct {
	code           int
	stdout, stderr string
}

func runKubelets(args ...string) program {
	var out, err bytes.Buffer
	code := run(context.Background(), args, &out, &err)
	return program{code, out.String(), err.String()}
}

func TestDefaultRun(t *testing.T) {
	p := runKubelets()
	require.Equal(t, example.Answered, p.code, p.stderr)
	assert.Empty(t, p.stderr)
	for _, says := range []string{
		"hollow-3 has its address 192.0.2.3; ready: False against True",
		"answers as hollow-1 and made-up-twin",
		"it is the process that hollow-1 reaches",
		"the kubelet of hollow-1 answers",
		"1 duplicate",
	} {
		assert.Contains(t, p.stdout, says)
	}
	assert.Equal(t, p, runKubelets(), "the same answers, the same decisions")
}

func TestDocument(t *testing.T) {
	p := runKubelets("-json")
	require.Equal(t, example.Answered, p.code, p.stderr)
	var d document
	require.NoError(t, json.Unmarshal([]byte(p.stdout), &d))
	assert.Equal(t, "hollow-1 hollow-2 hollow-3 made-up-twin", scraped(d.Decisions))
	require.Len(t, d.Kubelets, 4)
	assert.Equal(t, 2, d.Kubelets[1].Lives, "hollow-2 was killed and came back")
	assert.Equal(t, "hollow-1", d.Kubelets[3].Same)
	assert.Less(t, *d.Increase, *d.ByName)
}

func TestNodesFromAFile(t *testing.T) {
	text, err := json.Marshal(map[string]any{"kind": "List", "items": []any{made("a", "True", 2, shared), made("b", "Unknown", 1, shared)}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "nodes.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	p := runKubelets("-nodes", file)
	assert.Equal(t, example.Answered, p.code, p.stderr)
	assert.Contains(t, p.stdout, "a has its address 1.1.1.1")
	assert.NotContains(t, p.stdout, "says it is", "no kubelet was scraped")
	assert.Equal(t, example.Wrong, runKubelets("-check", "-nodes", file).code)
	p = runKubelets("-json", "-nodes", file)
	assert.NotContains(t, p.stdout, "increase")
}

func TestExitStatus(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.json")
	require.NoError(t, os.WriteFile(empty, []byte(`{"kind":"NodeList"}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.jsonl"), []byte("{}\n"), 0o600))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-help"}, example.Answered, "usage: kubelets"},
		{[]string{"-nosuch"}, example.BadUsage, "-nosuch"},
		{[]string{"x"}, example.BadUsage, `unexpected argument "x"`},
		{[]string{"-nodes", "x", "-apiserver", "http://x"}, example.BadUsage, "exclude each other"},
		{[]string{"-scrape"}, example.BadUsage, "-scrape needs"},
		{[]string{"-apiserver", "x"}, example.BadUsage, "not an http or https URL"},
		{[]string{"-interval", "0s"}, example.BadUsage, "positive"},
		{[]string{"-nodes", empty}, example.Silent, "there are no nodes"},
		{[]string{"-nodes", filepath.Join(dir, "x")}, example.Silent, "no such file"},
		{[]string{"-nodes", empty, "-ca", empty}, example.Silent, "unable to use specified CA cert"},
		{[]string{"-replay", dir}, example.Silent, "no list of nodes"},
		{[]string{"-replay", filepath.Join(dir, "x")}, example.Silent, "no such file"},
	} {
		p := runKubelets(c.args...)
		assert.Equal(t, c.code, p.code, "%v", c.args)
		assert.Contains(t, p.stderr, c.says, "%v", c.args)
		assert.Empty(t, p.stdout, "%v", c.args)
	}
	assert.Equal(t, example.Wrong, runKubelets("-check").code)
	var errs bytes.Buffer
	assert.Equal(t, example.Silent, run(context.Background(), nil, broken{}, &errs))
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// authorized passes on requests that carry the token “secret”.
func authorized(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			http.Error(w, "", http.StatusForbidden)
			return
		}
		next(w, r)
	}
}

// startCluster starts a kubelet, and an API server under /base. The API server
// lists the kubelet's node, from the second request on another one, which does
// not answer; and it fails the third request.
func startCluster(t *testing.T) (api *httptest.Server) {
	kubelet := httptest.NewTLSServer(authorized(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1000\nkubelet_node_name{node=\"up\"} 1\n")
	}))
	t.Cleanup(kubelet.Close)
	endpoint, err := netip.ParseAddrPort(strings.TrimPrefix(kubelet.URL, "https://"))
	require.NoError(t, err)
	listen := func(node map[string]any, port uint16) map[string]any {
		node["status"].(map[string]any)["daemonEndpoints"] = map[string]any{"kubeletEndpoint": map[string]any{"Port": port}}
		return node
	}
	asked := 0
	api = httptest.NewTLSServer(authorized(func(w http.ResponseWriter, r *http.Request) {
		if asked++; r.URL.Path != "/base/api/v1/nodes" || asked == 3 {
			http.Error(w, "", http.StatusTeapot)
			return
		}
		items := []any{listen(made("up", "True", 1, "127.0.0.1"), endpoint.Port())}
		if asked > 1 {
			items = append(items, listen(made("down", "False", 1, "127.0.0.1"), 1))
		}
		json.NewEncoder(w).Encode(map[string]any{"kind": "NodeList", "items": items})
	}))
	t.Cleanup(api.Close)
	return api
}

func TestLive(t *testing.T) {
	api, dir := startCluster(t), t.TempDir()
	token, ca := filepath.Join(dir, "token"), filepath.Join(dir, "ca.crt")
	require.NoError(t, os.WriteFile(token, []byte("secret\n"), 0o600))
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: api.Certificate().Raw}), 0o600))
	o, err := parseFlags([]string{"-json", "-scrape", "-rounds", "3", "-timeout", "1m", "-apiserver", api.URL + "/base", "-ca", ca, "-insecure", "-token-file", token}, io.Discard)
	require.NoError(t, err)
	var out, errs bytes.Buffer
	w, err := newWatch(o, example.NewScreen(o.Output, &out, &errs))
	require.NoError(t, err)
	l, err := newLive(w)
	require.NoError(t, err)
	var seconds atomic.Int64
	l.now = func() time.Time { return time.Unix(100_000+seconds.Add(1), 0) }
	tick := make(chan time.Time, 3)
	for range 3 {
		tick <- time.Time{}
	}
	l.o.Tick = tick
	require.NoError(t, l.run(t.Context()))
	assert.Contains(t, errs.String(), "the nodes are those of the round before: HTTP status 418")

	var d document
	documents := json.NewDecoder(&out)
	require.NoError(t, documents.Decode(&d))
	assert.Equal(t, "up", scraped(d.Decisions))
	for range 2 {
		d = document{}
		require.NoError(t, documents.Decode(&d))
	}
	assert.Equal(t, "down up", scraped(d.Decisions))
	assert.Equal(t, "down", d.Kubelets[0].State)
	assert.Contains(t, d.Kubelets[0].Remarks[0], "refused")
	assert.Equal(t, kubeletUp, d.Kubelets[1])

	p := runKubelets("-timeout", "1m", "-apiserver", api.URL, "-ca", ca)
	assert.Equal(t, example.Silent, p.code)
	assert.Contains(t, p.stderr, "403")
}

var kubeletUp = kubelet{Node: "up", State: "up", Says: "up", Lives: 1}

// TestGone: a node that left is not missing, and if it comes back nothing is
// remembered of it.
func TestGone(t *testing.T) {
	w := watching(t, "a", "b")
	body := []byte("# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1\n")
	at := time.Unix(100_000, 0)
	w.observe("a", at, nil, body, nil)
	w.observe("b", at, nil, body, nil)
	w.observe("a", at.Add(time.Second), nil, nil, errors.New("refused"))
	assert.Equal(t, map[string]string{"a": "down", "b": "up"}, w.states(t))
	require.NoError(t, w.plan(nodesOf(t, made("b", "True", 0, "1.1.1.1")), at.Add(2*time.Second)))
	assert.Equal(t, map[string]string{"b": "up"}, w.states(t))
	require.NoError(t, w.plan(nodesOf(t, made("b", "True", 0, "1.1.1.1"), made("a", "True", 0, "1.1.1.2")), at.Add(3*time.Second)))
	w.observe("a", at.Add(4*time.Second), nil, body, nil)
	assert.Equal(t, map[string]string{"a": "up", "b": "up"}, w.states(t))
}
