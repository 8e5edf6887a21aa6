package main

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/example"
)

// apiServer counts requests until it is killed.
func apiServer(t *testing.T, n int64) (url string, kill func()) {
	var count atomic.Int64
	start := time.Now().Unix() - 100*n
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "# TYPE apiserver_request_total counter\napiserver_request_total{verb=\"LIST\",resource=\"pods\",code=\"200\"} %d\n", 1000*n+10*count.Add(1))
		fmt.Fprintf(w, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n", start)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/metrics", s.Close
}

// livePage is what -json prints of a live run, as far as the test reads it.
type livePage struct {
	Parts []struct{ Text string }
	Rows  []struct {
		ID      string
		State   State
		Figures []struct {
			Name   string
			Amount *struct{ Value float64 }
		}
		Warnings []string
	}
}

func (p *livePage) state(row string) State {
	for _, r := range p.Rows {
		if r.ID == row {
			return r.State
		}
	}
	return ""
}

// Live servers are scraped each round; one that is down is told of, and a log
// that is not there is a warning.
func TestLive(t *testing.T) {
	one, _ := apiServer(t, 1)
	other, kill := apiServer(t, 2)
	kill()
	log := filepath.Join(t.TempDir(), "audit.log")
	require.NoError(t, os.WriteFile(log, []byte("old\n"), 0o666))
	status, out, said := runProgram(t, "-json", "-interval", "100ms", "-timeout", "5s", "-rounds", "3", "-audit", "x="+log, "-audit", "y="+log+".none", one, other)
	require.Equal(t, example.Answered, status, said)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 3)
	var p livePage
	require.NoError(t, json.Unmarshal([]byte(lines[2]), &p))
	assert.Equal(t, "1 of 2 API servers answer", p.Parts[0].Text, said+out)
	assert.Equal(t, Alarm, p.state("trust"))
	assert.Contains(t, said, "connection refused")

	status, _, said = runProgram(t, "-json", "-interval", "50ms", "-rounds", "1", other)
	assert.Equal(t, example.Silent, status)
	assert.Contains(t, said, "no server answered")
}

// answering serves the same body each time.
func answering(t *testing.T, encoding, body string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if encoding != "" {
			w.Header().Set("Content-Encoding", encoding)
			z := gzip.NewWriter(w)
			defer z.Close()
			io.WriteString(z, body)
			return
		}
		io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// An answer without a sample is none, and one of something else is said to be so.
func TestNoAnswer(t *testing.T) {
	for _, encoding := range []string{"", "gzip"} {
		for _, body := range []string{"", "\n", "# HELP apiserver_request_total Requests.\n# TYPE apiserver_request_total counter\n"} {
			status, out, said := runProgram(t, "-json", "-interval", "50ms", "-timeout", "5s", "-rounds", "2", answering(t, encoding, body))
			assert.Equal(t, example.Silent, status)
			assert.Contains(t, said, "an answer without a sample")
			assert.Contains(t, out, "0 of 1 API servers answer")
		}
	}
	url := answering(t, "", "# TYPE go_goroutines gauge\ngo_goroutines 1\n")
	_, out, _ := runProgram(t, "-json", "-interval", "50ms", "-timeout", "5s", "-rounds", "1", url)
	assert.Contains(t, out, "There is not one metric of API servers at ")
	url = answering(t, "", "# TYPE apiserver_longrunning_requests gauge\napiserver_longrunning_requests 1\n")
	_, out, _ = runProgram(t, "-json", "-interval", "50ms", "-timeout", "5s", "-rounds", "1", url)
	assert.NotContains(t, out, "not one metric")
}

// Who answers without a sample lives, and what it does is in the upper bound.
func TestEmptyAnswerLives(t *testing.T) {
	b, err := newBoard(settings{window: 10 * time.Second, slo: time.Second})
	require.NoError(t, err)
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, b.fleet.SetTargets(begin, (&watcher{}).target("a", apiServers, false)))
	at := begin
	for i := range 14 {
		at = begin.Add(time.Duration(i) * time.Second)
		body := fmt.Sprintf("# TYPE apiserver_request_total counter\napiserver_request_total{verb=\"GET\"} %d\nprocess_start_time_seconds 1\n", 30*i)
		if i >= 10 {
			body = ""
		}
		if failed := empty(nil, []byte(body)); failed != nil {
			require.NoError(t, b.fleet.ScrapeFailed("a", at, failed))
		} else {
			_, err = b.fleet.Ingest(aggregate.Scrape{Target: "a", Time: at, Body: []byte(body)})
			require.NoError(t, err)
		}
	}
	p, err := b.page(at)
	require.NoError(t, err)
	rate := p.row("requests").Figures[0].Amount
	assert.True(t, rate.Lo <= 30 && rate.Hi >= 30, "%v", rate)
	assert.Equal(t, "0 of 1 API servers answer", p.Parts[0].Text)
}

// A live history forgets what is older than it keeps, and tells who waits.
func TestHistory(t *testing.T) {
	h := newHistory(time.Minute)
	begin := time.Unix(1000, 0)
	waits := h.view().changed
	for i := range 30 {
		h.add(&Page{At: begin.Add(time.Duration(i) * 5 * time.Second)})
	}
	select {
	case <-waits:
	default:
		t.Error("nobody was told")
	}
	v := h.view()
	assert.Len(t, v.pages, 13)
	assert.Equal(t, 12, v.index(begin.Add(time.Hour)))
	assert.Equal(t, 0, v.index(begin), "the oldest stands for what is gone")
	assert.Equal(t, 1, v.after(v.pages[0].At))
	assert.Equal(t, 13, v.after(v.pages[12].At))
	assert.False(t, v.ended)
	h.end()
	assert.True(t, h.view().ended)
	assert.Equal(t, -1, newHistory(0).view().index(begin))
}
