package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// scrape is a line of manifest.jsonl.
type scrape struct {
	File         string `json:"file"` // "": the scrape failed
	Scenario     string `json:"scenario"`
	Step         int    `json:"step"`
	Time         int64  `json:"time"` // Unix ms
	Target       string `json:"target"`
	Path         string `json:"path"`
	ThroughLB    bool   `json:"through_lb"`
	TrueInstance string `json:"true_instance"`
	ContentType  string `json:"content_type"`
	Format       string `json:"format"`
	Status       int    `json:"status"`
	Bytes        int    `json:"bytes"` // of the body as it is here, before gzip
	DurationMS   int    `json:"duration_ms"`
	Notes        string `json:"notes,omitempty"`
}

// wanted drops other formats and other paths of the same instances.
func (s scrape) wanted() bool { return s.Format == "text" && s.Path == "/metrics" }

// trim returns the trimmed recordings: contents by file name, bodies not yet
// compressed.
func trim(corpus fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	for dir, families := range kept {
		if err := trimDir(corpus, dir, families, files); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func trimDir(corpus fs.FS, dir string, families map[string]*regexp.Regexp, files map[string][]byte) error {
	manifest, err := corpus.Open(path.Join(dir, "manifest.jsonl"))
	if err != nil {
		return err
	}
	defer manifest.Close()
	var lines bytes.Buffer
	in, out := json.NewDecoder(manifest), json.NewEncoder(&lines)
	in.DisallowUnknownFields() // a field this program does not know would be lost
	for in.More() {
		var s scrape
		if err := in.Decode(&s); err != nil {
			return fmt.Errorf("%s/manifest.jsonl: %w", dir, err)
		}
		if !s.wanted() {
			continue
		}
		if s.File != "" {
			name := path.Join(dir, s.File)
			body, err := gunzip(corpus, name)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			body = trimBody(body, families)
			s.Bytes = len(body)
			files[name] = body
		}
		if err := out.Encode(s); err != nil {
			return err
		}
	}
	files[path.Join(dir, "manifest.jsonl")] = lines.Bytes()
	return nil
}

// trimBody keeps the lines of the kept families, each as it was written. A
// family starts at its HELP line.
func trimBody(body []byte, families map[string]*regexp.Regexp) []byte {
	var out bytes.Buffer
	var keep *regexp.Regexp // nil: not a kept family
	for line := range strings.Lines(string(body)) {
		if help, ok := strings.CutPrefix(line, "# HELP "); ok {
			name, _, _ := strings.Cut(help, " ")
			keep = families[name]
		}
		if keep != nil && (strings.HasPrefix(line, "#") || keep.MatchString(line)) {
			out.WriteString(line)
		}
	}
	return out.Bytes()
}

func gunzip(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
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

// pack returns the files as a zip archive inside one zstd frame. Successive
// bodies differ little, so they are small only together: in the archive they are
// stored, as gzip members without compression. The same files give the same
// bytes.
func pack(files map[string][]byte) ([]byte, error) {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, name := range inOrder(files) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if path.Ext(name) != ".gz" {
			_, err = w.Write(files[name])
		} else {
			var g *gzip.Writer
			if g, err = gzip.NewWriterLevel(w, gzip.NoCompression); err != nil {
				return nil, err
			}
			if _, err = g.Write(files[name]); err == nil {
				err = g.Close()
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(8<<20), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return e.EncodeAll(archive.Bytes(), nil), nil
}

// inOrder returns the names with the bodies of one target together.
func inOrder(files map[string][]byte) []string { return slices.Sorted(maps.Keys(files)) }
