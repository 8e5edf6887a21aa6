package main

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
)

// half is one sidecar of a pair, at an address that stays.
type half struct {
	server  *httptest.Server
	serving atomic.Pointer[sidecar] // what the server's goroutines see
	*sidecar
}

func (h *half) run(s *sidecar) {
	h.sidecar = s
	h.serving.Store(s)
}

// pairOf starts two sidecars of one crew that name each other.
func pairOf(t *testing.T, c *crew) (pair [2]*half, begin func(i int)) {
	for i := range pair {
		h := &half{}
		h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s := h.serving.Load()
			switch {
			case s == nil:
				panic(http.ErrAbortHandler) // nobody is there
			case r.URL.Path == statePath:
				s.serveState(w, r)
			default:
				s.serveMetrics(w, r)
			}
		}))
		t.Cleanup(h.server.Close)
		pair[i] = h
	}
	return pair, func(i int) {
		o := options{Live: example.Live{Interval: time.Minute, Timeout: time.Minute}, logger: slog.New(slog.DiscardHandler), now: time.Now, pair: pair[1-i].server.URL}
		s, err := newSidecar(t.Context(), o, c.config(o), c.targets)
		require.NoError(t, err)
		pair[i].run(s)
	}
}

// merged reads the total from a sidecar; ok is false if nobody is there.
func (h *half) merged(t *testing.T) (total float64, ok bool) {
	response, err := http.Get(h.server.URL)
	if err != nil {
		return 0, false
	}
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	in := expfmt.NewDecoder(response.Body, expfmt.ResponseFormat(response.Header))
	for {
		var f dto.MetricFamily
		if in.Decode(&f) != nil {
			return total, true
		}
		if f.GetName() == handled {
			for _, m := range f.Metric {
				total += m.Counter.GetValue()
			}
		}
	}
}

// Workers are killed, and either sidecar of a pair, which keep no checkpoint. Who
// reads now one and now the other sees what was scraped, to the last request,
// and no fall.
func TestPair(t *testing.T) {
	workers, rounds := 5, 12
	if !testing.Short() {
		workers, rounds = 50, 24
	}
	c := newCrew(t.TempDir())
	defer c.stop()
	for range workers {
		require.NoError(t, c.hire())
	}
	pair, begin := pairOf(t, c)
	begin(0)
	begin(1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	last := 0.0
	for n := range rounds {
		at := n % 2
		if pair[at].sidecar == nil {
			begin(at) // it is back, and knows nothing but what the other one tells it
		}
		if n%6 == 5 { // killed between a scrape, which nobody gets to know, and the exchange
			known := maps.Clone(c.scraped)
			require.NoError(t, pair[at].scraper.Once(ctx))
			c.scraped = known
			pair[at].run(nil)
		} else {
			require.NoError(t, pair[at].round(ctx))
		}
		_, dead, err := c.counted(c.dead)
		require.NoError(t, err)
		_, living, err := c.counted(c.living)
		require.NoError(t, err)
		for i := range 4 { // a balancer in front of both
			if total, ok := pair[i%2].merged(t); ok && pair[i%2].sidecar != nil && total > 0 {
				require.GreaterOrEqual(t, total, last, "round %d, sidecar %d: a reset", n, i%2)
				require.Equal(t, dead+living, total, "round %d, sidecar %d", n, i%2)
				last = total
			}
		}
		if n%6 == 2 {
			pair[1-at].run(nil) // killed after it agreed
		}
		if n%3 == 1 {
			require.NoError(t, c.replace())
		}
	}
	assert.Positive(t, last)
	assert.Len(t, c.dead, rounds/3)
}

// Two sidecars that want to talk at the same moment both get their turn.
func TestPairTalksAtOnce(t *testing.T) {
	c := newCrew(t.TempDir())
	defer c.stop()
	require.NoError(t, c.hire())
	pair, begin := pairOf(t, c)
	begin(0)
	begin(1)
	ended := make(chan error, 2)
	for _, h := range pair {
		go func() {
			var err error
			for range 5 {
				if err == nil {
					err = h.round(t.Context())
				}
			}
			ended <- err
		}()
	}
	require.NoError(t, <-ended)
	require.NoError(t, <-ended)
	for _, h := range pair {
		require.NoError(t, h.round(t.Context()))
		total, ok := h.merged(t)
		assert.True(t, ok)
		assert.Positive(t, total)
	}
	assert.False(t, pair[0].peer.gone || pair[1].peer.gone)
}

// What is no state changes nothing, and is refused.
func TestPairRefuses(t *testing.T) {
	c := newCrew(t.TempDir())
	pair, begin := pairOf(t, c)
	begin(0)
	response, err := http.Post(pair[0].server.URL+statePath, "", http.NoBody)
	require.NoError(t, err)
	response.Body.Close()
	assert.Equal(t, http.StatusBadRequest, response.StatusCode)
	pair[0].turn.Lock()
	_, err = (&peer{url: pair[0].server.URL + statePath, client: http.DefaultClient}).call(t.Context(), nil)
	assert.ErrorIs(t, err, errBusy)
	pair[0].turn.Unlock()
}

// stuck is a client that neither sends nor takes anything more, and says so.
type stuck struct {
	http.ResponseWriter
	here, end chan struct{}
}

func (s *stuck) wait() {
	select {
	case s.here <- struct{}{}:
	case <-s.end:
	}
	<-s.end
}

func (s *stuck) Read([]byte) (int, error) { s.wait(); return 0, io.EOF }
func (s *stuck) Close() error             { return nil }
func (s *stuck) Write(p []byte) (int, error) {
	s.wait()
	return len(p), nil
}

// A client that is stuck delays neither the rounds nor the readers.
func TestStuckClients(t *testing.T) {
	c := newCrew(t.TempDir())
	defer c.stop()
	require.NoError(t, c.hire())
	pair, begin := pairOf(t, c)
	begin(0)
	require.NoError(t, pair[0].round(t.Context()))
	for name, call := range map[string]func(x *stuck){
		"sends a state": func(x *stuck) {
			pair[0].serveState(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, statePath, x))
		},
		"takes a state":  func(x *stuck) { pair[0].serveState(x, httptest.NewRequest(http.MethodGet, statePath, nil)) },
		"takes a scrape": func(x *stuck) { pair[0].serveMetrics(x, httptest.NewRequest(http.MethodGet, "/metrics", nil)) },
	} {
		x := &stuck{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			call(x)
		}()
		<-x.here
		if assert.True(t, pair[0].turn.TryLock(), name) {
			pair[0].turn.Unlock()
		}
		close(x.end)
		<-ended
	}
}

// A sidecar that is named as its own pair, or whose pair is always busy, goes on
// alone.
func TestPairOfItself(t *testing.T) {
	c := newCrew(t.TempDir())
	defer c.stop()
	require.NoError(t, c.hire())
	pair, begin := pairOf(t, c)
	begin(0)
	pair[0].peer.url, pair[0].peer.patience = pair[0].server.URL+statePath, 0
	require.NoError(t, pair[0].round(t.Context()))
	assert.True(t, pair[0].peer.gone)
	_, ok := pair[0].merged(t)
	assert.True(t, ok)
}
