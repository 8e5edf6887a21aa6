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

// whole returns a value as a whole number, if it is one of up to 32 bits.
func whole(v float64) (uint32, bool) {
	i := int64(v)
	return uint32(i), uint64(i) <= math.MaxUint32 && math.Float64bits(float64(i)) == math.Float64bits(v)
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
func (x *numbers) set(i int, v float64) bool {
	b, k := &x.blocks[i/blockLen], i%blockLen
	if b.odd>>k&1 != 0 {
		binary.LittleEndian.PutUint64(x.data[b.oddAt(k):], math.Float64bits(v))
		return true
	}
	n, ok := whole(v)
	if !ok || uint64(n)>>(8*b.width) != 0 {
		return false
	}
	switch at := int(b.at); b.width {
	case 1:
		x.data[at+k] = byte(n)
	case 2:
		binary.LittleEndian.PutUint16(x.data[at+2*k:], uint16(n))
	case 4:
		binary.LittleEndian.PutUint32(x.data[at+4*k:], n)
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

// packing is scratch for what is packed.
type packing struct {
	blocks []block
	data   []byte
	stale  []uint32 // blocks, ascending, in which a value does not fit
	width  uint32   // tried first: that of the block before, or the one packed last
	last   [blockLen]float64
}

// pack makes x hold these values.
func (p *packing) pack(x *numbers, values []float64) {
	p.blocks, p.data = p.blocks[:0], p.data[:0]
	for i, rest := 0, values; len(rest) > 0; i, rest = i+1, rest[min(len(rest), blockLen):] {
		if i < len(x.blocks) {
			p.width = x.blocks[i].width
		}
		p.block(rest)
	}
	x.n, x.blocks, x.data = len(values), replace(x.blocks, p.blocks), replace(x.data, p.data)
}

// update makes x hold these values, which differ at the changed positions alone.
func (p *packing) update(x *numbers, values []float64, changed []uint32) {
	p.stale = p.stale[:0]
	for _, pos := range changed {
		if x.set(int(pos), values[pos]) {
			continue
		}
		if n, i := len(p.stale), pos/blockLen; n == 0 || p.stale[n-1] != i {
			p.stale = append(p.stale, i)
		}
	}
	if len(p.stale) == 0 {
		return
	}
	p.blocks, p.data = p.blocks[:0], p.data[:0]
	from := 0 // blocks from here on are neither copied nor packed yet
	for _, i := range p.stale {
		p.keep(x, from, int(i))
		p.width = x.blocks[i].width
		p.block(values[blockLen*i:])
		from = int(i) + 1
	}
	p.keep(x, from, len(x.blocks))
	copy(x.blocks, p.blocks)
	x.data = replace(x.data, p.data)
}

// keep takes over the blocks of x from one to another.
func (p *packing) keep(x *numbers, from, to int) {
	if from == to {
		return
	}
	start, end := x.blocks[from].at, int(x.blocks[to-1].at)+x.blocks[to-1].bytes()
	moved := uint32(len(p.data)) - start
	p.data = append(p.data, x.data[start:end]...)
	for _, b := range x.blocks[from:to] {
		b.at += moved
		p.blocks = append(p.blocks, b)
	}
}

// block packs the next blockLen values, or all if there are fewer.
func (p *packing) block(values []float64) {
	in := &p.last
	if len(values) >= blockLen {
		in = (*[blockLen]float64)(values)
	} else {
		clear(in[copy(in[:], values):])
	}
	at := len(p.data)
	p.data = slices.Grow(p.data, (4+8)*blockLen)
	data := p.data[at : at+4*blockLen]
	odd, small := write(data, in, p.width)
	if most := blockLen / 8; bits.OnesCount64(odd) > most || small > blockLen-most {
		least := math.MaxInt
		for _, width := range [...]uint32{0, 1, 2, 4} {
			odd, _ := write(data, in, width)
			b := block{width: width, odd: odd}
			if size := b.bytes(); size < least {
				p.width, least = width, size
			}
		}
		odd, _ = write(data, in, p.width)
	}
	p.blocks = append(p.blocks, block{odd, uint32(at), p.width})
	p.data = p.data[:at+blockLen*int(p.width)]
	for m := odd; m != 0; m &= m - 1 {
		p.data = binary.LittleEndian.AppendUint64(p.data, math.Float64bits(in[bits.TrailingZeros64(m)]))
	}
}

// write writes values as whole numbers of so many bytes. odd has a bit for each
// that is none, and about small of them would be one in half the bytes.
func write(data []byte, in *[blockLen]float64, width uint32) (odd uint64, small int) {
	switch width {
	case 0:
		for _, v := range in {
			odd = odd>>1 | bit(math.Float64bits(v) != 0)<<63
		}
	case 1:
		all, data := byte(0), (*[blockLen]byte)(data)
		for i, v := range in {
			n := byte(int64(v))
			all, data[i] = all|n, n
			odd = odd>>1 | bit(math.Float64bits(float64(n)) != math.Float64bits(v))<<63
		}
		if all == 0 {
			small = blockLen
		}
	case 2:
		large, data := uint32(0), (*[2 * blockLen]byte)(data)
		for i, v := range in {
			n := uint16(int64(v))
			large += (uint32(n) + 1<<16 - 1<<8) >> 16
			binary.LittleEndian.PutUint16(data[2*i:], n)
			odd = odd>>1 | bit(math.Float64bits(float64(n)) != math.Float64bits(v))<<63
		}
		small = blockLen - int(large)
	case 4:
		large, data := uint64(0), (*[4 * blockLen]byte)(data)
		for i, v := range in {
			n := uint32(int64(v))
			large += (uint64(n) + 1<<32 - 1<<16) >> 32
			binary.LittleEndian.PutUint32(data[4*i:], n)
			odd = odd>>1 | bit(math.Float64bits(float64(n)) != math.Float64bits(v))<<63
		}
		small = blockLen - int(large)
	}
	return odd, small
}

// bit is 1 for true, without a branch.
func bit(is bool) uint64 {
	if is {
		return 1
	}
	return 0
}

func (x *numbers) clone() numbers {
	return numbers{x.n, slices.Clone(x.blocks), slices.Clone(x.data)}
}

const blockBytes = 16

func (x *numbers) bytes() int { return blockBytes*cap(x.blocks) + cap(x.data) }
