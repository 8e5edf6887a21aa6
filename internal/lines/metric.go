package lines

import (
	"encoding/binary"
	"math"
)

// The functions here read a Metric message, by the type of its family. Each stages
// its lines in textparse's order, or returns false if the message is not written
// the usual way.

// readMetric stages a Metric message of the family.
func (p *protobufReader) readMetric(b []byte) error {
	if p.limits.Exemplars > 0 { // they are not kept by message
		_, err := p.readWhole(b)
		return err
	}
	if !several[p.typ] {
		_, err := p.readWhole(b)
		return err
	}
	sum := p.store.digestSum(b)
	if p.skip(sum) {
		return nil
	}
	pos := p.len()
	usual, err := p.readWhole(b)
	if n := p.len() - pos; usual && err == nil {
		p.digests = append(p.digests, digest{uint32(pos), uint32(n), sum})
	}
	return err
}

// several says of a type that its metrics have several lines.
var several = [...]bool{typeSummary: true, typeHistogram: true, typeGaugeHistogram: true}

// readWhole stages a Metric message by reading it. usual is false if it is not
// written the usual way.
func (p *protobufReader) readWhole(b []byte) (usual bool, err error) {
	p.metric, p.n, p.asked = b, 0, p.asked[:0]
	w := wire{rest: b}
	for len(w.rest) > 0 && w.rest[0] == 1<<3|message && !w.odd {
		w.rest = w.rest[1:]
		w.bytes()
	}
	p.labels = b[:len(b)-len(w.rest)]
	tag, _ := w.next()
	if tag != valueTags[p.typ] {
		return false, p.stageParsed()
	}
	value := w.bytes()
	s := reading{t: NoTime}
	if tag, ok := w.next(); ok {
		if tag != 6<<3|varint {
			return false, p.stageParsed()
		}
		if t := int64(w.varint()); t != 0 {
			s.t = t
		}
	}
	if w.odd || len(w.rest) > 0 {
		return false, p.stageParsed()
	}
	switch p.typ {
	case typeSummary:
		usual, err = p.readSummary(value, s)
	case typeHistogram, typeGaugeHistogram:
		usual, err = p.readHistogram(value, s)
	default:
		usual, err = p.readScalar(value, s)
	}
	if err != nil || usual {
		return usual, err
	}
	return false, p.stageParsed()
}

// valueTags holds the tag of the field of Metric with the value, by type.
var valueTags = [...]uint64{
	typeCounter: 3<<3 | message, typeGauge: 2<<3 | message, typeSummary: 4<<3 | message, typeUntyped: 5<<3 | message,
	typeHistogram: 7<<3 | message, typeGaugeHistogram: 7<<3 | message,
}

// readScalar stages a Counter, Gauge or Untyped message.
func (p *protobufReader) readScalar(b []byte, s reading) (done bool, err error) {
	w := wire{rest: b}
	counter := p.typ == typeCounter
	var (
		seen  uint64
		quote []byte
	)
	for tag, ok := w.next(); ok; tag, ok = w.next() {
		w.once(&seen, tag)
		switch {
		case tag == 1<<3|fixed64:
			s.v = w.double()
		case tag == 2<<3|message && counter:
			quote = w.exemplar()
		case tag == 3<<3|message && counter:
			s.start = w.timestamp()
		default:
			w.fail()
		}
	}
	if w.odd {
		return false, nil
	}
	err = p.stagePart(Value, nil, s)
	p.quote(quote)
	return true, err
}

// readSummary stages a Summary message.
func (p *protobufReader) readSummary(b []byte, s reading) (done bool, err error) {
	var (
		w           = wire{rest: b}
		count, seen uint64
		sum         float64
		quantiles   = p.parts[:0]
	)
	for tag, ok := w.next(); ok; tag, ok = w.next() {
		if tag != 3<<3|message {
			w.once(&seen, tag)
		}
		switch tag {
		case 1<<3 | varint:
			count = w.varint()
		case 2<<3 | fixed64:
			sum = w.double()
		case 3<<3 | message:
			quantiles = append(quantiles, w.quantile())
		case 4<<3 | message:
			s.start = w.timestamp()
		default:
			w.fail()
		}
	}
	p.parts = quantiles
	if w.odd {
		return false, nil
	}
	return true, p.stageParts(float64(count), sum, Quantile, quantiles, s)
}

