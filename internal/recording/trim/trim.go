package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// kept says which families stay, and of them which sample lines: those that
// the expression matches. It looks only at labels that every line of a series
// shares, never at le or quantile, so a series stays whole or goes whole.
// The labels of these bodies are written in alphabetical order.
var kept = map[string]*regexp.Regexp{
	"apiserver_request_total":             everything,
	"apiserver_request_duration_seconds":  regexp.MustCompile(`,resource="[^"]+",.*,verb="(DELETE|LIST)",`),
	"apiserver_storage_objects":           regexp.MustCompile(`resource="(configmaps|nodes|pods)"`),
	"apiserver_current_inflight_requests": everything,
	"apiserver_longrunning_requests":      regexp.MustCompile(`,resource="(configmaps|pods)",`),
	"go_gc_duration_seconds":              everything,
	"kubernetes_build_info":               everything,
	"process_cpu_seconds_total":           everything,
	"process_network_receive_bytes_total": everything,
	"process_resident_memory_bytes":       everything,
	"process_start_time_seconds":          everything,
}

var everything = regexp.MustCompile(``)

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

// wanted drops what is not the plain text of an API server: other formats and
// other paths of the same instances.
func (s scrape) wanted() bool {
	return s.Format == "text" && s.Path == "/metrics"
}

// trim returns the trimmed recording: contents by file name, bodies not yet
// compressed.
func trim(corpus fs.FS) (map[string][]byte, error) {
	manifest, err := corpus.Open("manifest.jsonl")
	if err != nil {
		return nil, err
	}
	defer manifest.Close()
	events, err := fs.ReadFile(corpus, "events.jsonl")
	if err != nil {
		return nil, err
	}

	files := map[string][]byte{"events.jsonl": events}
	var lines bytes.Buffer
	in, out := json.NewDecoder(manifest), json.NewEncoder(&lines)
	in.DisallowUnknownFields() // a field this program does not know would be lost
	for in.More() {
		var s scrape
		if err := in.Decode(&s); err != nil {
			return nil, fmt.Errorf("manifest.jsonl: %w", err)
		}
		if !s.wanted() {
			continue
		}
		if s.File != "" {
			body, err := gunzip(corpus, s.File)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.File, err)
			}
			body = trimBody(body)
			s.Bytes = len(body)
			files[s.File] = body
		}
		if err := out.Encode(s); err != nil {
			return nil, err
		}
	}
	files["manifest.jsonl"] = lines.Bytes()
	return files, nil
}

// trimBody keeps the lines of the kept families, each as it was written. A
// family starts at its HELP line.
func trimBody(body []byte) []byte {
	var out bytes.Buffer
	var keep *regexp.Regexp // nil: not a kept family
	for line := range strings.Lines(string(body)) {
		if help, ok := strings.CutPrefix(line, "# HELP "); ok {
			name, _, _ := strings.Cut(help, " ")
			keep = kept[name]
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

// write stores the files in dir, those named .gz compressed. The gzip header
// carries no time, so the same input gives the same bytes.
func write(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, content := range files {
		if path.Ext(name) == ".gz" {
			var b bytes.Buffer
			z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
			if err != nil {
				return err
			}
			if _, err := z.Write(content); err != nil {
				return err
			}
			if err := z.Close(); err != nil {
				return err
			}
			content = b.Bytes()
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			return err
		}
	}
	return nil
}
