package lines

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Bodies that are read at one time have a decompressor each; those that follow each other share one.
func TestDecompressorsAreLent(t *testing.T) {
	var p Decompressors
	a, b := packed(t, "gzip", []byte("a 1\n")), packed(t, "zstd", []byte("b 2\n"))
	require.NoError(t, p.With(a, "gzip", 0, func(outer []byte) error {
		require.NoError(t, p.With(b, "zstd", 0, func(inner []byte) error {
			assert.Equal(t, "b 2\n", string(inner))
			return nil
		}))
		assert.Equal(t, "a 1\n", string(outer), "the other body has not overwritten it")
		return nil
	}))
	assert.Len(t, p.free, 2)

	refused := errors.New("refused")
	assert.Equal(t, refused, p.With(a, "gzip", 0, func([]byte) error { return refused }))
	err := p.With(a, "gzip", 2, func([]byte) error { return errors.New("not called") })
	assert.ErrorIs(t, err, ErrLimit)
	assert.Len(t, p.free, 2, "also what fails gives it back")
}
