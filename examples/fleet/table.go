package main

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// table aligns rows under titles; each column is as wide as it needs to be.
type table struct {
	titles []title
	rows   [][]span
}

type title struct {
	text  string
	right bool // numbers are aligned to the right
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

// distinguish renames those of the first n columns, which are labels, whose
// name a later column has.
func (t *table) distinguish(n int) {
	for i := range t.titles[:n] {
		if slices.ContainsFunc(t.titles[n:], func(other title) bool { return other.text == t.titles[i].text }) {
			t.titles[i].text = "label " + t.titles[i].text
		}
	}
}

func (t *table) lines() []line {
	widths := make([]int, len(t.titles))
	head := make([]span, len(t.titles))
	for i, title := range t.titles {
		head[i] = span{dim, title.text}
	}
	rows := append([][]span{head}, t.rows...)
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell.text))
		}
	}
	var lines []line
	for _, row := range rows {
		var l line
		for i, cell := range row {
			pad := span{normal, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell.text))}
			l = append(l, span{normal, "  "})
			if t.titles[i].right {
				l = append(l, pad, cell)
			} else {
				l = append(l, cell, pad)
			}
		}
		lines = append(lines, l)
	}
	return lines
}
