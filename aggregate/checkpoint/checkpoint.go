// Package checkpoint keeps the state of a program in a file, so that it is
// there, whole, whenever the program or the machine stops.
package checkpoint

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the file with what save writes: at any moment the file is the
// old one or the new one, never a part of either. After an error the old file
// stands.
//
//	err := checkpoint.Write("fleet.state", fleet.Save)
//
// What is written goes to a new file in the same directory first, is brought to
// the disk, and then takes the name. Where several programs write one file, the
// last one wins, whole. What a killed program left there is removed after an
// hour, by a later Write.
//
// A link stays, and the file behind it is replaced. The file keeps its mode,
// and its owner if the program may give files away; a new file has mode 0600.
// A path that is no regular file, such as a pipe, is refused with
// [fs.ErrInvalid].
func Write(path string, save func(io.Writer) error) (err error) {
	path, err = follow(path)
	if err != nil {
		return err
	}
	old, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if old != nil && !old.Mode().IsRegular() {
		return notRegular("write", path)
	}
	f, err := create(path, old)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Cleanup()) }() // if save panics, too
	w := bufio.NewWriter(f)
	if err := save(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// Read gives the file to load. Where there is none yet, the error is
// [fs.ErrNotExist]; a path that is no regular file is refused with
// [fs.ErrInvalid].
func Read(path string, load func(io.Reader) error) (err error) {
	f, err := open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }() // if load panics, too
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return notRegular("read", path)
	}
	return load(bufio.NewReader(f))
}

func notRegular(op, path string) error {
	return &fs.PathError{Op: op, Path: path, Err: fs.ErrInvalid}
}

const maxLinks = 40 // as Linux has it

// follow returns the path of the file that a path leads to over symbolic links,
// whether it exists or not.
func follow(path string) (string, error) {
	for range maxLinks {
		dir, base := filepath.Split(path) // as it is: what .. means depends on links
		dir, err := filepath.EvalSymlinks(cmp.Or(dir, "."))
		if err != nil {
			return "", err
		}
		path = filepath.Join(dir, base)
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if path = link; !filepath.IsAbs(link) {
			path = dir + string(filepath.Separator) + link
		}
	}
	return "", &fs.PathError{Op: "write", Path: path, Err: errors.New("too many links")}
}
