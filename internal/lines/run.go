package lines

import (
	"math"
	"math/bits"
)

// The cost of a steady read is decided here: for each line one comparison of its
// text and the reading of a short integer, without a call. runIntegers leaves other
// values to runLines, which leaves what it does not understand to
// textReader.entry.
//
// runIntegers is a hundred instructions of Go a line, and about sixty written for
// the processor. What is left is memory: the body and the texts are read once, and
// to add them up takes two thirds of the time.
//
// Tried and not faster: runtime.memequal for the texts (a call spills all
// registers); guessing the number of digits from the value before, to begin the
// next line sooner; comparing the text of the value with the one before first; 32
// bytes at a time with AVX2 (half a nanosecond of eleven, none where the body is not
// in the cache); comparing what a text shares with the one before with the line
// before, so that of the store only its last 16 bytes are read (a nanosecond more).
// Three quarters of the lines are what they were, most in runs of more than 64, but
// nobody keeps the body before with which a run could be compared at once.

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
