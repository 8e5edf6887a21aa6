package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
)

// station is a live run with its own clock. The clock advances by a second at
// each reading, so every scrape has another time and nothing waits.
type station struct {
	*live
	out, err bytes.Buffer
	clock    atomic.Int64
}

func newStation(t *testing.T, args ...string) *station {
	t.Helper()
	s := &station{}
	// A timeout that a busy machine does not reach.
	o, err := parseFlags(append([]string{"-timeout", "1m"}, args...), io.Discard)
	require.NoError(t, err)
	w, err := newWatch(o, example.NewScreen(o.Output, &s.out, &s.err))
	require.NoError(t, err)
	s.live, err = newLive(w)
	require.NoError(t, err)
	s.now = func() time.Time { return time.Unix(1_000_000+s.clock.Add(1), 0) }
	return s
}

func (s *station) follow(ctx context.Context, tick <-chan time.Time) error {
	s.o.Tick = tick
	return s.run(ctx)
}

// ticks returns a channel that holds n ticks.
func ticks(n int) <-chan time.Time {
	c := make(chan time.Time, n)
	for range n {
		c <- time.Time{}
	}
	return c
}

func (s *station) documents(t *testing.T) (list []decoded) {
	t.Helper()
	for in := json.NewDecoder(&s.out); ; {
		var d decoded
		err := in.Decode(&d)
		if err == io.EOF {
			return list
		}
		require.NoError(t, err)
		list = append(list, d)
	}
}

// serve starts a server that calls answer for the n-th request, from 0.
func serve(t *testing.T, answer func(w http.ResponseWriter, n int)) (url string) {
	t.Helper()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, http.MethodGet, r.Method)
		answer(w, int(n.Add(1)-1))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/metrics"
}

func counting(step int) func(http.ResponseWriter, int) {
	return func(w http.ResponseWriter, n int) {
		fmt.Fprintf(w, "# TYPE n_total counter\nn_total{code=\"200\"} %d\nn_total{code=\"500\"} 1\n", 100+step*n)
	}
}

func name(url string) string {
	return strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/metrics")
}

func TestLive(t *testing.T) {
	a, b := serve(t, counting(10)), serve(t, counting(30))
	s := newStation(t, a, b, "-json", "-counter", "n_total by (code)", "-rounds", "3")
	require.NoError(t, s.follow(context.Background(), ticks(2)))
	docs := s.documents(t)
	require.Len(t, docs, 3, "one a round")
	assert.NotContains(t, docs[0].Views[0].Groups[0], "increase", "nothing to compare with yet")
	last := docs[2].Views[0].Groups[0]
	assert.Equal(t, 80.0, last["increase"])
	assert.Equal(t, name(b), last["max"].(map[string]any)["instance"])
	assert.Greater(t, last["max"].(map[string]any)["share"], 0.6)
	assert.Equal(t, map[string]any{"expected": 2.0, "reporting": 2.0, "stale": 0.0}, last["coverage"])
	// A window of 5 min, of which a few seconds were seen, is those seconds.
	assert.Less(t, docs[2].WindowSeconds, 10.0)
	assert.Greater(t, last["rate"], 10.0)
	assert.Empty(t, s.err.String())
	assert.True(t, s.answered)
}

// TestLiveFailures: a target that keeps failing is reported once, and the
// others are scraped on.
func TestLiveFailures(t *testing.T) {
	var round atomic.Int64
	good := serve(t, func(w http.ResponseWriter, n int) {
		round.Store(int64(n + 1))
		counting(10)(w, n)
	})
	targets := map[string]string{
		"http://127.0.0.1:1/metrics": "connection refused", // no server listens on port 1
		serve(t, func(w http.ResponseWriter, _ int) { http.Error(w, "no such page", http.StatusNotFound) }): "HTTP status 404 Not Found",
		serve(t, func(w http.ResponseWriter, _ int) { fmt.Fprint(w, "<html>Sign in</html>\n") }):            "text/html",
		serve(t, func(w http.ResponseWriter, _ int) { fmt.Fprint(w, "n_total{code=\"2\n") }):                "line 1, column",
		serve(t, func(w http.ResponseWriter, _ int) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "# TYPE n_total counter\n")
		}): "unexpected EOF",
	}
	args := []string{good, "-json", "-counter", "n_total", "-rounds", "3"}
	for url := range targets {
		args = append(args, url)
	}
	s := newStation(t, args...)
	// A minute a round: in whatever order the targets are read, none goes stale.
	s.now = func() time.Time { return time.Unix(1_000_000+60*round.Load(), 0) }
	require.NoError(t, s.follow(context.Background(), ticks(2)))
	said := strings.Split(strings.TrimSpace(s.err.String()), "\n")
	assert.Len(t, said, len(targets), "%s", s.err.String())
	for url, want := range targets {
		found := 0
		for _, text := range said {
			if strings.Contains(text, name(url)+": ") && strings.Contains(text, want) {
				found++
			}
		}
		assert.Equal(t, 1, found, "%s: %s in\n%s", name(url), want, s.err.String())
	}
	docs := s.documents(t)
	last := docs[len(docs)-1]
	assert.Len(t, last.Instances, 1, "a target that never answered is no instance")
	g := last.Views[0].Groups[0]
	assert.Equal(t, 20.0, g["increase"])
	assert.Equal(t, map[string]any{"expected": 6.0, "reporting": 1.0, "stale": 0.0}, g["coverage"])
}

