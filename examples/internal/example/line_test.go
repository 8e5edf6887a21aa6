package example

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestLinesFitTheTerminal(t *testing.T) {
	lines := []Line{{{bold, "12345"}, {normal, "67890"}}, nil, {{dim, "ab"}}}
	assert.Equal(t, "\x1b[1m12345\x1b[0m67\n\n\x1b[2mab\x1b[0m\n", coloured(fit(lines, 7)))
	assert.Equal(t, "1234\n\nab\n", Plain(fit(lines, 4)))
	assert.Equal(t, "1234567890\n\nab\n", Plain(lines))
}

// TestWarningsAreNeverCut: at any width every word is there, and every row is
// within the width.
func TestWarningsAreNeverCut(t *testing.T) {
	lines := []Line{
		{{warning, "  ! 41 series reset: apiserver-b, a-very-long-name-of-an-instance"}},
		{{normal, "apiserver-c"}, {alarm, "  failing"}, {warning, "  connection refused, again and again"}},
	}
	for width := 1; width < 80; width++ {
		var rows []string
		for _, l := range fit(lines, width) {
			row := strings.TrimSuffix(Plain([]Line{l}), "\n")
			assert.LessOrEqual(t, utf8.RuneCountInString(row), width)
			rows = append(rows, row)
		}
		all := strings.ReplaceAll(strings.Join(rows, ""), " ", "")
		for _, l := range lines {
			text := strings.ReplaceAll(l[len(l)-1].text, " ", "")
			assert.Contains(t, all, text, "width %d", width)
		}
	}
	assert.Equal(t, "  ! 41 series reset:\n    apiserver-b,\n    a-very-long-name-of\n    -an-instance\n", Plain(fit(lines[:1], 23)))
}
