package scrape

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// A socket is scraped like a port. One that is gone is refused, and the path of
// a socket names it.
func TestSockets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no sockets: ", err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "localhost/metrics", r.Host+r.URL.Path)
		w.Write([]byte("# TYPE n_total counter\nn_total 5\n"))
	}))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	x := newTrial(t, Config{}, URLs("unix://"+path), Targets(Target{Target: aggregate.Target{Name: "gone"}, URL: "unix://" + path + "x"}))
	require.NoError(t, x.Once(t.Context()))
	assert.Equal(t, map[string]int{path: 1}, x.reports)
	assert.ErrorContains(t, x.errs["gone"], "no such file")
	server.Close()
	require.NoError(t, x.Once(t.Context()))
	assert.Error(t, x.errs[path])
	assert.Len(t, x.fetcher.clients, 3)
	x.sources[0], x.sources[1] = URLs(), URLs()
	require.NoError(t, x.Once(t.Context()))
	assert.Len(t, x.fetcher.clients, 1, "those of sockets that left")

	for _, url := range []string{"unix://s", "unix://"} {
		x := newTrial(t, Config{}, URLs(url))
		assert.ErrorContains(t, x.Once(t.Context()), "no absolute path", url)
	}
}
