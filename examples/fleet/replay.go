package main

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/promfold/promfold/internal/recording"
)

// recorded is a line of a manifest: one scrape, its body gzipped in a file
// beside it.
type recorded struct {
	File        string `json:"file"` // empty: the scrape failed
	Scenario    string `json:"scenario"`
	Time        int64  `json:"time"` // when the whole body was here, Unix ms
	Target      string `json:"target"`
	Path        string `json:"path"`
	ThroughLB   bool   `json:"through_lb"`
	ContentType string `json:"content_type"`
	Format      string `json:"format"`
	Status      int    `json:"status"`
	Notes       string `json:"notes"`
}

// source is the directory to replay.
func (o *options) source() fs.FS {
	if o.dir == "" {
		return recording.FS
	}
	return os.DirFS(o.dir)
}

// replay tells the fleet of recorded scrapes in the order of their times, and
// prints the answers at the last one.
func replay(ctx context.Context, dir fs.FS, o options, w *watch) error {
	all, err := readManifest(dir)
	if err != nil {
		return err
	}
	chosen := choose(all, o)
	if len(chosen) == 0 {
		return fmt.Errorf("no scrape is chosen; there are %s", inventory(all))
	}
	return replayScrapes(ctx, dir, chosen, o, w)
}

func replayScrapes(ctx context.Context, dir fs.FS, scrapes []recorded, o options, w *watch) error {
	var bodies bodyReader
	if len(o.specs) == 0 {
		specs, err := defaultSpecs(dir, scrapes, &bodies)
		if err != nil {
			return err
		}
		if err := w.declare(specs); err != nil {
			return err
		}
	}
	w.expect(targets(scrapes))
	for i, r := range scrapes {
		if ctx.Err() != nil {
			break // what is there is still worth a table
		}
		w.screen.progress(i+1, len(scrapes))
		at := time.UnixMilli(r.Time)
		body, err := bodies.read(dir, r)
		if err == nil {
			err = w.observe(r.Target, at, r.header(), body)
		}
		w.note(r.Target, at, err)
	}
	if !w.answered() {
		return nil
	}
	d, err := w.document(w.last)
	if err != nil {
		return err
	}
	return w.screen.show(d, w.failing, true)
}

func readManifest(dir fs.FS) ([]recorded, error) {
	file, err := dir.Open("manifest.jsonl")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var list []recorded
	in := bufio.NewReader(file)
	for number := 1; ; number++ {
		text, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return nil, err
		}
		if len(bytes.TrimSpace(text)) > 0 {
			var r recorded
			if err := json.Unmarshal(text, &r); err != nil {
				return nil, fmt.Errorf("manifest.jsonl: line %d: %w", number, err)
			}
			list = append(list, r)
		}
		if err == io.EOF {
			return list, nil
		}
	}
}

// choose picks the scrapes that are to be replayed, and puts them in order.
func choose(all []recorded, o options) []recorded {
	var chosen []recorded
	for _, r := range all {
		if len(o.scenarios) > 0 && !slices.Contains(o.scenarios, r.Scenario) {
			continue
		}
		if r.wanted(o.globs) {
			chosen = append(chosen, r)
		}
	}
	slices.SortStableFunc(chosen, func(a, b recorded) int { return cmp.Compare(a.Time, b.Time) })
	return chosen
}

func (r *recorded) wanted(globs []string) bool {
	if len(globs) == 0 {
		return r.Format == "text" && r.Path == "/metrics" && !r.ThroughLB
	}
	return matches(globs, r.Target)
}

func (r *recorded) header() http.Header {
	h := http.Header{}
	if r.ContentType != "" {
		h.Set("Content-Type", r.ContentType)
	}
	return h
}

// failure is what kept a scrape from having a body, nil if nothing did.
func (r *recorded) failure() error {
	switch {
	case r.Status != 0 && r.Status != http.StatusOK:
		return statusError(r.Status)
	case r.File != "":
		return nil
	case r.Notes != "":
		return errors.New(r.Notes)
	}
	return errors.New("no answer")
}

// bodyReader reads gzipped bodies; its buffers serve again and again.
type bodyReader struct {
	zip  gzip.Reader
	body bytes.Buffer
}

// read is valid until the next one.
func (b *bodyReader) read(dir fs.FS, r recorded) ([]byte, error) {
	if err := r.failure(); err != nil {
		return nil, err
	}
	file, err := dir.Open(r.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := b.zip.Reset(file); err != nil {
		return nil, fmt.Errorf("%s: %w", r.File, err)
	}
	b.body.Reset()
	if err := readBody(&b.body, &b.zip, bodyLimit); err != nil {
		return nil, fmt.Errorf("%s: %w", r.File, err)
	}
	return b.body.Bytes(), nil
}

// readBody reads all of a body, unless it has more than limit bytes.
func readBody(to *bytes.Buffer, from io.Reader, limit int64) error {
	n, err := to.ReadFrom(io.LimitReader(from, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("body of more than %d bytes", limit)
	}
	return err
}

func targets(scrapes []recorded) []string {
	var names []string
	for _, r := range scrapes {
		names = append(names, r.Target)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// inventory says what could be chosen.
func inventory(all []recorded) string {
	var scenarios []string
	for _, r := range all {
		scenarios = append(scenarios, r.Scenario)
	}
	slices.Sort(scenarios)
	return fmt.Sprintf("the scenarios %s and the targets %s",
		strings.Join(slices.Compact(scenarios), ", "), strings.Join(targets(all), ", "))
}
