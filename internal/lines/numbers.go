package lines

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// numbers are the values of a body by position, to every bit. Nearly all are
// counts, most of them small: a block of them takes one or two bytes each, where
// a float64 takes eight. Of the recorded API servers 12,000 values take 23 kB.
//
// A read works on floats: it unpacks the values before it begins. What changed in a
// steady read is written in place, as long as it fits.
type numbers struct {
	n      int
	blocks []block
	data   []byte
}

const blockLen = 64

// block is where blockLen values stand in data: width bytes for each, little end
// first, and then eight bytes for each odd one, which is not a whole number of so
// many bytes. The last block is filled with zeros.
type block struct {
	odd   uint64 // a bit for each of them
	at    uint32
	width uint32 // 0, 1, 2 or 4
}

// bytes returns how many of data the block takes.
func (b *block) bytes() int { return blockLen*int(b.width) + 8*bits.OnesCount64(b.odd) }

// oddAt returns where an odd value of the block stands in data.
func (b *block) oddAt(i int) int {
	return int(b.at) + blockLen*int(b.width) + 8*bits.OnesCount64(b.odd&(1<<(i&63)-1))
}

// at returns the value at a position.
func (x *numbers) at(i int) float64 {
	b, k := &x.blocks[i/blockLen], i%blockLen
	if b.odd>>k&1 != 0 {
		return math.Float64frombits(binary.LittleEndian.Uint64(x.data[b.oddAt(k):]))
	}
	switch at := int(b.at); b.width {
	case 1:
		return float64(x.data[at+k])
	case 2:
		return float64(binary.LittleEndian.Uint16(x.data[at+2*k:]))
	case 4:
		return float64(binary.LittleEndian.Uint32(x.data[at+4*k:]))
	}
	return 0
}

// set writes a value in place; false if it does not fit.
func (x *numbers) set(pos uint32, v float64) bool {
	b, k := &x.blocks[pos/blockLen], pos%blockLen
	if b.odd>>(k&63)&1 != 0 {
		binary.LittleEndian.PutUint64(x.data[b.oddAt(int(k)):], math.Float64bits(v))
		return true
	}
	n := int64(v)
	if math.Float64bits(float64(n)) != math.Float64bits(v) {
		return false
	}
	switch data := x.data[b.at:]; b.width {
	case 0:
		return n == 0
	case 1:
		if uint64(n) > math.MaxUint8 {
			return false
		}
		data[k] = byte(n)
	case 2:
		if uint64(n) > math.MaxUint16 {
			return false
		}
		binary.LittleEndian.PutUint16(data[2*k:], uint16(n))
	case 4:
		if uint64(n) > math.MaxUint32 {
			return false
		}
		binary.LittleEndian.PutUint32(data[4*k:], uint32(n))
	}
	return true
}

// unpack returns all values, in dst if it has the room.
func (x *numbers) unpack(dst []float64) []float64 {
	dst = slices.Grow(dst[:0], blockLen*len(x.blocks))[:blockLen*len(x.blocks)]
	for i := range x.blocks {
		x.unpackBlock(&x.blocks[i], (*[blockLen]float64)(dst[blockLen*i:]))
	}
	return dst[:x.n]
}

func (x *numbers) unpackBlock(b *block, to *[blockLen]float64) {
	data := x.data[b.at:][:b.bytes()]
	switch b.width {
	case 0:
		clear(to[:])
	case 1:
		for i, data := 0, (*[blockLen]byte)(data); i < blockLen; i += 8 {
			n, to := binary.LittleEndian.Uint64(data[i:i+8]), to[i:i+8]
			to[0], to[1], to[2], to[3] = float64(uint8(n)), float64(uint8(n>>8)), float64(uint8(n>>16)), float64(uint8(n>>24))
			to[4], to[5], to[6], to[7] = float64(uint8(n>>32)), float64(uint8(n>>40)), float64(uint8(n>>48)), float64(n>>56)
		}
	case 2:
		for i, data := 0, (*[2 * blockLen]byte)(data); i < blockLen; i += 4 {
			n, to := binary.LittleEndian.Uint64(data[2*i:2*i+8]), to[i:i+4]
			to[0], to[1] = float64(uint16(n)), float64(uint16(n>>16))
			to[2], to[3] = float64(uint16(n>>32)), float64(uint16(n>>48))
		}
	case 4:
		for i, data := 0, (*[4 * blockLen]byte)(data); i < blockLen; i += 2 {
			n, to := binary.LittleEndian.Uint64(data[4*i:4*i+8]), to[i:i+2]
			to[0], to[1] = float64(uint32(n)), float64(n>>32)
		}
	}
	odd := data[blockLen*int(b.width):]
	for m := b.odd; m != 0; m &= m - 1 {
		to[bits.TrailingZeros64(m)] = math.Float64frombits(binary.LittleEndian.Uint64(odd))
		odd = odd[8:]
	}
}

func (x *numbers) clone() numbers {
	return numbers{x.n, slices.Clone(x.blocks), slices.Clone(x.data)}
}

const blockBytes = 16

func (x *numbers) bytes() int { return blockBytes*cap(x.blocks) + cap(x.data) }
