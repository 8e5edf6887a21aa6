package printable

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWriter(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"plain 日本 é\n\tb":             "plain 日本 é\n\tb",
		"\x1b[2J\a\r\b":               `\u001b[2J\u0007\u000d\u0008`,
		"\u009b31m\u202e\u2066\u200b": `\u009b31m\u202e\u2066\u200b`,
		"\x9b31m\xff�":                `\x9b31m\xff�`,
		"\U000e0001":                  `\udb40\udc01`,
	} {
		var b bytes.Buffer
		n, err := To(&b).Write([]byte(in))
		require.NoError(t, err)
		assert.Equal(t, len(in), n)
		assert.Equal(t, want, b.String())
	}
}

// However a text is cut into writes, the same comes out, and nothing of it is a
// command; JSON means what it meant.
func TestPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.StringOf(rapid.Rune()).Draw(t, "text")
		document, err := json.Marshal(want)
		require.NoError(t, err)
		var b bytes.Buffer
		w := To(&b)
		for rest := document; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			_, err := w.Write(rest[:n])
			require.NoError(t, err)
			rest = rest[n:]
		}
		require.Equal(t, -1, strings.IndexFunc(b.String(), func(r rune) bool { return !unicode.IsPrint(r) }), "%q", b.String())
		var got string
		require.NoError(t, json.Unmarshal(b.Bytes(), &got))
		require.Equal(t, want, got)
	})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestFailures(t *testing.T) {
	_, err := To(full{}).Write([]byte("a"))
	require.EqualError(t, err, "full")
	assert.Equal(t, full{}, Behind(To(full{})))
	assert.Equal(t, full{}, Behind(full{}))
}

func TestThrough(t *testing.T) {
	stdout, stderr := os.Stdout, os.Stderr
	t.Cleanup(func() { os.Stdout, os.Stderr = stdout, stderr })
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	os.Stdout, os.Stderr = out, out
	status, err := Through(func() int {
		fmt.Fprint(os.Stdout, "a\x1b[2J\n")
		fmt.Fprint(os.Stderr, "b\u202e\n")
		return 3
	})
	require.NoError(t, err)
	assert.Equal(t, 3, status)
	assert.Equal(t, out, os.Stdout, "as it was")
	text, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	assert.ElementsMatch(t, []string{`a\u001b[2J`, `b\u202e`}, lines)
}

// Whoever prints to what nobody reads any more sees an error, and does not wait.
func TestThroughToNobody(t *testing.T) {
	stdout := os.Stdout
	t.Cleanup(func() { os.Stdout = stdout })
	closed, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	os.Stdout = closed
	_, err = Through(func() int {
		for range 1000 { // more than a pipe holds
			if _, err := os.Stdout.Write(make([]byte, 4096)); err != nil {
				return 0
			}
		}
		t.Error("nothing failed")
		return 1
	})
	require.NoError(t, err)
}
