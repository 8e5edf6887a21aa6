package main

import (
	"fmt"
	"io"
	"os"

	"github.com/promfold/promfold/examples/internal/show"
)

// screen prints answers, lines about targets, and progress. On a terminal each
// table replaces the one before, and lines about targets scroll by above it.
// Elsewhere one table follows another, without colour and at full width.
type screen struct {
	out, err   io.Writer
	json       bool
	outTTY     *os.File // nil: not a terminal
	errTTY     bool
	drawn      int  // lines of the table on the terminal
	inProgress bool // a progress line is on the terminal
	blocks     int  // tables or documents printed without a terminal
}

func newScreen(asJSON bool, out, err io.Writer) *screen {
	s := &screen{out: out, err: err, json: asJSON, errTTY: terminal(err) != nil}
	if !asJSON {
		s.outTTY = terminal(out)
	}
	return s
}

// terminal returns the terminal behind a writer, or nil.
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

// say prints a line about a target.
func (s *screen) say(text string) {
	s.clearProgress()
	if s.errTTY {
		s.erase()
	}
	fmt.Fprintln(s.err, show.Text(text))
}

// progress shows on a terminal how far a replay is.
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

// show prints the answers. The last ones are printed in full, even if the
// terminal is not high enough.
func (s *screen) show(d document, failing map[string]string, last bool) error {
	s.clearProgress()
	if s.json {
		s.sayWhySilent(d)
		text, err := show.JSON(d)
		if err == nil {
			_, err = s.out.Write(text)
		}
		return err
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
	lines = fit(lines, width)
	if !last && len(lines) >= height {
		lines = append(lines[:max(0, height-2)], line{{dim, "…"}})
	}
	s.drawn = len(lines)
	_, err := io.WriteString(s.out, coloured(lines, os.Getenv("NO_COLOR") == ""))
	return err
}

// sayWhySilent prints once why views have no groups, since a misspelt metric
// looks like a quiet one.
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

// settled reports whether the last answers were printed in full.
func (s *screen) settled() bool { return s.json || s.outTTY == nil && s.blocks > 0 }

// erase removes the table from the terminal.
func (s *screen) erase() {
	if s.outTTY != nil && s.drawn > 0 {
		fmt.Fprintf(s.out, "\x1b[%dA\r\x1b[J", s.drawn)
		s.drawn = 0
	}
}
