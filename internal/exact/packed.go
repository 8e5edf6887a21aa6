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
			if rest, from, to, ok := d.unpack(&s, b); ok {
				dst, b = append(dst, d.float64(from, to-from)), rest
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

// unpack sets a zero d to a sum without what was packed, and returns what follows that, and between which limbs the
// difference is before it is carried; false if it is not finite, or no short number.
func (d *short) unpack(s *Sum, b []byte) (rest []byte, from, to int, ok bool) {
	limbs, low := int(b[0])-1, int(b[1])
	if limbs == 0 || s.w == nil || len(s.w.limbs) == 0 {
		return nil, 0, 0, false
	}
	first := int(s.w.low)
	from = min(first, low, unit/limbBits)
	if to = max(first+len(s.w.limbs), low+limbs, unit/limbBits+3); to > from+len(d)-2 || to > maxLimbs-2 {
		return nil, 0, 0, false
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
	return b[4*last+size:], from, to, true
}

// float64 is [dense.float64] of a number of so many limbs that was not carried, whose first limb has that number.
func (d *short) float64(from, limbs int) float64 {
	all := d[:limbs+2]
	negative := carry(all)
	if negative {
		for i := range all {
			all[i] = -all[i]
		}
		carry(all)
	}
	k := len(all) - 1
	for k > 0 && all[k] == 0 {
		k--
	}
	all = all[:k+1]
	var b, c, rest uint64 // what follows the leading limb
	if k > 0 {
		b = uint64(all[k-1])
	}
	if k > 1 {
		c = uint64(all[k-2])
		for _, x := range all[:k-2] {
			rest |= uint64(x)
		}
	}
	z := uint(bits.LeadingZeros32(uint32(all[k]))) & 63
	u := uint64(all[k])<<(32+z) | b<<z | c>>(32-z)
	if rest|c<<z&limbMask != 0 {
		u |= 1
	}
	x := scaled(float64(u), limbBits*(from+k-1)-int(z)-unit)
	if negative {
		return -x
	}
	return x
}

// carry brings every limb but the last into [0, 2^32), and reports whether that is negative.
func carry(limbs []int64) bool {
	c, last := int64(0), len(limbs)-1
	for i, x := range limbs[:last] {
		c += x
		limbs[i], c = c&limbMask, c>>limbBits
	}
	limbs[last] += c
	return limbs[last] < 0
}

// scaled returns x·2^power, which is exact.
func scaled(x float64, power int) float64 {
	if power >= -900 && power <= 900 {
		return x * math.Float64frombits(uint64(power+1023)<<52)
	}
	return math.Ldexp(x, power)
}
