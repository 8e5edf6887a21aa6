package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// lineLimit is the longest line that is read; longer ones count as cut.
const lineLimit = 4 << 20

// logFile follows the audit log of one server. It reads whole lines; the rest of
// a line that is still being written waits. What it may have missed it counts.
type logFile struct {
	path    string
	old     bool // what the file holds when it is opened first was there before
	file    *os.File
	reader  *bufio.Reader
	rest    []byte
	tooLong bool
	first   bool   // the next line is the first of a file
	tail    []byte // the last bytes that were read: they stand before the next

	cuts    int   // times that the file was cut, and written anew
	lost    int   // rotations after which a file in between may be missing
	skipped int64 // bytes that were there before the file could be read
}

// fromEnd lets the log begin behind what it holds now. A file that is not there
// yet is new when it comes, and read from its beginning.
func (l *logFile) fromEnd() error {
	if compressed := strings.HasSuffix(l.path, ".gz"); compressed {
		return &fs.PathError{Op: "follow", Path: l.path, Err: errors.New("a compressed log cannot be followed")}
	}
	l.old = true
	err := l.open()
	switch {
	case err == nil:
		l.skipped = 0 // it is no loss: nothing was asked of that time
	case errors.Is(err, fs.ErrNotExist):
		l.old = false
	case errors.Is(err, errIrregular):
		return err
	}
	return nil
}

// errIrregular is about a pipe or a device, which may never end.
var errIrregular = errors.New("not a regular file")

// openRegular opens a file.
func openRegular(path string) (*os.File, error) {
	switch i, err := os.Stat(path); {
	case err != nil:
		return nil, err
	case !i.Mode().IsRegular():
		return nil, &fs.PathError{Op: "open", Path: path, Err: errIrregular}
	}
	return os.Open(path)
}

// open opens the file, and forgets the one before.
func (l *logFile) open() error {
	f, err := openRegular(l.path)
	if err != nil {
		return err
	}
	if err := l.take(f); err != nil {
		f.Close()
		return &fs.PathError{Op: "read", Path: l.path, Err: err}
	}
	l.first = true
	if l.old {
		if l.skipped, err = f.Seek(0, io.SeekEnd); err != nil {
			return err
		}
		l.tail = make([]byte, min(tailLength, l.skipped))
		if _, err := f.ReadAt(l.tail, l.skipped-int64(len(l.tail))); err != nil {
			return err
		}
		l.old = false
	}
	return nil
}

// take goes on with a file, from where it stands.
func (l *logFile) take(f *os.File) error {
	var from io.Reader = f
	if strings.HasSuffix(f.Name(), ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		from = z
	}
	l.close()
	l.file, l.reader = f, bufio.NewReaderSize(from, 64<<10)
	l.rest, l.tooLong, l.tail = nil, false, nil
	return nil
}

func (l *logFile) close() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}

// read calls do with each new line. Of a log that was rotated it reads the old
// file to its end, those between, and then the new one from its beginning; a line
// that the end of a file cuts is given as it is.
func (l *logFile) read(do func(line []byte)) error {
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	if err := l.rewind(do); err != nil {
		return err
	}
	if err := l.drain(do); err != nil {
		return err
	}
	for range 2 { // a file that is rotated at every read must not keep the caller
		now, err := l.rotated()
		if err != nil || now == nil {
			return err
		}
		if err := l.drain(do); err != nil { // what was written before the rotation
			return err
		}
		l.finish(do)
		between, err := l.between(now)
		if err != nil {
			return err
		}
		for _, path := range between {
			if err := l.whole(path, do); err != nil {
				l.lost++
			}
		}
		if err := l.open(); err != nil {
			return err
		}
		if err := l.drain(do); err != nil {
			return err
		}
	}
	return nil
}

// whole reads another file of the same log.
func (l *logFile) whole(path string, do func(line []byte)) error {
	f, err := openRegular(path)
	if err != nil {
		return err
	}
	other := logFile{path: path}
	defer other.close()
	if err := other.take(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = other.drain(do)
	other.finish(do)
	return err
}

// drain reads what there is.
func (l *logFile) drain(do func(line []byte)) error {
	for {
		part, err := l.reader.ReadSlice('\n')
		l.remember(part)
		if len(l.rest)+len(part) > lineLimit {
			l.tooLong, l.rest = true, nil
		} else if !l.tooLong {
			l.rest = append(l.rest, part...)
		}
		switch {
		case err == nil:
			l.finish(do)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil
		default:
			return fmt.Errorf("%s: %w", l.file.Name(), err)
		}
	}
}

// mark is the byte order mark, which some editors put in front of a text.
var mark = []byte("\ufeff")

// finish gives the line so far. At the end of a file that is whole it is a line
// that no line feed ends.
func (l *logFile) finish(do func(line []byte)) {
	line := bytes.TrimSpace(l.rest)
	if l.first {
		line = bytes.TrimPrefix(line, mark)
	}
	l.first = false
	if len(line) > 0 || l.tooLong {
		do(line)
	}
	l.rest, l.tooLong = l.rest[:0], false
}

// tailLength is how many bytes tell one log from another. Events have IDs and
// times, so no two end alike.
const tailLength = 256

// remember notes the last bytes that were read.
func (l *logFile) remember(part []byte) {
	part = part[max(0, len(part)-tailLength):]
	l.tail = append(l.tail[max(0, min(len(l.tail), len(l.tail)+len(part)-tailLength)):], part...)
}

// rewind goes back to the beginning of a file that was cut. Where a copy of it was
// kept, that is read to its end first.
func (l *logFile) rewind(do func(line []byte)) error {
	place, cut, err := l.cut()
	if err != nil || !cut {
		return err
	}
	if c := l.copied(place); c != nil {
		defer c.close()
		if err := c.drain(do); err != nil {
			return err
		}
		c.finish(do)
	} else {
		l.cuts++
		l.finish(do)
	}
	if _, err := l.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	l.reader.Reset(l.file)
	l.rest, l.tooLong, l.tail = l.rest[:0], false, nil
	return nil
}

// cut reports whether the file no longer holds what was read of it, up to place.
// By now it may be longer than it was.
func (l *logFile) cut() (place int64, cut bool, err error) {
	if strings.HasSuffix(l.file.Name(), ".gz") {
		return 0, false, nil
	}
	if place, err = l.file.Seek(0, io.SeekCurrent); err != nil {
		return 0, false, err
	}
	now, err := l.file.Stat()
	if err != nil {
		return 0, false, err
	}
	before := make([]byte, len(l.tail))
	n, _ := l.file.ReadAt(before, place-int64(len(before)))
	return place, now.Size() < place || !bytes.Equal(before[:n], l.tail), nil
}

// losses says what may be missing.
func (l *logFile) losses() (list []string) {
	if l.cuts > 0 {
		list = append(list, fmt.Sprintf("the file was cut and written anew %d times: what came between the last look and a cut is lost", l.cuts))
	}
	if l.lost > 0 {
		list = append(list, fmt.Sprintf("%d times a rotated file was gone or could not be read: what came between the last look and the rotation may be lost", l.lost))
	}
	if l.skipped > 0 {
		list = append(list, fmt.Sprintf("%d bytes were there before the file could be read, and do not count", l.skipped))
	}
	return list
}
