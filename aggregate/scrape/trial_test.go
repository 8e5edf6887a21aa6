package scrape

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/expose"
	"github.com/promfold/promfold/parse"
)

// faults are servers that do not answer as they should, with the reason and the
// error that is told.
var faults = map[string]struct {
	answer       func(w http.ResponseWriter, r *http.Request, n int)
	reason, says string
}{
	"hang": {func(_ http.ResponseWriter, r *http.Request, _ int) {
		<-r.Context().Done()
	}, "timeout", "no answer within 50ms"},
	"trickle": {func(w http.ResponseWriter, r *http.Request, _ int) {
		for b := range strings.SplitSeq("# TYPE n_total counter\nn_total 1\n", "") {
			fmt.Fprint(w, b)
			w.(http.Flusher).Flush()
			select {
			case <-time.After(time.Second):
			case <-r.Context().Done():
				return
			}
		}
	}, "timeout", "no answer within 50ms"},
	"reset": {func(w http.ResponseWriter, _ *http.Request, _ int) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}
	}, "reset", ""},
	"redirect loop": {func(w http.ResponseWriter, r *http.Request, n int) {
		http.Redirect(w, r, fmt.Sprintf("/%d", n), http.StatusFound)
	}, "redirect", "the 10th in a row"},
	"500":        {func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(500) }, "status", "HTTP status 500 Internal Server Error"},
	"no content": {func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(204) }, "status", "HTTP status 204"},
	"wrong length": {func(w http.ResponseWriter, r *http.Request, n int) {
		w.Header().Set("Content-Length", "1000")
		counting(w, r, n)
	}, "truncated", "unexpected EOF"},
	"boast": {func(w http.ResponseWriter, r *http.Request, n int) {
		w.Header().Set("Content-Length", "1000000000000")
		counting(w, r, n)
	}, "limit", "more than 1048576 bytes were sent"},
	"endless chunks": {func(w http.ResponseWriter, _ *http.Request, _ int) {
		for line := bytes.Repeat([]byte("n_total 1\n"), 1000); ; {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	}, "limit", "more than 1048576 bytes were sent"},
	"half a line": {func(w http.ResponseWriter, _ *http.Request, _ int) { fmt.Fprint(w, "n_total 1") }, "body", "line 1"},
	"a page":      {func(w http.ResponseWriter, _ *http.Request, _ int) { fmt.Fprint(w, "<html>Sign in</html>\n") }, "body", "text/html"},
}

// Each fault is told to the hook, to the fleet and in the metrics, and the
// target beside it is scraped.
func TestFaults(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := serve(t, fault.answer)
			bad.Config.ErrorLog = log.New(io.Discard, "", 0)
			testFault(t, bad, fault.reason, fault.says)
		})
	}
}

func TestRefused(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	testFault(t, gone, "refused", "connection refused")
}

func TestBadCertificate(t *testing.T) {
	bad := httptest.NewUnstartedServer(http.NotFoundHandler())
	bad.Config.ErrorLog = log.New(io.Discard, "", 0)
	bad.StartTLS()
	defer bad.Close()
	testFault(t, bad, "tls", "certificate signed by unknown authority")
	plain := serve(t, counting)
	plain.URL = "https://" + address(plain)
	testFault(t, plain, "tls", "HTTP response to HTTPS client")
}

func testFault(t *testing.T, bad *httptest.Server, why, says string) {
	t.Helper()
	good := serve(t, counting)
	target := Target{URL: bad.URL}
	if why == "timeout" {
		target.Labels = labels.FromStrings(model.ScrapeTimeoutLabel, hasty.String())
	}
	var logged bytes.Buffer
	x := newTrial(t, Config{MaxBody: 1 << 20, Logger: slog.New(slog.NewTextHandler(&logged, nil))}, Targets(target), URLs(good.URL))
	x.once(t)
	assert.Equal(t, map[string]int{address(good): 1}, x.reports)
	err := x.errs[address(bad)]
	require.ErrorContains(t, err, says)
	assert.NotContains(t, err.Error(), address(bad), "the reader knows it")
	assert.Equal(t, why, reason(err), "%v", err)
	assert.Equal(t, "1 of 2", x.coverage(t)[:6])
	assert.Contains(t, logged.String(), "scrape failed")
	var own bytes.Buffer
	e := expose.New(x.fleet, time.Now)
	require.NoError(t, e.Also(x))
	require.NoError(t, e.Write(&own, ""))
	assert.Contains(t, own.String(), fmt.Sprintf("promfold_scrape_failures_total{reason=%q} 1\n", why))
	assert.Contains(t, own.String(), "promfold_scrape_targets 2\n")
	assert.Contains(t, own.String(), "promfold_scrape_duration_seconds_count 2\n")
}

// When the context ends, what is under way is no failure of a target, and
// nothing is left.
func TestEnds(t *testing.T) {
	for name, call := range map[string]func(*Scraper, context.Context) error{"Once": (*Scraper).Once, "Run": (*Scraper).Run} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			bad := serve(t, func(_ http.ResponseWriter, r *http.Request, _ int) {
				cancel()
				<-r.Context().Done()
			})
			x := newTrial(t, Config{}, Targets(Target{URL: bad.URL, Target: aggregate.Target{Labels: labels.FromStrings(
				model.ScrapeIntervalLabel, "10ms")}}))
			assert.ErrorIs(t, call(x.Scraper, ctx), context.Canceled)
			assert.NotContains(t, fmt.Sprint(x.errs), "cancel")
		})
	}
}