// TestLiveTimeout: a target that never answers delays a round by the timeout at
// most. It is the only target, since a busy machine might not serve others in
// time.
func TestLiveTimeout(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, int) { <-release })
	t.Cleanup(func() { close(release) })
	s := newStation(t, url, "-json", "-counter", "n_total", "-rounds", "3", "-timeout", "20ms")
	require.NoError(t, s.follow(context.Background(), ticks(2)))
	assert.Equal(t, 1, strings.Count(s.err.String(), name(url)+": no answer within 20ms"), "%s", s.err.String())
	assert.Len(t, s.documents(t), 3)
	assert.False(t, s.answered)
}

func TestLiveFlapping(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, n int) {
		if n == 1 || n == 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		counting(1)(w, n)
	})
	s := newStation(t, url, "-json", "-counter", "n_total", "-rounds", "4")
	require.NoError(t, s.follow(context.Background(), ticks(3)))
	said := strings.Split(strings.TrimSpace(s.err.String()), "\n")
	require.Len(t, said, 2, "%s", s.err.String())
	assert.Contains(t, said[0], "HTTP status 503")
	assert.Contains(t, said[1], "answers again")
	docs := s.documents(t)
	assert.Equal(t, 3.0, docs[3].Views[0].Groups[0]["increase"])
}

func TestLiveDefaults(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, n int) {
		fmt.Fprint(w, "# TYPE go_gc_total counter\ngo_gc_total 1000000\n# TYPE sent_bytes_total counter\nsent_bytes_total 2000000\n")
		fmt.Fprint(w, "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 3\nh_count 3\nh_sum 1\n")
		counting(10)(w, n)
	})
	s := newStation(t, url, "-json", "-rounds", "2")
	require.NoError(t, s.follow(context.Background(), ticks(1)))
	docs := s.documents(t)
	require.Len(t, docs, 2)
	var specs []string
	for _, v := range docs[1].Views {
		specs = append(specs, v.Kind+" "+v.Spec)
	}
	assert.Equal(t, []string{"counter n_total by (code)", "counter go_gc_total", "histogram h"}, specs,
		"events of the program before those of its runtime; bytes are not events")
	assert.Equal(t, 10.0, docs[1].Views[0].Groups[0]["increase"])
}

func TestLiveTable(t *testing.T) {
	s := newStation(t, serve(t, counting(10)), "-counter", "n_total by (code)", "-rounds", "2")
	require.NoError(t, s.follow(context.Background(), ticks(1)))
	blocks := strings.Split(s.out.String(), "\n\n1 of 1 instances up")
	require.Len(t, blocks, 2, "a block a round where there is no terminal")
	assert.NotContains(t, s.out.String(), "\x1b")
}

// TestInterrupt: Ctrl-C during a round or between two ends the program, and is
// not reported as a failure of the target.
func TestInterrupt(t *testing.T) {
	for _, during := range []int{0, 1} {
		ctx, cancel := context.WithCancel(context.Background())
		release := make(chan struct{})
		s := newStation(t, serve(t, func(w http.ResponseWriter, n int) {
			if n == during {
				cancel()
				<-release
			}
			counting(10)(w, n)
		}), "-counter", "n_total")
		require.NoError(t, s.follow(ctx, ticks(1)))
		close(release)
		assert.Empty(t, s.err.String())
		assert.Equal(t, during > 0, s.answered)
		assert.Equal(t, during, strings.Count(s.out.String(), "instances up"), "the last table is there, once")
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := newStation(t, serve(t, counting(10)), "-json", "-counter", "n_total")
	s.now = func() time.Time {
		if s.clock.Add(1) == 3 { // after the targets and the scrape: for the first document
			cancel()
		}
		return time.Unix(s.clock.Load(), 0)
	}
	require.NoError(t, s.follow(ctx, nil))
	assert.Len(t, s.documents(t), 1, "one a round, and none more for the end")
}

func TestExitCodes(t *testing.T) {
	good := serve(t, counting(10))
	bad := serve(t, func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusTeapot) })
	assert.Equal(t, example.Answered, runFleet("-rounds", "1", "-timeout", "1m", good, bad).code)
	p := runFleet("-rounds", "1", "-timeout", "1m", "-json", bad)
	assert.Equal(t, example.Silent, p.code)
	assert.Contains(t, p.stderr, "no target answered")
	var d decoded
	require.NoError(t, json.Unmarshal([]byte(p.stdout), &d), "a document is printed anyway")
	assert.Empty(t, d.Instances)
}
