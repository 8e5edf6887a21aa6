package scrape

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/promfold/promfold/aggregate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient is a timeout that a busy machine does not reach; hasty is one that a
// target which hangs runs into.
const (
	patient = time.Minute
	hasty   = 50 * time.Millisecond
)

// trial is a fleet with a scraper, and what the hooks were told.
type trial struct {
	*Scraper
	fleet   *aggregate.Fleet
	counter *aggregate.CounterView

	mu      sync.Mutex
	reports map[string]int   // by target
	errs    map[string]error // the latest, by target; of sources by ""
}

func newTrial(t *testing.T, c Config, sources ...Source) *trial {
	t.Helper()
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	x := &trial{fleet: fleet, reports: map[string]int{}, errs: map[string]error{}}
	x.counter, err = fleet.Counter(aggregate.View{Select: "n_total"})
	require.NoError(t, err)
	if c.Interval == 0 {
		c.Interval, c.Timeout = patient, patient
	}
	c.OnReport = func(t Target, _ aggregate.Report) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.reports[t.Name]++
		delete(x.errs, t.Name)
	}
	c.OnError = func(t Target, err error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.errs[t.Name] = err
	}
	x.Scraper, err = New(fleet, c, sources...)
	require.NoError(t, err)
	return x
}

// coverage returns expected, reporting and stale.
func (x *trial) coverage(t *testing.T) string {
	t.Helper()
	g, err := x.counter.One(x.fleet.Snapshot(time.Now()).SinceStart())
	require.NoError(t, err)
	return fmt.Sprint(g.Coverage())
}

// once scrapes once and closes the connections.
func (x *trial) once(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	require.NoError(t, x.Once(ctx))
}

// serve starts a server that calls answer for the n-th request, from 0.
func serve(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, n int)) *httptest.Server {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, int(n.Add(1)-1))
	}))
	t.Cleanup(s.Close)
	return s
}

func counting(w http.ResponseWriter, _ *http.Request, n int) {
	fmt.Fprintf(w, "# TYPE n_total counter\nn_total %d\n", 100+n)
}

func address(s *httptest.Server) string {
	_, host, _ := strings.Cut(s.URL, "://")
	return host
}

// stub stands for the network in tests of the schedule.
type stub struct {
	mu    sync.Mutex
	began map[string][]time.Time // by target
	last  map[string]*endpoint   // since the last call of scraped
	wait  func(ctx context.Context, name string) error
}

func (s *stub) fetch(ctx context.Context, e *endpoint, body *bytes.Buffer) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	s.mu.Lock()
	s.began[e.Name] = append(s.began[e.Name], time.Now())
	s.last[e.Name] = e
	n := len(s.began[e.Name])
	s.mu.Unlock()
	if s.wait != nil {
		if err := s.wait(ctx, e.Name); err != nil {
			return nil, timeoutError{e.timeout}
		}
	}
	fmt.Fprintf(body, "# TYPE n_total counter\nn_total %d\n", n)
	return nil, nil
}

func (x *trial) stub() *stub {
	s := &stub{began: map[string][]time.Time{}, last: map[string]*endpoint{}}
	x.Scraper.fetch = s.fetch
	return s
}

// scraped waits, and returns the names and URLs that were scraped meanwhile.
func (s *stub) scraped(wait time.Duration) (list []string) {
	s.mu.Lock()
	clear(s.last)
	s.mu.Unlock()
	time.Sleep(wait)
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, e := range s.last {
		list = append(list, name+" "+e.URL)
	}
	slices.Sort(list)
	return list
}

// labels returns the labels of a target that was scraped.
func (s *stub) labels(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last[name].Labels.String()
}

// err returns what was told last of a target, and forgets it.
func (x *trial) err(name string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.errs[name]
	delete(x.errs, name)
	return err
}

func urls(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("http://10.0.%d.%d:80/metrics", i/256, i%256))
	}
	return list
}

// start runs a scraper in a bubble of synctest and returns what ends it.
func (x *trial) start(t *testing.T) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx) }()
	return func() {
		cancel()
		assert.ErrorIs(t, <-done, context.Canceled)
	}
}
