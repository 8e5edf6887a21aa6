package lines

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"unsafe"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/promfold/promfold/internal/saved"
)

// native is the histogram of the line at a position, as it was written: that is
// little, tells at once whether anything changed, and most are never asked for.
// The first byte is its kind.
type native struct {
	pos uint32
	raw []byte
}

type nativeKind byte

const (
	encoded nativeKind = iota // a Histogram message of protobuf
	gauge                     // the same, of a gauge histogram
	written                   // see appendNative
)

// nativeKinds are the kinds of what a family of the type holds.
var nativeKinds = [...]nativeKind{typeHistogram: encoded, typeGaugeHistogram: gauge}

func findNative(list []native, pos int) []byte {
	i, ok := slices.BinarySearchFunc(list, uint32(pos), func(n native, pos uint32) int { return int(n.pos) - int(pos) })
	if !ok {
		return nil
	}
	return list[i].raw
}

func nativeBytes(list []native) int {
	n := cap(list) * int(unsafe.Sizeof(native{}))
	for i := range list {
		n += cap(list[i].raw)
	}
	return n
}

// nativeAt is the histogram at a position.
func nativeAt(list []native, pos int) *histogram.FloatHistogram {
	raw := findNative(list, pos)
	if raw == nil {
		return nil
	}
	if nativeKind(raw[0]) == written {
		return decodeNative(raw[1:])
	}
	if f, ok := decodeHistogram(raw[1:]); ok {
		if nativeKind(raw[0]) == gauge {
			f.CounterResetHint = histogram.GaugeType
		}
		return f
	}
	p := newProtobufParser(histogramFamily(raw[1:]))
	for {
		entry, err := p.Next()
		if err != nil {
			return nil
		}
		if entry == textparse.EntryHistogram {
			_, _, h, f := p.Histogram()
			if h != nil {
				f = h.ToFloat(nil)
			}
			if nativeKind(raw[0]) == gauge {
				f.CounterResetHint = histogram.GaugeType
			}
			return f
		}
	}
}

// decodeHistogram decodes a Histogram message whose counts are integers, as
// textparse does; false if it is not plain.
func decodeHistogram(raw []byte) (*histogram.FloatHistogram, bool) {
	w, f := wire{rest: raw}, &histogram.FloatHistogram{}
	for tag, ok := w.next(); ok; tag, ok = w.next() {
		switch tag {
		case 1<<3 | varint:
			f.Count = float64(w.varint())
		case 2<<3 | fixed64:
			f.Sum = w.double()
		case 5<<3 | varint:
			f.Schema = int32(unzigzag(w.varint()))
		case 6<<3 | fixed64:
			f.ZeroThreshold = w.double()
		case 7<<3 | varint:
			f.ZeroCount = float64(w.varint())
		case 9<<3 | message:
			f.NegativeSpans = append(f.NegativeSpans, w.span())
		case 10<<3 | varint:
			f.NegativeBuckets = append(f.NegativeBuckets, float64(unzigzag(w.varint())))
		case 12<<3 | message:
			f.PositiveSpans = append(f.PositiveSpans, w.span())
		case 13<<3 | varint:
			f.PositiveBuckets = append(f.PositiveBuckets, float64(unzigzag(w.varint())))
		default:
			w.fail()
		}
	}
	if w.odd || !sumUp(f.NegativeBuckets) || !sumUp(f.PositiveBuckets) {
		return nil, false
	}
	return f.Compact(0), true
}

// sizeOf is the number of buckets of a native histogram, or of spans if those
// are more. Limits.Buckets bounds it.
func sizeOf(h *histogram.FloatHistogram) int {
	return max(len(h.PositiveBuckets)+len(h.NegativeBuckets), len(h.PositiveSpans)+len(h.NegativeSpans))
}

// sizeOfMetric is sizeOf of the Histogram message in a Metric message, as far
// as it can be read.
func sizeOfMetric(metric []byte) (n int) {
	for w := (wire{rest: metric}); ; {
		tag, ok := w.next()
		if !ok {
			return n
		}
		if tag != 7<<3|message {
			w.skip(tag)
			continue
		}
		// A second message would be merged with the first.
		n += sizeOfMessage(w.bytes())
	}
}

func sizeOfMessage(histogram []byte) int {
	buckets, spans := 0, 0
	for w := (wire{rest: histogram}); ; {
		tag, ok := w.next()
		if !ok {
			return max(buckets, spans)
		}
		switch tag {
		case 9<<3 | message, 12<<3 | message:
			w.bytes()
			spans++
		case 10<<3 | message, 13<<3 | message: // packed varints: the last byte of each is below 0x80
			for _, c := range w.bytes() {
				if c < 0x80 {
					buckets++
				}
			}
		case 11<<3 | message, 14<<3 | message: // packed doubles
			buckets += len(w.bytes()) / 8
		case 10<<3 | varint, 13<<3 | varint, 11<<3 | fixed64, 14<<3 | fixed64:
			w.skip(tag)
			buckets++
		default:
			w.skip(tag)
		}
	}
}

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func (w *wire) span() (s histogram.Span) {
	m := wire{rest: w.bytes()}
	for tag, ok := m.next(); ok; tag, ok = m.next() {
		switch tag {
		case 1<<3 | varint:
			s.Offset = int32(unzigzag(m.varint()))
		case 2<<3 | varint:
			s.Length = uint32(m.varint())
		default:
			m.fail()
		}
	}
	w.odd = w.odd || m.odd
	return s
}

