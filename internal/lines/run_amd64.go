//go:build amd64 && !purego

package lines

import "unsafe"

// runIntegers is runLines for values of one to seven digits and texts of at least
// eight bytes. If it stops at a value, it returns the value's offset, else 0.
func runIntegers(texts []string, body []byte, at int, before, values []float64, changed []uint32, pos int) (end, n, value int, _ []uint32) {
	count, last := len(changed), len(body)-8
	if len(texts) == 0 || at > last {
		return at, 0, 0, changed
	}
	before, values, changed = before[:len(texts)], values[:len(texts)], changed[:count+len(texts)]
	end, n, value, more := integers(&texts[0], len(texts), unsafe.SliceData(body), at, last, &before[0], &values[0], &changed[count], pos)
	return end, n, value, changed[:count+more]
}

// integers reads up to n lines of body[at:], of which a value may begin at last or
// before. It returns the offset after them, how many it read, the offset of a value
// that it leaves to others or 0, and how many positions it wrote to changed.
//
//go:noescape
func integers(texts *string, n int, body *byte, at, last int, before, values *float64, changed *uint32, pos int) (end, read, value, count int)
