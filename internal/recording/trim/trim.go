package main

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"github.com/promfold/promfold/internal/recording/cut"
)

// kept says which families stay, and of them which sample lines: those that
// the expression matches. It looks only at labels that every line of a series
// shares, never at le or quantile, so a series stays whole or goes whole.
// The labels of these bodies are written in alphabetical order.
var kept = cut.Families{
	"apiserver_request_total":             cut.Everything,
	"apiserver_request_duration_seconds":  regexp.MustCompile(`,resource="[^"]+",.*,verb="(DELETE|LIST)",`),
	"apiserver_storage_objects":           regexp.MustCompile(`resource="(configmaps|nodes|pods)"`),
	"apiserver_current_inflight_requests": cut.Everything,
	"apiserver_longrunning_requests":      regexp.MustCompile(`,resource="(configmaps|pods)",`),
	"go_gc_duration_seconds":              cut.Everything,
	"kubernetes_build_info":               cut.Everything,
	"process_cpu_seconds_total":           cut.Everything,
	"process_network_receive_bytes_total": cut.Everything,
	"process_resident_memory_bytes":       cut.Everything,
	"process_start_time_seconds":          cut.Everything,
}

// trim returns the trimmed recording: contents by file name, bodies not yet
// compressed.
func trim(corpus fs.FS) (map[string][]byte, error) {
	files, err := kept.Trim(corpus)
	if err != nil {
		return nil, err
	}
	files["events.jsonl"], err = fs.ReadFile(corpus, "events.jsonl")
	return files, err
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
