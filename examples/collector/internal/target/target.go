// Package target is an instance that counts requests, shows what it counted as
// a Prometheus exposition, and knows what it showed to whom. The demo and the
// test of the tiers scrape it.
package target

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Counts is what a process counted.
type Counts struct {
	Requests [2]uint64 // by code: Codes
	Took     [4]uint64 // observations by bucket: Bounds, and those above
}

// Codes are the values of the label code of demo_requests_total.
var Codes = [2]string{"200", "500"}

// Bounds are the bounds of demo_request_duration_seconds.
var Bounds = [3]float64{0.005, 0.05, 0.5}

// Target is one process that counts. It is an http.Handler of its metrics.
type Target struct {
	started time.Time

	mu     sync.Mutex
	counts Counts
	shown  map[string]Counts // by who asked: the parameter by
	frozen bool
}

// New returns a target whose process started then.
func New(started time.Time) *Target { return &Target{started: started, shown: map[string]Counts{}} }

// Work counts n requests.
func (t *Target) Work(n uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for range n {
		i := t.counts.Total()
		code := 0
		if i%20 == 7 {
			code = 1
		}
		t.counts.Requests[code]++
		t.counts.Took[i*7%11%4]++
	}
}

// Counts returns what was counted.
func (t *Target) Counts() Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts
}

// Freeze makes the target answer no more, and returns what it showed last, by
// who asked.
func (t *Target) Freeze() map[string]Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frozen = true
	return maps.Clone(t.shown)
}

// Thaw makes the target answer again.
func (t *Target) Thaw() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frozen = false
}

// ServeHTTP answers a scrape.
func (t *Target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.frozen {
		http.Error(w, "the target ends", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	if _, err := w.Write(t.body()); err != nil {
		return
	}
	if http.NewResponseController(w).Flush() == nil {
		t.shown[r.URL.Query().Get("by")] = t.counts
	}
}

// body returns the exposition.
func (t *Target) body() []byte {
	var b strings.Builder
	b.WriteString("# HELP demo_requests_total Requests that were handled.\n# TYPE demo_requests_total counter\n")
	for i, code := range Codes {
		fmt.Fprintf(&b, "demo_requests_total{code=%q} %d\n", code, t.counts.Requests[i])
	}
	b.WriteString("# HELP demo_request_duration_seconds How long they took.\n# TYPE demo_request_duration_seconds histogram\n")
	n, sum := uint64(0), 0.0
	for i, k := range t.counts.Took {
		bound := "+Inf"
		if i < len(Bounds) {
			bound = fmt.Sprint(Bounds[i])
		}
		n += k
		sum += float64(k) * float64(i) / 4 // quarters are exact
		fmt.Fprintf(&b, "demo_request_duration_seconds_bucket{le=%q} %d\n", bound, n)
	}
	fmt.Fprintf(&b, "demo_request_duration_seconds_sum %v\ndemo_request_duration_seconds_count %d\n", sum, n)
	b.WriteString("# HELP process_start_time_seconds When the process started.\n# TYPE process_start_time_seconds gauge\n")
	fmt.Fprintf(&b, "process_start_time_seconds %.3f\n", float64(t.started.UnixMilli())/1000)
	return []byte(b.String())
}

// Total returns the number of requests.
func (c Counts) Total() uint64 { return c.Requests[0] + c.Requests[1] }

// Add returns c + d.
func (c Counts) Add(d Counts) Counts {
	for i := range c.Requests {
		c.Requests[i] += d.Requests[i]
	}
	for i := range c.Took {
		c.Took[i] += d.Took[i]
	}
	return c
}

// Max returns the greater of two counts of one process.
func (c Counts) Max(d Counts) Counts {
	if d.Total() > c.Total() {
		return d
	}
	return c
}
