package lines

import (
	"bytes"
	"io"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// entryReader reads a body with textparse from its start to its end: OpenMetrics
// 2.0, which is too rare for more. It only saves making the labels anew: a line
// that is known takes 11,000 instructions, 8,700 of them textparse's, where
// textReader takes 200. The text
// of a line is its role, Value or Native, and what textparse calls the series.
type entryReader struct {
	*diff
	body    []byte
	at      int    // body[:at] was read
	text    []byte // of a line
	heading []byte // what stands before the next line
	native  []byte // an encoded histogram
}

func newOpenMetrics2Parser(body []byte) textparse.Parser {
	return textparse.NewOpenMetrics2Parser(body, nil, textparse.ParserOptions{KeepClassicOnClassicAndNativeHistograms: true})
}

func (r *entryReader) read(body []byte) error {
	r.body, r.at, r.heading = body, 0, r.heading[:0]
	err := r.readAll()
	if _, ok := err.(*Error); err != nil && !ok {
		err = newError(r.in, body, r.at, err)
	}
	r.body = nil
	return err
}

func (r *entryReader) readAll() error {
	if at := findOverlong(r.body, r.limits.Buckets); at >= 0 {
		return newError(r.in, r.body, at, overLimit("buckets", r.limits.Buckets))
	}
	p := newOpenMetrics2Parser(r.body)
	said := comments{in: r.in}
	for {
		var kind textparse.Entry
		var err error
		if panicked := guarded(func() { kind, err = p.Next() }); panicked != nil {
			err = panicked
		}
		if err == io.EOF {
			r.stageHeading(&said)
			return nil
		}
		if err != nil {
			return r.failed(err)
		}
		switch kind {
		case textparse.EntrySeries, textparse.EntryHistogram:
			r.stageHeading(&said)
			if err := r.sample(p, kind == textparse.EntryHistogram); err != nil {
				return err
			}
		default:
			if err := r.comment(kind, p, &said); err != nil {
				return err
			}
		}
	}
}

// findOverlong returns the start of the first line with a native histogram that
// has a list of more than limit buckets or spans, or −1. textparse would spend
// memory on it before its size is known.
func findOverlong(body []byte, limit int) int {
	at := 0
	for line := range bytes.Lines(body) {
		for _, list := range []string{"_buckets:[", "_spans:["} {
			for rest := line; line[0] != '#'; {
				i := bytes.Index(rest, []byte(list))
				if i < 0 {
					break
				}
				rest = rest[i+len(list):]
				items, _, _ := bytes.Cut(rest, []byte("]"))
				if bytes.Count(items, []byte(",")) >= limit {
					return at
				}
			}
		}
		at += len(line)
	}
	return -1
}

// comment appends a comment to the heading of the next line.
func (r *entryReader) comment(kind textparse.Entry, p textparse.Parser, said *comments) error {
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
		return nil
	}
	r.moveTo(e.name)
	if len(e.name)+len(e.help) > r.limits.Line {
		return overLimit("bytes in a comment", r.limits.Line)
	}
	r.heading = appendComment(r.heading, word, quotedName(string(e.name)), string(e.help))
	if len(r.heading) > r.limits.heading() {
		return overLimit("bytes of comments in a row", r.limits.heading())
	}
	said.add(e)
	return nil
}

// stageHeading stages what stands between two lines.
func (r *entryReader) stageHeading(said *comments) {
	if len(r.heading) == 0 {
		return
	}
	if !r.headingIs(r.heading) {
		r.declare(r.heading, said.families(r.store)...)
	}
	r.heading = r.heading[:0]
	*said = comments{in: r.in, family: r.family}
}

// sample stages the sample that the parser is at.
func (r *entryReader) sample(p textparse.Parser, isNative bool) error {
	var (
		s      = reading{t: NoTime, start: p.StartTimestamp(), kind: written}
		series []byte
		ts     *int64
		role   = Value
	)
	if isNative {
		var h *histogram.Histogram
		var f *histogram.FloatHistogram
		if err := guarded(func() {
			if series, ts, h, f = p.Histogram(); h != nil {
				f = h.ToFloat(nil)
			}
		}); err != nil {
			return err
		}
		if sizeOf(f) > r.limits.Buckets {
			return overLimit("buckets", r.limits.Buckets)
		}
		r.native = appendNative(r.native[:0], f)
		s.v, s.native, role = f.Count, r.native, Native
	} else {
		series, ts, s.v = p.Series()
	}
	if ts != nil {
		s.t = *ts
	}
	r.moveTo(series)
	r.text = append(append(r.text[:0], byte(role)), series...)
	err := r.find(r.text, s, func() (ls labels.Labels, err error) {
		err = guarded(func() { p.Labels(&ls) })
		return ls, err
	})
	quoteParsed(r.diff, p)
	return err
}

// moveTo notes how far the parser has come, if part is a slice of the body.
func (r *entryReader) moveTo(part []byte) {
	at := cap(r.body) - cap(part)
	if len(part) > 0 && 0 <= at && at < len(r.body) && &r.body[at] == &part[0] {
		r.at = at + len(part)
	}
}

// failed places the parser's error: after the last part it gave, in the line that
// its message quotes.
func (r *entryReader) failed(err error) error {
	at := r.at
	if i := bytes.IndexByte(r.body[at:], '\n'); i >= 0 && at > 0 {
		at += i + 1
	}
	if text := quoted(err); len(text) > 0 {
		if i := bytes.Index(r.body[at:], []byte(text)); i >= 0 {
			at += i
		}
	}
	return newError(r.in, r.body, at, err)
}
