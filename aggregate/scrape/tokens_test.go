package scrape

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A server of tokens that hangs costs each scrape its timeout, and nothing waits
// for it after the end. A token is asked for once.
func TestServerOfTokensHangs(t *testing.T) {
	var hangs atomic.Bool
	var given atomic.Int64
	began := make(chan struct{}, 100)
	server := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		io.Copy(io.Discard, r.Body) // else the server does not see that the client left
		began <- struct{}{}
		if hangs.Load() {
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token": "t%d", "token_type": "Bearer", "expires_in": 3600}`, given.Add(1))
	})
	target := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if assert.Equal(t, "Bearer t1", r.Header.Get("Authorization")) {
			counting(w, r, n)
		}
	})
	c := config.DefaultHTTPClientConfig
	c.OAuth2 = &config.OAuth2{ClientID: "x", ClientSecret: "y", TokenURL: server.URL}
	list := make([]Target, 5)
	for i := range list {
		list[i].URL = fmt.Sprintf("%s/%d", target.URL, i)
		list[i].Labels = labels.FromStrings(model.ScrapeIntervalLabel, "20ms")
	}
	hangs.Store(true)
	x := newTrial(t, Config{HTTP: c, Interval: patient, Timeout: hasty}, Targets(list...))
	x.once(t)
	require.Len(t, x.errs, len(list))
	for name, err := range x.errs {
		assert.Equal(t, "timeout", reason(err), "%s: %v", name, err)
	}
	x.fetcher.tokens.mu.Lock()
	assert.False(t, x.fetcher.tokens.silent.IsZero())
	x.fetcher.tokens.silent = time.Now().Add(patient)
	x.fetcher.tokens.mu.Unlock()
	_, err := x.fetcher.tokens.dial("tcp", address(server))
	assert.ErrorAs(t, err, &timeoutError{}, "those that wait do not ask one after another")

	for i := range list { // else a slow machine answers too late
		list[i].Labels = labels.FromStrings(model.ScrapeIntervalLabel, "2s")
	}
	x = newTrial(t, Config{HTTP: c, Interval: patient, Timeout: patient, Now: steps()}, Targets(list...))
	for len(began) > 0 {
		<-began
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- x.Run(ctx) }()
	<-began
	cancel()
	select {
	case err := <-ended:
		assert.ErrorIs(t, err, context.Canceled)
	case <-time.After(patient / 2):
		require.Fail(t, "Run does not end")
	}

	hangs.Store(false)
	x.once(t)
	assert.Empty(t, x.errs)
	assert.Len(t, x.reports, len(list))
	assert.EqualValues(t, 1, given.Load())
}
