package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"time"
)

// recorded is a line of a manifest: one scrape, its body gzipped in a file
// beside it. Who answered stands in the manifest, too; it is not read.
type recorded struct {
	File        string `json:"file"` // empty: the scrape failed
	Scenario    string `json:"scenario"`
	Time        int64  `json:"time"` // when the whole body was here, Unix ms
	Target      string `json:"target"`
	ContentType string `json:"content_type"`
	Status      int    `json:"status"`
	Notes       string `json:"notes"`
}

// bodyLimit bounds a body, decompressed.
const bodyLimit = 64 << 20

// replay tells the watch of recorded scrapes in the order of their times, and
// has the answers at the last one shown.
func replay(ctx context.Context, dir fs.FS, o options, w *watch) error {
	scrapes, err := readManifest(dir)
	if err != nil {
		return err
	}
	scrapes = slices.DeleteFunc(scrapes, func(r recorded) bool {
		return r.Target != o.target || o.scenario != "" && r.Scenario != o.scenario
	})
	slices.SortStableFunc(scrapes, func(a, b recorded) int { return cmp.Compare(a.Time, b.Time) })
	for _, r := range scrapes {
		if ctx.Err() != nil {
			break // what is there is still worth a table
		}
		body, err := r.body(dir)
		w.observe(time.UnixMilli(r.Time), http.Header{"Content-Type": {r.ContentType}}, body, err)
	}
	if !w.answered() {
		return nil
	}
	return w.show(w.last)
}

func readManifest(dir fs.FS) (list []recorded, err error) {
	file, err := dir.Open("manifest.jsonl")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for d := json.NewDecoder(bufio.NewReader(file)); ; {
		var r recorded
		switch err := d.Decode(&r); err {
		case nil:
			list = append(list, r)
		case io.EOF:
			return list, nil
		default:
			return nil, fmt.Errorf("manifest.jsonl: entry %d: %w", len(list)+1, err)
		}
	}
}

func (r *recorded) body(dir fs.FS) ([]byte, error) {
	switch {
	case r.Status != 0 && r.Status != http.StatusOK:
		return nil, fmt.Errorf("HTTP status %d", r.Status)
	case r.File == "" && r.Notes != "":
		return nil, errors.New(r.Notes)
	case r.File == "":
		return nil, errors.New("no answer")
	}
	file, err := dir.Open(r.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.File, err)
	}
	return readAll(zip)
}

// readAll reads all of a body, unless it is longer than the limit.
func readAll(from io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(from, bodyLimit+1))
	if err == nil && len(body) > bodyLimit {
		return nil, fmt.Errorf("a body of more than %d bytes", bodyLimit)
	}
	return body, err
}
