package exact

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// AppendLess appends the first n sums of v without those that were packed, of which there are so many, each rounded once.
func (v *Vector) AppendLess(dst []float64, n, packed int, b []byte) []float64 {
	var room [8]int64
	old := wide{limbs: room[:0]}
	for i := range n {
		if i >= packed {
			return v.AppendDiff(dst, i, n, &Vector{})
		}
		s, x := v.get(i), Sum{}
		if b[0] == 0 {
			n, size := binary.Varint(b[1:])
			x.n, b = n, b[1+size:]
		} else {
			var d short
			if rest, from, ok := d.unpack(&s, b); ok {
				dst, b = append(dst, d.float64(from)), rest
				continue
			}
			old.limbs = old.limbs[:0]
			x.w, b = &old, old.unpack(int(b[0])-1, b[1:])
		}
		dst = append(dst, s.less(&x))
	}
	return dst
}

// short is the limbs of a number near 1: enough for all sums of seconds and bytes, with two above them that take what is
// carried. The others are 0.
type short [8]int64

// unpack sets a zero d to a sum without what was packed, and returns what follows that, and the number of d's first limb;
// false if the difference is not finite, or no short number.
func (d *short) unpack(s *Sum, b []byte) (rest []byte, from int, ok bool) {
	limbs, low := int(b[0])-1, int(b[1])
	if limbs == 0 || s.w == nil || len(s.w.limbs) == 0 {
		return nil, 0, false
	}
	first := int(s.w.low)
	from = min(first, low, unit/limbBits)
	if to := max(first+len(s.w.limbs), low+limbs, unit/limbBits+3); to > from+len(d)-2 || to > maxLimbs-2 {
		return nil, 0, false
	}
	copy(d[first-from:], s.w.limbs)
	if s.n != 0 {
		addLimbs(d[unit/limbBits-from:], uint64(max(s.n, -s.n)), unit%limbBits, s.n>>63)
	}
	at := d[low-from : low-from+limbs]
	b = b[3:]
	last := len(at) - 1
	for i := range at[:last] {
		at[i] -= int64(binary.LittleEndian.Uint32(b[4*i:]))
	}
	x, size := binary.Varint(b[4*last:])
	at[last] -= x
	return b[4*last+size:], from, true
}

// float64 is [dense.float64] of a number that was not carried, whose first limb has that number.
func (d *short) float64(from int) float64 {
	negative := d.carry() < 0
	if negative {
		for i := range d {
			d[i] = -d[i]
		}
		d.carry()
	}
	k := len(d) - 1
	for k > 0 && d[k] == 0 {
		k--
	}
	var a, b, c uint64 // the three leading limbs
	if a = uint64(d[k]); k > 0 {
		b = uint64(d[k-1])
	}
	rest := uint64(0)
	if k > 1 {
		c = uint64(d[k-2])
		for _, x := range d[:k-2] {
			rest |= uint64(x)
		}
	}
	z := uint(bits.LeadingZeros32(uint32(a))) & 63
	u := a<<(32+z) | b<<z | c>>(32-z)
	if rest|c<<z&limbMask != 0 {
		u |= 1
	}
	x := scaled(float64(u), limbBits*(from+k-1)-int(z)-unit)
	if negative {
		return -x
	}
	return x
}

// carry brings every limb but the last into [0, 2^32), and returns that.
func (d *short) carry() (top int64) {
	for i, x := range d {
		top += x
		d[i], top = top&limbMask, top>>limbBits
	}
	d[len(d)-1] |= top << limbBits
	return top
}

// scaled returns x·2^power, which is exact.
func scaled(x float64, power int) float64 {
	if power >= -900 && power <= 900 {
		return x * math.Float64frombits(uint64(power+1023)<<52)
	}
	return math.Ldexp(x, power)
}
