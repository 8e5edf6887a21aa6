//go:build !unix

package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

func open(path string) (*os.File, error) { return os.Open(path) }

// pending is what renameio has for Unix alone.
type pending struct {
	*os.File
	path string
	done bool
}

// create makes a new file with a name of its own, which will replace the old
// one. It gets the rights of its directory there.
func create(path string, _ fs.FileInfo) (*pending, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path))
	if err != nil {
		return nil, err
	}
	return &pending{File: f, path: path}, nil
}

func (p *pending) CloseAtomicallyReplace() error {
	if err := p.Sync(); err != nil {
		return err
	}
	if err := p.Close(); err != nil {
		return err
	}
	if err := os.Rename(p.Name(), p.path); err != nil {
		return err
	}
	p.done = true
	return nil
}

func (p *pending) Cleanup() error {
	if p.done {
		return nil
	}
	if err := p.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return os.Remove(p.Name())
}

// syncDirectory: elsewhere a directory cannot be synced.
func syncDirectory(string) error { return nil }
