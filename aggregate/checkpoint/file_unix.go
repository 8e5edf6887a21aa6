//go:build unix

package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/google/renameio/v2"
)

// open does not wait for a pipe's other end.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// create makes a new file with a name of its own, which will replace the old
// one, if there is any, and has its mode and owner.
func create(path string, old fs.FileInfo) (*renameio.PendingFile, error) {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithExistingPermissions())
	if err != nil {
		return nil, err
	}
	now, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Cleanup())
	}
	if old != nil {
		is, was := now.Sys().(*syscall.Stat_t), old.Sys().(*syscall.Stat_t)
		if is.Uid != was.Uid || is.Gid != was.Gid {
			_ = f.Chown(int(was.Uid), int(was.Gid)) // a state under another owner is better than none
			if err := f.Chmod(old.Mode().Perm()); err != nil {
				return nil, errors.Join(err, f.Cleanup())
			}
		}
	}
	sweep(path, now.ModTime().Add(-leftover))
	return f, nil
}

const (
	leftover = time.Hour // no program takes so long from one write to the next
	digits   = 15        // renameio's numbers are shorter once in 10,000 times
)

// sweep removes what killed programs left behind before a time: files of the
// names that renameio gives, a dot, the file's name and a long number.
func sweep(path string, before time.Time) {
	dir, base := filepath.Split(path)
	entries, _ := os.ReadDir(dir) // what was read before an error
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), "."+base)
		if !ok || len(number) < digits || strings.Trim(number, "0123456789") != "" {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.ModTime().Before(before) {
			_ = os.Remove(filepath.Join(dir, e.Name())) // the next Write tries again
		}
	}
}

// syncDirectory brings the new name to the disk.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
