package scrape

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/labels"
	"go.yaml.in/yaml/v2"
)

const (
	filePath  = model.MetaLabelPrefix + "filepath"
	filesPoll = time.Second // the files are small, and reading them misses no change
)

// Files returns a source of the target groups in files, as Prometheus' file_sd
// reads them: the patterns are globs, the files end in .json, .yml or .yaml.
// They are read every second. A file that cannot be read keeps the targets it
// had; one that is removed has none.
func Files(patterns ...string) Source {
	f := &files{patterns: patterns, known: map[string]*file{}}
	return func(ctx context.Context, set func([]Target)) error {
		ticker := time.NewTicker(filesPoll)
		defer ticker.Stop()
		for seen := -1; ; {
			targets, version, err := f.read()
			if version != seen {
				set(targets)
				seen = version
			}
			if err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-ticker.C:
			}
		}
	}
}

// files holds what the files said, over the calls of a source.
type files struct {
	patterns []string
	mu       sync.Mutex
	known    map[string]*file // by path
	version  int              // counts the changes
}

type file struct {
	content []byte
	failure string // of the last read; empty if it succeeded
	targets []Target
}

// read returns the targets of all files. The error names what failed since the
// last call, and is told once.
func (f *files) read() (targets []Target, version int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	paths, err := f.list()
	if err != nil {
		return nil, f.version, err
	}
	for path := range f.known {
		if !slices.Contains(paths, path) {
			delete(f.known, path)
			f.version++
		}
	}
	var errs []error
	for _, path := range paths {
		x := f.known[path]
		if x == nil {
			x = &file{}
			f.known[path] = x
		}
		changed, err := x.read(path)
		if changed {
			f.version++
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
		}
		targets = append(targets, x.targets...)
	}
	return targets, f.version, errors.Join(errs...)
}

func (f *files) list() (paths []string, err error) {
	for _, pattern := range f.patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pattern, err)
		}
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// read reads the file again, if its content is another. After an error it has
// the targets it had, and the error is not returned twice.
func (x *file) read(path string) (changed bool, err error) {
	content, err := regular(path)
	if err == nil && x.content != nil && bytes.Equal(content, x.content) {
		x.failure = ""
		return false, nil
	}
	var targets []Target
	if err == nil {
		x.content = content
		targets, err = groups(path, content)
	}
	if err != nil {
		if before := x.failure; err.Error() != before {
			x.failure = err.Error()
			return false, err
		}
		return false, nil
	}
	x.failure, x.targets = "", targets
	return true, nil
}

// regular reads a file. What is none, such as a pipe that nobody writes to, or a
// device that never ends, is refused: all other files would wait for it.
func regular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fs.ErrInvalid}
	}
	return os.ReadFile(path)
}

// groups reads the target groups of a file.
func groups(path string, content []byte) (targets []Target, err error) {
	var list []*targetgroup.Group
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".json":
		err = json.Unmarshal(content, &list)
	case ".yml", ".yaml":
		err = yaml.UnmarshalStrict(content, &list)
	default:
		err = fmt.Errorf("%q is neither .json nor .yml nor .yaml", ext)
	}
	if err != nil {
		return nil, err
	}
	for _, g := range list {
		if g == nil {
			return nil, errors.New("a target group is null")
		}
		for _, t := range g.Targets {
			b := labels.NewBuilder(labels.FromStrings(filePath, path))
			for name, value := range g.Labels.Merge(t) {
				b.Set(string(name), string(value))
			}
			targets = append(targets, Target{})
			targets[len(targets)-1].Labels = b.Labels()
		}
	}
	return targets, nil
}
