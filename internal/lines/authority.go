package lines

import (
	"bytes"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// authority asks textparse about single entries of a body, anywhere in it.
//
// textparse reads from left to right and never looks behind the line feed that
// ends an entry (but for NULs behind a comment of OpenMetrics, where no entry
// starts: see startsWithNUL). So it may be given a window of the body that starts where an
// entry starts: if it finds an entry there whose line feed lies in the window,
// it would find the same in the whole body. If it does not, the window may have
// cut the entry, and a longer one is tried, in the end the whole rest: what it
// says of that is final.
//
// What textparse knows from before an entry is the last type; a TYPE comment in
// front of the window tells it.
//
// Invariants: buf[lead:] is body[from:from+len(buf)-lead], and has room for the
// line feed that textparse appends; the parser will next read body[next:], as
// long as live.
type authority struct {
	buf        []byte
	lead       int
	from, next int
	live       bool
	in         format
	parser     textparse.Parser
}

// entry is what textparse found.
type entry struct {
	kind  textparse.Entry
	start int // EntrySeries: in the body, behind blank lines
	end   int // behind the entry's line feed
	value int // EntrySeries: where its value starts
	v     float64
	t     int64
	name  []byte // EntryHelp, EntryType, EntryUnit; valid until the next entry is read
	help  []byte // or the unit
	typ   model.MetricType
}

const (
	firstRetry  = 4 << 10
	firstStream = 2 << 10
	longStream  = 64 << 10
)

// forget drops what is known of a body.
func (a *authority) forget() {
	a.live, a.next = false, -1
	a.parser = nil
}

// entry returns the entry at body[at:], which stands under the comments of f. Its
// error is io.EOF where textparse sees the end of the body, or textparse's own.
func (a *authority) entry(in format, body []byte, at int, f *family) (entry, error) {
	if a.live && at == a.next {
		if e, err, sure := a.read(body); sure {
			return e, err
		}
	}
	size := bytes.IndexByte(body[at:], '\n') + 1
	if at == a.next { // one more in a row: there may be many
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

// open starts a window of the body.
func (a *authority) open(in format, body []byte, at, size int, f *family) {
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

// typeComment says in a line what the type in force does to labels.
func typeComment(f *family) string {
	switch f.rewrites() {
	case meaningHistogram:
		return "# TYPE x histogram\n"
	case meaningSummary:
		return "# TYPE x summary\n"
	}
	return ""
}

// read reads one entry of the window; sure is false if a longer window might
// tell otherwise.
func (a *authority) read(body []byte) (e entry, err error, sure bool) {
	windowEnd := a.from + len(a.buf) - a.lead
	whole := windowEnd == len(body)
	e.kind, err = a.parser.Next()
	if err != nil {
		a.live = false
		return e, err, whole
	}
	var last []byte // the line feed is the first one behind it
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
	start := a.from + cap(a.buf) - cap(last) - a.lead // last is a slice of buf
	behind := start + len(last)
	if e.kind == textparse.EntrySeries {
		e.start, e.value = start, behind
		for e.value < len(body) && (body[e.value] == ' ' || body[e.value] == '\t') {
			e.value++
		}
	}
	if e.kind == textparse.EntrySeries && a.in == openMetrics && breaksOff(body, e.value) {
		// textparse notices when it looks for the next entry.
		_, err = a.parser.Next()
		a.live = false
		return e, err, whole
	}
	e.end = windowEnd
	if i := bytes.IndexByte(body[min(behind, windowEnd):windowEnd], '\n'); i >= 0 {
		e.end = behind + i + 1
	} else if !whole {
		a.live = false
		return e, nil, false
	}
	a.next = e.end
	return e, nil, true
}

// labels are those of the series that was the last entry read.
func (a *authority) labels() (ls labels.Labels) {
	a.parser.Labels(&ls)
	return ls
}
