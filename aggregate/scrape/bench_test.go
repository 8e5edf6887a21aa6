//go:build linux

package scrape

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// Linux alone has all addresses of 127.0.0.0/8 without being asked.

// serverVariable makes the tests the server of the benchmark, a process of its
// own, whose work does not count.
const serverVariable = "SCRAPE_BENCHMARK_SERVER"

// serveMany answers each path with a body of its own, of 600 lines of which a
// quarter changes.
func serveMany() {
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		panic(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	fmt.Println(port)
	var asked sync.Map
	http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count, _ := asked.LoadOrStore(r.Host, new(atomic.Int64))
		n := count.(*atomic.Int64).Add(1)
		body := []byte("# TYPE n_total counter\n")
		for i := range int64(600) {
			v := 1000 * i
			if i%4 == 0 {
				v += n * i
			}
			body = fmt.Appendf(body, "n_total{code=\"200\",handler=\"/api/v1/%d\",method=\"GET\"} %d\n", i, v)
		}
		w.Write(body)
	}))
}

// A thousand targets at an interval of 5 s, an operation an interval:
//
//	go test -run '^$' -bench Thousand -benchtime 4x ./aggregate/scrape
func BenchmarkThousandTargets(b *testing.B) {
	const targets, interval = 1000, 5 * time.Second
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), serverVariable+"=1")
	out, err := server.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, server.Start())
	defer server.Wait()
	defer server.Process.Kill()
	port, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(b, err)
	var urls []string
	for i := range targets {
		urls = append(urls, fmt.Sprintf("http://127.1.%d.%d:%s", i/250, i%250+1, strings.TrimSpace(port)))
	}
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(b, err)
	_, err = fleet.Counter(aggregate.View{Select: "n_total", By: []string{"method"}})
	require.NoError(b, err)
	var mu sync.Mutex
	times := map[string][]time.Time{}
	s, err := New(fleet, Config{
		Interval: interval,
		OnScrape: func(t Target, sc *aggregate.Scrape) error {
			mu.Lock()
			defer mu.Unlock()
			times[t.Name] = append(times[t.Name], sc.Time)
			return nil
		},
		OnError: func(t Target, err error) { b.Error(t.Name, err) },
	}, URLs(urls...))
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	time.Sleep(2 * interval) // the first scrapes cost more

	before := cpu(b)
	b.ResetTimer()
	time.Sleep(time.Duration(b.N) * interval)
	b.StopTimer()
	used := cpu(b) - before
	cancel()
	<-done
	report(b, times, interval)
	b.ReportMetric(used.Seconds()/(time.Duration(b.N)*interval).Seconds(), "cores")
	b.ReportMetric(float64(used.Microseconds())/float64(b.N)/targets, "µs/scrape")
}

// report tells how far the scrapes are from their rhythm, and the heap.
func report(b *testing.B, times map[string][]time.Time, interval time.Duration) {
	var off []float64
	for _, list := range times {
		for i := range list[1:] {
			off = append(off, (list[i+1].Sub(list[i]) - interval).Abs().Seconds())
		}
	}
	slices.Sort(off)
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	b.ReportMetric(1000*off[len(off)/2], "p50-off-ms")
	b.ReportMetric(1000*off[len(off)*99/100], "p99-off-ms")
	b.ReportMetric(float64(m.HeapAlloc)/1e6, "heap-MB")
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func init() {
	if os.Getenv(serverVariable) != "" {
		serveMany()
	}
}
