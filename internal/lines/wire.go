package lines

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// wire reads the fields of a protobuf message one by one, if they are written the
// way encoders do it. It leaves other messages to textparse.
//
// See https://protobuf.dev/programming-guides/encoding/.
type wire struct {
	rest []byte
	odd  bool // the message is not written that way, or damaged; rest is empty
}

// Wire types: the low three bits of a tag, which say how the value is written. The
// other bits are the number of the field.
const (
	varint   = 0
	fixed64  = 1
	message  = 2
	group    = 3
	endGroup = 4
	fixed32  = 5
)

// next reads a tag; ok is false at the end of the message.
func (w *wire) next() (tag uint64, ok bool) {
	if len(w.rest) == 0 || w.odd {
		return 0, false
	}
	if c := w.rest[0]; c >= 1<<3 && c < 0x80 { // a number up to 15
		w.rest = w.rest[1:]
		return uint64(c), true
	}
	tag = w.varint()
	if number := int32(tag >> 3); number <= 0 {
		w.fail()
	} else {
		tag = uint64(number)<<3 | tag&7 // 32 bits count, as in decoders for Go
	}
	return tag, !w.odd
}

// fail gives up the message.
func (w *wire) fail() { w.rest, w.odd = nil, true }

func (w *wire) varint() uint64 {
	if len(w.rest) > 0 && w.rest[0] < 0x80 {
		v := w.rest[0]
		w.rest = w.rest[1:]
		return uint64(v)
	}
	return w.longVarint()
}

func (w *wire) longVarint() uint64 {
	if len(w.rest) >= 8 {
		if v, n := shortVarint(binary.LittleEndian.Uint64(w.rest)); n <= 8 {
			w.rest = w.rest[n:]
			return v
		}
	}
	var v uint64
	for i := 0; i < len(w.rest) && i < binary.MaxVarintLen64; i++ {
		c := w.rest[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			w.rest = w.rest[i+1:]
			return v
		}
	}
	w.fail()
	return 0
}

// shortVarint returns the number that starts a word, the lowest byte of which is the
// first, and how many bytes it takes: above 8 if it does not end there.
func shortVarint(word uint64) (v uint64, n int) {
	n = bits.TrailingZeros64(^word&0x8080808080808080)>>3 + 1 // that of 0 is 64
	word &= 1<<(8*n) - 1
	word = word&0x007f007f007f007f | word>>1&0x3f803f803f803f80
	word = word&0x00003fff00003fff | word>>2&0x0fffc0000fffc000
	return word&0x0fffffff | word>>4&0x00fffffff0000000, n
}

// message reads a field that is a message, with its tag, if that is next and its
// length takes two bytes at most, as nearly always.
func (w *wire) message(tag byte) (m []byte, ok bool) {
	r := w.rest
	if len(r) < 3 || r[0] != tag || r[2] >= 0x80 && r[1] >= 0x80 {
		return nil, false
	}
	n, at := int(r[1]), 2
	if n >= 0x80 {
		n, at = n&0x7f|int(r[2])<<7, 3
	}
	if n > len(r)-at {
		return nil, false
	}
	w.rest = r[at+n:]
	return r[at : at+n : at+n], true
}

func (w *wire) double() float64 {
	if len(w.rest) < 8 {
		w.fail()
		return 0
	}
	bits := binary.LittleEndian.Uint64(w.rest)
	w.rest = w.rest[8:]
	return math.Float64frombits(bits)
}

// bytes reads a string, a message, or packed numbers. It shares memory with rest.
func (w *wire) bytes() []byte {
	n := w.varint()
	if n > uint64(len(w.rest)) {
		w.fail()
		return nil
	}
	b := w.rest[:n:n]
	w.rest = w.rest[n:]
	return b
}

// skip skips the value of a field.
func (w *wire) skip(tag uint64) {
	switch tag & 7 {
	case varint:
		w.varint()
	case fixed64:
		w.double()
	case message:
		w.bytes()
	case group:
		for depth := 1; depth > 0 && !w.odd; {
			switch tag := w.varint(); tag & 7 {
			case group:
				depth++
			case endGroup:
				depth--
			default:
				w.skip(tag)
			}
		}
	case fixed32:
		if len(w.rest) < 4 {
			w.fail()
			return
		}
		w.rest = w.rest[4:]
	default:
		w.fail()
	}
}

// once fails if a field is there twice. seen has a bit for each field number.
func (w *wire) once(seen *uint64, tag uint64) {
	bit := uint64(1) << (tag >> 3 & 63)
	if *seen&bit != 0 {
		w.fail()
	}
	*seen |= bit
}

// timestamp reads a google.protobuf.Timestamp and returns it in Unix milliseconds.
func (w *wire) timestamp() int64 {
	b := w.bytes()
	if ms, ok := usualTimestamp(b); ok {
		return ms
	}
	m := wire{rest: b}
	var seconds, nanos, seen uint64
	for tag, ok := m.next(); ok; tag, ok = m.next() {
		m.once(&seen, tag)
		switch tag {
		case 1<<3 | varint:
			seconds = m.varint()
		case 2<<3 | varint:
			nanos = m.varint()
		default:
			m.fail()
		}
	}
	if m.odd || seconds > math.MaxInt64/1000-1 || nanos >= 1e9 {
		w.fail()
	}
	return int64(seconds)*1000 + int64(nanos)/1e6
}

// exemplar returns an io.prometheus.client.Exemplar, as it is encoded.
func (w *wire) exemplar() []byte {
	raw := w.bytes()
	m := wire{rest: raw}
	var seen uint64
	for tag, ok := m.next(); ok; tag, ok = m.next() {
		switch tag {
		case 1<<3 | message:
			m.labelPair()
		case 2<<3 | fixed64:
			m.once(&seen, tag)
			m.double()
		case 3<<3 | message:
			m.once(&seen, tag)
			m.timestamp()
		default:
			m.fail()
		}
	}
	w.odd = w.odd || m.odd
	return raw
}

func (w *wire) labelPair() {
	m := wire{rest: w.bytes()}
	for tag, ok := m.next(); ok; tag, ok = m.next() {
		if tag != 1<<3|message && tag != 2<<3|message {
			m.fail()
		}
		m.bytes()
	}
	w.odd = w.odd || m.odd
}
