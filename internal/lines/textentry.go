package lines

import (
	"bytes"
	"io"

	"github.com/prometheus/prometheus/model/textparse"
)

// What the store does not know is staged as textparse reads it.

// readEntry stages what textparse reads here: a line, or a heading and the line
// after it. It returns io.EOF where textparse sees the end of the body.
func (t *textReader) readEntry() error {
	start, end := t.at, t.at
	said := comments{family: t.family, in: t.in}
	for {
		if end > start && nameLen(t.body[end:]) > 0 {
			t.newHeading(start, end, said) // the line may be a known or a plain one
			return nil
		}
		if t.startsWithNUL(end) {
			return newError(t.in, t.body, end, errNULFirst)
		}
		e, err := t.readOne(end, &said)
		if err != nil && err != io.EOF {
			if next := t.afterComment(end); t.startsWithNUL(next) {
				return newError(t.in, t.body, next, errNULFirst)
			}
			return newError(t.in, t.body, end, err)
		}
		if err == io.EOF {
			t.newHeading(start, skipBlankLines(t.body, end), said)
			return err
		}
		if e.kind == textparse.EntrySeries {
			t.newHeading(start, e.start, said)
			err := t.newLine(e)
			if err == nil {
				t.quote(e.value, e.end)
				t.at = e.end
			}
			return err
		}
		if at, err := t.checkComment(e, start, end); err != nil {
			return newError(t.in, t.body, at, err)
		}
		said.add(e)
		end = e.end
	}
}

// checkComment checks the length of a comment at an offset, and of the heading
// that begins at start.
func (t *textReader) checkComment(e entry, start, at int) (where int, err error) {
	switch {
	case e.kind != textparse.EntryComment && e.end-skipBlankLines(t.body, at) > t.limits.Line:
		return at, overLimit("bytes in a comment", t.limits.Line)
	case e.end-start > t.limits.heading():
		return start, overLimit("bytes of comments in a row", t.limits.heading())
	}
	return 0, nil
}

// readPlain stages the line that knownLine did not find, if it is a plain one.
// done is false if it is not.
func (t *textReader) readPlain() (done bool, err error) {
	if !copiesLabels || !t.plain.read(t.guess, t.sought.name) {
		return false, nil
	}
	v, ts, next, ok := t.sample(t.at + len(t.guess))
	if !ok || next-t.at > t.limits.Line || len(t.plain.labels)+1 > t.limits.Labels {
		return false, nil
	}
	ls := t.plain.set(t.sought.name, t.sought.family)
	t.sought.full, t.sought.bound = !t.plain.empty, t.plain.bound
	id, err := t.addSought(t.guess, t.sought, ls)
	if err != nil {
		return false, nil // textparse's reading of the line has the same error, and its place
	}
	if err := t.line(uint32(id), -1, v, ts); err != nil { // the store did not know it
		return false, err
	}
	t.quote(t.at+len(t.guess), next)
	t.at = next
	return true, nil
}

// readOne reads the entry at an offset. A line that stands away from the TYPE
// comment of its family is read as if it stood under it.
func (t *textReader) readOne(at int, said *comments) (entry, error) {
	if t.in == text {
		if e, ok := plainComment(t.body, at); ok {
			return e, nil
		}
	}
	f := t.declared.owner(t.diff, t.body[at:], said)
	if f == nil {
		return t.fallback.entry(t.in, t.body, at, said.family)
	}
	t.fallback.live = false
	e, err := t.fallback.entry(t.in, t.body, at, f)
	t.fallback.live = false
	return e, err
}

// startsWithNUL reports whether a line of OpenMetrics starts with a NUL at an
// offset. textparse takes the NUL for a part of the comment before it, and may
// refuse that.
func (t *textReader) startsWithNUL(at int) bool {
	return t.in == openMetrics && at < len(t.body) && t.body[at] == 0
}

// afterComment returns the start of the line after a comment, or the end.
func (t *textReader) afterComment(at int) int {
	if at < len(t.body) && t.body[at] == '#' && !t.isEOF(at) {
		if i := bytes.IndexByte(t.body[at:], '\n'); i >= 0 {
			return at + i + 1
		}
	}
	return len(t.body)
}

// newHeading stages a heading that textparse read, if there is one and its last
// line is ended. Without its line feed the text would also match the start of a
// longer heading.
func (t *textReader) newHeading(start, end int, said comments) {
	if end == start || t.body[end-1] != '\n' {
		return
	}
	t.declare(t.body[start:end], said.families(t.store)...)
	t.at = end
}

// newLine stages a line that textparse read.
func (t *textReader) newLine(e entry) error {
	text := t.body[e.start:e.value]
	if e.end-e.start > t.limits.Line {
		return newError(t.in, t.body, e.start, overLimit("bytes in a line", t.limits.Line))
	}
	if c := text[len(text)-1]; c != ' ' && c != '\t' {
		// "a.5" and "a{}5" are lines, too. Stored as "a" the former would match
		// where "a0 5" is. With a blank the text means the same.
		t.blank = append(append(t.blank[:0], text...), ' ')
		text = t.blank
	}
	if id, ok := t.expected(); ok {
		if known, ok := t.fits(id, text); ok && len(known) == len(text) {
			return t.line(id, t.k, e.v, e.t)
		}
	}
	t.rebuild()
	id, ok := t.store.lines.find(text, t.meaning(text))
	if !ok {
		ls := t.fallback.labels()
		if err := t.newLabels(ls); err != nil {
			return newError(t.in, t.body, e.start, err)
		}
		added, err := t.addLine(text, ls)
		if err == ErrUnmapped {
			return t.unmapped()
		}
		if err != nil {
			return newError(t.in, t.body, e.start, err)
		}
		id = uint32(added)
	}
	return t.line(id, t.oldOf(id), e.v, e.t)
}
