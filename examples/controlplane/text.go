package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
)

// lines returns the page as text.
func (p *Page) lines() []example.Line {
	head := p.At.UTC().Format(time.DateTime)
	for _, c := range p.Parts {
		head += "  " + c.Text
	}
	out := []example.Line{{example.Bold(head)}}
	for i := range p.Rows {
		out = append(out, nil)
		out = append(out, p.Rows[i].lines()...)
	}
	return out
}

func (r *Row) lines() []example.Line {
	style := map[State]func(string) example.Span{Fine: example.Normal, Notice: example.Notice, Alarm: example.Alarm, Unknown: example.Dim}[r.State]
	answer := clipSentence(r.Answer)
	if answer == "" {
		answer = "Nothing is known."
	}
	out := []example.Line{{example.Bold(r.Question), example.Normal("  "), style(answer)}}
	for _, f := range r.Figures {
		l := clip(f.Name) + ": " + f.Unit.format(f.Amount)
		if b := f.Unit.bounds(f.Amount); b != "" {
			l += " [" + b + "]"
		}
		if f.Note != "" {
			l += " (" + clip(f.Note) + ")"
		}
		out = append(out, example.Line{example.Normal("  " + l)})
	}
	for i := range r.Panels {
		out = append(out, r.Panels[i].lines()...)
	}
	for _, w := range r.Warnings {
		out = append(out, example.Line{example.Warning("  ! " + clipSentence(w))})
	}
	return out
}

func (p *Panel) lines() []example.Line {
	if len(p.Entries) == 0 || p.Chart == Heat {
		return nil
	}
	var t example.Table
	t.Left("  " + p.Key)
	for _, c := range p.Columns {
		if c.Unit == "" {
			t.Left(c.Name)
		} else {
			t.Right(c.Name)
		}
	}
	for _, e := range p.Entries {
		key := example.Normal("  " + clip(e.Key))
		if e.Lost {
			key = example.Dim("  " + clip(e.Key) + " (silent)")
		}
		row := []example.Span{key}
		for i, c := range e.Cells {
			row = append(row, example.Normal(c.text(p.Columns[i].Unit)))
		}
		t.Add(row...)
	}
	out := append([]example.Line{{example.Dim("  " + p.Title)}}, t.Lines()...)
	if p.LeftOut > 0 {
		out = append(out, example.Line{example.Dim(fmt.Sprintf("    and %d more", p.LeftOut))})
	}
	return out
}

// text returns a cell on one line: its value and what is certain of it.
func (c Cell) text(u Unit) string {
	if u == "" {
		return clip(c.Text)
	}
	return strings.TrimSpace(u.format(c.Amount) + " " + parenthesis(u.bounds(c.Amount)))
}

func parenthesis(s string) string {
	if s == "" {
		return ""
	}
	return "[" + s + "]"
}
