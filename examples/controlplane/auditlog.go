package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// lineLimit is the longest line that is read; longer ones count as cut.
const lineLimit = 4 << 20

// logFile follows the audit log of one server. It reads whole lines; the rest of
// a line that is still being written waits.
type logFile struct {
	path    string
	file    *os.File
	reader  *bufio.Reader
	rest    []byte
	tooLong bool
	fromEnd bool // the first file is read from its end on
}

// open opens the file, and forgets the one before.
func (l *logFile) open() error {
	switch i, err := os.Stat(l.path); { // a pipe or a device may never end
	case err != nil:
		return err
	case !i.Mode().IsRegular():
		return &fs.PathError{Op: "open", Path: l.path, Err: errors.New("not a regular file")}
	}
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	l.close()
	l.file, l.rest, l.tooLong = f, nil, false
	var from io.Reader = f
	if strings.HasSuffix(l.path, ".gz") {
		if from, err = gzip.NewReader(f); err != nil {
			return err
		}
	} else if l.fromEnd {
		if _, err := f.Seek(0, io.SeekEnd); err != nil {
			return err
		}
	}
	l.fromEnd = false
	l.reader = bufio.NewReaderSize(from, 64<<10)
	return nil
}

func (l *logFile) close() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}

// read calls do with each new line. Of a log that was rotated it reads the old
// file to its end and then the new one from its beginning; a line that the end
// of the old one cuts is given as it is.
func (l *logFile) read(do func(line []byte)) error {
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	if err := l.drain(do); err != nil {
		return err
	}
	for range 2 { // a file that is rotated at every read must not keep the caller
		moved, err := l.rotated()
		if err != nil || !moved {
			return err
		}
		if err := l.drain(do); err != nil { // what was written before the rotation
			return err
		}
		l.finish(do)
		if err := l.open(); err != nil {
			return err
		}
		if err := l.drain(do); err != nil {
			return err
		}
	}
	return nil
}

// drain reads what there is.
func (l *logFile) drain(do func(line []byte)) error {
	for {
		part, err := l.reader.ReadSlice('\n')
		if len(l.rest)+len(part) > lineLimit {
			l.tooLong, l.rest = true, nil
		} else if !l.tooLong {
			l.rest = append(l.rest, part...)
		}
		switch {
		case err == nil:
			if line := bytes.TrimSpace(l.rest); len(line) > 0 || l.tooLong {
				do(line)
			}
			l.rest, l.tooLong = l.rest[:0], false
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
}

// finish gives a last line that no line feed ends: of a recording, it is whole.
func (l *logFile) finish(do func(line []byte)) {
	if line := bytes.TrimSpace(l.rest); len(line) > 0 || l.tooLong {
		do(line)
	}
	l.rest, l.tooLong = nil, false
}

// rotated reports whether the path leads to another file now, or the file was
// cut to less than what was read. A path that leads nowhere for a moment is not
// rotated yet.
func (l *logFile) rotated() (bool, error) {
	now, err := os.Stat(l.path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	was, err := l.file.Stat()
	if err != nil {
		return false, err
	}
	if !os.SameFile(now, was) {
		return true, nil
	}
	if strings.HasSuffix(l.path, ".gz") {
		return false, nil
	}
	place, err := l.file.Seek(0, io.SeekCurrent)
	return now.Size() < place, err
}
