package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
)

// backends are three processes behind one address. They take turns, and count
// 1, 10 and 100 requests between two turns. They require a token and a client
// certificate.
type backends struct {
	*httptest.Server
	connections, asked atomic.Int64
}

func newBackends(t *testing.T) *backends {
	t.Helper()
	b := &backends{}
	b.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		n := b.asked.Add(1) - 1
		which, turn := n%3, n/3
		fmt.Fprintf(w, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n", 1000*(which+1))
		fmt.Fprintf(w, "# TYPE requests_total counter\nrequests_total{verb=\"GET\"} %d\n", 1000*(3-which)+turn*[]int64{1, 10, 100}[which])
	}))
	b.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			b.connections.Add(1)
		}
	}
	b.Config.ErrorLog = log.New(io.Discard, "", 0)
	b.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	b.StartTLS()
	t.Cleanup(b.Close)
	return b
}

// credentials returns the flags of a client that the backends accept.
func (b *backends) credentials(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.Certificate().Raw})
	key, err := x509.MarshalPKCS8PrivateKey(b.TLS.Certificates[0].PrivateKey)
	require.NoError(t, err)
	return []string{
		"-timeout", "1m", // a busy machine does not reach it
		"-token-file", write("token", []byte("secret\n")),
		"-ca", write("ca.crt", certificate), "-cert", write("client.crt", certificate),
		"-key", write("client.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	}
}

func TestLive(t *testing.T) {
	b := newBackends(t)
	const rounds = 12
	args := append(b.credentials(t), "-json", "-metric", "requests_total", "-expect", "3", "-rounds", fmt.Sprint(rounds), b.URL)
	var out, errs bytes.Buffer
	o, err := parseFlags(args, &errs)
	require.NoError(t, err)
	w, err := newWatch(o, example.NewScreen(o.Output, &out, &errs))
	require.NoError(t, err)
	ticks, clock := make(chan time.Time, rounds), time.Unix(10_000, 0)
	for range rounds {
		ticks <- time.Time{}
	}
	w.o.Tick = ticks
	require.NoError(t, watchLive(t.Context(), w, func() time.Time {
		clock = clock.Add(5 * time.Second)
		return clock
	}))
	require.Empty(t, errs.String())
	assert.EqualValues(t, rounds, b.connections.Load(), "one connection each")

	var d struct {
		Instances []map[string]any
		Total     map[string]any
	}
	documents := json.NewDecoder(&out)
	for n := 0; n < rounds; n++ {
		require.NoError(t, documents.Decode(&d), "a document each round")
	}
	require.Len(t, d.Instances, 3)
	for i, grown := range []float64{3, 30, 300} {
		assert.Equal(t, grown, d.Instances[i]["increase"])
		assert.InDelta(t, grown/45, d.Instances[i]["rate"], 1e-12)
	}
	assert.Equal(t, 333.0, d.Total["increase"])
	assert.Greater(t, d.Total["naive_increase"], 5000.0)
	assert.EqualValues(t, 8, d.Total["naive_resets"], "two of three turns show a smaller value")
}

// TestLiveRefused: without the token, or without trust in the certificate,
// there is no answer.
func TestLiveRefused(t *testing.T) {
	b := newBackends(t)
	credentials := b.credentials(t)
	for says, args := range map[string][]string{
		"401 Unauthorized": credentials[4:],
		"certificate":      credentials[:4],
	} {
		var out, errs bytes.Buffer
		code := run(context.Background(), slices.Concat(args, []string{"-rounds", "1", b.URL}), &out, &errs)
		assert.Equal(t, example.Silent, code)
		assert.Empty(t, out.String())
		assert.Contains(t, errs.String(), says)
	}
	assert.Zero(t, b.asked.Load())
}

func TestLiveEnds(t *testing.T) {
	b := newBackends(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	assert.Equal(t, example.Silent, run(ctx, append(b.credentials(t), b.URL), &out, &errs))
	assert.NotContains(t, errs.String(), "context canceled", "an interrupt is not a failure of the balancer")
}
