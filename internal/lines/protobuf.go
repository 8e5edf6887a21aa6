package lines

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// A protobuf body is a row of MetricFamily messages, each behind its length. It
// is read as text is: along the lines expected, which here are the samples that
// textparse makes of a metric, in its order. The text of such a line is its
// role, the metric's labels as they are encoded, and the bound of a bucket or
// quantile; what it means, labels above all, is asked of textparse once. The
// heading of a family is what the text format would say.
//
// textparse lets through a native histogram whose spans do not fit its buckets,
// if another one stands before it in the family, and may panic over it later.
// Here it is refused wherever it stands. An untyped metric without a value is 0;
// textparse gives it that of the one before.
//
// What is not written plainly, or is not a metric of its family's type, is given
// to textparse: the family to see whether all of it is well-formed, then metric
// by metric.

// messages is what is known of the family and the metric that are read.
type messages struct {
	text    []byte // of a heading or a line
	heading []byte // what stands before the next line
	native  []byte // a histogram, written down
	name    []byte // of the family
	header  []byte // its fields but the metrics
	metric  []byte // the metric that is read
	labels  []byte // of it, as encoded
	at      int    // where in the body the family starts
	typ     uint64
	n       int             // how many lines of the metric are staged
	asked   []labels.Labels // of its lines, once asked for
	parts   []bounded
	buf     []byte
}

// forget drops the body.
func (m *messages) forget() { m.name, m.metric, m.labels, m.asked = nil, nil, nil, nil }

func (r *Reader) readProtobuf() error {
	w, m := &r.walk, &r.messages
	for w.at < len(w.body) {
		size, n := binary.Uvarint(w.body[w.at:])
		m.at, m.name = w.at, nil
		if n <= 0 || n > binary.MaxVarintLen32 || size > uint64(len(w.body)-w.at-n) {
			return r.failedMessage(askAll(w.body[w.at:]))
		}
		family := w.body[w.at+n:][:size]
		if err := r.family(family); err != nil {
			return err
		}
		w.at += n + int(size)
	}
	return nil
}

// askAll reads on until textparse finds what is wrong.
func askAll(body []byte) error {
	p := newProtobufParser(body)
	for {
		if _, err := p.Next(); err != nil {
			return err
		}
	}
}

// failedMessage is the error of what is read at present.
func (r *Reader) failedMessage(err error) error {
	if err == nil || err == io.EOF {
		err = errMessage // textparse took it where it is not asked about the whole
	}
	return &Error{Offset: r.messages.at, Text: shorten(r.messages.name, 0), Err: err}
}

// family stages a MetricFamily message.
func (r *Reader) family(b []byte) error {
	m := &r.messages
	var name, help, unit []byte
	m.header, m.typ = m.header[:0], 0
	metrics, plain, odd := 0, true, false
	for f := (wire{rest: b}); ; {
		start := f.rest
		tag, ok := f.next()
		if !ok {
			odd = f.odd
			break
		}
		switch tag {
		case 4<<3 | message:
			f.bytes()
			metrics++
			continue
		case 1<<3 | message:
			name = f.bytes()
		case 2<<3 | message:
			help = f.bytes()
		case 5<<3 | message:
			unit = f.bytes()
		case 3<<3 | varint:
			m.typ = uint64(uint32(f.varint())) // as decoders for Go do it
		default:
			f.skip(tag)
			plain = false
		}
		m.header = append(m.header, start[:len(start)-len(f.rest)]...)
	}
	m.name = name
	strange := odd || metrics > 0 && m.typ >= uint64(len(types))
	if !plain || strange {
		if err := r.checkSizes(b); err != nil {
			return err
		}
		if err := askAll(appendDelimited(nil, b)); err != io.EOF || strange {
			return r.failedMessage(err)
		}
	}
	if metrics == 0 {
		return nil
	}
	if err := r.familyHeading(name, help, unit); err != nil {
		return err
	}
	for f := (wire{rest: b}); ; {
		tag, ok := f.next()
		if !ok {
			return nil
		}
		if tag != 4<<3|message {
			f.skip(tag)
			continue
		}
		if err := r.metric(f.bytes()); err != nil {
			return err
		}
	}
}

// checkSizes checks the sizes of a family's native histograms before textparse
// decodes them.
func (r *Reader) checkSizes(family []byte) error {
	for f := (wire{rest: family}); ; {
		tag, ok := f.next()
		if !ok {
			return nil
		}
		if tag != 4<<3|message {
			f.skip(tag)
			continue
		}
		if sizeOfMetric(f.bytes()) > r.limits.Buckets {
			return overLimit("buckets", r.limits.Buckets)
		}
	}
}

