package lines

import (
	"bytes"
	"io"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// readEntries reads a body as textparse walks through it, which is for formats
// that are too rare for more: only labels are not made anew. The text of a line
// is its role, Value or Native, and what textparse calls the series.
func (r *Reader) readEntries() error {
	w := &r.walk
	p := newOpenMetrics2Parser(w.body)
	said := comments{in: w.in}
	r.messages.heading = r.messages.heading[:0]
	for {
		entry, err := p.Next()
		if err == io.EOF {
			r.entryHeading(&said)
			return nil
		}
		if err != nil {
			return r.failedEntry(err)
		}
		switch entry {
		case textparse.EntrySeries, textparse.EntryHistogram:
			r.entryHeading(&said)
			if err := r.entrySample(p, entry == textparse.EntryHistogram); err != nil {
				return err
			}
		default:
			r.entryComment(entry, p, &said)
		}
	}
}

func newOpenMetrics2Parser(body []byte) textparse.Parser {
	return textparse.NewOpenMetrics2Parser(body, nil, textparse.ParserOptions{KeepClassicOnClassicAndNativeHistograms: true})
}

// entryComment takes in what stands between two lines, and writes it down as a heading.
func (r *Reader) entryComment(kind textparse.Entry, p textparse.Parser, said *comments) {
	m := &r.messages
	e := entry{kind: kind}
	word := ""
	switch kind {
	case textparse.EntryHelp:
		e.name, e.help = p.Help()
		word = "HELP"
	case textparse.EntryUnit:
		e.name, e.help = p.Unit()
		word = "UNIT"
	case textparse.EntryType:
		e.name, e.typ = p.Type()
		e.help, word = []byte(e.typ), "TYPE"
	default:
		return
	}
	r.walk.seen(e.name)
	m.heading = appendComment(m.heading, word, string(e.name), string(e.help))
	said.add(e)
}

// entryHeading stages what stood between two lines.
func (r *Reader) entryHeading(said *comments) {
	w, m := &r.walk, &r.messages
	if len(m.heading) == 0 {
		return
	}
	if !r.headingIs(m.heading) {
		var f *family
		if said.typed {
			f = r.store.family(said.family.Family, said.in)
		}
		r.addHeading(r.store.addHeading(w.in, m.heading, f), w.at)
	}
	m.heading = m.heading[:0]
	*said = comments{in: w.in, family: w.family}
}

// entrySample stages the sample that textparse is at.
func (r *Reader) entrySample(p textparse.Parser, isNative bool) error {
	var (
		s      = sampled{t: NoTime, start: p.StartTimestamp(), kind: written}
		m      = &r.messages
		series []byte
		ts     *int64
		role   = Value
	)
	if isNative {
		var h *histogram.Histogram
		var f *histogram.FloatHistogram
		if series, ts, h, f = p.Histogram(); h != nil {
			f = h.ToFloat(nil)
		}
		if sizeOf(f) > r.limits.Buckets {
			return overLimit("buckets", r.limits.Buckets)
		}
		m.native = appendNative(m.native[:0], f)
		s.v, s.native, role = f.Count, m.native, Native
	} else {
		series, ts, s.v = p.Series()
	}
	if ts != nil {
		s.t = *ts
	}
	r.walk.seen(series)
	m.text = append(append(m.text[:0], byte(role)), series...)
	return r.entryLine(m.text, s, func() (ls labels.Labels, err error) {
		p.Labels(&ls)
		return ls, nil
	})
}

// seen notes how far textparse has come, if what it gave is a part of the body.
func (w *walk) seen(part []byte) {
	at := cap(w.body) - cap(part)
	if len(part) > 0 && 0 <= at && at < len(w.body) && &w.body[at] == &part[0] {
		w.at = at + len(part)
	}
}

// failedEntry says where textparse gave up: behind what it gave last, at the
// line that its message quotes.
func (r *Reader) failedEntry(err error) error {
	w := &r.walk
	at := w.at
	if i := bytes.IndexByte(w.body[at:], '\n'); i >= 0 && at > 0 {
		at += i + 1
	}
	if text := quoted(err); len(text) > 0 {
		if i := bytes.Index(w.body[at:], []byte(text)); i >= 0 {
			at += i
		}
	}
	return newError(w.in, w.body, at, err)
}
