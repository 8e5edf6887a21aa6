// Package checkpoint keeps the state of a program in a file, so that it is
// there, whole, whenever the program or the machine stops.
package checkpoint

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the file with what save writes: at any moment the file is the
// old one or the new one, never a part of either. What is written goes to a
// file beside it first, of the same name with .tmp added, is brought to the
// disk, and then takes the name. After an error the old file stands.
//
//	err := checkpoint.Write("fleet.state", fleet.Save)
//
// Two programs, or two goroutines, must not write one file.
func Write(path string, save func(io.Writer) error) (err error) {
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignore(f.Close(), os.ErrClosed), ignore(os.Remove(tmp), fs.ErrNotExist))
		}
	}()
	w := bufio.NewWriter(f)
	if err := save(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// Read gives the file to load. Where there is none yet, the error is
// [fs.ErrNotExist].
func Read(path string, load func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(load(bufio.NewReader(f)), f.Close())
}

func ignore(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}
