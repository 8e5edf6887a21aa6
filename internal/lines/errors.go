package lines

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrLimit is wrapped by the error of a body that exceeds one of its [Limits].
var ErrLimit = errors.New("body exceeds a limit")

// Error reports where a body stops being an exposition, and why. It wraps
// [ErrLimit] if the body exceeds a limit, and [errors.ErrUnsupported] if the
// content type or the content encoding is not one that is read.
type Error struct {
	Line   int    // of the offending entry, from 1; 0 if unknown, and in protobuf, which has no lines
	Column int    // in bytes, from 1; 0 if Line is 0
	Offset int    // in bytes from the start of the decompressed body; in protobuf that of the family's message
	Text   string // the offending line, shortened; in protobuf the family's name
	Err    error  // the reason, usually in textparse's words
}

func (e *Error) Error() string {
	s := reason(e.Err)
	switch {
	case e.Line > 0:
		s = fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, s)
	case e.Offset > 0 || e.Text != "":
		s = fmt.Sprintf("byte %d: %s", e.Offset, s)
	}
	if e.Text != "" {
		s += fmt.Sprintf(": %q", e.Text)
	}
	return s
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// overLimit returns the reason of a body with more than limit of something.
func overLimit(what string, limit int) error {
	return fmt.Errorf("%w: more than %d %s", ErrLimit, limit, what)
}

// unsupported is the reason of a content type or encoding that is not read.
type unsupported struct{ what, name string }

func (e unsupported) Error() string { return fmt.Sprintf("unsupported %s %q", e.what, e.name) }
func (e unsupported) Unwrap() error { return errors.ErrUnsupported }

// reason returns the error's text without the copy of the input at its end.
// textparse quotes all that it has read of an entry, which may be as long as
// the body.
func reason(err error) string {
	s := err.Error()
	if i := strings.LastIndex(s, quoteMark); i >= 0 {
		s = s[:i]
	}
	if len(s) > maxReason {
		s = s[:maxReason] + "…"
	}
	return s
}

// quoteMark is what textparse writes between its reason and the quoted input.
const quoteMark = ` while parsing: "`

const (
	maxReason = 200 // bytes of a reason
	maxText   = 80  // bytes of an offending line
)

// newError places err, which textparse returned for the entry at offset start.
//
// Line is the entry's first line, even if textparse gave up later: a quote that
// is never closed swallows the lines after it. Column is that of the first byte
// that fits nothing, if textparse's message tells.
func newError(in format, body []byte, start int, err error) *Error {
	if in == text {
		start = skipBlankLines(body, start)
	}
	end := len(body)
	if i := bytes.IndexByte(body[start:], '\n'); i >= 0 {
		end = start + i
	}
	at := start
	if n := len(quoted(err)); n > 0 && start+n-1 <= end {
		at = start + n - 1
	}
	return place(body, start, at, end, err)
}

// place returns the error of the byte at offset at, in the line body[start:end].
func place(body []byte, start, at, end int, err error) *Error {
	lineStart := bytes.LastIndexByte(body[:start], '\n') + 1
	return &Error{
		Line:   1 + bytes.Count(body[:start], []byte{'\n'}),
		Column: 1 + at - lineStart,
		Offset: at,
		Text:   shorten(body[start:end], at-start),
		Err:    err,
	}
}

// skipBlankLines returns the start of the first line from i on that is not blank.
func skipBlankLines(body []byte, i int) int {
	for j := i; j < len(body); j++ {
		switch body[j] {
		case '\n':
			i = j + 1
		case ' ', '\t':
		default:
			return i
		}
	}
	return i
}

// quoted returns the input that textparse quotes at the end of its message: what
// it had read of the entry when it gave up. It is empty if there is none.
func quoted(err error) string {
	s := err.Error()
	i := strings.LastIndex(s, quoteMark)
	if i < 0 {
		return ""
	}
	text, err := strconv.Unquote(s[i+len(quoteMark)-1:])
	if err != nil {
		return ""
	}
	return text
}

// shorten cuts a line to maxText bytes around the offset at.
func shorten(line []byte, at int) string {
	if len(line) <= maxText {
		return string(line)
	}
	from := min(max(0, at-maxText/2), len(line)-maxText)
	s := string(line[from : from+maxText])
	if from > 0 {
		s = "…" + s
	}
	if from+maxText < len(line) {
		s += "…"
	}
	return s
}
