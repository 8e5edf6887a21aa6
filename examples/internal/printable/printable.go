// Package printable keeps names and label values of others from commanding a
// terminal. All that a program prints passes a [Writer].
package printable

import (
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Writer passes text on with every character that is neither printable nor a line
// break or a tab written as an escape, such as \u001b. What is JSON stays JSON.
type Writer struct {
	to   io.Writer
	part []byte // of a character whose other bytes have not come yet
}

// To returns a writer to w.
func To(w io.Writer) *Writer { return &Writer{to: w} }

// Behind returns the writer behind a Writer, and any other writer itself.
func Behind(w io.Writer) io.Writer {
	if p, ok := w.(*Writer); ok {
		return p.to
	}
	return w
}

// Write writes b, of which an unfinished character waits for its end.
func (p *Writer) Write(b []byte) (int, error) {
	text := append(p.part, b...)
	p.part = nil
	var out []byte
	for len(text) > 0 {
		if !utf8.FullRune(text) {
			p.part = text
			break
		}
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1:
			out = fmt.Appendf(out, `\x%02x`, text[0])
		case r == '\n' || r == '\t' || unicode.IsPrint(r):
			out = append(out, text[:n]...)
		default: // as JSON and Go write it, in one or two escapes
			for _, unit := range utf16.AppendRune(nil, r) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		}
		text = text[n:]
	}
	if _, err := p.to.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}
