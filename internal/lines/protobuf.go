package lines

import (
	"cmp"
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

// protobufReader reads a row of MetricFamily messages, each after its length.
//
// Its lines are the samples that textparse makes of a metric, in textparse's
// order. The text of a line is its role, the metric's labels as they are encoded,
// and the bound of a bucket or quantile. Only for a new line textparse is asked
// for the labels. The heading of a family is what the text format would say.
//
// A family or metric that is not written the usual way goes to textparse: the
// family to check that it is well-formed, then its metrics one by one.
//
// textparse lets a native histogram pass whose spans do not fit its buckets, if it
// is not the first of its family, and may panic over it later. Here it is refused
// wherever it stands. An untyped metric without a value is 0; textparse gives it
// the value of the metric before.
type protobufReader struct {
	*diff
	body []byte
	at   int // body[:at] is staged: where the family that is read starts

	// The family and the metric that are read.
	name   []byte // of the family
	header []byte // its fields without the metrics
	metric []byte
	labels []byte // of the metric, as encoded
	typ    uint64
	n      int             // how many lines of the metric are staged
	asked  []labels.Labels // of its lines, once textparse was asked for them

	// Scratch.
	text   []byte // of a heading or a line
	native []byte // an encoded histogram
	parts  []boundValue
	bound  []byte
	values []float64
	starts []int64
	quotes [][]byte // exemplars of a native histogram
	buf    []byte
}

func (p *protobufReader) read(body []byte) error {
	p.body, p.at = body, 0
	err := p.readAll()
	if _, ok := err.(*Error); err != nil && !ok {
		err = p.failed(err)
	}
	p.body, p.name, p.metric, p.labels, p.asked = nil, nil, nil, nil, nil
	return err
}

func (p *protobufReader) readAll() error {
	for p.at < len(p.body) {
		p.name = nil
		size, n := binary.Uvarint(p.body[p.at:])
		if n <= 0 || n > binary.MaxVarintLen32 || size > uint64(len(p.body)-p.at-n) {
			return p.failed(parseAll(p.body[p.at:]))
		}
		if err := p.readFamily(p.body[p.at+n:][:size]); err != nil {
			return err
		}
		p.at += n + int(size)
	}
	return nil
}

// parseAll lets textparse read on until it finds what is wrong.
func parseAll(body []byte) (err error) {
	panicked := guarded(func() {
		for p := newProtobufParser(body); err == nil; {
			_, err = p.Next()
		}
	})
	return cmp.Or(panicked, err)
}

func newProtobufParser(body []byte) textparse.Parser {
	return textparse.NewProtobufParser(body, false, true, false, false, nil)
}

// failed returns err with the place of the family that is read. textparse may
// have no error for a message by itself that is wrong where it stands.
func (p *protobufReader) failed(err error) error {
	if err == nil || err == io.EOF {
		err = errMessage
	}
	return &Error{Offset: p.at, Text: shorten(p.name, 0), Err: err}
}

var errMessage = errors.New("not a message of a metric family")

// readFamily stages a MetricFamily message.
func (p *protobufReader) readFamily(b []byte) error {
	f := familyMessage{header: p.header[:0]}
	f.read(b)
	p.name, p.header, p.typ = f.name, f.header, f.typ
	if len(f.header) > p.limits.Line {
		return p.failed(overLimit("bytes of a family without its metrics", p.limits.Line))
	}
	strange := f.odd || f.metrics > 0 && f.typ >= uint64(len(types))
	if f.unknown || strange {
		if err := p.checkSizes(b); err != nil {
			return err
		}
		if err := parseAll(appendDelimited(nil, b)); err != io.EOF || strange {
			return p.failed(err)
		}
	}
	if f.metrics == 0 {
		return nil
	}
	if err := p.stageHeading(f.help, f.unit); err != nil {
		return err
	}
	for w := (wire{rest: b}); ; {
		if !several[p.typ] {
			p.readUsual(&w)
		}
		m, ok := w.message(4<<3 | message)
		if !ok {
			tag, ok := w.next()
			if !ok {
				return nil
			}
			if tag != 4<<3|message {
				w.skip(tag)
				continue
			}
			m = w.bytes()
		}
		if err := p.readMetric(m); err != nil {
			return err
		}
	}
}

// familyMessage is a MetricFamily message without its metrics.
type familyMessage struct {
	name, help, unit []byte
	typ              uint64
	header           []byte // all fields without the metrics
	metrics          int    // how many there are
	unknown          bool   // there are fields that are not known here
	odd              bool   // see wire.odd
}

func (f *familyMessage) read(b []byte) {
	for w := (wire{rest: b}); ; {
		if _, ok := w.message(4<<3 | message); ok {
			f.metrics++
			continue
		}
		start := w.rest
		tag, ok := w.next()
		if !ok {
			f.odd = w.odd
			return
		}
		switch tag {
		case 4<<3 | message:
			w.bytes()
			f.metrics++
			continue
		case 1<<3 | message:
			f.name = w.bytes()
		case 2<<3 | message:
			f.help = w.bytes()
		case 5<<3 | message:
			f.unit = w.bytes()
		case 3<<3 | varint:
			f.typ = uint64(uint32(w.varint())) // 32 bits count, as in decoders for Go
		default:
			w.skip(tag)
			f.unknown = true
		}
		f.header = append(f.header, start[:len(start)-len(w.rest)]...)
	}
}

// checkSizes checks the sizes of a family's native histograms before textparse
// decodes them.
func (p *protobufReader) checkSizes(family []byte) error {
	for w := (wire{rest: family}); ; {
		tag, ok := w.next()
		if !ok {
			return nil
		}
		if tag != 4<<3|message {
			w.skip(tag)
			continue
		}
		if err := p.checkMetric(w.bytes()); err != nil {
			return err
		}
	}
}

// checkMetric checks what textparse would spend memory on.
func (p *protobufReader) checkMetric(m []byte) error {
	if sizeOfMetric(m) > p.limits.Buckets {
		return overLimit("buckets", p.limits.Buckets)
	}
	if len(labelFields(m)) > p.limits.Line {
		return overLimit("bytes in a line", p.limits.Line)
	}
	return nil
}

// stageHeading stages what the text format would say in front of the family.
func (p *protobufReader) stageHeading(help, unit []byte) error {
	p.text = appendHeading(p.text[:0], view(p.name), view(help), view(unit), types[p.typ])
	if p.headingIs(p.text) {
		return nil
	}
	if id, ok := p.store.headings.find(p.text, uint32(protobuf)); ok {
		p.addHeading(id)
		return nil
	}
	empty := appendMessage(append([]byte(nil), p.header...), 4, nil)
	if err := parseAll(appendDelimited(nil, empty)); err != io.EOF {
		return p.failed(err)
	}
	f := p.store.family(Family{Name: string(p.name), Type: types[p.typ], Help: string(help), Unit: string(unit)}, protobuf)
	p.declare(p.text, f)
	return nil
}

// stagePart stages the next line of the metric. bound is empty unless it is a
// bucket or a quantile.
func (p *protobufReader) stagePart(role Role, bound []byte, s reading) error {
	p.n++
	if id, ok := p.expected(); ok {
		text, n := p.store.lines.text(id), 1+len(p.labels)
		if len(text) == n+len(bound) && text[0] == byte(role) && text[1:n] == string(p.labels) && text[n:] == string(bound) &&
			p.store.lines.key(id) == p.family.id {
			return p.stage(id, p.k, s)
		}
	}
	p.text = append(append(append(p.text[:0], byte(role)), p.labels...), bound...)
	return p.find(p.text, s, p.lineLabels)
}

// lineLabels returns the labels of the line of the metric that is staged, as
// textparse reads them.
func (p *protobufReader) lineLabels() (labels.Labels, error) {
	if len(p.asked) == 0 {
		err := p.parseMetric(func(_ reading, ls labels.Labels, _ textparse.Parser) error {
			p.asked = append(p.asked, ls)
			return nil
		})
		if err != nil {
			return labels.EmptyLabels(), err
		}
	}
	if p.n > len(p.asked) {
		return labels.EmptyLabels(), p.failed(nil)
	}
	return p.asked[p.n-1], nil
}

// parseMetric lets textparse read the metric and calls each with its samples.
func (p *protobufReader) parseMetric(each func(s reading, ls labels.Labels, parser textparse.Parser) error) error {
	if err := p.checkMetric(p.metric); err != nil {
		return err
	}
	family := appendMessage(append([]byte(nil), p.header...), 4, p.metric)
	p.buf = appendDelimited(p.buf[:0], family)
	parser := newProtobufParser(p.buf)
	for {
		var (
			s   reading
			ls  labels.Labels
			err error
		)
		if panicked := guarded(func() { s, ls, err = nextSample(parser) }); panicked != nil {
			err = panicked
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return p.failed(err)
		}
		if err := each(s, ls, parser); err != nil {
			return err
		}
	}
}

// nextSample returns what textparse reads next.
func nextSample(parser textparse.Parser) (s reading, ls labels.Labels, err error) {
	for {
		entry, err := parser.Next()
		if err != nil {
			return s, ls, err
		}
		var ts *int64
		s = reading{t: NoTime}
		switch entry {
		case textparse.EntrySeries:
			_, ts, s.v = parser.Series()
		case textparse.EntryHistogram:
			var h *histogram.Histogram
			var f *histogram.FloatHistogram
			if _, ts, h, f = parser.Histogram(); h != nil {
				f = h.ToFloat(nil)
			}
			s.v, s.native, s.kind = f.Count, appendNative(nil, f), written
		default:
			continue
		}
		if s.start = parser.StartTimestamp(); ts != nil {
			s.t = *ts
		}
		parser.Labels(&ls)
		return s, ls.Copy(), nil
	}
}

// stageParsed stages the metric as textparse reads it.
func (p *protobufReader) stageParsed() error {
	p.labels = labelFields(p.metric)
	p.n, p.asked = 0, p.asked[:0]
	return p.parseMetric(func(s reading, ls labels.Labels, parser textparse.Parser) error {
		role := Native
		if s.native == nil {
			role, _ = roleOf(p.family, ls.Get(model.MetricNameLabel))
		}
		p.text = append(append(p.text[:0], byte(role)), p.labels...)
		p.text = appendBound(p.text, role, ls)
		p.n++
		err := p.find(p.text, s, func() (labels.Labels, error) { return ls, nil })
		quoteParsed(p.diff, parser)
		return err
	})
}

// labelFields returns the label fields of a metric, wherever they stand.
func labelFields(m []byte) []byte {
	var all []byte
	for w := (wire{rest: m}); ; {
		from := w.rest
		tag, ok := w.next()
		if !ok {
			return all
		}
		w.skip(tag)
		if tag == 1<<3|message {
			all = append(all, from[:len(from)-len(w.rest)]...)
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

// quote keeps an exemplar of the line that was staged last.
func (p *protobufReader) quote(message []byte) {
	if len(message) > 0 {
		quoteText(p.diff, message)
	}
}
