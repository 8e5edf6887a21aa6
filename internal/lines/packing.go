package lines

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

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

// move makes x hold these values. Those of kept, which ascends by position, it holds
// already, at other positions; they differ at the changed positions alone.
func (p *packing) move(x *numbers, values []float64, kept []Move, changed []uint32) {
	p.blocks, p.data = p.blocks[:0], p.data[:0]
	for i := range (len(values) + blockLen - 1) / blockLen {
		at := uint32(blockLen * i)
		for len(kept) > 0 && kept[0].Pos+kept[0].N < at+blockLen {
			kept = kept[1:]
		}
		n := 0
		for n < len(changed) && changed[n] < at+blockLen {
			n++
		}
		if len(kept) == 0 || kept[0].Pos > at || n > blockLen/2 || !p.slide(x, at-kept[0].Pos+kept[0].Old, values, changed[:n]) {
			if i < len(x.blocks) {
				p.width = x.blocks[i].width
			}
			p.block(values[at:])
		}
		changed = changed[n:]
	}
	x.n, x.blocks, x.data = len(values), replace(x.blocks, p.blocks), replace(x.data, p.data)
}

// slide packs the next blockLen values, which stand in x from the position old on
// but for the changed ones. It does nothing if they do not fit as they are there.
func (p *packing) slide(x *numbers, old uint32, values []float64, changed []uint32) bool {
	b, at := &x.blocks[old/blockLen], len(p.data)
	skip, width := int(old%blockLen), int(b.width)
	odd := b.odd
	if skip == 0 {
		p.data = append(p.data, x.data[b.at:][:b.bytes()]...)
	} else {
		next := &x.blocks[old/blockLen+1]
		if next.width != b.width {
			return false
		}
		odd = b.odd>>skip | next.odd<<(blockLen-skip)
		split := int(next.at) + skip*width
		p.data = append(p.data, x.data[int(b.at)+skip*width:int(b.at)+blockLen*width]...)
		p.data = append(p.data, x.data[next.at:split]...)
		p.data = append(p.data, x.data[b.oddAt(skip):int(b.at)+b.bytes()]...)
		p.data = append(p.data, x.data[next.oddAt(0):next.oddAt(skip)]...)
	}
	p.blocks = append(p.blocks, block{odd, uint32(at), b.width})
	y := numbers{blocks: p.blocks, data: p.data}
	for _, pos := range changed {
		if !y.set(pos, values[pos]) {
			p.blocks, p.data = p.blocks[:len(p.blocks)-1], p.data[:at]
			return false
		}
	}
	return true
}

// update makes x hold these values, which differ at the changed positions alone.
func (p *packing) update(x *numbers, values []float64, changed []uint32) {
	p.stale = p.stale[:0]
	for _, pos := range changed {
		if x.set(pos, values[pos]) {
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