func appendDelimited(b, m []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(m))), m...)
}

// errMessage: textparse reads a message that is not understood here, by itself
// but not where it stands.
var errMessage = errors.New("no message of a metric family")

// familyHeading stages what the text format would say in front of a family.
func (r *Reader) familyHeading(name, help, unit []byte) error {
	m := &r.messages
	m.text = appendHeading(m.text[:0], name, help, unit, types[m.typ])
	if r.headingIs(m.text) {
		return nil
	}
	if id, ok := r.store.headings.find(m.text, uint32(protobuf)); ok {
		r.addHeading(id, r.walk.at)
		return nil
	}
	empty := appendMessage(append([]byte(nil), m.header...), 4, nil)
	if err := askAll(appendDelimited(nil, empty)); err != io.EOF {
		return r.failedMessage(err)
	}
	f := r.store.family(Family{Name: string(name), Type: types[m.typ], Help: string(help), Unit: string(unit)}, protobuf)
	r.addHeading(r.store.addHeading(protobuf, m.text, f), r.walk.at)
	return nil
}

// appendHeading appends the comments of a family.
func appendHeading[T string | []byte](b []byte, name, help, unit T, typ model.MetricType) []byte {
	if len(help) > 0 {
		b = appendComment(b, "HELP", name, help)
	}
	b = appendComment(b, "TYPE", name, T(typ))
	if len(unit) > 0 {
		b = appendComment(b, "UNIT", name, unit)
	}
	return b
}

