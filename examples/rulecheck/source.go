package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// source is an expression and where it stands.
type source struct {
	File   string
	Line   int    // of the expression's first character, from 1
	Multi  bool   // the expression has the line breaks of the file
	Title  string // the name of the rule, or of the panel
	Record string // the name under which a rule records it; empty for others
	Text   string
	Above  string // the comment above it, in YAML
}

// maxFile is how many bytes of a file are read: dashboards are far smaller.
const maxFile = 64 << 20

// readPaths returns the expressions of files, and of the files in directories
// that look like rules or dashboards. Troubles are of files that were named and
// could not be read; unread are those in directories, such as the templates of
// a Helm chart.
func readPaths(paths []string) (sources []source, troubles, unread []string) {
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			troubles = append(troubles, err.Error())
			continue
		}
		if !info.IsDir() {
			list, err := readPath(p)
			if err != nil {
				troubles = append(troubles, err.Error())
			}
			sources = append(sources, list...)
			continue
		}
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !readable(path) || !regular(path, d) {
				return err
			}
			list, err := readPath(path)
			if err != nil {
				unread = append(unread, err.Error())
			}
			sources = append(sources, list...)
			return nil
		})
		if err != nil {
			troubles = append(troubles, err.Error())
		}
	}
	return sources, troubles, unread
}

// regular reports whether what a directory has there can be read to its end, as
// a file or what a link leads to. A pipe that was not named may wait for ever.
func regular(path string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular()
	}
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular() // what cannot be read is told
}

func readable(path string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json", ".rules", ".alerts"}, strings.ToLower(filepath.Ext(path)))
}

func readPath(path string) ([]source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1)) // it may be a pipe, whose size nobody knows
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxFile)
	}
	return readFile(path, text)
}

// readFile returns the expressions of one file. JSON is recognised by its first
// character, so that a dashboard may have any name.
func readFile(path string, text []byte) ([]source, error) {
	var list []source
	var err error
	if t := bytes.TrimLeft(text, " \t\r\n\ufeff"); len(t) > 0 && t[0] == '{' && !bytes.HasPrefix(t, []byte("{{")) {
		list, err = readDashboard(text)
	} else {
		list, err = readRules(text)
	}
	for i := range list {
		list[i].File = filepath.ToSlash(path)
	}
	switch {
	case err != nil && bytes.Contains(text, []byte("{{")):
		return nil, fmt.Errorf("%s: %w; if it is a template, render it first", filepath.ToSlash(path), err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", filepath.ToSlash(path), err)
	}
	return list, nil
}
