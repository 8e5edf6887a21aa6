package lines

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Error says where a body stops being an exposition, and why.
type Error struct {
	Line   int    // of the offending entry, from 1; 0: the body has no lines, it is protobuf
	Column int    // in bytes, from 1
	Offset int    // in bytes from the start of the body, from 0; in protobuf where the family's message starts
	Text   string // the offending line, shortened; in protobuf the family's name
	Err    error  // the reason, usually as textparse words it
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("byte %d: %s: %q", e.Offset, reason(e.Err), e.Text)
	}
	return fmt.Sprintf("line %d, column %d: %s: %q", e.Line, e.Column, reason(e.Err), e.Text)
}

func (e *Error) Unwrap() error { return e.Err }

// reason cuts the copy of the input from textparse's message: it may be as long
// as the body, and Text has it.
func reason(err error) string {
	s := err.Error()
	if i := strings.LastIndex(s, " while parsing: \""); i >= 0 {
		s = s[:i]
	}
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	return s
}

const shownText = 80

// newError places err, which textparse met in the entry at offset start.
//
// The entry's first line is the one to name, even where the reader gave up
// later: a quote that is never closed swallows the lines behind it. Within that
// line the column is that of the first byte that fits nothing, as far as the
// message tells.
func newError(in format, body []byte, start int, err error) *Error {
	if in == text {
		start = skipBlankLines(body, start)
	}
	end := len(body)
	if i := bytes.IndexByte(body[start:], '\n'); i >= 0 {
		end = start + i
	}
	at := start
	if n := consumed(err); n > 0 && start+n-1 <= end {
		at = start + n - 1
	}
	return place(body, start, at, end, err)
}

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

// skipBlankLines returns the start of the first line from i on that holds
// anything.
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

// consumed is the length of the input that textparse quotes at the end of its
// messages: what it had read of the entry when it gave up. 0: it does not say.
func consumed(err error) int { return len(quoted(err)) }

func quoted(err error) string {
	s := err.Error()
	i := strings.LastIndex(s, " while parsing: \"")
	if i < 0 {
		return ""
	}
	text, err := strconv.Unquote(s[i+len(" while parsing: "):])
	if err != nil {
		return ""
	}
	return text
}

// shorten cuts a line to what can be shown, around the offset that matters.
func shorten(line []byte, at int) string {
	if len(line) <= shownText {
		return string(line)
	}
	from := min(max(0, at-shownText/2), len(line)-shownText)
	s := string(line[from : from+shownText])
	if from > 0 {
		s = "…" + s
	}
	if from+shownText < len(line) {
		s += "…"
	}
	return s
}

// FormatError refuses a content type that is not read.
type FormatError struct {
	ContentType string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("content type %q is not read", e.ContentType)
}

// LimitError says which limit a body passed.
type LimitError struct {
	What  string // "body bytes", "lines", "line bytes", "labels"
	Limit int
	Line  int // where, from 1; 0: nowhere in particular
}

func (e *LimitError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("more than %d %s", e.Limit, e.What)
	}
	return fmt.Sprintf("line %d: more than %d %s", e.Line, e.Limit, e.What)
}

// Limits bound what a body may cost. A field that is 0 has its default.
type Limits struct {
	Body   int // bytes of a body, decompressed; default 64 MiB
	Lines  int // samples of a body; default 2,000,000
	Line   int // bytes of one sample's line; default 16 KiB
	Labels int // labels of one sample, its name counted; default 64

	// OpenMetrics2 reads OpenMetrics 2.0 too, which is experimental. As with a
	// Prometheus server it has to be asked for.
	OpenMetrics2 bool

	// RequireWhole refuses a body of which textparse would take a part for the
	// whole: one whose last line is not ended, as the format demands (it was
	// cut), and one with a NUL at the start of a line, where textparse ends.
	RequireWhole bool
}

func (l Limits) withDefaults() Limits {
	def := func(p *int, n int) {
		if *p <= 0 {
			*p = n
		}
	}
	def(&l.Body, 64<<20)
	def(&l.Lines, 2_000_000)
	def(&l.Line, 16<<10)
	def(&l.Labels, 64)
	return l
}
