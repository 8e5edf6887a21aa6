package checkpoint

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
	require.NoError(t, os.WriteFile(path+".tmp", []byte("what a crash left behind, longer than what comes"), 0o600))
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
	require.NoError(t, os.Mkdir(filepath.Join(dir, "occupied"), 0o700))
	require.Error(t, Write(filepath.Join(dir, "occupied"), text("")))
	_, err = os.Stat(filepath.Join(dir, "occupied.tmp"))
	assert.ErrorIs(t, err, fs.ErrNotExist)
}
