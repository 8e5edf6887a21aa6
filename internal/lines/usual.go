package lines

import (
	"encoding/binary"
	"math"
)

// Nearly every message that says something new is written as client libraries write
// it, and is of the lines expected next. Such messages are read here, without what
// the others need; what is not sure is left to metric.go.

// readUsual stages Counter, Gauge and Untyped messages as long as they are of the
// lines expected next and have a value, perhaps a start, and nothing else.
func (p *protobufReader) readUsual(w *wire) {
	first, n := p.ahead()
	if n == 0 || p.limits.Exemplars > 0 {
		return
	}
	c, i := p.store.lines.chunk(first)
	texts, keys := c.text[i:][:n], c.key[i:][:n]
	values, starts := p.values[:0], p.starts[:0]
	for i, text := range texts {
		before := w.rest
		m, ok := w.message(4<<3 | message)
		if !ok {
			break
		}
		v, start, ok := p.usual(m, text)
		if !ok || keys[i] != p.family.id {
			w.rest = before
			break
		}
		values, starts = append(values, v), append(starts, start)
	}
	if p.values, p.starts = values, starts; len(values) > 0 {
		p.stageNext(values, starts, NoTime)
	}
}

// usual reads a message of the line of a text. ok is false if it is not sure.
func (p *protobufReader) usual(m []byte, text string) (v float64, start int64, ok bool) {
	n := len(text) - 1
	if n < 0 || len(m) < n+11 || text[0] != byte(Value) || string(m[:n]) != text[1:] {
		return 0, 0, false
	}
	// A label that the text does not have would be another tag.
	m = m[n:]
	if uint64(m[0]) != valueTags[p.typ] || m[1] >= 0x80 || int(m[1]) != len(m)-2 || m[2] != 1<<3|fixed64 {
		return 0, 0, false
	}
	v = math.Float64frombits(binary.LittleEndian.Uint64(m[3:]))
	if m = m[11:]; len(m) == 0 {
		return v, 0, true
	}
	if p.typ != typeCounter || m[0] != 3<<3|message {
		return 0, 0, false
	}
	w := wire{rest: m[1:]}
	start = w.timestamp()
	return v, start, !w.odd && len(w.rest) == 0
}

// stageKnown stages the lines of a summary or a classic histogram if they are those
// expected next.
func (p *protobufReader) stageKnown(count, sum float64, role Role, parts []boundValue, s reading) bool {
	n := 2 + len(parts)
	first, most := p.ahead()
	if most < n || p.limits.Exemplars > 0 {
		return false
	}
	c, i := p.store.lines.chunk(first)
	texts, keys := c.text[i:][:n], c.key[i:][:n]
	values, starts := append(p.values[:0], count, sum), append(p.starts[:0], s.start, s.start)
	for i, text := range texts {
		of := Count
		switch {
		case i >= 2:
			of = role
			if len(text) < 8 || wordAt(text[len(text)-8:]) != parts[i-2].bound {
				return false
			}
			text = text[:len(text)-8]
			values, starts = append(values, parts[i-2].v), append(starts, s.start)
		case i == 1:
			of = Sum
		}
		if len(text) == 0 || text[0] != byte(of) || text[1:] != string(p.labels) || keys[i] != p.family.id {
			return false
		}
	}
	p.values, p.starts = values, starts
	p.stageNext(values, starts, s.t)
	return true
}

// wordAt returns the first eight bytes of a text, the lowest first.
func wordAt(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// usualTimestamp reads a google.protobuf.Timestamp of a second and a fraction of it,
// in Unix milliseconds.
func usualTimestamp(m []byte) (ms int64, ok bool) {
	if len(m) < 9 || m[0] != 1<<3|varint {
		return 0, false
	}
	seconds, n := shortVarint(binary.LittleEndian.Uint64(m[1:]))
	if n++; n >= len(m)-1 || m[n] != 2<<3|varint {
		return 0, false
	}
	n++
	rest := len(m) - n // at most eight bytes, which are behind others
	if rest > 8 {
		return 0, false
	}
	nanos, size := shortVarint(binary.LittleEndian.Uint64(m[len(m)-8:]) >> (8 * (8 - rest)))
	if size != rest || nanos >= 1e9 || seconds > math.MaxInt64/1000-1 {
		return 0, false
	}
	return int64(seconds)*1000 + int64(nanos)/1e6, true
}

// usualBuckets reads the buckets that follow as long as each is a count of seven digits
// in base 128 at most and a bound, as nearly all are.
func (h *histogramMessage) usualBuckets() {
	const head, tail = 3, 1 + 8 // the tags and the length; the bound
	r := h.w.rest
	for len(r) >= head+8+tail && r[0] == 3<<3|message && r[2] == 1<<3|varint {
		count, n := shortVarint(binary.LittleEndian.Uint64(r[head:]))
		end := head + n + tail
		if n > 7 || int(r[1]) != end-2 || r[head+n] != 2<<3|fixed64 {
			break
		}
		bound := binary.LittleEndian.Uint64(r[head+n+1:])
		if !isBound(bound) {
			break
		}
		h.classic = append(h.classic, boundValue{bound: bound, v: float64(count)})
		r = r[end:]
	}
	h.w.rest = r
}
