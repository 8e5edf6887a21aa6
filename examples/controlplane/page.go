package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// Page is all that is known of a control plane at one moment. -json prints it,
// and the browser and the terminal show it. What is unknown is null, never 0.
type Page struct {
	At            time.Time `json:"at"`
	WindowSeconds float64   `json:"window_seconds"` // what rates and quantiles are about
	Parts         []Part    `json:"parts"`
	Rows          []Row     `json:"rows"`
}

// Part is a component and how much of it answers.
type Part struct {
	Component component          `json:"component"`
	Coverage  aggregate.Coverage `json:"coverage"`
	Text      string             `json:"text"`
}

// Row is a question and its answer.
type Row struct {
	ID       string    `json:"id"`
	Question string    `json:"question"`
	About    component `json:"about"`
	State    State     `json:"state"`
	Answer   string    `json:"answer"` // one sentence
	Figures  []Figure  `json:"figures"`
	Panels   []Panel   `json:"panels"`
	Coverage string    `json:"coverage"`
	Warnings []string  `json:"warnings"`
	Explain  string    `json:"explain"` // the fleet's own words
}

// State says how much attention a row needs.
type State string

// The states, from calm to bad.
const (
	Unknown State = "unknown" // nothing is known; that is not well
	Fine    State = "fine"
	Notice  State = "notice"
	Alarm   State = "alarm"
)

// Figure is a number that answers a row's question.
type Figure struct {
	Name   string `json:"name"`
	Unit   Unit   `json:"unit"`
	Amount Amount `json:"amount"`
	Note   string `json:"note,omitempty"` // such as the server it is of
}

// Panel is a table of the moment, and the chart of its first column over time.
type Panel struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Chart   Chart    `json:"chart,omitempty"`
	Key     string   `json:"key"` // what an entry is: a server, a verb
	Columns []Column `json:"columns"`
	Entries []Entry  `json:"entries"`
	LeftOut int      `json:"left_out,omitempty"` // entries behind the last
	Note    string   `json:"note,omitempty"`
}

// Chart is a kind of chart; the zero value is none.
type Chart string

// The kinds of charts.
const (
	Lines Chart = "lines" // with the band of their bounds
	Stack Chart = "stack" // bars of what adds up
	Heat  Chart = "heat"  // buckets over time
)

// Column is a column of a panel. One without a unit holds text.
type Column struct {
	Name string `json:"name"`
	Unit Unit   `json:"unit,omitempty"`
}

// Entry is a line of a panel.
type Entry struct {
	Key   string `json:"key"`
	Lost  bool   `json:"lost,omitempty"` // a server that does not answer
	Cells []Cell `json:"cells"`

	account string // of a caller
}

// Cell is an amount or, in a column without a unit, a text.
type Cell struct {
	Amount Amount `json:"amount"`
	Text   string `json:"text,omitempty"`
}

// whole returns the page with an empty list for each that is missing: to a program
// null is what is unknown.
func (p Page) whole() Page {
	p.Parts, p.Rows = list(p.Parts), list(p.Rows)
	for i := range p.Rows {
		r := &p.Rows[i]
		r.bound()
		r.Figures, r.Panels, r.Warnings = list(r.Figures), list(r.Panels), list(r.Warnings)
		for j := range r.Panels {
			r.Panels[j].Columns, r.Panels[j].Entries = list(r.Panels[j].Columns), list(r.Panels[j].Entries)
		}
	}
	return p
}

// What a page holds at most: labels that clients choose must not fill the memory
// nor the screen.
const (
	entriesMost  = 100 // of a panel
	warningsMost = 50
	explainMost  = 32 << 10 // bytes
)

// bound leaves out what is too much, and says so.
func (r *Row) bound() {
	for i := range r.Panels {
		r.Panels[i].bound(entriesMost)
	}
	if more := len(r.Warnings) - warningsMost; more > 0 {
		r.Warnings = append(r.Warnings[:warningsMost:warningsMost], fmt.Sprintf("and %d more warnings", more))
	}
	if more := len(r.Explain) - explainMost; more > 0 {
		end := strings.LastIndexByte(r.Explain[:explainMost], '\n') + 1
		r.Explain = fmt.Sprintf("%s… and %d bytes more\n", strings.ToValidUTF8(r.Explain[:max(end, 1)], ""), len(r.Explain)-end)
	}
}

func list[T any](x []T) []T {
	if x == nil {
		return []T{}
	}
	return x
}

// row returns the row with an ID, or nil.
func (p *Page) row(id string) *Row {
	for i := range p.Rows {
		if p.Rows[i].ID == id {
			return &p.Rows[i]
		}
	}
	return nil
}

// panel returns the panel with an ID, or nil.
func (r *Row) panel(id string) *Panel {
	for i := range r.Panels {
		if r.Panels[i].ID == id {
			return &r.Panels[i]
		}
	}
	return nil
}

// figure adds a number to the answer.
func (r *Row) figure(name string, unit Unit, a Amount, note string) {
	r.Figures = append(r.Figures, Figure{name, unit, a, note})
}

// raise sets the state unless it is worse already.
func (r *Row) raise(s State, answer string) {
	if s.rank() > r.State.rank() {
		r.State, r.Answer = s, answer
	}
}

// doubt says what is not known, unless the row has an answer.
func (r *Row) doubt(answer string) {
	if r.State == "" && r.Answer == "" {
		r.Answer = answer
	}
}

func (s State) rank() int {
	switch s {
	case Fine:
		return 1
	case Notice:
		return 2
	case Alarm:
		return 3
	}
	return 0
}

// from takes over what a group says of its numbers.
func (r *Row) from(g aggregate.Group) {
	r.Coverage = g.Coverage().String()
	r.Warnings = append(r.Warnings, g.Warnings()...)
	if x, ok := g.(*aggregate.GaugeGroup); ok {
		r.Warnings = append(r.Warnings, below0(x)...)
	}
	r.Explain += g.Explain()
}

func cell(a Amount) Cell     { return Cell{Amount: a} }
func words(text string) Cell { return Cell{Text: text} }
