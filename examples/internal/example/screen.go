package example

import (
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/term"

	"github.com/promfold/promfold/examples/internal/printable"
)

// Screen prints tables, remarks, and progress. On a terminal each table replaces
// the one before, and remarks scroll by above it. Elsewhere one table follows
// another, without colour and at full width.
type Screen struct {
	out, err   io.Writer
	o          Output
	outTTY     *os.File // nil: not a terminal
	errTTY     bool
	drawn      int  // lines of the table on the terminal
	inProgress bool // a progress line is on the terminal
	blocks     int  // tables printed without a terminal
}

// NewScreen returns a screen. It escapes what it is told to show by itself, as its
// own commands to a terminal must pass.
func NewScreen(o Output, stdout, stderr io.Writer) *Screen {
	stdout, stderr = printable.Behind(stdout), printable.Behind(stderr)
	s := &Screen{out: stdout, err: stderr, o: o, errTTY: terminal(stderr) != nil}
	if !o.JSON {
		s.outTTY = terminal(stdout)
	}
	return s
}

// terminal returns the terminal behind a writer, or nil. Windows has some that
// do not know the sequences.
func terminal(w io.Writer) *os.File {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || runtime.GOOS == "windows" || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return f
}

// Data returns the writer of what is to be read by a program, byte for byte, such as
// an exposition. On a terminal it is printable.
func Data(stdout io.Writer) io.Writer {
	w := printable.Behind(stdout)
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return printable.To(f)
	}
	return w
}

// size returns the width and height of the output; 0 means no limit.
func (s *Screen) size() (width, height int) {
	if s.outTTY != nil {
		var err error
		if width, height, err = term.GetSize(int(s.outTTY.Fd())); err != nil || width == 0 || height == 0 {
			width, height = 80, 24 // a terminal that does not know, such as a serial line
		}
	}
	if s.o.Width > 0 && (width == 0 || s.o.Width < width) {
		width = s.o.Width
	}
	return width, height
}

// Say prints a remark.
func (s *Screen) Say(text string) {
	s.clearProgress()
	if s.errTTY {
		s.erase()
	}
	fmt.Fprintln(s.err, Text(text))
}

// Progress shows on a terminal how far a replay is.
func (s *Screen) Progress(done, of int) {
	if s.errTTY {
		fmt.Fprintf(s.err, "\r\x1b[Kreplaying: scrape %d of %d", done, of)
		s.inProgress = true
	}
}

func (s *Screen) clearProgress() {
	if s.inProgress {
		fmt.Fprint(s.err, "\r\x1b[K")
		s.inProgress = false
	}
}

// Show prints a document: as JSON if that is asked for, else the table of it.
// The last table is printed in full, even if the terminal is not high enough.
func (s *Screen) Show(document any, table func() []Line, last bool) error {
	s.clearProgress()
	if s.o.JSON {
		text, err := JSON(document)
		if err == nil {
			_, err = s.out.Write(text)
		}
		return err
	}
	lines := table()
	if s.outTTY == nil {
		if s.blocks++; s.blocks > 1 {
			lines = append([]Line{nil}, lines...)
		}
		return s.Print(lines...)
	}
	s.erase()
	width, height := s.size()
	lines = fit(lines, width)
	if !last && len(lines) >= height {
		lines = append(lines[:max(0, height-2)], Line{{dim, "…"}})
	}
	err := s.Print(lines...)
	s.drawn = len(lines)
	return err
}

// Print prints lines that stay.
func (s *Screen) Print(lines ...Line) error {
	if width, _ := s.size(); width > 0 {
		lines = fit(lines, width)
	}
	text := Plain
	if s.o.Color == "always" || s.o.Color != "never" && s.outTTY != nil && os.Getenv("NO_COLOR") == "" {
		text = coloured
	}
	s.drawn = 0
	_, err := io.WriteString(s.out, text(lines))
	return err
}

// Settled reports whether the last table was printed in full.
func (s *Screen) Settled() bool { return s.o.JSON || s.outTTY == nil && s.blocks > 0 }

// erase removes the table from the terminal.
func (s *Screen) erase() {
	if s.outTTY != nil && s.drawn > 0 {
		fmt.Fprintf(s.out, "\x1b[%dA\r\x1b[J", s.drawn)
		s.drawn = 0
	}
}