// appendComment appends one, in which a line feed and what escapes it are
// escaped.
func appendComment[T string | []byte](b []byte, word string, name, text T) []byte {
	b = append(append(append(b, "# "...), word...), ' ')
	if nameLen(name) == len(name) {
		b = append(b, name...)
	} else {
		b = strconv.AppendQuote(b, string(name))
	}
	b = append(b, ' ')
	for i := range len(text) {
		switch c := text[i]; c {
		case '\\':
			b = append(b, `\\`...)
		case '\n':
			b = append(b, `\n`...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '\n')
}

// metric stages a Metric message of the family.
func (r *Reader) metric(b []byte) error {
	m := &r.messages
	m.metric, m.n, m.asked = b, 0, m.asked[:0]
	w := wire{rest: b}
	for len(w.rest) > 0 && w.rest[0] == 1<<3|message && !w.odd {
		w.rest = w.rest[1:]
		w.bytes()
	}
	m.labels = b[:len(b)-len(w.rest)]
	tag, _ := w.next()
	if tag != valueTags[m.typ] {
		return r.askMetric()
	}
	value := w.bytes()
	s := sampled{t: NoTime}
	if tag, ok := w.next(); ok {
		if tag != 6<<3|varint {
			return r.askMetric()
		}
		if t := int64(w.varint()); t != 0 {
			s.t = t
		}
	}
	if w.odd || len(w.rest) > 0 {
		return r.askMetric()
	}
	var known bool
	var err error
	switch m.typ {
	case typeSummary:
		known, err = r.summary(value, s)
	case typeHistogram, typeGaugeHistogram:
		known, err = r.histogram(value, s)
	default:
		known, err = r.scalar(value, s)
	}
	if err != nil || known {
		return err
	}
	return r.askMetric()
}

// valueTags are the fields of Metric that hold the value, by type.
var valueTags = [...]uint64{
	typeCounter: 3<<3 | message, typeGauge: 2<<3 | message, typeSummary: 4<<3 | message, typeUntyped: 5<<3 | message,
	typeHistogram: 7<<3 | message, typeGaugeHistogram: 7<<3 | message,
}

// message stages the next line of the metric.
func (r *Reader) message(role Role, bound []byte, s sampled) error {
	w, m := &r.walk, &r.messages
	m.n++
	if w.k < len(w.expect.ids) && !w.pending() && !(r.rebuilt && r.isTaken(w.k)) {
		id := uint32(w.expect.ids[w.k])
		text, n := r.store.lines.text(id), 1+len(m.labels)
		if len(text) == n+len(bound) && text[0] == byte(role) && text[1:n] == string(m.labels) && text[n:] == string(bound) &&
			r.store.lines.key(id) == w.family.id {
			return r.sampled(id, w.k, s)
		}
	}
	m.text = append(append(append(m.text[:0], byte(role)), m.labels...), bound...)
	return r.entryLine(m.text, s, r.askedLabels)
}

// entryLine stages a line that is not the one expected. labels are asked for if
// it is not known at all.
func (r *Reader) entryLine(text []byte, s sampled, labels func() (labels.Labels, error)) error {
	w := &r.walk
	if w.k < len(w.expect.ids) && !w.pending() && !(r.rebuilt && r.isTaken(w.k)) {
		id := uint32(w.expect.ids[w.k])
		if known, ok := r.fits(id, text); ok && len(known) == len(text) {
			return r.sampled(id, w.k, s)
		}
	}
	r.rebuild()
	id, ok := r.store.lines.find(text, meaning(w.in, w.family, text))
	if !ok {
		if len(text) > r.limits.Line {
			return overLimit("bytes in a line", r.limits.Line)
		}
		ls, err := labels()
		if err != nil {
			return err
		}
		if ls.Len() > r.limits.Labels {
			return overLimit("labels", r.limits.Labels)
		}
		id = uint32(r.store.addLine(w.in, text, w.family, ls))
	}
	return r.sampled(id, r.oldOf(id), s)
}

// askedLabels are those of the line of the metric that is staged at present.
func (r *Reader) askedLabels() (labels.Labels, error) {
	m := &r.messages
	if len(m.asked) == 0 {
		err := r.ask(func(_ sampled, ls labels.Labels) error {
			m.asked = append(m.asked, ls)
			return nil
		})
		if err != nil {
			return labels.EmptyLabels(), err
		}
	}
	if m.n > len(m.asked) {
		return labels.EmptyLabels(), r.failedMessage(nil)
	}
	return m.asked[m.n-1], nil
}

// ask lets textparse read the metric and gives each sample it finds.
func (r *Reader) ask(each func(s sampled, ls labels.Labels) error) error {
	m := &r.messages
	if sizeOfMetric(m.metric) > r.limits.Buckets {
		return overLimit("buckets", r.limits.Buckets)
	}
	family := appendMessage(append([]byte(nil), m.header...), 4, m.metric)
	m.buf = appendDelimited(m.buf[:0], family)
	p := newProtobufParser(m.buf)
	for {
		entry, err := p.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return r.failedMessage(err)
		}
		var ts *int64
		s := sampled{t: NoTime}
		switch entry {
		case textparse.EntrySeries:
			_, ts, s.v = p.Series()
		case textparse.EntryHistogram:
			var h *histogram.Histogram
			var f *histogram.FloatHistogram
			if _, ts, h, f = p.Histogram(); h != nil {
				f = h.ToFloat(nil)
			}
			s.v, s.native, s.kind = f.Count, appendNative(nil, f), written
		default:
			continue
		}
		if s.start = p.StartTimestamp(); ts != nil {
			s.t = *ts
		}
		var ls labels.Labels
		p.Labels(&ls)
		if err := each(s, ls.Copy()); err != nil {
			return err
		}
	}
}

// askMetric stages the metric as textparse reads it.
func (r *Reader) askMetric() error {
	m := &r.messages
	m.labels = labelFields(m.metric)
	m.n, m.asked = 0, m.asked[:0]
	return r.ask(func(s sampled, ls labels.Labels) error {
		role := Native
		if s.native == nil {
			role, _ = roleOf(r.walk.family, ls.Get(model.MetricNameLabel))
		}
		m.text = append(append(m.text[:0], byte(role)), m.labels...)
		m.text = appendBound(m.text, role, ls)
		m.n++
		return r.entryLine(m.text, s, func() (labels.Labels, error) { return ls, nil })
	})
}

// labelFields are a metric's labels as they are encoded, wherever they stand.
func labelFields(m []byte) []byte {
	var all []byte
	for f := (wire{rest: m}); ; {
		from := f.rest
		tag, ok := f.next()
		if !ok {
			return all
		}
		f.skip(tag)
		if tag == 1<<3|message {
			all = append(all, from[:len(from)-len(f.rest)]...)
		}
	}
}

// appendBound appends the bound of a bucket or quantile.
func appendBound(b []byte, role Role, ls labels.Labels) []byte {
	name := labels.BucketLabel
	switch role {
	case Bucket:
	case Quantile:
		name = model.QuantileLabel
	default:
		return b
	}
	v, _ := strconv.ParseFloat(ls.Get(name), 64)
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}
