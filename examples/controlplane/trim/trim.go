package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// trim returns the trimmed recordings: contents by file name, bodies not yet
// compressed.
func trim(corpus fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	for dir, families := range kept {
		of, err := fs.Sub(corpus, dir)
		if err != nil {
			return nil, err
		}
		list, err := families.Trim(of)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		for name, content := range list {
			files[path.Join(dir, name)] = content
		}
	}
	return files, nil
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
