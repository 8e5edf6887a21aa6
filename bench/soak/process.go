package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
)

// What every process exposes: counters by code, a histogram, a gauge.
var (
	codes  = [...]string{"200", "201", "404", "409", "500", "503"}
	bounds = [...]string{"0.01", "0.1", "1", "10", "+Inf"}
)

const (
	requests = 0                     // the first of the counters
	buckets  = requests + len(codes) // the first of the buckets, cumulative
	observed = buckets + len(bounds) // the histogram's count
	values   = observed + 1          // that never fall
	gauge    = values                // does
	shown    = values + 1            // all that the model knows of a process
	unasked  = -1                    // a line that the model does not look at
)

// process is one process, and what it counted.
type process struct {
	start float64 // Unix seconds
	count [shown]uint64
	known known
}

// known is what a naive observer of one process knows.
type known struct {
	last, base [shown]uint64
	seen       [shown]bool // in any scrape that was taken in
	older      bool        // it began before it was watched: what it had then is no growth
}

// work has the process count for a while.
func (p *process) work(r *rand.Rand) {
	for i := range codes {
		p.count[requests+i] += r.Uint64N(50) / uint64(1+i)
	}
	for i := range bounds {
		n := r.Uint64N(20)
		for j := i; j < len(bounds); j++ {
			p.count[buckets+j] += n
		}
		p.count[observed] += n
	}
	p.count[gauge] = r.Uint64N(1000)
}

// body returns what the process exposes, and where each value ends in it. It begins
// with when the process began, see cut.
func (p *process) body(openMetrics bool) (body []byte, ends map[int]int) {
	var b bytes.Buffer
	ends = map[int]int{}
	line := func(i int, text, value string) {
		b.WriteString(text + " " + value + "\n")
		if i != unasked {
			ends[i] = b.Len()
		}
	}
	number := func(i int) string { return strconv.FormatUint(p.count[i], 10) }
	b.WriteString("# TYPE process_start_time_seconds gauge\n")
	line(unasked, "process_start_time_seconds", strconv.FormatFloat(p.start, 'f', 3, 64))
	if openMetrics {
		b.WriteString("# TYPE http_requests counter\n")
	} else {
		b.WriteString("# TYPE http_requests_total counter\n")
	}
	for i, code := range codes {
		line(requests+i, fmt.Sprintf("http_requests_total{code=%q}", code), number(requests+i))
	}
	b.WriteString("# TYPE seconds histogram\n")
	for i, le := range bounds {
		line(buckets+i, fmt.Sprintf("seconds_bucket{le=%q}", le), number(buckets+i))
	}
	line(unasked, "seconds_sum", strconv.FormatUint(p.count[observed], 10))
	line(observed, "seconds_count", number(observed))
	b.WriteString("# TYPE queue_length gauge\n")
	line(gauge, "queue_length", number(gauge))
	if openMetrics {
		b.WriteString("# EOF\n")
	}
	return b.Bytes(), ends
}

// take notes what was shown of the process in the first so many bytes of a body.
func (k *known) take(now [shown]uint64, ends map[int]int, bytes int) {
	for i, x := range now {
		needs := ends[i]
		if i >= buckets && i <= observed { // a histogram is read as a whole, and its last bucket is its count
			needs = ends[observed-1]
		}
		if needs > bytes {
			continue
		}
		if !k.seen[i] && k.older {
			k.base[i] = x
		}
		k.seen[i], k.last[i] = true, x
	}
}

// addTo adds what was seen of the process to totals.
func (k *known) addTo(totals *[values]uint64) {
	for i := range totals {
		totals[i] += k.last[i] - k.base[i]
	}
}
