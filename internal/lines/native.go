package lines

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/promfold/promfold/internal/saved"
)

// native is the histogram of the line at a position, as it is encoded in the
// body. That is small, shows at once whether anything changed, and most histograms
// are never decoded. The first byte is its kind.
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

// types are the types of families by their number in protobuf.
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

// nativeKinds holds the kind of the histograms of a family, by its type.
var nativeKinds = [...]nativeKind{typeHistogram: encoded, typeGaugeHistogram: gauge}

// findNative returns the encoded histogram at a position, nil if there is none.
func findNative(list []native, pos int) []byte {
	i, ok := slices.BinarySearchFunc(list, uint32(pos), func(n native, pos uint32) int { return int(n.pos) - int(pos) })
	if !ok {
		return nil
	}
	return list[i].raw
}

// nativeBytes returns the memory held.
func nativeBytes(list []native) int {
	n := cap(list) * int(unsafe.Sizeof(native{}))
	for i := range list {
		n += cap(list[i].raw)
	}
	return n
}

// nativeAt decodes the histogram at a position. It returns nil if there is none, or
// one that textparse cannot read.
func nativeAt(list []native, pos int) *histogram.FloatHistogram {
	raw := findNative(list, pos)
	if raw == nil {
		return nil
	}
	if nativeKind(raw[0]) == written {
		return decodeNative(raw[1:])
	}
	f, ok := decodeHistogram(raw[1:])
	if !ok {
		f = parseHistogram(raw[1:])
	}
	if f != nil && nativeKind(raw[0]) == gauge {
		f.CounterResetHint = histogram.GaugeType
	}
	return f
}

// decodeHistogram decodes a Histogram message with integer counts as textparse
// does. ok is false if it is not written the usual way.
func decodeHistogram(raw []byte) (f *histogram.FloatHistogram, ok bool) {
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

// sumUp turns differences into counts. It returns false if a float64 cannot hold
// one exactly.
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

// parseHistogram lets textparse decode a Histogram message.
func parseHistogram(raw []byte) *histogram.FloatHistogram {
	p := textparse.NewProtobufParser(histogramFamily(raw), false, true, false, false, nil)
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
			return f
		}
	}
}

// histogramFamily returns a body of one family with one Histogram message.
func histogramFamily(raw []byte) []byte {
	family := appendMessage(nil, 1, []byte("x"))
	family = append(family, 3<<3|varint, typeHistogram)
	family = appendMessage(family, 4, appendMessage(nil, 7, raw))
	return appendDelimited(nil, family)
}

// appendMessage appends a field that is a string or a message.
func appendMessage(b []byte, number uint64, m []byte) []byte {
	return appendDelimited(binary.AppendUvarint(b, number<<3|message), m)
}

// appendDelimited appends a message after its length.
func appendDelimited(b, m []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(m))), m...)
}

// sizeOf returns the number of buckets of a native histogram, or of spans if they
// are more. Limits.Buckets bounds it.
func sizeOf(h *histogram.FloatHistogram) int {
	return max(len(h.PositiveBuckets)+len(h.NegativeBuckets), len(h.PositiveSpans)+len(h.NegativeSpans))
}

// sizeOfMetric returns the size of the histogram in a Metric message, as far as it
// can be read.
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
		n += sizeOfMessage(w.bytes()) // decoders merge a second message with the first
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

// appendNative appends a histogram in a form of its own, for those that no
// protobuf message holds.
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

// decodeNative decodes what appendNative appended; nil if it is something else.
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
