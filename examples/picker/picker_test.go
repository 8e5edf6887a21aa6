package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
)

func loaded(waiting int, cache float64) []byte {
	return fmt.Appendf(nil, "# TYPE %[1]s gauge\n%[1]s %[2]d\n# TYPE %[3]s gauge\n%[3]s %[4]g\n# TYPE %[5]s gauge\n%[5]s 3\n", waitingName, waiting, cacheName, cache, runningName)
}

// The least loaded replica is picked, and never one that fails, is old, or does
// not say how long its queue is.
func TestPick(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	p := newPicker(50 * time.Millisecond)
	a, b, c := p.add("a"), p.add("b"), p.add("c")
	best := func() string {
		x, ok := p.pick(now)
		if !ok {
			return ""
		}
		return x.Replica
	}
	assert.Empty(t, best(), "nothing is known yet")
	require.NoError(t, a.read(now, nil, loaded(2, 0.1)))
	require.NoError(t, b.read(now, nil, loaded(1, 0.5)))
	require.NoError(t, c.read(now, nil, loaded(1, 0.4)))
	assert.Equal(t, "c", best(), "fewest waiting, emptiest cache")
	require.NoError(t, c.read(now, nil, loaded(0, 0.99)))
	assert.Equal(t, "b", best(), "a full cache makes requests wait")

	b.fail(errors.New("refused"))
	assert.Equal(t, "a", best())
	require.NoError(t, b.read(now, nil, loaded(0, 0)))
	assert.Equal(t, "b", best(), "it is back")
	require.NoError(t, b.read(now, nil, []byte("# TYPE other gauge\nother 1\n")))
	assert.Equal(t, "a", best(), "a queue that is not there is not empty")
	two := append(loaded(0, 0), waitingName+"{engine=\"1\"} 0\n"...)
	require.NoError(t, b.read(now, nil, two))
	assert.Equal(t, "b", best())
	require.NoError(t, b.read(now, nil, bytes.ReplaceAll(two, []byte(cacheName), []byte("other"))))
	assert.Equal(t, "a", best(), "two queues are no cache")
	require.NoError(t, b.read(now, nil, loaded(0, math.NaN())))
	assert.Equal(t, "a", best(), "what is no number is not empty")
	assert.Error(t, b.read(now, nil, []byte("<html>")))
	assert.Equal(t, "a", best())

	now = now.Add(maxIntervals*50*time.Millisecond + 1)
	require.NoError(t, c.read(now, nil, loaded(9, 0.9)))
	assert.Equal(t, "c", best(), "what is old does not count")
	assert.Contains(t, p.why(), "a: its load is old; b: ")

	old := fmt.Appendf(nil, "# TYPE %[1]s gauge\n%[1]s 0 %[2]d\n%[3]s", waitingName, now.Add(-time.Minute).UnixMilli(),
		bytes.ReplaceAll(loaded(0, 0), []byte(waitingName), []byte("other")))
	require.NoError(t, a.read(now, nil, old))
	assert.Equal(t, "c", best(), "a body that was read just now may say that it is old")
}

// Both parsers read the same loads of the same bodies.
func TestBothReadTheSame(t *testing.T) {
	p := newPicker(time.Second)
	ours, theirs := p.add("a"), p.add("b")
	for i, bodies := range makeBodies(3) {
		for v, body := range bodies {
			assert.Equal(t, bodyLines, bytes.Count(body, []byte("\n")))
			require.NoError(t, ours.read(time.Unix(1, 0), nil, body))
			require.NoError(t, theirs.readExpfmt(time.Unix(1, 0), body))
			assert.Equal(t, theirs.load, ours.load, "replica %d, body %d", i, v)
			assert.Positive(t, ours.load.all)
			assert.Positive(t, ours.load.slow)
			assert.Equal(t, 1, ours.load.loras)
		}
	}
}

func TestCompare(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, example.Answered, run(t.Context(), []string{"-json", "-replicas", "3", "-for", "4ms", "-interval", "1ms"}, &out, &errs), errs.String())
	var results []result
	require.NoError(t, json.Unmarshal(out.Bytes(), &results))
	require.Len(t, results, 2)
	for _, r := range results {
		assert.Positive(t, r.Picks)
		assert.Zero(t, r.OfFailed)
	}
	out.Reset()
	require.Equal(t, example.Answered, run(t.Context(), []string{"-replicas", "3", "-for", "2ms", "-interval", "1ms"}, &out, &errs))
	assert.Contains(t, out.String(), "expfmt")
	assert.Equal(t, example.BadUsage, run(t.Context(), []string{"-replicas", "1"}, &out, &errs))
}

// Replicas over HTTP: one that fails is not picked.
func TestWatch(t *testing.T) {
	serve := func(status int, body []byte) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			w.Write(body)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	busy, idle := serve(http.StatusOK, loaded(5, 0.5)), serve(http.StatusInternalServerError, loaded(0, 0))
	var out, errs bytes.Buffer
	args := []string{"-json", "-interval", "1m", "-timeout", "1m", "-rounds", "1"}
	require.Equal(t, example.Answered, run(context.Background(), append(args, busy, idle), &out, &errs), errs.String())
	var c choice
	require.NoError(t, json.Unmarshal(out.Bytes(), &c))
	assert.Equal(t, busy, c.Replica)
	assert.Equal(t, []int{1, 2}, []int{c.Usable, c.Known})
	assert.Equal(t, example.Silent, run(context.Background(), append(args, idle), &out, &errs))
	assert.Contains(t, errs.String(), "HTTP status 500")
	out.Reset()
	require.Equal(t, example.Answered, run(context.Background(), append(args, busy, busy), &out, &errs))
	require.NoError(t, json.Unmarshal(out.Bytes(), &c))
	assert.Equal(t, []int{1, 1}, []int{c.Usable, c.Known}, "named twice")
	assert.Equal(t, example.BadUsage, run(context.Background(), append(args, busy, "ftp://x"), &out, &errs))
}
