// Package cut keeps some families of a recording.
package cut

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
)

// Families says which families of bodies stay, and of them which sample lines:
// those that the expression matches. It should look only at labels that every
// line of a series shares, never at le or quantile, so that a series stays whole
// or goes whole.
type Families map[string]*regexp.Regexp

// Everything keeps all lines of a family.
var Everything = regexp.MustCompile(``)

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

// Trim returns the trimmed recording of a directory with manifest.jsonl and the
// gzipped bodies it names: contents by file name, bodies not yet compressed.
func (keep Families) Trim(corpus fs.FS) (map[string][]byte, error) {
	manifest, err := corpus.Open("manifest.jsonl")
	if err != nil {
		return nil, err
	}
	defer manifest.Close()
	files := map[string][]byte{}
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
			body, err := Gunzip(corpus, s.File)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.File, err)
			}
			body = keep.Body(body)
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

// Body keeps the lines of the kept families, each as it was written. A
// family starts at its HELP line.
func (keep Families) Body(body []byte) []byte {
	var out bytes.Buffer
	var lines *regexp.Regexp // nil: not a kept family
	for line := range strings.Lines(string(body)) {
		if help, ok := strings.CutPrefix(line, "# HELP "); ok {
			name, _, _ := strings.Cut(help, " ")
			lines = keep[name]
		}
		if lines != nil && (strings.HasPrefix(line, "#") || lines.MatchString(line)) {
			out.WriteString(line)
		}
	}
	return out.Bytes()
}

// Gunzip returns the content of a gzipped file.
func Gunzip(fsys fs.FS, name string) ([]byte, error) {
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
