package recording_test

import (
	"io"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/recording"
)

func TestReadBodyStopsAtTheLimit(t *testing.T) {
	from := &zeros{left: recording.BodyLimit}
	body, err := recording.ReadBody(from)
	require.NoError(t, err)
	assert.Len(t, body, recording.BodyLimit)
	from = &zeros{left: 2 * recording.BodyLimit}
	_, err = recording.ReadBody(from)
	require.Error(t, err)
	assert.GreaterOrEqual(t, from.left, recording.BodyLimit-1, "one byte beyond the limit is read, no more")
}

// zeros is a long body that takes no memory.
type zeros struct{ left int }

func (z *zeros) Read(p []byte) (int, error) {
	n := min(len(p), z.left)
	if n == 0 {
		return 0, io.EOF
	}
	clear(p[:n])
	z.left -= n
	return n, nil
}

// What is no regular file is not opened: a pipe has no end, and may have no beginning.
func TestOnlyRegularFiles(t *testing.T) {
	for _, mode := range []fs.FileMode{fs.ModeNamedPipe, fs.ModeDevice | fs.ModeCharDevice, fs.ModeSocket, fs.ModeDir} {
		dir := fstest.MapFS{"manifest.jsonl": {Data: []byte("{}"), Mode: mode}, "body.gz": {Mode: mode}}
		_, err := recording.Manifest(dir)
		require.ErrorContains(t, err, "manifest.jsonl: not a regular file")
		_, err = (&recording.Scrape{File: "body.gz"}).Body(dir)
		assert.ErrorContains(t, err, "body.gz: not a regular file")
	}
}

func TestManifestHasALimit(t *testing.T) {
	const most = 64 << 20
	text := make([]byte, most+1)
	for i := range text {
		text[i] = ' '
	}
	list, err := recording.Manifest(fstest.MapFS{"manifest.jsonl": {Data: text[:most]}})
	require.NoError(t, err)
	assert.Empty(t, list)
	_, err = recording.Manifest(fstest.MapFS{"manifest.jsonl": {Data: text}})
	assert.ErrorContains(t, err, "manifest.jsonl: 67108865 bytes, more than 67108864")
}
