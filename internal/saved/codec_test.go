package saved

import (
	"math"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Labels are written in order of their names, also those that a caller built
// out of order, and read back only so.
func TestLabels(t *testing.T) {
	var b labels.ScratchBuilder
	b.Add("b", "1")
	b.Add("a", "2")
	ls := b.Labels()
	w := &Codec{}
	w.Labels(&ls)
	assert.Equal(t, "\x02\x01a\x012\x01b\x011", string(w.Out))
	var back labels.Labels
	r := &Codec{In: Read(w.Out)}
	r.Labels(&back)
	require.False(t, r.Failed())
	assert.Equal(t, labels.FromStrings("a", "2", "b", "1"), back)
	r = &Codec{In: Read([]byte("\x02\x01b\x011\x01a\x012"))}
	r.Labels(&back)
	assert.True(t, r.Failed())
}

// A count beyond what is read is written as the most that is.
func TestNatural(t *testing.T) {
	for x, want := range map[int]int{0: 0, 7: 7, math.MaxInt / 2: math.MaxInt / 2, math.MaxInt/2 + 5: math.MaxInt / 2} {
		w, got := &Codec{}, 0
		w.Natural(&x)
		r := &Codec{In: Read(w.Out)}
		r.Natural(&got)
		require.False(t, r.Failed())
		assert.Equal(t, want, got)
	}
}

// A map stands in order of its names, and is read back only so.
func TestMap(t *testing.T) {
	code := func(c *Codec, m map[string]int64) map[string]int64 {
		Map(c, &m, 1, c.Int64)
		return m
	}
	for _, m := range []map[string]int64{nil, {"": 1}, {"b": 1, "a": -1, "c": 0}} {
		w := &Codec{}
		code(w, m)
		r := &Codec{In: Read(w.Out)}
		assert.Equal(t, m, code(r, nil))
		rest, ok := r.In.Rest()
		assert.True(t, ok)
		assert.Empty(t, rest)
	}
	for _, damaged := range []string{"\x02\x01b\x00\x01a\x00", "\x02\x01a\x00\x01a\x00", "\x02\x01a\x00"} {
		r := &Codec{In: Read([]byte(damaged))}
		code(r, nil)
		assert.True(t, r.Failed(), "%q", damaged)
	}
}
