package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/promfold/promfold/examples/internal/example"
)

// workerVariable makes the program a worker that keeps its truth in this file.
const workerVariable = "SIDECAR_WORKER"

// handled is the counter of a worker.
const handled = "requests_total"

// work counts requests, at first in the file and then in the metric, until
// standard input ends: a worker does not outlive who started it. It prints the
// URL of its metrics.
func work(path string) int {
	truth, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return example.Silent
	}
	listener, err := listen(path + ".sock")
	if err != nil {
		return example.Silent
	}
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: handled, Help: "Requests of the worker."}, []string{"code"})
	duration := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "request_duration_seconds", Help: "How long they took."})
	registry := prometheus.NewRegistry()
	registry.MustRegister(requests, duration, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	go http.Serve(listener, promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	if a := listener.Addr(); a.Network() == "unix" {
		fmt.Printf("unix://%s\n", a)
	} else {
		fmt.Printf("http://%s/metrics\n", a)
	}

	orphaned := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(orphaned)
	}()
	for n := uint64(1); ; n++ {
		took := time.Duration(rand.Int64N(int64(8 * time.Millisecond)))
		select {
		case <-orphaned:
			return example.Answered
		case <-time.After(took):
		}
		if _, err := truth.WriteAt(binary.LittleEndian.AppendUint64(nil, n), 0); err != nil {
			return example.Silent
		}
		code := "200"
		if rand.N(20) == 0 {
			code = "500"
		}
		requests.WithLabelValues(code).Inc()
		duration.Observe(took.Seconds())
	}
}

// listen listens on a socket, or on a port where there are no sockets.
func listen(path string) (net.Listener, error) {
	if listener, err := net.Listen("unix", path); err == nil {
		return listener, nil
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// worker is a process that was started.
type worker struct {
	name, url, truth string
	command          *exec.Cmd
	stdin            io.Closer
}

// startWorker starts the program once more, as a worker.
func startWorker(dir, name string) (*worker, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &worker{name: name, truth: filepath.Join(dir, name), command: exec.Command(program)}
	w.command.Env = append(os.Environ(), workerVariable+"="+w.truth)
	w.command.Stderr = os.Stderr
	if w.stdin, err = w.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := w.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.command.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		w.kill()
		return nil, fmt.Errorf("%s did not start: %w", name, err)
	}
	w.url = strings.TrimSpace(line)
	return w, nil
}

// kill ends the process at once, as kill -9 does.
func (w *worker) kill() {
	w.command.Process.Kill()
	w.command.Wait()
	w.stdin.Close()
}

// counted returns how many requests the worker counted. It may be dead.
func (w *worker) counted() (uint64, error) {
	b, err := os.ReadFile(w.truth)
	if err != nil || len(b) < 8 {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}
