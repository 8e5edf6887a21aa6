// Package cases reads and runs cases: what a fleet is told, what it is asked,
// and what must hold. testdata/README.md has the grammar.
//
// A case uses only the public API of package aggregate, so it says what a user
// sees. Package truth writes its findings in the same grammar.
package cases

import (
	"fmt"
	"strings"
	"time"
)

// Epoch is the time 0 of cases.
var Epoch = time.Unix(1_700_000_000, 0)

// Case is one case. Its steps are carried out in their order.
type Case struct {
	Name      string
	Why       []string // lines of comment
	Since     *time.Duration
	Window    time.Duration // 0: the fleet's default
	Catalogue string        // "kubernetes", or none
	Views     []View
	Steps     []Step

	file  string
	line  int   // of the word case
	lines []int // of the steps, if they were read
}

// View is a view of the case's fleet. An Ask names it by its selector.
type View struct {
	Kind     string // counter, gauge or histogram
	Selector string
	By       []string
	Type     string
	Combine  string // by the names of package aggregate
	Owner    string // process or external
	Signed   bool
}

// Step is one thing that the fleet is told or asked: a *Balanced, *Expect,
// *Scrape, *Fail, *Gone or *Ask.
type Step interface{ write(*strings.Builder) }

// Balanced says that a target is a balancer of so many instances, 0 if unknown.
type Balanced struct {
	Target   string
	Expected int
}

// Expect says that targets are expected.
type Expect struct{ Targets []string }

// Scrape is an accepted answer of a target.
type Scrape struct {
	Target string
	At     time.Duration // since Epoch
	Labels [][2]string   // of the target
	Header [][2]string
	Proto  bool   // Body has a MetricFamily in text form on each line, sent as delimited protobuf
	Body   string // as the target sent it
}

// Fail is a scrape that failed.
type Fail struct {
	Target string
	At     time.Duration
	How    string // refused or timeout
}

// Gone says that a target left.
type Gone struct {
	Target string
	At     time.Duration
}

// Ask is a question, and what must hold of its answer.
type Ask struct {
	At       time.Duration
	Window   time.Duration // 0: since the beginning
	View     string
	Question Question
	Expect   Expectation
}

// Question names a number of an answer: a word, and for over and quantile its
// parameter.
type Question struct {
	Word  string
	Param float64
}

// Expectation says what must hold of an answer.
type Expectation struct {
	Word    string  // holds, value, atmost, none or warns-or-value
	X       float64 // unless none
	Percent float64 // of value and warns-or-value: how far off the value may be
}

// questions are the words of questions, and whether each has a parameter.
var questions = map[string]bool{
	"increase": false, "rate": false, "ratenow": false, "hottest": false, "share": false, "count": false, "over": true, "quantile": true,
	"consensus": false, "mean": false, "sum": false, "stddev": false, "lo": false, "groups": false, "reporting": false,
}

// String returns the question as a case has it.
func (q Question) String() string {
	if questions[q.Word] {
		return q.Word + " " + number(q.Param)
	}
	return q.Word
}

// String returns the expectation as a case has it.
func (e Expectation) String() string {
	text := e.Word
	if e.Word != "none" {
		text += " " + number(e.X)
	}
	if e.Percent != 0 {
		text += " ±" + number(e.Percent) + "%"
	}
	return text
}

// SyntaxError reports where a file stops being a list of cases, and why.
type SyntaxError struct {
	File string
	Line int // from 1
	Why  string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Why) }
