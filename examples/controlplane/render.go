package main

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
)

// files are the templates, the style sheet and the script.
//
//go:embed templates static
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"text":   func(c Cell, u Unit) string { return c.text(u) },
	"amount": newAmountView,
	"bounds": func(u Unit, a Amount) string { return breaks.Replace(u.bounds(a)) },
	"clip":   clip,
	"say":    clipSentence,
	"short":  func(s string) bool { return len(s) <= 26 }, // is not broken into lines
	"state": func(s State) string {
		return map[State]string{Fine: "fine", Notice: "check", Alarm: "wrong", Unknown: "not known"}[s]
	},
	"f": func(x float64) string { return fmt.Sprintf("%.1f", x) },
}).ParseFS(files, "templates/*.html"))

// breaks lets bounds break between the two, and nowhere else.
var breaks = strings.NewReplacer(" to ", "\u00a0to ", " ", "\u00a0")

// amountView is an amount as it is read, and as a program reads it.
type amountView struct {
	Known     bool
	Text, Raw string
}

func newAmountView(u Unit, a Amount) amountView {
	return amountView{a.Known, u.format(a), strconv.FormatFloat(a.Value, 'g', -1, 64)}
}

// Characters that a page shows at most of a label value, and of a sentence with
// such values in it.
const (
	longest         = 120
	longestSentence = 400
)

// clip shortens what is too long for a table, and replaces what is no character.
func clip(s string) string { return shortened(s, longest) }

func clipSentence(s string) string { return shortened(s, longestSentence) }

func shortened(s string, most int) string {
	runes := []rune(s)
	for i, r := range runes {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			runes[i] = '\ufffd' // a command to a terminal, or one that turns the text around
		}
	}
	if len(runes) > most {
		return fmt.Sprintf("%s… (%d characters)", string(runes[:most]), len(runes))
	}
	return string(runes)
}

// screenful is what a template shows.
type screenful struct {
	State     state
	Head      head
	Rows      []rowView
	First     int64 // of the slider, Unix ms
	Last      int64
	Now       int64
	Recording bool
	JSON      string // addresses
	Previous  string
	Next      string
	Ranges    []choice
	Shows     []choice
	Window    string
	Step      int64
}

// head is what one look at the page tells.
type head struct {
	Time     string
	Date     string
	Parts    []partView
	Findings []finding
	Calm     bool
}

type partView struct {
	Text string
	All  bool // of them answer
}

// finding is a row that needs attention.
type finding struct {
	ID, Answer string
	State      State
}

type rowView struct {
	Row
	Panels  []panelView
	Explain string // the address
}

type panelView struct {
	Panel
	ID     string
	Chart  *chart
	Class  map[string]string // of an entry's line in the chart
	Folded bool              // the chart says more than the table of the moment
}

// screen returns what is to be shown of page i.
func (v view) screen(i int, s state) screenful {
	p := v.pages[i]
	span := s.Range
	if span == 0 {
		span = p.At.Sub(v.pages[0].At)
	}
	past := v.pages[:i+1]
	for len(past) > 1 && p.At.Sub(past[0].At) > span {
		past = past[1:]
	}
	out := screenful{State: s, Head: newHead(p), First: v.pages[0].At.UnixMilli(), Last: v.pages[len(v.pages)-1].At.UnixMilli(), Now: p.At.UnixMilli(),
		JSON: "/page.json?" + s.query(p.At), Ranges: s.rangeChoices(), Shows: s.shows(), Window: length(time.Duration(p.WindowSeconds * float64(time.Second))), Step: 1}
	out.Previous, out.Next = "/?"+s.query(v.pages[max(0, i-1)].At), "/?"+s.query(v.pages[min(len(v.pages)-1, i+1)].At)
	for _, r := range p.Rows {
		if s.wants(&r) {
			out.Rows = append(out.Rows, newRowView(p, r, past, s))
		}
	}
	return out
}

func newHead(p *Page) head {
	h := head{Time: p.At.UTC().Format(time.TimeOnly), Date: p.At.UTC().Format(time.DateOnly), Calm: true}
	for _, c := range p.Parts {
		h.Parts = append(h.Parts, partView{c.Text, c.Coverage.Missing == 0})
	}
	for _, s := range []State{Alarm, Notice} {
		for _, r := range p.Rows {
			if r.State == s {
				h.Findings = append(h.Findings, finding{r.ID, r.Answer, s})
				h.Calm = false
			}
		}
	}
	return h
}

func newRowView(p *Page, r Row, past []*Page, s state) rowView {
	v := rowView{Row: r, Explain: fmt.Sprintf("/explain?row=%s&at=%d", r.ID, p.At.UnixMilli())}
	for _, x := range r.Panels {
		x = s.found(x)
		y := panelView{Panel: x, ID: r.ID + "-" + x.ID, Chart: newChart(r.ID, &x, past), Class: map[string]string{}, Folded: x.Chart == Heat}
		if y.Chart != nil && x.Chart != Heat {
			for _, series := range y.Chart.Series {
				y.Class[series.Key] = series.Class
			}
		}
		v.Panels = append(v.Panels, y)
	}
	return v
}

// fragments returns the parts of a page that change, by the ID of their element.
func (s *screenful) fragments() (map[string]string, error) {
	out := map[string]string{}
	add := func(id, name string, data any) error {
		var b bytes.Buffer
		err := templates.ExecuteTemplate(&b, name, data)
		out[id] = b.String()
		return err
	}
	if err := add("head", "head", s.Head); err != nil {
		return nil, err
	}
	var all bytes.Buffer
	for i := range s.Rows {
		if err := add("row-"+s.Rows[i].ID, "row", s.Rows[i]); err != nil {
			return nil, err
		}
		all.WriteString(s.Rows[i].ID + " ")
	}
	out["rows"] = all.String()
	return out, nil
}
