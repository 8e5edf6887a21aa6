package saved

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var frame = Frame{Magic: "test state\n", Version: 7}

func wrapped(content []byte) []byte {
	return frame.Wrap(func(b []byte) []byte { return append(b, content...) })
}

// What was wrapped is read back, and nothing that was cut, damaged or
// continued is.
func TestFrame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(rt, "content")
		state := wrapped(content)
		require.Equal(rt, len(content), len(frame.Content(state)))
		got, err := frame.Read(iotest.OneByteReader(bytes.NewReader(state)))
		require.NoError(rt, err)
		require.True(rt, bytes.Equal(content, got))
		for n := range state {
			_, err := frame.Read(bytes.NewReader(state[:n]))
			require.ErrorIs(rt, err, ErrCorrupt, "cut at %d", n)
			damaged := bytes.Clone(state)
			damaged[n] ^= 0x10
			_, err = frame.Read(bytes.NewReader(damaged))
			require.ErrorContains(rt, err, "saved state: ", "damaged at %d", n)
		}
		_, err = frame.Read(bytes.NewReader(append(state, 0)))
		require.ErrorIs(rt, err, ErrCorrupt)
	})
}

func TestFrameRefuses(t *testing.T) {
	state := wrapped([]byte("content"))
	older := bytes.Clone(state)
	older[len(frame.Magic)+1]--
	huge := bytes.Clone(state)
	huge[len(frame.Magic)+2] = 0xff
	claims := bytes.Clone(state)
	claims[len(frame.Magic)+4] = 1 // more than there is
	for _, c := range []struct {
		text string
		in   []byte
		want error
	}{
		{"saved state: its beginning: not a state, or a damaged one", []byte("# HELP c Counts.\n"), ErrCorrupt},
		{"saved state: its beginning: not a state, or a damaged one", nil, ErrCorrupt},
		{"saved state: version 6, not 7: state of another version", older, ErrVersion},
		{"saved state: its length: not a state, or a damaged one", huge, ErrCorrupt},
		{"saved state: its content: not a state, or a damaged one", claims, ErrCorrupt},
	} {
		_, err := frame.Read(bytes.NewReader(c.in))
		assert.ErrorIs(t, err, c.want)
		assert.EqualError(t, err, c.text)
	}
	for _, r := range []io.Reader{iotest.ErrReader(iotest.ErrTimeout), io.MultiReader(bytes.NewReader(state[:30]), iotest.ErrReader(iotest.ErrTimeout))} {
		_, err := frame.Read(r)
		assert.Error(t, err)
	}
	_, err := frame.Read(io.MultiReader(bytes.NewReader(state[:30]), iotest.ErrReader(iotest.ErrTimeout)))
	assert.ErrorIs(t, err, iotest.ErrTimeout)
}

// Any bytes are refused or have the content that they wrap, and nothing panics.
func FuzzFrame(f *testing.F) {
	f.Add(wrapped([]byte("content")))
	f.Add(wrapped(nil))
	f.Add([]byte(frame.Magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		if content, err := frame.Read(bytes.NewReader(data)); err == nil {
			require.Equal(t, data, wrapped(content))
		}
	})
}

// Whatever bit of a state is another one, it is refused.
func TestFrameRefusesEveryFlip(t *testing.T) {
	state := wrapped([]byte("content"))
	for i := range 8 * len(state) {
		damaged := bytes.Clone(state)
		damaged[i/8] ^= 1 << (i % 8)
		_, err := frame.Read(bytes.NewReader(damaged))
		require.True(t, errors.Is(err, ErrCorrupt) || errors.Is(err, ErrVersion), "bit %d: %v", i, err)
	}
}
