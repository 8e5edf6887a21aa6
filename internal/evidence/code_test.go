package evidence_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/saved"
)

func codeBoth(c *saved.Codec, a *evidence.Again, pos *int) {
	a.Code(c)
	evidence.CodePlace(c, pos, 5)
}

func writtenAgain(a *evidence.Again, pos int) []byte {
	c := &saved.Codec{}
	codeBoth(c, a, &pos)
	return c.Out
}

func rereadAgain(data []byte) (a evidence.Again, pos int, ok bool) {
	c := &saved.Codec{In: saved.Read(data)}
	codeBoth(c, &a, &pos)
	rest, ok := c.In.Rest()
	return a, pos, ok && len(rest) == 0
}

// What was written is read back, and written again as the same bytes; nothing
// that was cut is read.
func TestCodeReadsBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := http.Header{}
		h.Set("Content-Type", rapid.SampledFrom([]string{"", text, openMetrics}).Draw(rt, "type"))
		h.Set(identity.StartHeader, rapid.SampledFrom([]string{"", "100"}).Draw(rt, "start"))
		h.Set("Unread", "x")
		var given time.Time
		if rapid.Bool().Draw(rt, "given") {
			given = time.UnixMilli(rapid.Int64Range(1, 1e14).Draw(rt, "ms"))
		}
		var a evidence.Again
		a.Set(rapid.SliceOf(rapid.Byte()).Draw(rt, "body"), rapid.Bool().Draw(rt, "typed"), h, given)
		place := rapid.IntRange(evidence.SeveralStarts, 4).Draw(rt, "place")
		data := writtenAgain(&a, place)
		back, pos, ok := rereadAgain(data)
		require.True(rt, ok)
		require.Equal(rt, place, pos)
		require.True(rt, given.Equal(back.Start))
		require.Equal(rt, a.Typed, back.Typed)
		require.Equal(rt, string(a.Body), string(back.Body))
		for _, name := range append(evidence.Fields(), "Unread") {
			require.Equal(rt, a.Header.Get(name), back.Header.Get(name))
		}
		require.Equal(rt, data, writtenAgain(&back, pos))
		for cut := range data {
			_, _, ok := rereadAgain(data[:cut])
			require.False(rt, ok)
		}
	})
	_, _, ok := rereadAgain(writtenAgain(&evidence.Again{}, 5))
	require.False(t, ok, "there is no such line")
}

// Damaged bytes are refused and never panic; there is one writing of what is
// read.
func FuzzCode(f *testing.F) {
	var a evidence.Again
	a.Set([]byte("a 1\n"), false, http.Header{"Content-Type": {text}}, time.UnixMilli(5))
	f.Add(writtenAgain(&a, 1))
	f.Add(writtenAgain(&evidence.Again{Typed: true}, evidence.NoStart))
	f.Fuzz(func(t *testing.T, data []byte) {
		if a, pos, ok := rereadAgain(data); ok {
			require.Equal(t, data, writtenAgain(&a, pos))
		}
	})
}
