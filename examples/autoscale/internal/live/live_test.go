package live

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var quiet = slog.New(slog.DiscardHandler)

// TestExampleFile: the file beside the program is one that is read.
func TestExampleFile(t *testing.T) {
	f, err := Open("../../metrics.yaml", quiet)
	require.NoError(t, err)
	assert.Len(t, f.Names(), 3*5)
	file := filepath.Join(t.TempDir(), "empty.yaml")
	require.NoError(t, os.WriteFile(file, []byte("interval: 1s\n"), 0o600))
	_, err = Open(file, quiet)
	assert.ErrorContains(t, err, "no metrics")
}

// TestOpen: what is scraped is answered, and whoever waits is told of each scrape.
func TestOpen(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "# TYPE queue gauge\nqueue 7\n")
	}))
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "metrics.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "targets: [%s]\nmetrics: [{name: queue, select: queue, scaleBy: largest}]", s.URL), 0o600))
	f, err := Open(file, quiet)
	require.NoError(t, err)
	assert.Error(t, f.Ready(nil))
	told := f.Changes.Next()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	<-told
	cancel()
	<-done
	assert.NoError(t, f.Ready(nil))
	n, err := f.One(time.Now().Add(time.Second), "queue")
	require.NoError(t, err)
	assert.Equal(t, 7.0, n.Value)
}

// TestFollow: each tick wakes those who wait.
func TestFollow(t *testing.T) {
	var c Changes
	ctx, cancel := context.WithCancel(t.Context())
	ticks := make(chan time.Time)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Follow(ctx, ticks)
	}()
	for range 3 {
		next := c.Next()
		ticks <- time.Time{}
		<-next
	}
	cancel()
	<-done
}
