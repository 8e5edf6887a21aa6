package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// screen is where answers, news and progress go. On a terminal the table is
// drawn over itself and lines about targets scroll by above it; elsewhere one
// block follows the other, without colour and as wide as it is.
type screen struct {
	out, err   io.Writer
	json       bool
	outTTY     *os.File // nil: no terminal
	errTTY     bool
	drawn      int  // lines of the table on the terminal, which the next one replaces
	inProgress bool // a progress line stands
	blocks     int  // printed where there is no terminal
}

func newScreen(asJSON bool, out, err io.Writer) *screen {
	s := &screen{out: out, err: err, json: asJSON, errTTY: terminal(err) != nil}
	if !asJSON {
		s.outTTY = terminal(out)
	}
	return s
}

// terminal is the terminal behind a writer, nil if it is something else.
func terminal(w io.Writer) *os.File {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return nil
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	if width, _ := terminalSize(f); width == 0 {
		return nil // a device, such as /dev/null
	}
	return f
}

// say prints a line about a target, beside the answers.
func (s *screen) say(text string) {
	s.clearProgress()
	if s.errTTY {
		s.erase()
	}
	fmt.Fprintln(s.err, clean(text))
}

// progress shows how far a long replay is, to somebody who watches.
func (s *screen) progress(done, of int) {
	if s.errTTY {
		fmt.Fprintf(s.err, "\r\x1b[Kreplaying: scrape %d of %d", done, of)
		s.inProgress = true
	}
}

func (s *screen) clearProgress() {
	if s.inProgress {
		fmt.Fprint(s.err, "\r\x1b[K")
		s.inProgress = false
	}
}

// show prints the answers, on a terminal in place of the ones before. Those of
// a last time are shown whole, even if that is more than the terminal is high.
func (s *screen) show(d document, failing map[string]string, last bool) error {
	s.clearProgress()
	if s.json {
		s.sayWhySilent(d)
		out := json.NewEncoder(s.out)
		out.SetEscapeHTML(false)
		return out.Encode(d)
	}
	lines := render(d, failing)
	if s.outTTY == nil {
		if s.blocks++; s.blocks > 1 {
			lines = append([]line{nil}, lines...)
		}
		_, err := io.WriteString(s.out, plain(lines))
		return err
	}
	s.erase()
	width, height := terminalSize(s.outTTY)
	if !last && len(lines) >= height {
		lines = append(lines[:max(0, height-2)], line{{dim, "…"}})
	}
	s.drawn = len(lines)
	_, err := io.WriteString(s.out, coloured(lines, width, os.Getenv("NO_COLOR") == ""))
	return err
}

// sayWhySilent tells once of views without groups: a misspelt metric looks like
// a quiet one.
func (s *screen) sayWhySilent(d document) {
	if s.blocks++; s.blocks > 1 {
		return
	}
	for _, v := range d.Views {
		if v.status != "" {
			s.say(fmt.Sprintf("-%s %s: %s", v.Kind, v.Spec, v.status))
		}
	}
}

// settled: the answers shown last stay as they are.
func (s *screen) settled() bool { return s.json || s.outTTY == nil && s.blocks > 0 }

func (s *screen) erase() {
	if s.outTTY != nil && s.drawn > 0 {
		fmt.Fprintf(s.out, "\x1b[%dA\r\x1b[J", s.drawn)
		s.drawn = 0
	}
}

// line is a line of the table, in pieces of one style each.
type line []span

type span struct {
	style style
	text  string
}

type style string

const (
	normal style = ""
	bold   style = "\x1b[1m"
	dim    style = "\x1b[2m"
	alarm  style = "\x1b[31m"
	notice style = "\x1b[33m"
	reset  style = "\x1b[0m"
)

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

// coloured cuts the lines to the terminal's width: one that wraps would be two
// to erase.
func coloured(lines []line, width int, colour bool) string {
	var b strings.Builder
	for _, l := range lines {
		left := width
		for _, sp := range l {
			text := cut(sp.text, left)
			left -= utf8.RuneCountInString(text)
			if colour && sp.style != normal {
				text = string(sp.style) + text + string(reset)
			}
			b.WriteString(text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width])
}

// clean makes text from outside safe to print, on one line: a label value or a
// body may hold what a terminal takes for a command.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return unicode.ReplacementChar
	}, text)
}
