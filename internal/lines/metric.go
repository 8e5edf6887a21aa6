package lines

import (
	"encoding/binary"
	"math"
)

// The values of a metric, by type. Each reads the message that holds them and
// stages its lines in the order of textparse, or says that it is not sure.

// scalar stages a Counter, Gauge or Untyped message; false if it is not plain.
func (r *Reader) scalar(b []byte, s sampled) (bool, error) {
	w := wire{rest: b}
	counter := r.messages.typ == typeCounter
	var seen uint64
	for tag, ok := w.next(); ok; tag, ok = w.next() {
		w.once(&seen, tag)
		switch {
		case tag == 1<<3|fixed64:
			s.v = w.double()
		case tag == 2<<3|message && counter:
			w.exemplar()
		case tag == 3<<3|message && counter:
			s.start = w.timestamp()
		default:
			w.fail()
		}
	}
	if w.odd {
		return false, nil
	}
	return true, r.message(Value, nil, s)
}

// summary stages a Summary message; false if it is not plain.
func (r *Reader) summary(b []byte, s sampled) (bool, error) {
	var (
		w           = wire{rest: b}
		count, seen uint64
		sum         float64
		quantiles   = r.messages.parts[:0]
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
	r.messages.parts = quantiles
	if w.odd {
		return false, nil
	}
	return true, r.compound(float64(count), sum, Quantile, quantiles, s)
}

// bounded is the value at a bucket's bound or at a quantile.
type bounded struct {
	bound [8]byte
	v     float64
}

func (w *wire) quantile() (q bounded) {
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

// setBound leaves to textparse what it does not write as a number of its own.
func (q *bounded) setBound(bound float64, w *wire) {
	bits := math.Float64bits(bound)
	if math.IsNaN(bound) || bits == 1<<63 {
		w.fail()
	}
	binary.LittleEndian.PutUint64(q.bound[:], bits)
}

func (w *wire) bucket() (q bounded) {
	b := w.bytes()
	if q, ok := plainBucket(b); ok {
		return q
	}
	m := wire{rest: b}
	var seen, count uint64
	for tag, ok := m.next(); ok; tag, ok = m.next() {
		m.once(&seen, tag)
		switch tag {
		case 1<<3 | varint:
			count = m.varint()
		case 2<<3 | fixed64:
			q.setBound(m.double(), &m)
		case 3<<3 | message:
			m.exemplar()
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

// plainBucket reads a count and a bound and nothing else, as nearly all are.
func plainBucket(b []byte) (q bounded, ok bool) {
	if len(b) < 11 || b[0] != 1<<3|varint {
		return q, false
	}
	n, count := 1, uint64(0)
	for ; n < len(b)-9 && n <= 9; n++ {
		count |= uint64(b[n]&0x7f) << (7 * (n - 1))
		if b[n] < 0x80 {
			break
		}
	}
	if n++; n != len(b)-9 || b[n-1] >= 0x80 || b[n] != 2<<3|fixed64 {
		return q, false
	}
	q.v = float64(count)
	w := wire{rest: b[n+1:]}
	q.setBound(w.double(), &w)
	return q, !w.odd
}

// compound stages the lines of a summary or a classic histogram.
func (r *Reader) compound(count, sum float64, role Role, parts []bounded, s sampled) error {
	s.v, s.native = count, nil
	if err := r.message(Count, nil, s); err != nil {
		return err
	}
	s.v = sum
	if err := r.message(Sum, nil, s); err != nil {
		return err
	}
	for i := range parts {
		s.v = parts[i].v
		if err := r.message(role, parts[i].bound[:], s); err != nil {
			return err
		}
	}
	return nil
}

// histogram stages a Histogram message; false if it is not plain, which the rare
// native histograms with fractions of observations are not either.
func (r *Reader) histogram(b []byte, s sampled) (bool, error) {
	var (
		w                   = wire{rest: b}
		count, seen, zeros  uint64
		floatCount, sum, zt float64
		positive, negative  side
		buckets             = r.messages.parts[:0]
	)
	own := r.messages.native[:0] // what is not of the classic buckets, or said elsewhere
	for {
		from := w.rest
		tag, ok := w.next()
		if !ok {
			break
		}
		switch tag {
		case 3<<3 | message:
			buckets = append(buckets, w.bucket())
			continue
		case 16<<3 | message:
			w.exemplar()
			continue
		case 15<<3 | message:
			w.once(&seen, tag)
			s.start = w.timestamp()
			continue
		case 9<<3 | message:
			negative.span(&w)
		case 10<<3 | message:
			negative.deltas(&w)
		case 10<<3 | varint:
			negative.delta(&w)
		case 12<<3 | message:
			positive.span(&w)
		case 13<<3 | message:
			positive.deltas(&w)
		case 13<<3 | varint:
			positive.delta(&w)
		default:
			w.once(&seen, tag)
			switch tag {
			case 1<<3 | varint:
				count = w.varint()
			case 2<<3 | fixed64:
				sum = w.double()
			case 4<<3 | fixed64:
				floatCount = w.double()
			case 5<<3 | varint: // the schema
				w.varint()
			case 6<<3 | fixed64:
				zt = w.double()
			case 7<<3 | varint:
				zeros = w.varint()
			default:
				w.fail()
			}
		}
		own = append(own, from[:len(from)-len(w.rest)]...)
	}
	r.messages.native = own
	r.messages.parts = buckets
	if n := max(positive.buckets+negative.buckets, positive.spans+negative.spans); n > r.limits.Buckets {
		return false, overLimit("buckets", r.limits.Buckets)
	}
	native := positive.spans+negative.spans > 0 || zt > 0 || zeros > 0
	if w.odd || native && (floatCount != 0 || !positive.whole() || !negative.whole()) {
		return false, nil
	}
	total := floatCount
	if total == 0 {
		total = float64(count)
	}
	if native {
		s.v, s.native, s.kind = total, own, nativeKinds[r.messages.typ]
		if err := r.message(Native, nil, s); err != nil || len(buckets) == 0 {
			return true, err
		}
	}
	return true, r.compound(total, sum, Bucket, r.untilInf(total), s)
}

// untilInf are the buckets that are read: up to that of +Inf, which is added
// where it is missing.
func (r *Reader) untilInf(total float64) []bounded {
	m := &r.messages
	for i := range m.parts {
		if m.parts[i].bound == infBound {
			return m.parts[:i+1]
		}
	}
	m.parts = append(m.parts, bounded{infBound, total})
	return m.parts
}

var infBound = func() (b [8]byte) {
	binary.LittleEndian.PutUint64(b[:], math.Float64bits(math.Inf(1)))
	return b
}()

// side counts the buckets of a native histogram above or below zero: those that
// its spans make room for, and those there are.
type side struct{ spans, room, buckets int }

func (d *side) whole() bool { return d.room == d.buckets }

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

// deltas are packed into one field.
func (d *side) deltas(w *wire) {
	m := wire{rest: w.bytes()}
	for len(m.rest) > 0 {
		m.varint()
		d.buckets++
	}
	w.odd = w.odd || m.odd
}
