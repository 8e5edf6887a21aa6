package main

import (
	"strings"
	"unicode/utf8"
)

// line is a line of the table, in pieces of one style each.
type line []span

type span struct {
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
	warning // as notice, and continued on the next line if it is too wide
)

var colours = [...]string{normal: "", bold: "\x1b[1m", dim: "\x1b[2m", alarm: "\x1b[31m", notice: "\x1b[33m", warning: "\x1b[33m"}

const reset = "\x1b[0m"

func plain(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		var text strings.Builder
		for _, sp := range l {
			text.WriteString(sp.text)
		}
		b.WriteString(strings.TrimRight(text.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

func coloured(lines []line, colour bool) string {
	var b strings.Builder
	for _, l := range lines {
		for _, sp := range l {
			if colour && sp.style != normal && sp.text != "" {
				sp.text = colours[sp.style] + sp.text + reset
			}
			b.WriteString(sp.text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// fit returns lines that a terminal shows on one row each, so that they can be
// erased again. Warnings continue on the next line; anything else is cut.
func fit(lines []line, width int) (out []line) {
	for _, l := range lines {
		var row line
		left := width
		for _, sp := range l {
			if sp.style != warning {
				head, _ := cut(sp.text, left)
				row = append(row, span{sp.style, head})
				left -= utf8.RuneCountInString(head)
				continue
			}
			head, rest := breakAt(sp.text, left)
			row = append(row, span{sp.style, head})
			left -= utf8.RuneCountInString(head)
			for rest != "" {
				out = append(out, row)
				indent := strings.Repeat(" ", min(4, width/2))
				head, rest = breakAt(rest, width-len(indent))
				row, left = line{{normal, indent}, {sp.style, head}}, 0
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
