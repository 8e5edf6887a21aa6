package parse

import (
	"encoding/binary"
	"math"
)

// run reads lines of the body as long as they are the expected ones: the text of
// each id, then an integer of up to seven digits and a line feed. It is where a
// steady scrape spends its time. It gives the offset behind what it read, the
// number of lines read, and changed with the positions from pos on where the
// value is not the one before.
//
// len(before) and len(values) are at least len(ids); changed has room for
// len(ids) more.
func run(chunks []*chunk[*Line], body []byte, at int, ids []ID, before, values []float64, changed []uint32, pos int) (end, n int, _ []uint32) {
	for i, id := range ids {
		text := chunks[id>>chunkBits].text[id&(chunkLen-1)]
		value := at + len(text)
		if len(body)-value < 8 || string(body[at:value]) != text {
			return at, i, changed
		}
		var v float64
		if u, digits := shortInteger(binary.LittleEndian.Uint64(body[value:])); digits > 0 {
			v, at = float64(u), value+digits+1
		} else if f, next, ok := number(body, value); ok && next < len(body) && body[next] == '\n' {
			v, at = f, next+1
		} else {
			return at, i, changed
		}
		values[i] = v
		if math.Float64bits(v) != math.Float64bits(before[i]) {
			changed = append(changed, uint32(pos+i))
		}
	}
	return at, len(ids), changed
}
