package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// logDir is a directory with a log that somebody writes and somebody follows.
type logDir struct {
	*testing.T
	path string
	log  logFile
	n    int // lines written
}

func newLogDir(t *testing.T) *logDir {
	d := &logDir{T: t, path: filepath.Join(t.TempDir(), "audit.log")}
	d.log.path = d.path
	t.Cleanup(func() { d.log.close() })
	return d
}

// write appends lines that are all different.
func (d *logDir) write(lines int) {
	f, err := os.OpenFile(d.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	require.NoError(d, err)
	for range lines {
		d.n++
		_, err = fmt.Fprintf(f, "%d %s\n", d.n, strings.Repeat("x", 50))
		require.NoError(d, err)
	}
	require.NoError(d, f.Close())
}

func (d *logDir) rename(to string) {
	require.NoError(d, os.Rename(d.path, filepath.Join(filepath.Dir(d.path), to)))
}

// compress replaces a rotated file by a compressed one.
func (d *logDir) compress(name string) {
	path := filepath.Join(filepath.Dir(d.path), name)
	text, err := os.ReadFile(path)
	require.NoError(d, err)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = z.Write(text)
	require.NoError(d, err)
	require.NoError(d, z.Close())
	require.NoError(d, os.WriteFile(path+".gz", b.Bytes(), 0o666))
	require.NoError(d, os.Remove(path))
}

// reads asserts that the lines up to the last one follow, from the first on.
func (d *logDir) reads(first int, why string) {
	d.Helper()
	var got []int
	require.NoError(d, d.log.read(func(line []byte) {
		var i int
		_, err := fmt.Sscan(string(line), &i)
		require.NoError(d, err, "%s", line)
		got = append(got, i)
	}))
	var want []int
	for i := first; i <= d.n; i++ {
		want = append(want, i)
	}
	assert.Equal(d, want, got, why)
}

// Files that were rotated between two looks are read in the order in which they
// were written, whatever the names.
func TestRotatedTwice(t *testing.T) {
	for _, names := range [][]string{
		{"audit-2026-01-01T00-00-00.000.log", "audit-2026-01-01T00-00-01.000.log"}, // an API server's
		{"audit.log-20260101", "audit.log-20260102"},
		{"audit.log.1", "audit.log.2"},
	} {
		for _, compressed := range []bool{false, true} {
			d := newLogDir(t)
			d.write(3)
			d.reads(1, "")
			d.write(2)
			oldest, older := names[0], names[1]
			if strings.HasSuffix(older, "2") && strings.HasSuffix(oldest, "1") && strings.Contains(older, ".2") {
				oldest, older = older, oldest // numbers grow with the age
			}
			d.rename(oldest)
			d.write(4)
			d.rename(older)
			if compressed {
				d.compress(oldest)
				d.compress(older)
			}
			d.write(5)
			d.reads(4, strings.Join(names, " "))
			assert.Empty(t, d.log.losses())
			d.write(1)
			d.reads(15, "")
		}
	}
}

// What cannot be known to be whole is said to be so.
func TestRotatedAway(t *testing.T) {
	d := newLogDir(t)
	d.write(3)
	d.reads(1, "")
	d.write(2)
	require.NoError(t, os.Remove(d.path))
	d.write(4) // lost with the file
	require.NoError(t, os.Remove(d.path))
	d.write(5)
	d.n = 14
	var got []string
	require.NoError(t, d.log.read(func(line []byte) { got = append(got, strings.Fields(string(line))[0]) }))
	assert.Equal(t, []string{"4", "5", "10", "11", "12", "13", "14"}, got)
	require.Len(t, d.log.losses(), 1)
	assert.Contains(t, d.log.losses()[0], "may be lost")
}

// A file that is cut and written anew is read from its beginning, even if it is
// longer than before by then, and first what a copy of it kept.
func TestCut(t *testing.T) {
	for _, after := range []int{1, 5, 9} {
		for _, copied := range []bool{false, true} {
			for _, fromEnd := range []bool{false, true} {
				d := newLogDir(t)
				d.write(5)
				if fromEnd {
					require.NoError(t, d.log.fromEnd())
				} else {
					d.reads(1, "")
				}
				first := 6
				if copied {
					d.write(2)
					text, err := os.ReadFile(d.path)
					require.NoError(t, err)
					require.NoError(t, os.WriteFile(d.path+".1", text, 0o666))
				}
				require.NoError(t, os.Truncate(d.path, 0))
				d.write(after)
				d.reads(first, fmt.Sprint(after, copied, fromEnd))
				if copied {
					assert.Empty(t, d.log.losses())
				} else {
					assert.Len(t, d.log.losses(), 1)
				}
			}
		}
	}
}

// A log that cannot be followed is refused.
func TestNotFollowed(t *testing.T) {
	l := logFile{path: filepath.Join(t.TempDir(), "audit.log.gz")}
	assert.ErrorContains(t, l.fromEnd(), "compressed")
	l = logFile{path: t.TempDir()}
	assert.ErrorIs(t, l.fromEnd(), errIrregular)
}