// sumUp makes counts of their differences; false where a float64 is not exact.
func sumUp(deltas []float64) bool {
	for i := range deltas {
		if i > 0 {
			deltas[i] += deltas[i-1]
		}
		if math.Abs(deltas[i]) > 1<<53 {
			return false
		}
	}
	return true
}

func newProtobufParser(body []byte) textparse.Parser {
	return textparse.NewProtobufParser(body, false, true, false, false, nil)
}

// histogramFamily is a family of one metric, whose Histogram message is raw.
func histogramFamily(raw []byte) []byte {
	metric := appendMessage(nil, 7, raw)
	family := appendMessage(nil, 1, []byte("x"))
	family = append(family, 3<<3|varint, typeHistogram)
	family = appendMessage(family, 4, metric)
	return append(binary.AppendUvarint(nil, uint64(len(family))), family...)
}

// appendMessage appends a field that is a string or message.
func appendMessage(b []byte, number uint64, m []byte) []byte {
	b = binary.AppendUvarint(b, number<<3|message)
	return append(binary.AppendUvarint(b, uint64(len(m))), m...)
}

// sampled is what a body says of one line.
type sampled struct {
	v      float64
	t      int64
	start  int64
	native []byte     // as native.raw, without the first byte; nil: none
	kind   nativeKind // its first byte
}

// sampled stages one line with all there is to it.
func (r *Reader) sampled(id uint32, old int, s sampled) error {
	n := len(r.changed)
	if err := r.line(id, old, s.v, s.t); err != nil {
		return err
	}
	pos := r.len() - 1
	r.began(pos, s.start)
	known := old >= 0 && !r.walk.fresh
	differs := known && s.start != r.walk.expect.Start(old)
	if s.native != nil {
		var raw []byte
		if known {
			raw = findNative(r.walk.expect.natives, old)
		}
		if raw == nil || nativeKind(raw[0]) != s.kind || !bytes.Equal(raw[1:], s.native) {
			raw = append([]byte{byte(s.kind)}, s.native...)
			differs = known
		}
		r.natives = append(r.natives, native{uint32(pos), raw})
	}
	if differs && len(r.changed) == n {
		r.changed = append(r.changed, uint32(pos))
	}
	return nil
}

// types are the families' types by their number in protobuf.
var types = [...]model.MetricType{
	typeCounter: model.MetricTypeCounter, typeGauge: model.MetricTypeGauge, typeSummary: model.MetricTypeSummary,
	typeUntyped: model.MetricTypeUnknown, typeHistogram: model.MetricTypeHistogram, typeGaugeHistogram: model.MetricTypeGaugeHistogram,
}

// The numbers of io.prometheus.client.MetricType.
const (
	typeCounter = iota
	typeGauge
	typeSummary
	typeUntyped
	typeHistogram
	typeGaugeHistogram
)

// appendNative writes down a histogram that came in another way than protobuf.
func appendNative(b []byte, h *histogram.FloatHistogram) []byte {
	b = saved.Int(b, int64(h.Schema))
	b = saved.Int(b, int64(h.CounterResetHint))
	for _, v := range []float64{h.ZeroThreshold, h.ZeroCount, h.Count, h.Sum} {
		b = saved.Float(b, v)
	}
	for _, spans := range [][]histogram.Span{h.PositiveSpans, h.NegativeSpans} {
		b = saved.Uint(b, len(spans))
		for _, s := range spans {
			b = saved.Uint(saved.Int(b, int64(s.Offset)), s.Length)
		}
	}
	for _, list := range [][]float64{h.PositiveBuckets, h.NegativeBuckets, h.CustomValues} {
		b = saved.Uint(b, len(list))
		for _, v := range list {
			b = saved.Value(b, v)
		}
	}
	return b
}

// decodeNative reads what appendNative wrote; nil if it did not.
func decodeNative(b []byte) *histogram.FloatHistogram {
	r := saved.Read(b)
	h := &histogram.FloatHistogram{Schema: int32(r.Int()), CounterResetHint: histogram.CounterResetHint(r.Int())}
	for _, v := range []*float64{&h.ZeroThreshold, &h.ZeroCount, &h.Count, &h.Sum} {
		*v = r.Float()
	}
	for _, spans := range []*[]histogram.Span{&h.PositiveSpans, &h.NegativeSpans} {
		for range r.Count(2) {
			*spans = append(*spans, histogram.Span{Offset: int32(r.Int()), Length: uint32(r.Uint())})
		}
	}
	for _, list := range []*[]float64{&h.PositiveBuckets, &h.NegativeBuckets, &h.CustomValues} {
		for range r.Count(1) {
			*list = append(*list, r.Value())
		}
	}
	if r.Failed() {
		return nil
	}
	return h
}
