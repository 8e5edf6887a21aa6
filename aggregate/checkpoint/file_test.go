//go:build unix

package checkpoint

import (
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A link keeps leading to its file, which is replaced, be it there yet or not.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	far := filepath.Join(dir, "far")
	require.NoError(t, os.MkdirAll(filepath.Join(far, "below"), 0o700))
	require.NoError(t, os.Symlink(filepath.Join(far, "below"), filepath.Join(dir, "door")))
	for _, x := range [][2]string{
		{"absolute", filepath.Join(far, "one")},
		{"relative", "far/two"},
		{"chain", "relative"},
		{"up", "door/../three"}, // beside below, not beside door
	} {
		link, to := x[0], x[1]
		t.Run(link, func(t *testing.T) {
			path := filepath.Join(dir, link)
			require.NoError(t, os.Symlink(to, path))
			for _, s := range []string{"first", "second"} {
				require.NoError(t, Write(path, text(s)))
				b, err := os.ReadFile(path)
				require.NoError(t, err)
				assert.Equal(t, s, string(b))
				is, err := os.Readlink(path)
				require.NoError(t, err)
				assert.Equal(t, to, is)
			}
		})
	}
	assert.FileExists(t, filepath.Join(far, "three"))
	require.NoError(t, os.Symlink("circle", filepath.Join(dir, "circle")))
	require.Error(t, Write(filepath.Join(dir, "circle"), text("")))
}

// A link that somebody put where a temporary file might be is not followed.
func TestLinkAtTemporaryName(t *testing.T) {
	dir := t.TempDir()
	path, victim := filepath.Join(dir, "state"), filepath.Join(dir, "victim")
	require.NoError(t, os.WriteFile(victim, []byte("theirs"), 0o600))
	for _, name := range []string{"state.tmp", ".state", ".state123456789012345678"} {
		require.NoError(t, os.Symlink(victim, filepath.Join(dir, name)))
	}
	require.NoError(t, Write(path, text("ours")))
	b, err := os.ReadFile(victim)
	require.NoError(t, err)
	assert.Equal(t, "theirs", string(b))
}

func TestModeAndOwnerStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	require.NoError(t, Write(path, text("")))
	stat := func() (fs.FileMode, syscall.Stat_t) {
		info, err := os.Stat(path)
		require.NoError(t, err)
		return info.Mode().Perm(), *info.Sys().(*syscall.Stat_t)
	}
	mode, _ := stat()
	assert.Equal(t, fs.FileMode(0o600), mode)
	require.NoError(t, os.Chmod(path, 0o664))
	if os.Getuid() == 0 {
		require.NoError(t, os.Chown(path, 12, 34))
	}
	_, was := stat()
	require.NoError(t, Write(path, text("next")))
	mode, is := stat()
	assert.Equal(t, fs.FileMode(0o664), mode)
	assert.Equal(t, [2]uint32{was.Uid, was.Gid}, [2]uint32{is.Uid, is.Gid})
	assert.NotEqual(t, was.Ino, is.Ino, "it is a new file")
}

// A pipe, a device are refused at once. A test that waits here has failed.
func TestNoRegularFile(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, path := range []string{pipe, "/dev/full"} {
		called := false
		require.ErrorIs(t, Write(path, func(io.Writer) error { called = true; return nil }), fs.ErrInvalid)
		require.ErrorIs(t, Read(path, func(io.Reader) error { called = true; return nil }), fs.ErrInvalid)
		assert.False(t, called)
	}
}

// A disk without room, here a limit of the file's size, is an error; the old
// file stands, and nothing is left that takes room.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	require.NoError(t, Write(path, text("first")))
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	lower := limit
	lower.Cur = 1 << 20
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &lower))
	err := Write(path, text(strings.Repeat("x", 2<<20)))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	require.ErrorIs(t, err, syscall.EFBIG)
	assert.Equal(t, []string{"state"}, namesIn(t, dir))
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "first", string(b))
}

// What killed programs left is removed once it is old, and nothing else is.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	f, err := create(path, nil)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	info, err := os.Stat(f.Name())
	require.NoError(t, err)
	old := info.ModTime().Add(-leftover - time.Minute)
	left := filepath.Base(f.Name())
	if len(left) < len(".state")+digits {
		t.Skip("a short number")
	}
	require.NoError(t, Write(path, text("")))
	assert.Contains(t, namesIn(t, dir), left, "somebody may be writing it")

	theirs := []string{".state20261130", ".state.1234567890123456", "state1234567890123456", ".other1234567890123456"}
	for _, name := range theirs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".state1234567890123456"), 0o700))
	for _, name := range namesIn(t, dir) {
		require.NoError(t, os.Chtimes(filepath.Join(dir, name), old, old))
	}
	require.NoError(t, Write(path, text("")))
	assert.ElementsMatch(t, append(theirs, "state", ".state1234567890123456"), namesIn(t, dir))
}
