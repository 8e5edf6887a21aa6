package main

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// rotated returns the file that the path leads to now if that is another one,
// else nil. A path that leads nowhere for a moment is not rotated yet.
func (l *logFile) rotated() (fs.FileInfo, error) {
	now, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	was, err := l.file.Stat()
	if err != nil || os.SameFile(now, was) {
		return nil, err
	}
	return now, nil
}

// sibling is a file beside the log that is named after it: audit-TIME.log, as API
// servers rotate, audit.log.1 or audit.log-DATE.
type sibling struct {
	path string
	fs.FileInfo
}

// between returns the files of the log that came after the one that is open and
// before the present one, oldest first. If the open one is not found, not even as
// a copy, whether there were others is not known, and that is counted.
func (l *logFile) between(present fs.FileInfo) ([]string, error) {
	was, err := l.file.Stat()
	if err != nil {
		return nil, err
	}
	place, err := l.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	all, err := l.siblings()
	if err != nil {
		return nil, err
	}
	found := slices.IndexFunc(all, func(s sibling) bool { return os.SameFile(s, was) })
	if found < 0 {
		found = l.copyAmong(all, place)
	}
	if found < 0 {
		l.lost++
		return nil, nil
	}
	var list []string
	for _, s := range all[found+1:] {
		if !os.SameFile(s, present) {
			list = append(list, s.path)
		}
	}
	return list, nil
}

// copyAmong returns the newest of the files that begins with what was read of l,
// up to place; −1 if none does. Rotation compresses files, or copies and cuts them.
func (l *logFile) copyAmong(files []sibling, place int64) int {
	for i, s := range slices.Backward(files) {
		if c := l.continued(s.path, place); c != nil {
			c.close()
			return i
		}
	}
	return -1
}

// copied opens the copy of l among the rotated files behind place; nil if there is
// none.
func (l *logFile) copied(place int64) *logFile {
	all, err := l.siblings()
	if err != nil {
		return nil
	}
	if i := l.copyAmong(all, place); i >= 0 {
		return l.continued(all[i].path, place)
	}
	return nil
}

// continued opens a file behind place if what stands before is what was read of l
// last.
func (l *logFile) continued(path string, place int64) *logFile {
	c := &logFile{path: path}
	if len(l.tail) == 0 || c.open() != nil {
		return nil
	}
	c.rest, c.tooLong = slices.Clone(l.rest), l.tooLong
	before := make([]byte, len(l.tail))
	_, err := io.CopyN(io.Discard, c.reader, place-int64(len(before)))
	if err == nil {
		_, err = io.ReadFull(c.reader, before)
	}
	if err != nil || !bytes.Equal(before, l.tail) {
		c.close()
		return nil
	}
	return c
}

// siblings returns the rotated files of the log, oldest first: by the time at
// which they were written last, and of equal times by name.
func (l *logFile) siblings() (list []sibling, err error) {
	dir, base := filepath.Split(l.path)
	entries, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return nil, err
	}
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), base)
		if !ok {
			rest, ok = strings.CutPrefix(e.Name(), stem+"-")
		}
		if i, err := e.Info(); ok && rest != "" && err == nil && i.Mode().IsRegular() {
			list = append(list, sibling{filepath.Join(dir, e.Name()), i})
		}
	}
	slices.SortFunc(list, func(a, b sibling) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), -cmp.Compare(number(a.path, base), number(b.path, base)), cmp.Compare(a.path, b.path))
	})
	return list, nil
}

// number returns the N of audit.log.N and audit.log.N.gz, which grows with the age;
// else 0.
func number(path, base string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), base+"."), ".gz"))
	if err != nil {
		return 0
	}
	return n
}
