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
)

// Scrape is a line of a manifest: one answer, its body gzipped in a file beside
// it. Who answered a balancer stands in the manifest, too; it is not read.
type Scrape struct {
	File        string `json:"file"` // empty: the scrape failed
	Scenario    string `json:"scenario"`
	Step        int    `json:"step"`
	Time        int64  `json:"time"` // when the whole body was here, Unix ms
	Target      string `json:"target"`
	Path        string `json:"path"`
	ContentType string `json:"content_type"`
	Format      string `json:"format"`
	Status      int    `json:"status"`
	Notes       string `json:"notes"`
}

// BodyLimit bounds a body, decompressed.
const BodyLimit = 64 << 20

// Manifest reads the manifest of a directory in the form of [FS].
func Manifest(dir fs.FS) (list []Scrape, err error) {
	file, err := dir.Open("manifest.jsonl")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for d := json.NewDecoder(bufio.NewReader(file)); ; {
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

// Body is what was answered, or an error that says why there is nothing.
func (s *Scrape) Body(dir fs.FS) ([]byte, error) {
	switch {
	case s.Status != 0 && s.Status != http.StatusOK:
		return nil, fmt.Errorf("HTTP status %d", s.Status)
	case s.File == "" && s.Notes != "":
		return nil, errors.New(s.Notes)
	case s.File == "":
		return nil, errors.New("no answer")
	}
	file, err := dir.Open(s.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.File, err)
	}
	return ReadBody(zip)
}

// ReadBody reads all of a body, unless it is longer than [BodyLimit].
func ReadBody(from io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(from, BodyLimit+1))
	if err == nil && len(body) > BodyLimit {
		return nil, fmt.Errorf("a body of more than %d bytes", BodyLimit)
	}
	return body, err
}
