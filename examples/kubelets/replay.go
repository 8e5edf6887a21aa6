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

// recorded is a line of a manifest: one answer, its body gzipped in a file
// beside it. A kubelet's target is the name of its node; api-nodes is the API's
// list of nodes.
type recorded struct {
	File        string `json:"file"` // empty: the scrape failed
	Time        int64  `json:"time"` // when the whole body was here, Unix ms
	Target      string `json:"target"`
	Path        string `json:"path"`
	ContentType string `json:"content_type"`
	Format      string `json:"format"`
	Status      int    `json:"status"`
	Notes       string `json:"notes"`
}

const listOfNodes = "api-nodes"

// bodyLimit bounds a body, decompressed.
const bodyLimit = 64 << 20

// replay decides about the recorded nodes, and tells the fleet of what those
// that were chosen answered, in the order of their times.
func replay(ctx context.Context, dir fs.FS, w *watch) error {
	all, err := readManifest(dir)
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b recorded) int { return cmp.Compare(a.Time, b.Time) })
	first := slices.IndexFunc(all, func(r recorded) bool { return r.Target == listOfNodes })
	if first < 0 {
		return errors.New("the recording has no list of nodes")
	}
	// Nothing can be decided before the nodes are known.
	all = slices.Concat(all[first:first+1], all[:first], all[first+1:])
	for _, r := range all {
		if ctx.Err() != nil {
			break // what is there is still worth a table
		}
		if err := w.replayed(dir, r); err != nil {
			return err
		}
	}
	return w.show()
}

func (w *watch) replayed(dir fs.FS, r recorded) error {
	at := time.UnixMilli(r.Time)
	switch {
	case r.Target == listOfNodes:
		body, err := r.body(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", listOfNodes, err)
		}
		nodes, err := readNodes(body)
		if err != nil {
			return fmt.Errorf("%s: %w", r.File, err)
		}
		w.plan(nodes, at)
	case w.chosen(r.Target) && r.Path == "/metrics" && r.Format == "text":
		body, err := r.body(dir)
		w.observe(r.Target, at, http.Header{"Content-Type": {r.ContentType}}, body, err)
	}
	return nil
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
