package main

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promfold/promfold/examples/collector/internal/target"
)

// totals are the samples of the demo's metrics that a Collector shows, by
// series.
type totals map[string]float64

// totalsOf asks the Prometheus exporter of a Collector.
func totalsOf(ctx context.Context, address string) (totals, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	x := totals{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		series, value, ok := cutLast(lines.Text())
		if !ok || !strings.HasPrefix(series, "demo_") {
			continue
		}
		if x[series], err = strconv.ParseFloat(value, 64); err != nil {
			return nil, err
		}
	}
	return x, lines.Err()
}

func cutLast(line string) (series, value string, ok bool) {
	i := strings.LastIndexByte(line, ' ')
	if i < 0 {
		return "", "", false
	}
	return line[:i], line[i+1:], true
}

// of returns the sum of the series with this name and this label.
func (x totals) of(name, label string) (sum float64) {
	for series, value := range x {
		if strings.HasPrefix(series, name+"{") && strings.Contains(series, label) {
			sum += value
		}
	}
	return sum
}

// differences returns how totals differ from what the targets counted.
func (x totals) differences(c target.Counts) (list []string) {
	check := func(name, label string, want float64) {
		if got := x.of(name, label); got != want {
			list = append(list, fmt.Sprintf("%s{%s} is %v, not %v", name, label, got, want))
		}
	}
	for i, code := range target.Codes {
		check("demo_requests_total", fmt.Sprintf("code=%q", code), float64(c.Requests[i]))
	}
	n, sum := 0.0, 0.0
	for i, k := range c.Took {
		n += float64(k)
		sum += float64(k) * float64(i) / 4
		if i < len(target.Bounds) {
			check("demo_request_duration_seconds_bucket", fmt.Sprintf("le=%q", fmt.Sprint(target.Bounds[i])), n)
		}
	}
	check("demo_request_duration_seconds_count", "", n)
	check("demo_request_duration_seconds_sum", "", sum)
	return list
}

// watcher looks at the totals of a Collector again and again: they never fall,
// and are never more than the targets counted.
type watcher struct {
	name, address string
	looks         atomic.Int64

	mu    sync.Mutex
	most  totals
	wrong []string
}

// look compares the totals with those seen before.
func (w *watcher) look(ctx context.Context) {
	x, err := totalsOf(ctx, w.address)
	if err != nil || len(x) == 0 {
		return // it was killed, or has nothing yet
	}
	w.looks.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, series := range slices.Sorted(maps.Keys(x)) {
		if x[series] < w.most[series] {
			w.wrong = append(w.wrong, fmt.Sprintf("%s: %s fell from %v to %v", w.name, series, w.most[series], x[series]))
		}
		w.most[series] = max(w.most[series], x[series])
	}
}

func (w *watcher) watch(ctx context.Context) {
	for ctx.Err() == nil {
		w.look(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// total returns the greatest number of requests that was seen.
func (w *watcher) total() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.most.of("demo_requests_total", "")
}
