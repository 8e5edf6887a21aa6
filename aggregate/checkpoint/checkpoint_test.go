package checkpoint

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestWriteReplacesTheWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	read := func() (s string, err error) {
		err = Read(path, func(r io.Reader) error {
			b, err := io.ReadAll(r)
			s = string(b)
			return err
		})
		return s, err
	}
	_, err := read()
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, Write(path, text("a long first one")))
	require.NoError(t, Write(path, text("second")))
	got, err := read()
	require.NoError(t, err)
	assert.Equal(t, "second", got)

	broken := errors.New("broken")
	err = Write(path, func(w io.Writer) error { return errors.Join(text("third")(w), broken) })
	require.ErrorIs(t, err, broken)
	got, err = read()
	require.NoError(t, err)
	assert.Equal(t, "second", got, "the old file stands")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing is left behind")

	require.ErrorIs(t, Read(path, func(io.Reader) error { return broken }), broken)
	require.Error(t, Write(filepath.Join(dir, "none", "state"), text("")))
	occupied := filepath.Join(dir, "occupied")
	require.NoError(t, os.Mkdir(occupied, 0o700))
	require.ErrorIs(t, Write(occupied, text("")), fs.ErrInvalid)
	require.ErrorIs(t, Read(occupied, func(io.Reader) error { return nil }), fs.ErrInvalid)
	assert.Equal(t, []string{"occupied", "state"}, namesIn(t, dir))
}

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// What save or load panics with reaches the caller, and no file stays behind
// or open.
func TestPanics(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	require.NoError(t, Write(path, text("first")))
	for range 3 {
		assert.PanicsWithValue(t, "save", func() { _ = Write(path, func(io.Writer) error { panic("save") }) })
		assert.PanicsWithValue(t, "load", func() { _ = Read(path, func(io.Reader) error { panic("load") }) })
	}
	assert.Equal(t, []string{"state"}, namesIn(t, dir))
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "first", string(b))
}

// Many write one file at once: who reads meets one of them, whole.
func TestWritersAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	const size = 100_000
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for range 10 {
				assert.NoError(t, Write(path, text(strings.Repeat(string(rune('a'+i)), size))))
				assert.NoError(t, Read(path, func(r io.Reader) error {
					b, err := io.ReadAll(r)
					assert.Len(t, b, size)
					assert.Equal(t, size, strings.Count(string(b), string(b[:1])), "a mixture")
					return err
				}))
			}
		})
	}
	writers.Wait()
	assert.Equal(t, []string{"state"}, namesIn(t, dir))
}
