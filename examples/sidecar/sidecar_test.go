package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/parse"
)

// The tests start themselves as workers.
func TestMain(m *testing.M) {
	if path := os.Getenv(workerVariable); path != "" {
		os.Exit(work(path))
	}
	os.Exit(m.Run())
}

// Workers and the sidecar itself are killed again and again. What is merged is
// what was scraped, to the last request, and never falls.
func TestEverybodyIsKilled(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 10
	}
	o := options{Live: example.Live{Interval: time.Minute, Timeout: time.Minute}, logger: slog.New(slog.DiscardHandler), now: time.Now, state: filepath.Join(t.TempDir(), "state")}
	c := newCrew(t.TempDir())
	defer c.stop()
	begin := func() *sidecar {
		s, err := newSidecar(t.Context(), o, c.config(o), c.targets)
		require.NoError(t, err)
		return s
	}
	s := begin()
	for range workersAtOnce {
		require.NoError(t, c.hire())
	}
	var b board
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for n := range rounds {
		require.NoError(t, s.round(ctx))
		require.NoError(t, b.read(s, c), "round %d", n)
		switch n % 4 {
		case 1: // the sidecar is killed after it published
			s = begin()
		case 3: // or between a scrape, which it forgets, and the checkpoint
			known := maps.Clone(c.scraped)
			require.NoError(t, s.scraper.Once(ctx))
			c.scraped = known
			s = begin()
		}
		if n%2 == 1 {
			require.NoError(t, c.replace())
		}
	}
	assert.Len(t, c.dead, rounds/2)
	assert.Positive(t, b.Merged)
	assert.InDelta(t, b.Truth, b.Merged+b.Lost+b.Pending, 0)
}

type program struct {
	code           int
	stdout, stderr string
}

func runSidecar(ctx context.Context, args ...string) program {
	var out, err bytes.Buffer
	code := run(ctx, args, &out, &err)
	return program{code, out.String(), err.String()}
}

func TestDemonstration(t *testing.T) {
	p := runSidecar(t.Context(), "-interval", "100ms", "-timeout", "100ms", "-rounds", "7", "-kill", "3")
	require.Equal(t, example.Answered, p.code, p.stderr)
	assert.Contains(t, p.stdout, "2 workers were killed. The merged total never fell")
	assert.Len(t, regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d        4 `).FindAllString(p.stdout, -1), 7, p.stdout)
	state := filepath.Join(t.TempDir(), "state")
	for i, before := range []string{"0", "[1-9][0-9]*"} { // the second goes on from the first
		p = runSidecar(t.Context(), "-interval", "100ms", "-rounds", "2", "-json", "-state", state)
		require.Equal(t, example.Answered, p.code, p.stderr)
		assert.Regexp(t, `(?m)\A(\{"workers":4,"killed":0,"merged":\d+,"merged_before":`+before+`,.*\}\n){2}\z`, p.stdout, i)
	}
}

// What is shown of the workers of the arguments, in each format.
func TestServe(t *testing.T) {
	var workers []string
	for i := range 3 {
		n := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			n += 10
			fmt.Fprintf(w, "# TYPE requests_total counter\nrequests_total %d\n# TYPE open gauge\nopen %d\n", n, i)
		}))
		defer s.Close()
		workers = append(workers, s.URL)
	}
	list := filepath.Join(t.TempDir(), "workers.json")
	require.NoError(t, os.WriteFile(list, fmt.Appendf(nil, `[{"targets": [%q]}]`, strings.TrimPrefix(workers[2], "http://")), 0o600))
	o, err := parseFlags([]string{"-timeout", "1m", workers[0], workers[1], list}, io.Discard)
	require.NoError(t, err)
	o.logger = slog.New(slog.DiscardHandler)

	now := time.Now()
	o.now = func() time.Time { return now } // however long a round takes, nothing is stale after it

	s, err := newSidecar(t.Context(), o, o.config(), o.sources()...)
	require.NoError(t, err)
	announced := make(lines, 1)
	require.NoError(t, offer(t.Context(), o.listen, s, announced, func(ctx context.Context) error {
		_, url, _ := strings.Cut(strings.TrimSpace(<-announced), "are at ")
		for range 2 {
			now = now.Add(time.Second)
			require.NoError(t, s.round(ctx))
		}
		for _, accept := range []string{"text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0", parse.Accept} {
			got := get(t, url, accept)
			assert.Equal(t, 3.0, got["open"])
			assert.Equal(t, 30.0, got["requests_total"], "growth since the first round")
			assert.Equal(t, 3.0, got["promfold_scrape_targets"])
		}
		return nil
	}))
}

// A worker that is replaced at its address has counted more by its first scrape
// than the one before ever did: all of it is new. What the kernel counts goes on.
func TestReplacedAtItsAddress(t *testing.T) {
	now := time.Unix(2_000_000, 0)
	start, n := now.Add(-time.Hour), 10
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %[1]d\n# TYPE requests_total counter\nrequests_total %[2]d\n"+
			"# TYPE process_network_receive_bytes_total counter\nprocess_network_receive_bytes_total %[2]d\n", start.Unix(), n)
	}))
	defer s.Close()
	o, err := parseFlags([]string{"-timeout", "1m", s.URL}, io.Discard)
	require.NoError(t, err)
	o.now = func() time.Time { return now }
	x, err := newSidecar(t.Context(), o, o.config(), o.sources()...)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, x.round(ctx))
	now = now.Add(time.Minute)
	start, n = now.Add(-time.Second), 12
	require.NoError(t, x.round(ctx))
	families, err := x.published.Gather()
	require.NoError(t, err)
	got := map[string]float64{}
	for _, f := range families {
		got[f.GetName()] = f.Metric[0].GetCounter().GetValue()
	}
	assert.Equal(t, 12.0, got["requests_total"])
	assert.Equal(t, 2.0, got["process_network_receive_bytes_total"])
}

// get returns the sum of each name in an exposition.
func get(t *testing.T, url, accept string) map[string]float64 {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	request.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	samples, err := parse.Samples(response.Header, body)
	require.NoError(t, err)
	got := map[string]float64{}
	for _, s := range samples {
		got[s.Name] += s.Value
	}
	return got
}

// lines is a writer that hands on what is written.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestExitStatus(t *testing.T) {
	damaged := filepath.Join(t.TempDir(), "state")
	require.NoError(t, os.WriteFile(damaged, []byte("no state"), 0o600))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-help"}, example.Answered, "usage: sidecar"},
		{[]string{"-nosuch"}, example.BadUsage, "-nosuch"},
		{[]string{"-interval", "0"}, example.BadUsage, "must be positive"},
		{[]string{"ftp://x"}, example.BadUsage, "not an http or https URL"},
		{[]string{"-pair", "http://x"}, example.BadUsage, "the URLs of the workers"},
		{[]string{"-pair", "x", "http://x"}, example.BadUsage, "not an http or https URL"},
		{[]string{"-state", damaged, "http://x"}, example.Silent, "not a state"},
		{[]string{"-listen", "nowhere:1:2", "http://x"}, example.Silent, "nowhere:1:2"},
	} {
		p := runSidecar(t.Context(), c.args...)
		assert.Equal(t, c.code, p.code, "%v", c.args)
		assert.Contains(t, p.stderr, c.says, "%v", c.args)
		assert.Empty(t, p.stdout, "%v", c.args)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, example.Answered, runSidecar(ctx, "http://127.0.0.1:1/").code, "an interrupt is no failure")
}
