package recording_test

import (
	"io"
	"testing"

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
