package example

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Table aligns rows under titles; each column is as wide as it needs to be.
type Table struct {
	titles []title
	rows   [][]Span
}

type title struct {
	text  string
	right bool
}

// Left adds columns.
func (t *Table) Left(texts ...string) {
	for _, text := range texts {
		t.titles = append(t.titles, title{Text(text), false})
	}
}

// Right adds columns of numbers, which are aligned to the right.
func (t *Table) Right(texts ...string) {
	for _, text := range texts {
		t.titles = append(t.titles, title{Text(text), true})
	}
}

// Add adds a row.
func (t *Table) Add(row ...Span) {
	for i := range row {
		row[i].text = Text(row[i].text)
	}
	t.rows = append(t.rows, row)
}

// Row adds a row without styles.
func (t *Table) Row(cells ...string) {
	row := make([]Span, len(cells))
	for i, text := range cells {
		row[i] = Normal(text)
	}
	t.Add(row...)
}

// Len returns the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// Cut drops the rows from n on.
func (t *Table) Cut(n int) { t.rows = t.rows[:n] }

// Distinguish renames those of the first n columns, which are labels, whose
// name a later column has.
func (t *Table) Distinguish(n int) {
	for i := range t.titles[:n] {
		if slices.ContainsFunc(t.titles[n:], func(other title) bool { return other.text == t.titles[i].text }) {
			t.titles[i].text = "label " + t.titles[i].text
		}
	}
}

// Lines returns the titles, if a column has one, and the rows.
func (t *Table) Lines() []Line {
	widths := make([]int, len(t.titles))
	head, named := make([]Span, len(t.titles)), false
	for i, title := range t.titles {
		head[i] = Span{dim, title.text}
		named = named || title.text != ""
	}
	rows := t.rows
	if named {
		rows = append([][]Span{head}, rows...)
	}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell.text))
		}
	}
	var lines []Line
	for _, row := range rows {
		var l Line
		for i, cell := range row {
			pad := Span{normal, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell.text))}
			l = append(l, Span{normal, "  "})
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
