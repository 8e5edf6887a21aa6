package lines

import (
	"bytes"
	"io"

	"github.com/prometheus/prometheus/model/textparse"
)

// What is not known is staged as textparse reads it.

// askEntry lets textparse read: a heading, a line, or a heading and the line
// behind it.
func (r *Reader) askEntry() error {
	w := &r.walk
	start, end := w.at, w.at
	said := comments{family: w.family, in: w.in}
	for {
		if w.startsWithNUL(end) {
			return newError(w.in, w.body, end, errNULFirst)
		}
		e, err := w.ask.entry(w.in, w.body, end, said.family)
		if err != nil && err != io.EOF {
			if next := w.behindComment(end); w.startsWithNUL(next) {
				return newError(w.in, w.body, next, errNULFirst)
			}
			return newError(w.in, w.body, end, err)
		}
		if err == io.EOF {
			r.askedHeading(start, skipBlankLines(w.body, end), said)
			return err
		}
		if e.kind == textparse.EntrySeries {
			r.askedHeading(start, e.start, said)
			err := r.askedLine(e)
			if err == nil {
				w.at = e.end
			}
			return err
		}
		said.add(e)
		end = e.end
	}
}

// startsWithNUL: the line at an offset does, in OpenMetrics. textparse takes the
// NUL for a part of the comment before it, and might refuse that.
func (w *walk) startsWithNUL(at int) bool {
	return w.in == openMetrics && at < len(w.body) && w.body[at] == 0
}

// behindComment is where the line behind a comment starts, or the end.
func (w *walk) behindComment(at int) int {
	if at < len(w.body) && w.body[at] == '#' && !w.isEOF(at) {
		if i := bytes.IndexByte(w.body[at:], '\n'); i >= 0 {
			return at + i + 1
		}
	}
	return len(w.body)
}

// comments are what the entries of a heading say.
type comments struct {
	in         format
	family     *family // in force; not the store's yet if typed
	typed      bool
	name, help string // of the last HELP
	unit       string // of the last UNIT, on unitOf
	unitOf     string
}

func (c *comments) add(e entry) {
	switch e.kind {
	case textparse.EntryHelp:
		c.name, c.help = string(e.name), string(e.help)
	case textparse.EntryUnit:
		c.unitOf, c.unit = string(e.name), string(e.help)
	case textparse.EntryType:
		c.family = &family{Family: Family{Name: string(e.name), Type: e.typ}, format: c.in}
		c.typed = true
	}
	if !c.typed {
		return
	}
	if c.family.Name == c.name {
		c.family.Help = c.help
	}
	if c.family.Name == c.unitOf {
		c.family.Unit = c.unit
	}
}

// askedHeading stages a heading that textparse read, if it is one and complete:
// without its line feed it would be found where a longer one is.
func (r *Reader) askedHeading(start, end int, said comments) {
	w := &r.walk
	if end == start || w.body[end-1] != '\n' {
		return
	}
	var f *family
	if said.typed {
		f = r.store.family(said.family.Family, said.in)
	}
	r.addHeading(r.store.addHeading(w.in, w.body[start:end], f), end)
}

// askedLine stages a line that textparse read.
func (r *Reader) askedLine(e entry) error {
	w := &r.walk
	if e.end-e.start > r.limits.Line {
		return newError(w.in, w.body, e.start, overLimit("bytes in a line", r.limits.Line))
	}
	text := w.body[e.start:e.value]
	if c := text[len(text)-1]; c != ' ' && c != '\t' {
		// "a.5" and "a{}5" are lines too. Known as "a", the former would be seen
		// where "a0 5" is; with a blank the text means the same.
		r.blank = append(append(r.blank[:0], text...), ' ')
		text = r.blank
	}
	if w.k < len(w.expect.ids) && !w.pending() && !(r.rebuilt && r.isTaken(w.k)) {
		id := uint32(w.expect.ids[w.k])
		if known, ok := r.fits(id, text); ok && len(known) == len(text) {
			return r.line(id, w.k, e.v, e.t)
		}
	}
	r.rebuild()
	id, ok := r.store.lines.find(text, meaning(w.in, w.family, text))
	if !ok {
		ls := w.ask.labels()
		if ls.Len() > r.limits.Labels {
			return newError(w.in, w.body, e.start, overLimit("labels", r.limits.Labels))
		}
		id = uint32(r.store.addLine(w.in, text, w.family, ls))
	}
	return r.line(id, r.oldOf(id), e.v, e.t)
}
