package example

import (
	"strings"
	"unicode/utf8"
)

// Line is a line of output, in pieces of one style each.
type Line []Span

// Span is a piece of a line, in one style.
type Span struct {
	style style
	text  string
}

type style int

const (
	normal style = iota
	bold
	dim
	alarm
	notice
	warning
)

var colours = [...]string{normal: "", bold: "\x1b[1m", dim: "\x1b[2m", alarm: "\x1b[31m", notice: "\x1b[33m", warning: "\x1b[33m"}

// Normal returns a piece without a style.
func Normal(text string) Span { return Span{normal, text} }

// Bold returns what a reader looks for.
func Bold(text string) Span { return Span{bold, text} }

// Dim returns what a reader may skip.
func Dim(text string) Span { return Span{dim, text} }

// Alarm returns what is wrong.
func Alarm(text string) Span { return Span{alarm, text} }

// Notice returns what is worth a look.
func Notice(text string) Span { return Span{notice, text} }

// Warning returns a notice that is continued on the next line if it is too wide.
func Warning(text string) Span { return Span{warning, text} }

const reset = "\x1b[0m"

// Plain returns lines without colour, with nothing that commands a terminal.
func Plain(lines []Line) string {
	var b strings.Builder
	for _, l := range escaped(lines) {
		var text strings.Builder
		for _, sp := range l {
			text.WriteString(sp.text)
		}
		b.WriteString(strings.TrimRight(text.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// coloured is Plain with colour.
func coloured(lines []Line) string {
	var b strings.Builder
	for _, l := range escaped(lines) {
		for _, sp := range l {
			if sp.style != normal && sp.text != "" {
				sp.text = colours[sp.style] + sp.text + reset
			}
			b.WriteString(sp.text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// escaped returns lines whose texts have passed Text.
func escaped(lines []Line) []Line {
	out := make([]Line, len(lines))
	for i, l := range lines {
		for _, sp := range l {
			out[i] = append(out[i], Span{sp.style, Text(sp.text)})
		}
	}
	return out
}

// fit returns lines that a terminal shows on one row each, so that they can be
// erased again. Warnings continue on the next line; anything else is cut.
func fit(lines []Line, width int) (out []Line) {
	for _, l := range escaped(lines) {
		var row Line
		left := width
		for _, sp := range l {
			if sp.style != warning {
				head, _ := cut(sp.text, left)
				row = append(row, Span{sp.style, head})
				left -= utf8.RuneCountInString(head)
				continue
			}
			head, rest := breakAt(sp.text, left)
			row = append(row, Span{sp.style, head})
			left -= utf8.RuneCountInString(head)
			for rest != "" {
				out = append(out, row)
				indent := strings.Repeat(" ", min(4, width/2))
				head, rest = breakAt(rest, width-len(indent))
				row, left = Line{{normal, indent}, {sp.style, head}}, 0
			}
		}
		out = append(out, row)
	}
	return out
}

// cut splits text after width characters.
func cut(text string, width int) (head, rest string) {
	if utf8.RuneCountInString(text) <= width {
		return text, ""
	}
	runes := []rune(text)
	return string(runes[:max(0, width)]), string(runes[max(0, width):])
}

// breakAt splits text at the last blank within width, or inside a word that is
// wider than that.
func breakAt(text string, width int) (head, rest string) {
	head, rest = cut(text, width)
	if i := strings.LastIndexByte(strings.TrimLeft(head, " "), ' '); rest != "" && i > 0 && rest[0] != ' ' {
		i += len(head) - len(strings.TrimLeft(head, " "))
		head, rest = head[:i], head[i:]+rest
	}
	return head, strings.TrimLeft(rest, " ")
}
