package lines

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// portableIntegers is runIntegers where that is not written for the processor.
//
// It reads memory without bounds checks. All loads of a text lie within its length
// n ≥ 8. The same loads of the body lie before its offset at+n, and the load of
// the value ends at at+n+8 ≤ len(body).
func portableIntegers(texts []string, body []byte, at int, before, values []float64, changed []uint32, pos int) (end, n, value int, _ []uint32) {
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