// stageParts stages the lines of a summary or a classic histogram.
func (p *protobufReader) stageParts(count, sum float64, role Role, parts []boundValue, s reading) error {
	if p.limits.Exemplars == 0 && p.stageKnown(count, sum, role, parts, s) {
		return nil
	}
	s.v, s.native = count, nil
	if err := p.stagePart(Count, nil, s); err != nil {
		return err
	}
	s.v = sum
	if err := p.stagePart(Sum, nil, s); err != nil {
		return err
	}
	for i := range parts {
		s.v = parts[i].v
		p.bound = binary.LittleEndian.AppendUint64(p.bound[:0], parts[i].bound)
		if err := p.stagePart(role, p.bound, s); err != nil {
			return err
		}
		p.quote(parts[i].exemplar)
	}
	return nil
}

// readHistogram stages a Histogram message: the native histogram, then the classic
// lines if there are classic buckets or no native ones.
func (p *protobufReader) readHistogram(b []byte, s reading) (done bool, err error) {
	h := histogramMessage{w: wire{rest: b}, classic: p.parts[:0], own: p.native[:0], quotes: p.quotes[:0]}
	h.read(p.limits.Buckets)
	p.native, p.parts, p.quotes = h.own, h.classic, h.quotes
	if h.size() > p.limits.Buckets {
		return false, overLimit("buckets", p.limits.Buckets)
	}
	native := h.isNative()
	// The rare native histograms with fractions of observations go to textparse.
	if h.w.odd || native && (h.floatCount != 0 || !h.positive.fits() || !h.negative.fits()) {
		return false, nil
	}
	total := h.floatCount
	if total == 0 {
		total = float64(h.count)
	}
	s.start = h.start
	if native {
		s.v, s.native, s.kind = total, h.own, nativeKinds[p.typ]
		err := p.stagePart(Native, nil, s)
		for _, quote := range h.quotes {
			p.quote(quote)
		}
		if err != nil || len(h.classic) == 0 {
			return true, err
		}
	}
	return true, p.stageParts(total, h.sum, Bucket, p.untilInf(total), s)
}

// untilInf returns the classic buckets that textparse reads: up to that of +Inf,
// which it adds if it is missing.
func (p *protobufReader) untilInf(total float64) []boundValue {
	for i := range p.parts {
		if p.parts[i].bound == infBound {
			return p.parts[:i+1]
		}
	}
	p.parts = append(p.parts, boundValue{bound: infBound, v: total})
	return p.parts
}

var infBound = math.Float64bits(math.Inf(1))

// histogramMessage is a Histogram message that is read field by field.
type histogramMessage struct {
	w                  wire
	count, zeros       uint64
	floatCount         float64
	sum, zeroThreshold float64
	start              int64
	positive, negative side
	classic            []boundValue
	own                []byte // all fields but the classic buckets, exemplars and the start
	quotes             [][]byte
	seen               uint64 // see wire.once
}

// size is what Limits.Buckets bounds: see sizeOf.
func (h *histogramMessage) size() int {
	return max(h.positive.buckets+h.negative.buckets, h.positive.spans+h.negative.spans)
}

// isNative reports whether textparse takes the message for a native histogram.
func (h *histogramMessage) isNative() bool {
	return h.positive.spans+h.negative.spans > 0 || h.zeroThreshold > 0 || h.zeros > 0
}

// read reads the message. It stops once the histogram is larger than maxSize.
func (h *histogramMessage) read(maxSize int) {
	for h.size() <= maxSize {
		h.usualBuckets()
		from := h.w.rest
		tag, ok := h.w.next()
		if !ok {
			return
		}
		switch tag {
		case 3<<3 | message:
			h.classic = append(h.classic, h.w.bucket())
		case 16<<3 | message:
			h.quotes = append(h.quotes, h.w.exemplar())
		case 15<<3 | message:
			h.w.once(&h.seen, tag)
			h.start = h.w.timestamp()
		default:
			h.field(tag)
			h.own = append(h.own, from[:len(from)-len(h.w.rest)]...)
		}
	}
}