func TestTokenRotated(t *testing.T) {
	var token atomic.Value
	token.Store("Bearer one")
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if r.Header.Get("Authorization") != token.Load() {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		counting(w, r, n)
	})
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("one\n"), 0o600))
	x := newTrial(t, Config{HTTP: config.HTTPClientConfig{BearerTokenFile: file}, Now: steps()}, URLs(s.URL))
	x.once(t)
	assert.Empty(t, x.errs)
	token.Store("Bearer two")
	x.once(t)
	assert.Equal(t, &StatusError{401}, x.errs[address(s)])
	require.NoError(t, os.WriteFile(file, []byte("two\n"), 0o600))
	x.once(t)
	assert.Empty(t, x.errs)
	assert.Equal(t, 2, x.reports[address(s)])
}

// steps returns a clock that advances by a second at each reading.
func steps() func() time.Time {
	var n atomic.Int64
	start := time.Now()
	return func() time.Time { return start.Add(time.Duration(n.Add(1)) * time.Second) }
}

// With credentials, no other host is asked.
func TestRedirectElsewhere(t *testing.T) {
	asked := 0
	other := serve(t, func(w http.ResponseWriter, r *http.Request, n int) { asked++; counting(w, r, n) })
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		switch r.URL.Path {
		case "/here":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/there":
			counting(w, r, n)
		default:
			http.Redirect(w, r, other.URL, http.StatusFound)
		}
	})
	with := config.DefaultHTTPClientConfig
	with.BasicAuth = &config.BasicAuth{Username: "u", Password: "p"}
	x := newTrial(t, Config{HTTP: with}, URLs(s.URL, s.URL+"/here"))
	x.once(t)
	assert.ErrorIs(t, x.errs[address(s)], errRedirect)
	assert.Equal(t, map[string]int{address(s) + "/here": 1}, x.reports)
	assert.Zero(t, asked)

	x = newTrial(t, Config{}, URLs(s.URL))
	x.once(t)
	assert.Empty(t, x.errs)
	assert.Equal(t, 1, asked)

	with.FollowRedirects = false
	x = newTrial(t, Config{HTTP: with}, URLs(s.URL))
	x.once(t)
	assert.Equal(t, &StatusError{302}, x.errs[address(s)])
}

// secure starts a TLS server that speaks HTTP/2 and counts connections.
func secure(t *testing.T, answer http.HandlerFunc) (s *httptest.Server, c config.HTTPClientConfig, connections *atomic.Int64) {
	t.Helper()
	connections = &atomic.Int64{}
	s = httptest.NewUnstartedServer(answer)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	c = config.DefaultHTTPClientConfig
	c.TLSConfig.CA = pemOf(s)
	return s, c, connections
}

// Who is behind a balancer shows on new connections alone.
func TestBalanced(t *testing.T) {
	for _, balanced := range []bool{false, true} {
		var protocols []string
		s, c, connections := secure(t, func(w http.ResponseWriter, r *http.Request) {
			protocols = append(protocols, r.Proto)
			counting(w, r, len(protocols))
		})
		target := Target{URL: s.URL}
		target.Balanced = balanced
		x := newTrial(t, Config{HTTP: c, Now: steps()}, Targets(target))
		ctx, cancel := context.WithCancel(context.Background())
		for range 3 {
			require.NoError(t, x.Once(ctx))
		}
		cancel()
		assert.Empty(t, x.errs)
		if balanced {
			assert.Equal(t, []string{"HTTP/1.1", "HTTP/1.1", "HTTP/1.1"}, protocols)
			assert.EqualValues(t, 3, connections.Load())
		} else {
			assert.Equal(t, []string{"HTTP/2.0", "HTTP/2.0", "HTTP/2.0"}, protocols)
			assert.EqualValues(t, 1, connections.Load())
		}
	}
}

func TestNegotiation(t *testing.T) {
	encoder, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	defer encoder.Close()
	var got http.Header
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		got = r.Header
		w.Header().Set("Content-Encoding", "zstd")
		w.Write(encoder.EncodeAll([]byte("# TYPE n_total counter\nn_total 1\n"), nil))
	})
	var sent []byte
	c := Config{OnScrape: func(_ Target, sc *aggregate.Scrape) error {
		sent = bytes.Clone(sc.Body)
		return nil
	}}
	x := newTrial(t, c, URLs(s.URL))
	x.once(t)
	assert.Equal(t, map[string]int{address(s): 1}, x.reports)
	assert.Equal(t, parse.Accept, got.Get("Accept"))
	assert.Equal(t, parse.AcceptEncoding, got.Get("Accept-Encoding"))
	assert.Equal(t, "60", got.Get("X-Prometheus-Scrape-Timeout-Seconds"))
	assert.Equal(t, "promfold", got.Get("User-Agent"))
	assert.Equal(t, "\x28\xb5\x2f\xfd", string(sent[:4]), "the fleet decompresses")
}

// Without a fleet the hook takes what is fetched, and may refuse it.
func TestWithoutFleet(t *testing.T) {
	s := serve(t, counting)
	var bodies, errs []string
	scraper, err := New(nil, Config{
		OnScrape: func(t Target, sc *aggregate.Scrape) error {
			bodies = append(bodies, string(sc.Body))
			return fmt.Errorf("%s is refused", t.Name)
		},
		OnError: func(_ Target, err error) { errs = append(errs, err.Error()) },
	}, URLs(s.URL))
	require.NoError(t, err)
	require.NoError(t, scraper.Once(t.Context()))
	assert.Equal(t, []string{"# TYPE n_total counter\nn_total 100\n"}, bodies)
	assert.Equal(t, []string{address(s) + " is refused"}, errs)
}
