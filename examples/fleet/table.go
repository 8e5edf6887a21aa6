package main

import (
	"strings"
	"unicode/utf8"
)

// table lays out rows under titles, each column as wide as it needs.
type table struct {
	titles []title
	rows   [][]span
}

type title struct {
	text  string
	right bool // numbers stand to the right
}

func (t *table) left(texts ...string) {
	for _, text := range texts {
		t.titles = append(t.titles, title{text, false})
	}
}

func (t *table) right(texts ...string) {
	for _, text := range texts {
		t.titles = append(t.titles, title{text, true})
	}
}

func (t *table) add(row ...span) { t.rows = append(t.rows, row) }

func (t *table) lines() []line {
	widths := make([]int, len(t.titles))
	for i, title := range t.titles {
		widths[i] = utf8.RuneCountInString(title.text)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].text))
		}
	}
	head := make([]span, len(t.titles))
	for i, title := range t.titles {
		head[i] = span{dim, title.text}
	}
	var lines []line
	for _, row := range append([][]span{head}, t.rows...) {
		var l line
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell.text))
			l = append(l, span{normal, "  "})
			if t.titles[i].right {
				l = append(l, span{normal, pad}, cell)
			} else {
				l = append(l, cell, span{normal, pad})
			}
		}
		lines = append(lines, l)
	}
	return lines
}
