package browser

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var measured = flag.Duration("measure", 0, "measure for so long what the page and the program cost")

// TestMeasure prints what the program and its page cost: three recorded API
// servers, scraped every 5 s, and a browser that stays open. No figure can fail
// it, so it is no part of the other tests:
//
//	go -C examples/controlplane/browser test -run TestMeasure -measure 10m -timeout 30m -v
func TestMeasure(t *testing.T) {
	if *measured == 0 {
		t.Skip("-measure is not given")
	}
	files, err := filepath.Glob("../../../../shared/corpus/apiserver-ha/after-apiserver-?-000.txt.gz")
	require.NoError(t, err)
	if len(files) != 3 {
		t.Skip("the whole recording is not beside the repository")
	}
	args := []string{"-keep", "4m"}
	for _, f := range files {
		args = append(args, growing(t, f))
	}
	p := launch(t, args...)
	b := open(t, p.url)
	var events atomic.Int64
	var updates, bytes atomic.Int64
	var stream atomic.Value
	stream.Store(network.RequestID(""))
	require.NoError(t, chromedp.Listen(b.Context, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if strings.Contains(e.Request.URL, "/events?") {
				stream.Store(e.RequestID)
			}
		case *network.EventDataReceived:
			bytes.Add(e.EncodedDataLength)
			if e.RequestID == stream.Load() {
				events.Add(e.EncodedDataLength)
			}
		case *network.EventEventSourceMessageReceived:
			updates.Add(1)
		}
	}))
	b.visit("/?pause=1")
	t.Logf("the page, its style and its script: %d kB", bytes.Load()/1000)
	b.visit("/")
	begin, cpu := time.Now(), p.cpu(t)
	for tick := time.Tick(30 * time.Second); time.Since(begin) < *measured; {
		<-tick
		call(b, heapprofiler.CollectGarbage, struct{}{})
		heap := call(b, runtime.GetHeapUsage, struct{}{})
		t.Logf("%4.0f s  program %4.1f %% of a core  %4d MB   script %3.1f MB   an update %3d kB", time.Since(begin).Seconds(),
			100*(p.cpu(t)-cpu).Seconds()/time.Since(begin).Seconds(), p.memory(t)>>20, heap.UsedSize/1e6, events.Load()/max(1, updates.Load())/1000)
	}
	b.paints()
}

// paints prints when the first paint of a page is, of some visits.
func (b *tab) paints() {
	var all []float64
	for range 5 {
		b.visit("/?pause=1")
		b.until(`performance.getEntriesByName("first-contentful-paint").length`)
		ms := ask[float64](b, `performance.getEntriesByName("first-contentful-paint")[0].startTime`)
		all = append(all, ms)
	}
	slices.Sort(all)
	b.Logf("first paint after %.0f ms, of five visits %.0f to %.0f", all[2], all[0], all[4])
}

// growing serves a recorded body whose counters grow with each answer, all in
// proportion, so that buckets still fit each other. It returns its URL.
func growing(t *testing.T, file string) string {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	body, err := io.ReadAll(z)
	require.NoError(t, err)
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		w.Header().Set("Content-Encoding", "gzip")
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		defer z.Close()
		z.Write(grown(body, 1+float64(n.Add(1))/1000))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/metrics"
}

// grown multiplies the values of counters and histograms.
func grown(body []byte, by float64) []byte {
	var out bytes.Buffer
	grows := false
	for line := range bytes.Lines(body) {
		if kind, ok := bytes.CutPrefix(line, []byte("# TYPE ")); ok {
			grows = bytes.HasSuffix(kind, []byte(" counter\n")) || bytes.HasSuffix(kind, []byte(" histogram\n"))
		}
		i := bytes.LastIndexByte(line, ' ')
		v, err := strconv.ParseFloat(string(bytes.TrimSpace(line[i+1:])), 64)
		if !grows || line[0] == '#' || err != nil {
			out.Write(line)
			continue
		}
		if v == float64(int64(v)) {
			v = float64(int64(v * by))
		} else {
			v *= by
		}
		out.Write(line[:i])
		fmt.Fprintf(&out, " %v\n", v)
	}
	return out.Bytes()
}

// proc returns the fields of a file about the program, as Linux has them.
func (p *process) proc(t *testing.T, name string) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.Process.Pid, name))
	require.NoError(t, err, "only Linux tells")
	return strings.Fields(string(text))
}

// cpu returns the time that the program ran.
func (p *process) cpu(t *testing.T) (all time.Duration) {
	for _, field := range p.proc(t, "stat")[13:15] {
		n, err := strconv.Atoi(field)
		require.NoError(t, err)
		all += time.Duration(n) * 10 * time.Millisecond
	}
	return all
}

// memory returns the resident bytes.
func (p *process) memory(t *testing.T) int {
	pages, err := strconv.Atoi(p.proc(t, "statm")[1])
	require.NoError(t, err)
	return pages * os.Getpagesize()
}
