package expose

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// numbered returns families that say in which gathering they were gathered.
func numbered(n *atomic.Int64, inside func(n int64)) func() ([]*dto.MetricFamily, error) {
	return func() ([]*dto.MetricFamily, error) {
		x := n.Add(1)
		inside(x)
		f := family("n", "", dto.MetricType_GAUGE)
		f.Metric = []*dto.Metric{{Gauge: &dto.Gauge{Value: ptr(float64(x))}}}
		return []*dto.MetricFamily{f}, nil
	}
}

func ask(d *door, gather func() ([]*dto.MetricFamily, error), r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.serve(gather, w, r)
	return w
}

func get() *http.Request { return httptest.NewRequest(http.MethodGet, "/metrics", nil) }

// All who ask while families are gathered wait for one gathering that begins
// after they asked.
func TestGatheringIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, hold := newDoor(), make(chan struct{})
		var n, at, most atomic.Int64
		gather := numbered(&n, func(x int64) {
			most.Store(max(most.Load(), at.Add(1)))
			defer at.Add(-1)
			if x == 1 {
				<-hold
			}
		})
		var clients sync.WaitGroup
		clients.Go(func() { assert.Contains(t, ask(d, gather, get()).Body.String(), "n 1\n") })
		synctest.Wait()
		for range maxRequests - 1 {
			clients.Go(func() { assert.Contains(t, ask(d, gather, get()).Body.String(), "n 2\n") })
		}
		synctest.Wait()
		close(hold)
		clients.Wait()
		assert.EqualValues(t, 2, n.Load(), "gatherings")
		assert.EqualValues(t, 1, most.Load(), "at once")
		assert.Contains(t, ask(d, gather, get()).Body.String(), "n 3\n", "nothing is kept")
	})
}

// A client that does not read holds a place, and one more than there are places
// is told so.
func TestTooManyRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, hold := newDoor(), make(chan struct{})
		var n atomic.Int64
		gather := numbered(&n, func(int64) {})
		var clients sync.WaitGroup
		for range maxRequests {
			clients.Go(func() { d.serve(gather, stuck{httptest.NewRecorder(), hold}, get()) })
		}
		synctest.Wait()
		w := ask(d, gather, get())
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Equal(t, "1", w.Header().Get("Retry-After"))
		close(hold)
		clients.Wait()
		assert.Equal(t, http.StatusOK, ask(d, gather, get()).Code)
	})
}

type stuck struct {
	http.ResponseWriter
	until chan struct{}
}

func (s stuck) Write(b []byte) (int, error) { <-s.until; return len(b), nil }

// A client that goes waits for nothing, and those who wait with it get theirs.
func TestClientGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, hold := newDoor(), make(chan struct{})
		var n atomic.Int64
		gather := numbered(&n, func(x int64) {
			if x == 1 {
				<-hold
			}
		})
		var clients, going sync.WaitGroup
		clients.Go(func() { ask(d, gather, get()) })
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		going.Go(func() { assert.Empty(t, ask(d, gather, get().WithContext(ctx)).Body.String()) })
		synctest.Wait()
		clients.Go(func() { assert.Contains(t, ask(d, gather, get()).Body.String(), "n 2\n") })
		synctest.Wait()
		cancel()
		going.Wait() // while the first one still gathers
		assert.EqualValues(t, 1, n.Load())
		close(hold)
		clients.Wait()
		assert.EqualValues(t, 2, n.Load())
	})
}

// A gathering that panics, in a caller's own code, ends for all who wait and
// holds nothing.
func TestGatheringPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, hold := newDoor(), make(chan struct{})
		gather := func() ([]*dto.MetricFamily, error) { <-hold; panic("theirs") }
		var panicked, failed atomic.Int64
		var clients sync.WaitGroup
		for range 5 {
			clients.Go(func() {
				defer func() {
					if recover() != nil {
						panicked.Add(1)
					}
				}()
				if ask(d, gather, get()).Code == http.StatusInternalServerError {
					failed.Add(1)
				}
			})
		}
		synctest.Wait()
		close(hold)
		clients.Wait()
		assert.Positive(t, panicked.Load())
		assert.EqualValues(t, 5, panicked.Load()+failed.Load())
		var n atomic.Int64
		assert.Equal(t, http.StatusOK, ask(d, numbered(&n, func(int64) {}), get()).Code)
	})
}

func TestMethods(t *testing.T) {
	var n atomic.Int64
	d, gather := newDoor(), numbered(&n, func(int64) {})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodTrace} {
		w := ask(d, gather, httptest.NewRequest(method, "/metrics", nil))
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
		assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	}
	assert.Zero(t, n.Load(), "nothing was gathered")
	w := ask(d, gather, httptest.NewRequest(http.MethodHead, "/metrics", nil))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Empty(t, w.Body.Bytes())
	assert.Contains(t, w.Header().Get("Content-Type"), "text/plain")
}

// What a client takes is what its header says by RFC 9110, which leaves a server
// the choice not to compress.
func TestEncodings(t *testing.T) {
	d := newDoor()
	families := []*dto.MetricFamily{}
	for i := range 100 {
		f := family("metric_"+strings.Repeat("x", i+1), "", dto.MetricType_GAUGE)
		f.Metric = []*dto.Metric{{Gauge: &dto.Gauge{Value: ptr(1.0)}}}
		families = append(families, f)
	}
	gather := func() ([]*dto.MetricFamily, error) { return families, nil }
	for _, x := range []struct {
		lines []string
		want  string
	}{
		{nil, ""}, {[]string{""}, ""}, {[]string{"identity"}, ""}, {[]string{"br"}, ""},
		{[]string{"gzip"}, "gzip"}, {[]string{"GZIP"}, "gzip"}, {[]string{"zstd"}, "zstd"},
		{[]string{"gzip;q=0"}, ""}, {[]string{"gzip; q=0.000"}, ""}, {[]string{"gzip ; Q=0"}, ""}, {[]string{"gzip;q=0.001"}, "gzip"},
		{[]string{"gzip;q=0.5, zstd;q=0.8"}, "zstd"}, {[]string{"gzip;q=0.8, zstd;q=0.5"}, "gzip"},
		{[]string{"br", "gzip"}, "gzip"}, {[]string{"gzip;q=0", "zstd"}, "zstd"},
	} {
		r := get()
		r.Header["Accept-Encoding"] = x.lines
		w := ask(d, gather, r)
		assert.Equal(t, x.want, w.Header().Get("Content-Encoding"), "%q", x.lines)
		vary := strings.Join(w.Header().Values("Vary"), ", ")
		assert.Contains(t, vary, "Accept-Encoding")
		assert.Contains(t, vary+",", "Accept,")
		var body io.Reader = w.Body
		var err error
		switch x.want {
		case "gzip":
			body, err = gzip.NewReader(body)
		case "zstd":
			body, err = zstd.NewReader(body)
		}
		require.NoError(t, err)
		parser := expfmt.NewTextParser(model.UTF8Validation)
		got, err := parser.TextToMetricFamilies(body)
		require.NoError(t, err, "%q", x.lines)
		assert.Len(t, got, len(families))
	}
}
