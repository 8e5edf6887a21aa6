package lines

import (
	"encoding/binary"
	"math"
	"math/bits"
	"unsafe"
)

// The cost of a steady read is decided here: for each line one comparison of its
// text and the reading of a short integer, about a hundred instructions and no
// call. runIntegers leaves other values to runLines, which leaves what it does not
// understand to textReader.entry.
//
// Tried and not faster: runtime.memequal for the texts (faster by itself, but a
// call spills all registers: over 39 real scrapes, 157 million instructions for
// texts of 64 bytes and more against 149); guessing the number of digits from the value before,
// to begin the next line sooner; comparing the text of the value with the one
// before first.

// runLines reads lines of body[at:] as long as they are the expected ones: each
// its text, a number and a line feed. It stores the values and returns the offset
// after the last line read, the number of lines read, and changed with the
// positions of values that differ from those before in any bit. The position of
// the first line is pos.
//
// before and values are at least as long as texts; changed has room for as many.
func runLines(texts []string, body []byte, at int, before, values []float64, changed []uint32, pos int) (end, n int, _ []uint32) {
	for {
		var (
			read  int
			value int // offset of a value that is not a short integer, or 0
		)
		at, read, value, changed = runIntegers(texts[n:], body, at, before[n:], values[n:], changed, pos+n)
		n += read
		if n == len(texts) {
			return at, n, changed
		}
		if value == 0 {
			value = at + len(texts[n])
			if value >= len(body) || string(body[at:value]) != texts[n] {
				return at, n, changed
			}
		}
		v, next, ok := number(body, value)
		if !ok || next == len(body) || body[next] != '\n' {
			return at, n, changed
		}
		values[n] = v
		if math.Float64bits(v) != math.Float64bits(before[n]) {
			changed = append(changed, uint32(pos+n))
		}
		at = next + 1
		if n++; n == len(texts) {
			return at, n, changed
		}
	}
}

// runIntegers is runLines for values of one to seven digits and texts of at least
// eight bytes. If it stops at a value, it returns the value's offset, else 0.
//
// It reads memory without bounds checks. All loads of a text lie within its length
// n ≥ 8. The same loads of the body lie before its offset at+n, and the load of
// the value ends at at+n+8 ≤ len(body).
func runIntegers(texts []string, body []byte, at int, before, values []float64, changed []uint32, pos int) (end, n, value int, _ []uint32) {
	before, values = before[:len(texts)], values[:len(texts)]
	count := len(changed)
	changed = changed[:count+len(texts)]
	for i, text := range texts {
		n := len(text)
		if len(body)-at-n < 8 {
			return at, i, 0, changed[:count]
		}
		a, b := unsafe.Pointer(unsafe.StringData(text)), unsafe.Add(unsafe.Pointer(unsafe.SliceData(body)), at)
		switch {
		case n >= 32:
			if !same32(a, b) || !same32(unsafe.Add(a, n-32), unsafe.Add(b, n-32)) {
				return at, i, 0, changed[:count]
			}
			for j := 32; j < n-32; j += 32 {
				if !same32(unsafe.Add(a, j), unsafe.Add(b, j)) {
					return at, i, 0, changed[:count]
				}
			}
		case n >= 16:
			if !same16(a, b) || !same16(unsafe.Add(a, n-16), unsafe.Add(b, n-16)) {
				return at, i, 0, changed[:count]
			}
		case n < 8 || !same8(a, b) || !same8(unsafe.Add(a, n-8), unsafe.Add(b, n-8)):
			return at, i, 0, changed[:count]
		}
		w := binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(b, n))[:])
		digits := countDigits(w)
		d := alignDigits(w, digits)
		if byte(w>>(8*digits&63)) != '\n' || !areDigits(d) {
			return at, i, at + n, changed[:count]
		}
		v := float64(int64(sumDigits(d)))
		at += n + int(digits) + 1
		values[i] = v
		// No branch: it would be mispredicted, as values change at random.
		changed[count] = uint32(pos + i)
		if math.Float64bits(v) != math.Float64bits(before[i]) {
			count++
		}
	}
	return at, len(texts), 0, changed[:count]
}

func same8(a, b unsafe.Pointer) bool  { return *(*[8]byte)(a) == *(*[8]byte)(b) }
func same16(a, b unsafe.Pointer) bool { return *(*[16]byte)(a) == *(*[16]byte)(b) }
func same32(a, b unsafe.Pointer) bool {
	return same16(a, b) && same16(unsafe.Add(a, 16), unsafe.Add(b, 16))
}

// The words below are eight bytes of a body; the first byte is the lowest.
const (
	sixteens = 0x1010101010101010
	sixes    = 0x0606060606060606
	zeros    = 0x3030303030303030 // "00000000"
	nibbles  = 0xf0f0f0f0f0f0f0f0
)

// countDigits returns the number of bytes, at most seven, before the first one
// without the bit 0x10. Digits have it. What may follow them does not: line feed,
// blank, point, e, brace, sign.
func countDigits(w uint64) uint {
	return uint(bits.TrailingZeros64(^w&sixteens|1<<63)) >> 3
}

// alignDigits subtracts '0' from the first n ≤ 7 bytes and moves them to the end
// of the word, after leading zeros. With n = 0 all eight bytes stay.
func alignDigits(w uint64, n uint) uint64 {
	return (w ^ zeros) << ((64 - 8*n) & 63)
}

// areDigits reports whether each byte is 0 to 9.
func areDigits(d uint64) bool { return ((d+sixes)|d)&nibbles == 0 }

// sumDigits returns the number with these digits. It combines neighbours by tens,
// then by hundreds, then by ten thousands.
func sumDigits(d uint64) uint64 {
	d = d*10 + d>>8
	return ((d&0x000000ff000000ff)*0x000f424000000064 + (d>>16&0x000000ff000000ff)*0x0000271000000001) >> 32
}
