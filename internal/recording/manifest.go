package recording

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"
)

// Scrape is a line of a manifest: one answer, whose gzipped body is a file in
// the same directory. The manifest also says which process answered a
// balancer; that field is not read.
type Scrape struct {
	File        string `json:"file"` // empty: the scrape failed
	Scenario    string `json:"scenario"`
	Step        int    `json:"step"`
	Time        int64  `json:"time"` // when the body had been read, Unix ms
	Target      string `json:"target"`
	Path        string `json:"path"`
	ThroughLB   bool   `json:"through_lb"`
	ContentType string `json:"content_type"`
	Format      string `json:"format"`
	Status      int    `json:"status"`
	Notes       string `json:"notes"`
}

// BodyLimit is the longest body that is read, in bytes, decompressed.
const BodyLimit = 64 << 20

// manifestLimit is the longest manifest that is read, in bytes.
const manifestLimit = 64 << 20

// open opens a regular file. To open a pipe would wait for who writes it.
func open(dir fs.FS, name string) (fs.File, error) {
	switch i, err := fs.Stat(dir, name); {
	case err != nil:
		return nil, err
	case !i.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file", name)
	}
	return dir.Open(name)
}

// Manifest returns the scrapes of a directory in the form of [FS].
func Manifest(dir fs.FS) (list []Scrape, err error) {
	file, err := open(dir, "manifest.jsonl")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if i, err := file.Stat(); err == nil && i.Size() > manifestLimit {
		return nil, fmt.Errorf("manifest.jsonl: %d bytes, more than %d", i.Size(), manifestLimit)
	}
	for d := json.NewDecoder(bufio.NewReader(io.LimitReader(file, manifestLimit))); ; {
		var s Scrape
		switch err := d.Decode(&s); err {
		case nil:
			list = append(list, s)
		case io.EOF:
			return list, nil
		default:
			return nil, fmt.Errorf("manifest.jsonl: entry %d: %w", len(list)+1, err)
		}
	}
}

// At returns when the body had been read.
func (s *Scrape) At() time.Time { return time.UnixMilli(s.Time) }

// Header returns the header of the answer, as far as it was recorded.
func (s *Scrape) Header() http.Header {
	h := http.Header{}
	if s.ContentType != "" {
		h.Set("Content-Type", s.ContentType)
	}
	return h
}

// Body returns the body, or an error that says why there is none.
func (s *Scrape) Body(dir fs.FS) ([]byte, error) {
	switch {
	case s.Status != 0 && s.Status != http.StatusOK:
		return nil, fmt.Errorf("HTTP status %d %s", s.Status, http.StatusText(s.Status))
	case s.File == "" && s.Notes != "":
		return nil, errors.New(s.Notes)
	case s.File == "":
		return nil, errors.New("no answer")
	}
	file, err := open(dir, s.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.File, err)
	}
	body, err := ReadBody(zip)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.File, err)
	}
	return body, nil
}

// ReadBody reads a whole body; one that is longer than [BodyLimit] is an error.
func ReadBody(from io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(from, BodyLimit+1))
	if err == nil && len(body) > BodyLimit {
		return nil, fmt.Errorf("body of more than %d bytes", BodyLimit)
	}
	return body, err
}
