package example

import (
	"encoding/json"
	"io"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		"plain 日本 é":            "plain 日本 é",
		"\x1b[2J":               `\x1b[2J`,
		"a\nb\tc\r":             `a\nb\tc\r`,
		"\u009b31m\u202e\u200b": `\u009b31m\u202e\u200b`,
		"\x9b\xff":              `\x9b\xff`,
		"\x7f�":                 `\x7f�`,
	} {
		assert.Equal(t, want, Text(in))
	}
}

func TestReason(t *testing.T) {
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	at := time.UnixMilli(1_234_567)
	_, err = fleet.Ingest(aggregate.Scrape{Target: "a", Time: at, Body: []byte("<html>\n")})
	require.Error(t, err)
	assert.True(t, strings.HasPrefix(Reason(err, "a", at), "line 1, column 1: "), err)
	assert.Equal(t, "EOF", Reason(io.EOF, "a", at))
}

func TestJSON(t *testing.T) {
	text, err := JSON(map[string]any{"a": "\x1b\x7f\u009b\U000e0001<&>日"})
	require.NoError(t, err)
	assert.Equal(t, `{"a":"\u001b\u007f\u009b\udb40\udc01<&>日"}`+"\n", string(text))
	_, err = JSON(math.NaN())
	assert.Error(t, err)
}

// TestJSONKeepsTheText: what is escaped is read back as it was, and nothing but
// the last line break is a control character.
func TestJSONKeepsTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text")
		text, err := JSON(want)
		require.NoError(t, err)
		var got string
		require.NoError(t, json.Unmarshal(text, &got))
		require.Equal(t, want, got)
		for _, r := range string(text[:len(text)-1]) + Text(want) {
			require.True(t, unicode.IsPrint(r), "%q", r)
		}
	})
}

func TestNumbers(t *testing.T) {
	for x, want := range map[float64]string{
		0: `0`, 1.5: `1.5`, 10989: `10989`, 1 << 53: `9007199254740992`, 1e300: `1e+300`,
		math.Inf(1): `"+Inf"`, math.Inf(-1): `"-Inf"`,
	} {
		got, err := json.Marshal(Number(x))
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
	assert.Nil(t, Known(1, false))
	assert.Equal(t, Number(1), *Known(1, true))
}
