//go:build unix

package scrape

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A pipe, a device among the files of targets is an error at once, and the other
// files have their targets. A test that waits here has failed.
func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.yml"), 0o600))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(dir, "endless.json")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.yml"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "good.yml"), []byte("- targets: ['a:1']"), 0o600))
	f := &files{patterns: []string{filepath.Join(dir, "*")}, known: map[string]*file{}}
	targets, _, err := f.read()
	require.ErrorIs(t, err, fs.ErrInvalid)
	for _, name := range []string{"pipe.yml", "endless.json", "folder.yml"} {
		assert.ErrorContains(t, err, name)
	}
	require.Len(t, targets, 1)
	assert.Equal(t, "a:1", targets[0].Labels.Get("__address__"))
}