// field reads one of the fields that own holds.
func (h *histogramMessage) field(tag uint64) {
	w := &h.w
	switch tag {
	case 9<<3 | message:
		h.negative.span(w)
	case 10<<3 | message:
		h.negative.deltas(w)
	case 10<<3 | varint:
		h.negative.delta(w)
	case 12<<3 | message:
		h.positive.span(w)
	case 13<<3 | message:
		h.positive.deltas(w)
	case 13<<3 | varint:
		h.positive.delta(w)
	default:
		w.once(&h.seen, tag)
		switch tag {
		case 1<<3 | varint:
			h.count = w.varint()
		case 2<<3 | fixed64:
			h.sum = w.double()
		case 4<<3 | fixed64:
			h.floatCount = w.double()
		case 5<<3 | varint: // the schema
			w.varint()
		case 6<<3 | fixed64:
			h.zeroThreshold = w.double()
		case 7<<3 | varint:
			h.zeros = w.varint()
		default:
			w.fail()
		}
	}
}

// side counts the buckets of a native histogram above or below zero: those that
// its spans have room for, and those that are there.
type side struct{ spans, room, buckets int }

func (d *side) fits() bool { return d.room == d.buckets }

func (d *side) span(w *wire) {
	m := wire{rest: w.bytes()}
	d.spans++
	var seen uint64
	for tag, ok := m.next(); ok; tag, ok = m.next() {
		m.once(&seen, tag)
		switch n := m.varint(); {
		case tag == 1<<3|varint:
		case tag == 2<<3|varint && n <= math.MaxInt32:
			d.room += int(n)
		default:
			m.fail()
		}
	}
	w.odd = w.odd || m.odd
}

func (d *side) delta(w *wire) {
	w.varint()
	d.buckets++
}

// deltas reads deltas that are packed into one field.
func (d *side) deltas(w *wire) {
	m := wire{rest: w.bytes()}
	for len(m.rest) > 0 {
		m.varint()
		d.buckets++
	}
	w.odd = w.odd || m.odd
}

// boundValue is the value of a bucket or quantile.
type boundValue struct {
	bound    uint64 // the bits of a float64
	v        float64
	exemplar []byte // as encoded; nil if there is none
}

func (w *wire) quantile() (q boundValue) {
	m := wire{rest: w.bytes()}
	var seen uint64
	for tag, ok := m.next(); ok; tag, ok = m.next() {
		m.once(&seen, tag)
		switch tag {
		case 1<<3 | fixed64:
			q.setBound(m.double(), &m)
		case 2<<3 | fixed64:
			q.v = m.double()
		default:
			m.fail()
		}
	}
	w.odd = w.odd || m.odd
	return q
}

// setBound sets the bound, and fails if it is none.
func (q *boundValue) setBound(bound float64, w *wire) {
	if q.bound = math.Float64bits(bound); !isBound(q.bound) {
		w.fail()
	}
}

// isBound reports whether these are the bits of a bound. They are not where
// textparse's label is not that of a number of its own: NaN and −0.
func isBound(bits uint64) bool { return bits != 1<<63 && bits&^(1<<63) <= infBound }

func (w *wire) bucket() (q boundValue) {
	m := wire{rest: w.bytes()}
	var seen, count uint64
	for tag, ok := m.next(); ok; tag, ok = m.next() {
		m.once(&seen, tag)
		switch tag {
		case 1<<3 | varint:
			count = m.varint()
		case 2<<3 | fixed64:
			q.setBound(m.double(), &m)
		case 3<<3 | message:
			q.exemplar = m.exemplar()
		case 4<<3 | fixed64:
			q.v = m.double()
		default:
			m.fail()
		}
	}
	if q.v == 0 {
		q.v = float64(count)
	}
	w.odd = w.odd || m.odd
	return q
}
