package live

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var quiet = slog.New(slog.DiscardHandler)

// TestExampleFile: the file beside the program is one that is read.
func TestExampleFile(t *testing.T) {
	set, _, err := Open("../../metrics.yaml", quiet, func() {})
	require.NoError(t, err)
	assert.Len(t, set.Names(), 3*5)
	file := filepath.Join(t.TempDir(), "empty.yaml")
	require.NoError(t, os.WriteFile(file, []byte("interval: 1s\n"), 0o600))
	_, _, err = Open(file, quiet, func() {})
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
	var told atomic.Int32
	set, scraper, err := Open(file, quiet, func() { told.Add(1) })
	require.NoError(t, err)
	require.NoError(t, scraper.Once(t.Context()))
	assert.Equal(t, int32(1), told.Load())
	n, err := set.One(time.Now().Add(time.Second), "queue", nil)
	require.NoError(t, err)
	assert.Equal(t, 7.0, n.Value)
}
