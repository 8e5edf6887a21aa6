// Command leaders replays two controllers of which one takes over the other's
// leadership, and prints what their work queues grew by, by name, beside the
// same from the bare readings:
//
//	go -C bench run ./leaders [-corpus DIR]
//
// The new leader shows most of its queues only since it leads: what it counted
// from 0 is in the increase.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

func main() {
	dir := flag.String("corpus", "../../shared/corpus", "directory of the recordings")
	flag.Parse()
	rows, err := replay(filepath.Join(*dir, "controllers-ha"))
	if err == nil {
		err = write(os.Stdout, rows)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "leaders:", err)
		os.Exit(1)
	}
}

// scrape is a line of the recording's manifest.
type scrape struct {
	File        string `json:"file"`
	Time        int64  `json:"time"` // Unix milliseconds
	Target      string `json:"target"`
	ContentType string `json:"content_type"`
	body        []byte
}

// row is what one queue grew by.
type row struct {
	name    string
	answer  promfold.Estimate
	members map[string]float64 // by instance
	bare    float64            // from the readings alone
}

// reading is a value and the process that showed it.
type reading struct {
	value   float64
	process string
}

var start = regexp.MustCompile(`(?m)^process_start_time_seconds .*$`)

var line = regexp.MustCompile(`(?m)^workqueue_adds_total\{name="([^"]*)"\} (\S+)$`)

// replay tells a fleet the recording and asks what each queue grew by.
func replay(dir string) ([]row, error) {
	scrapes, err := load(dir)
	if err != nil {
		return nil, err
	}
	f, err := aggregate.NewFleet(aggregate.Config{})
	if err != nil {
		return nil, err
	}
	v, err := f.Counter(aggregate.View{Select: "workqueue_adds_total", By: []string{"name"}})
	if err != nil {
		return nil, err
	}
	readings := map[string]map[string][]reading{} // by name and target
	last := time.Time{}
	for _, s := range scrapes {
		last = time.UnixMilli(s.Time)
		if s.File == "" {
			err = f.ScrapeFailed(s.Target, last, syscall.ECONNREFUSED)
		} else {
			_, err = f.Ingest(aggregate.Scrape{Target: s.Target, Time: last, Body: s.body, Header: http.Header{"Content-Type": {s.ContentType}}})
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.File, err)
		}
		for _, m := range line.FindAllSubmatch(s.body, -1) {
			x, err := strconv.ParseFloat(string(m[2]), 64)
			if err != nil {
				return nil, err
			}
			name := string(m[1])
			if readings[name] == nil {
				readings[name] = map[string][]reading{}
			}
			readings[name][s.Target] = append(readings[name][s.Target], reading{x, string(start.Find(s.body))})
		}
	}
	groups, err := v.In(f.Snapshot(last).SinceStart())
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, g := range groups {
		r := row{name: g.Labels().Get("name"), members: map[string]float64{}}
		r.answer, _ = g.Increase()
		for _, m := range g.Increases() {
			r.members[m.Instance] = m.Estimate.Value
		}
		for target, list := range readings[r.name] {
			r.bare += bare(list, appeared(scrapes, target, r.name))
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// appeared reports whether the first body of a target lacks a queue.
func appeared(scrapes []scrape, target, name string) bool {
	i := slices.IndexFunc(scrapes, func(s scrape) bool { return s.Target == target && s.File != "" })
	return !bytes.Contains(scrapes[i].body, []byte(`workqueue_adds_total{name="`+name+`"}`))
}

// bare adds up readings: from 0 if the queue appeared while it was watched, or
// another process shows it.
func bare(list []reading, born bool) (sum float64) {
	if born {
		sum = list[0].value
	}
	for i, x := range list[1:] {
		if sum += x.value; x.process == list[i].process {
			sum -= list[i].value
		}
	}
	return sum
}

func load(dir string) (list []scrape, err error) {
	f, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var s scrape
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return nil, err
		}
		if s.Target != "kcm-1" && s.Target != "kcm-2" {
			continue
		}
		if s.File != "" {
			if s.body, err = unzip(filepath.Join(dir, s.File)); err != nil {
				return nil, err
			}
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b scrape) int { return cmp.Compare(a.Time, b.Time) })
	return list, nil
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

func write(out io.Writer, rows []row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "queue\tincrease\tLo\tHi\tkcm-1\tkcm-2\tbare readings\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t\n", r.name, r.answer.Value, r.answer.Lo, r.answer.Hi, r.members["kcm-1"], r.members["kcm-2"], r.bare)
	}
	return w.Flush()
}
