package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// scrape is a line of a recording's manifest, with its body.
type scrape struct {
	File        string `json:"file"`
	Scenario    string `json:"scenario"`
	Step        int    `json:"step"`
	Time        int64  `json:"time"` // Unix milliseconds
	Target      string `json:"target"`
	Path        string `json:"path"`
	Format      string `json:"format"`
	ContentType string `json:"content_type"`
	ThroughLB   bool   `json:"through_lb"`
	Notes       string `json:"notes"`

	body  []byte
	start int64 // of the process, as the body told it before it was taken out
}

func (s *scrape) at() time.Time       { return time.UnixMilli(s.Time) }
func (s *scrape) header() http.Header { return http.Header{"Content-Type": {s.ContentType}} }

// recording is the scrapes of a fleet and the requests that it really answered.
type recording struct {
	name     string
	scrapes  []scrape
	requests []request // in no order
}

// request is some requests that an instance answered at a time.
type request struct {
	at       int64
	instance string
	count    float64
}

// selected says which requests are compared: those for resources. Watches are
// left out, as they are counted when their server ends.
func selected(verb, resource string) bool { return verb != "WATCH" && resource != "" }

// load reads a recording; without starts, the process start is taken out of
// each body.
func load(dir string, starts bool) (*recording, error) {
	r := &recording{name: filepath.Base(dir)}
	f, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var s scrape
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return nil, err
		}
		if s.Path != "/metrics" || s.Scenario != "apiserver-ha" || s.Format != "text" && s.File != "" {
			continue
		}
		if s.File != "" {
			if s.body, err = unzip(filepath.Join(dir, s.File)); err != nil {
				return nil, err
			}
			_, s.start = samples(s.body)
			if !starts {
				s.body = withoutStart(s.body)
			}
		}
		r.scrapes = append(r.scrapes, s)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return r, r.readRequests(filepath.Join(dir, "requests-true.csv.gz"))
}

func (r *recording) readRequests(path string) error {
	text, err := unzip(path)
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range rows[1:] {
		at, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil {
			return err
		}
		count, err := strconv.ParseFloat(row[7], 64)
		if err != nil {
			return err
		}
		if at > 0 && selected(row[2], row[4]) {
			r.requests = append(r.requests, request{at, row[1], count})
		}
	}
	return nil
}

// truth returns the requests per second in the window (s, e].
func (r *recording) truth(s, e int64) float64 {
	n := 0.0
	for _, x := range r.requests {
		if x.at > s && x.at <= e {
			n += x.count
		}
	}
	return n / (float64(e-s) / 1000)
}

func unzip(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

const startName = "process_start_time_seconds"

func withoutStart(body []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(body) {
		if !bytes.HasPrefix(line, []byte(startName+" ")) {
			b.Write(line)
		}
	}
	return b.Bytes()
}

// now returns the requests per second of the instances that answered their
// latest scrape until e, each while it was alive in the window (s, e].
func (r *recording) now(s, e int64) float64 {
	latest := map[string]scrape{}
	for _, x := range r.scrapes {
		if !x.ThroughLB && x.Time <= e {
			latest[x.Target] = x
		}
	}
	sum := 0.0
	for name, x := range latest {
		if x.File == "" {
			continue
		}
		n, ended := 0.0, s // ended: the last request before the process that answers now
		for _, q := range r.requests {
			if q.instance != name || q.at <= s || q.at > e {
				continue
			}
			if n += q.count; q.at <= x.start {
				ended = max(ended, q.at)
			}
		}
		if alive := (ended - s) + (e - max(s, x.start)); alive > 0 {
			sum += n / (float64(alive) / 1000)
		}
	}
	return sum
}

// sample is a series as it is written and its value.
type sample struct {
	series string
	value  float64
}

// samples returns what a body says of the selected requests, and the process
// start in milliseconds, 0 if there is none.
func samples(body []byte) (list []sample, start int64) {
	for line := range strings.Lines(string(body)) {
		switch {
		case strings.HasPrefix(line, startName+" "):
			seconds, _ := strconv.ParseFloat(strings.TrimSpace(line[len(startName):]), 64)
			start = int64(seconds * 1000)
		case strings.HasPrefix(line, "apiserver_request_total{"):
			end := strings.LastIndexByte(line, ' ')
			value, err := strconv.ParseFloat(strings.TrimSpace(line[end:]), 64)
			if err == nil && selected(label(line, "verb"), label(line, "resource")) {
				list = append(list, sample{line[:end], value})
			}
		}
	}
	return list, start
}

// label returns the value of a label, as written.
func label(line, name string) string {
	for _, before := range []string{"{", ","} {
		if _, rest, ok := strings.Cut(line, before+name+`="`); ok {
			value, _, _ := strings.Cut(rest, `"`)
			return value
		}
	}
	return ""
}
