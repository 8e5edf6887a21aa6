package lines

import (
	"bytes"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// fallback lets textparse read single entries of a body, anywhere in it.
//
// textparse reads from left to right and never looks past the line feed that ends
// an entry. (It does after a comment of OpenMetrics if a NUL follows, where no
// entry starts: see startsWithNUL.) So it can be given a window of the body that
// starts where an entry starts. If it finds an entry whose line feed lies in the
// window, it would find the same entry in the whole body. Otherwise the window may
// have cut the entry, and a longer one is tried, at last the whole rest: what
// textparse says of that is final.
//
// All that textparse remembers from before an entry is the last type. A TYPE
// comment in front of the window gives it that.
//
// Invariants: buf[lead:] is body[from:from+len(buf)-lead], and buf has room for
// the line feed that textparse appends. While live, the parser reads body[next:]
// next.
type fallback struct {
	buf        []byte
	lead       int // bytes of buf before the window
	from, next int
	live       bool
	in         format
	parser     textparse.Parser
}

// entry is what textparse read.
type entry struct {
	kind  textparse.Entry
	start int // of an EntrySeries in the body, after blank lines
	end   int // after the entry's line feed
	value int // where the value of an EntrySeries starts
	v     float64
	t     int64
	name  []byte // of a HELP, TYPE or UNIT comment; valid until the next entry is read
	help  []byte // the help text or the unit
	typ   model.MetricType
}

// Sizes of windows, in bytes.
const (
	firstRetry  = 4 << 10
	firstStream = 2 << 10
	longStream  = 64 << 10
)

// forget drops the body.
func (a *fallback) forget() {
	a.live, a.next = false, -1
	a.parser = nil
}

// entry returns the entry at body[at:], which stands under the comments of f. The
// error is io.EOF where textparse sees the end of the body, or textparse's own.
func (a *fallback) entry(in format, body []byte, at int, f *family) (e entry, err error) {
	if panicked := guarded(func() { e, err = a.find(in, body, at, f) }); panicked != nil {
		a.live = false
		return e, panicked
	}
	return e, err
}

func (a *fallback) find(in format, body []byte, at int, f *family) (entry, error) {
	if a.live && at == a.next {
		if e, err, sure := a.read(body); sure {
			return e, err
		}
	}
	size := bytes.IndexByte(body[at:], '\n') + 1
	if at == a.next { // one more in a row: more may follow
		size = max(size, min(max(2*len(a.buf), firstStream), longStream))
	}
	for retry := firstRetry; ; retry *= 4 {
		a.open(in, body, at, size, f)
		if e, err, sure := a.read(body); sure {
			return e, err
		}
		size = max(retry, 4*size)
	}
}

// open starts a window of so many bytes at body[at:].
func (a *fallback) open(in format, body []byte, at, size int, f *family) {
	if size <= 0 || size > len(body)-at {
		size = len(body) - at
	}
	a.buf = append(a.buf[:0], typeComment(f)...)
	a.lead = len(a.buf)
	a.buf = append(a.buf, body[at:at+size]...)
	a.buf = append(a.buf, '\n')[:a.lead+size]
	if in == openMetrics {
		a.parser = textparse.NewOpenMetricsParser(a.buf, nil)
	} else {
		a.parser = textparse.NewPromParser(a.buf, nil, false)
	}
	a.from, a.next, a.live, a.in = at, at, true, in
	if a.lead > 0 {
		a.parser.Next()
	}
}

// typeComment returns a comment that does to labels what the family's type does.
func typeComment(f *family) string {
	switch f.rewrites() {
	case meaningHistogram:
		return "# TYPE x histogram\n"
	case meaningSummary:
		return "# TYPE x summary\n"
	}
	return ""
}

// read reads one entry of the window. sure is false if a longer window might give
// another result.
func (a *fallback) read(body []byte) (e entry, err error, sure bool) {
	windowEnd := a.from + len(a.buf) - a.lead
	whole := windowEnd == len(body)
	e.kind, err = a.parser.Next()
	if err != nil {
		a.live = false
		return e, err, whole
	}
	last := a.fill(&e)                                // the entry's line feed is the first one after it
	start := a.from + cap(a.buf) - cap(last) - a.lead // last is a slice of buf
	after := start + len(last)
	if e.kind == textparse.EntrySeries {
		e.start, e.value = start, after
		for e.value < len(body) && (body[e.value] == ' ' || body[e.value] == '\t') {
			e.value++
		}
		if a.in == openMetrics && breaksOff(body, e.value) {
			// textparse notices it when it looks for the next entry.
			_, err = a.parser.Next()
			a.live = false
			return e, err, whole
		}
	}
	e.end = windowEnd
	if i := bytes.IndexByte(body[min(after, windowEnd):windowEnd], '\n'); i >= 0 {
		e.end = after + i + 1
	} else if !whole {
		a.live = false
		return e, nil, false
	}
	a.next = e.end
	return e, nil, true
}

// fill sets what the parser says of the entry, and returns the last part of it
// that the parser gives as a slice of the window.
func (a *fallback) fill(e *entry) (last []byte) {
	switch e.kind {
	case textparse.EntrySeries:
		series, ts, v := a.parser.Series()
		last, e.v, e.t = series, v, NoTime
		if ts != nil {
			e.t = *ts
		}
	case textparse.EntryType:
		e.name, e.typ = a.parser.Type()
		last = e.name
	case textparse.EntryHelp:
		e.name, e.help = a.parser.Help()
		last = e.name
	case textparse.EntryUnit:
		e.name, e.help = a.parser.Unit()
		last = e.name
	case textparse.EntryComment:
		last = a.parser.Comment()
	}
	return last
}

// labels returns the labels of the series that was read last.
func (a *fallback) labels() (ls labels.Labels) {
	a.parser.Labels(&ls)
	return ls
}
