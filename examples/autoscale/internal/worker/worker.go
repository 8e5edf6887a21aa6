// Package worker is a small process for demonstrations: it is told how many
// requests a second it answers, counts them, and shows the count as metrics. It
// listens on a loopback address, and does not outlive who started it.
package worker

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Role is the first argument of a program that is to be a worker.
const Role = "worker"

// done is what a worker says of a line that it obeyed.
const done = "ok"

// worker counts requests.
type worker struct {
	now     func() time.Time
	started time.Time

	mu    sync.Mutex
	rate  float64 // requests a second
	since time.Time
	count float64 // until since
	queue float64
	hangs bool
}

// Work prints the URL of its metrics, and does what each line that it reads says
// until there is no more, and prints "ok" when it is done: "rate 100" has it answer
// so many requests a second, "queue 7" has so many wait, "hang" has it leave
// scrapes without an answer, and "answer" ends that.
func Work(in io.Reader, out io.Writer, now func() time.Time) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w := &worker{now: now, started: now(), since: now()}
	server := &http.Server{Handler: w}
	defer server.Close()
	go func() {
		_ = server.Serve(listener) // it ends with Close
	}()
	if _, err := fmt.Fprintf(out, "http://%s/metrics\n", listener.Addr()); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if err := w.obey(lines.Text()); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, done); err != nil {
			return err
		}
	}
	return lines.Err()
}

// obey does what a line says.
func (w *worker) obey(line string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	word, number, _ := strings.Cut(line, " ")
	switch word {
	case "hang", "answer":
		w.hangs = word == "hang"
		return nil
	case "rate", "queue":
		x, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return err
		}
		if word == "queue" {
			w.queue = x
			return nil
		}
		w.pass()
		w.rate = x
		return nil
	}
	return fmt.Errorf("%q is no command", line)
}

// pass counts what was answered until now.
func (w *worker) pass() {
	now := w.now()
	w.count += w.rate * now.Sub(w.since).Seconds()
	w.since = now
}

// ServeHTTP shows the metrics.
func (w *worker) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.pass()
	body, hangs := Body(w.started, w.count, w.queue), w.hangs
	w.mu.Unlock()
	if hangs {
		<-r.Context().Done()
		return
	}
	to.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = to.Write(body) // whoever asked went away
}

// Body returns the metrics of a worker.
func Body(started time.Time, requests, queue float64) []byte {
	return fmt.Appendf(nil, `# TYPE process_start_time_seconds gauge
process_start_time_seconds %.3f
# TYPE http_requests_total counter
http_requests_total %v
# TYPE queue_length gauge
queue_length %v
`, float64(started.UnixMilli())/1000, requests, queue)
}
