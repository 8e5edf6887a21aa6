package exact

import (
	"math"
	"math/bits"
)

const (
	limbBits = 32
	limbMask = 1<<limbBits - 1
	unit     = 1074 // the bit that stands for 1: bit 0 of limb 0 stands for 2^−1074, the least float64
	maxLimbs = 72   // bits up to 2^(72·32−1−1074) = 2^1229
	maxAdds  = 1 << 29
)

// special says that a sum is no finite number any more.
type special uint8

const (
	finite  special = 0
	plusInf special = 1 << iota
	minusInf
	notNumber
)

func specialOf(x float64) special {
	switch {
	case math.IsInf(x, 1):
		return plusInf
	case math.IsInf(x, -1):
		return minusInf
	}
	return notNumber
}

// add is commutative, associative and idempotent: a union.
func (s special) add(o special) special {
	if s |= o; s&^plusInf != 0 && s&^minusInf != 0 {
		return notNumber
	}
	return s
}

func (s special) negate() special {
	switch s {
	case plusInf:
		return minusInf
	case minusInf:
		return plusInf
	}
	return s
}

func (s special) float64() float64 {
	switch s {
	case finite:
		return 0
	case plusInf:
		return math.Inf(1)
	case minusInf:
		return math.Inf(-1)
	}
	return math.NaN()
}

func (s special) sign() int {
	switch s {
	case plusInf:
		return 1
	case minusInf:
		return -1
	}
	return 0
}

// wide is a fixed-point number: the sum of limbs[i] · 2^(32(low+i) − 1074).
//
// Limbs are signed and carry late: adding touches three of them and nothing more. Invariants:
//   - |limbs[i]| ≤ (adds+1)·2^32, adds ≤ maxAdds: two of them can be added limb by limb without overflow;
//   - low+len(limbs) ≤ maxLimbs;
//   - special ≠ finite: there are no limbs.
//
// After compact, limbs are in [0, 2^32) but for the last, which is signed, in [−2^32, 2^32), not 0, and as far down
// as it can be; the first is not 0. That form is unique.
type wide struct {
	limbs   []int64
	adds    uint32
	low     uint8
	special special
}

// isZero is true for 0 as it is after clear or compact. A nil wide is 0.
func (w *wide) isZero() bool { return w == nil || len(w.limbs) == 0 && w.special == finite }

func (w *wide) clear() {
	if w != nil {
		w.limbs, w.adds, w.low, w.special = w.limbs[:0], 0, 0, finite
	}
}

func (w *wide) become(s special) {
	w.clear()
	w.special = s
}

func (w *wide) set(o *wide) {
	w.limbs = append(w.limbs[:0], o.limbs...)
	w.adds, w.low, w.special = o.adds, o.low, o.special
}

func (w *wide) bytes() int {
	if w == nil {
		return 0
	}
	return 32 + 8*cap(w.limbs)
}

func (w *wide) add(x float64) {
	b := math.Float64bits(x)
	m, e := b&(1<<52-1), uint(b>>52)&0x7ff
	if e-1 >= 0x7fe { // not a normal number
		w.addOdd(x)
		return
	}
	w.addUint(m|1<<52, e-1, int64(b)>>63)
}

// addOdd adds a subnormal number, 0, an infinity or a NaN.
func (w *wide) addOdd(x float64) {
	b := math.Float64bits(x)
	if m := b & (1<<52 - 1); b>>52&0x7ff == 0 {
		w.addUint(m, 0, int64(b)>>63) // at the position of the least normal number, without its hidden bit
		return
	}
	w.become(w.special.add(specialOf(x)))
}

func (w *wide) addInt(i int64) {
	if i != 0 {
		w.addUint(uint64(max(i, -i)), unit, i>>63)
	}
}

// addUint adds m·2^(pos−1074) if sign is 0, takes it off if sign is −1.
func (w *wide) addUint(m uint64, pos uint, sign int64) {
	k := pos/limbBits - uint(w.low)
	if k+3 > uint(len(w.limbs)) || int(k) < 0 {
		if w.special != finite {
			return
		}
		w.cover(int(pos/limbBits), int(pos/limbBits)+3)
		k = pos/limbBits - uint(w.low)
	}
	addLimbs(w.limbs[k:], m, pos%limbBits, sign)
	if w.adds++; w.adds >= maxAdds {
		w.carry()
	}
}

// addLimbs adds m·2^shift to three limbs, or takes it off, shift being less than 32.
func addLimbs(l []int64, m uint64, shift uint, sign int64) {
	_ = l[2]
	lo, hi := m<<(shift&63), m>>1>>(^shift&63)
	l[0] += int64(lo&limbMask) ^ sign - sign
	l[1] += int64(lo>>limbBits) ^ sign - sign
	l[2] += int64(hi) ^ sign - sign
}

func (w *wide) merge(o *wide, negative bool) {
	if w.special != finite || o.special != finite {
		s := o.special
		if negative {
			s = s.negate()
		}
		w.become(w.special.add(s))
		return
	}
	if len(o.limbs) == 0 {
		return
	}
	w.cover(int(o.low), int(o.low)+len(o.limbs))
	l := w.limbs[o.low-w.low:]
	if negative {
		for i, v := range o.limbs {
			l[i] -= v
		}
	} else {
		for i, v := range o.limbs {
			l[i] += v
		}
	}
	if w.adds += o.adds + 1; w.adds >= maxAdds {
		w.carry()
	}
}

// cover extends the limbs to hold those of [from, to).
func (w *wide) cover(from, to int) {
	low, end := int(w.low), int(w.low)+len(w.limbs)
	if len(w.limbs) == 0 {
		low, end = from, from
	}
	from, to = min(from, low), max(to, end)
	old := w.limbs
	if n := to - from; n <= cap(old) {
		w.limbs = old[:n]
	} else {
		w.limbs = make([]int64, n)
	}
	copy(w.limbs[low-from:], old)
	clear(w.limbs[:low-from])
	clear(w.limbs[end-from:])
	w.low = uint8(from)
}

// carry brings every limb but the last into [0, 2^32), the last into [−2^32, 2^32).
func (w *wide) carry() {
	w.adds = 0
	for i := 0; i < len(w.limbs); i++ {
		v := w.limbs[i]
		c := v >> limbBits
		if c == 0 || i == len(w.limbs)-1 && c == -1 {
			continue
		}
		if i == len(w.limbs)-1 {
			if int(w.low)+i+1 == maxLimbs {
				w.become(plusInf)
				if c < 0 {
					w.special = minusInf
				}
				return
			}
			w.limbs = append(w.limbs, 0)
		}
		w.limbs[i] = v & limbMask
		w.limbs[i+1] += c
	}
}

// compact brings w to the one form its value has.
func (w *wide) compact() {
	w.carry()
	n := len(w.limbs)
	for n > 0 {
		top := w.limbs[n-1]
		if top == -1 && n > 1 {
			w.limbs[n-2] -= 1 << limbBits
		} else if top != 0 {
			break
		}
		n--
	}
	zeros := 0
	for zeros < n && w.limbs[zeros] == 0 {
		zeros++
	}
	w.low += uint8(zeros)
	w.limbs = w.limbs[:copy(w.limbs, w.limbs[zeros:n])]
	if n == 0 {
		w.low = 0
	}
}

// int is the value of a compact w if it is an integer a Sum keeps as one.
func (w *wide) int() (int64, bool) {
	const first = unit / limbBits // the limb of the bit for 1: one more than two limbs hold 2^61
	if w.special != finite || len(w.limbs) > 0 && (int(w.low) < first || int(w.low)+len(w.limbs) > first+3) {
		return 0, false
	}
	var d dense
	copy(d[w.low:], w.limbs)
	d.carry(0, maxLimbs) // extends the sign
	return d.int()
}

// dense is a wide number with all its limbs, the working form of what happens seldom: every limb but the last is in
// [0, 2^32), the last has the sign.
type dense [maxLimbs]int64

// load sets a zero d to s.
func (d *dense) load(s *Sum) special {
	if special := d.put(s, 0); special != finite {
		return special
	}
	return d.carry(s.span())
}

// put adds s to d and carries nothing, or takes it off if sign is −1. It returns what s is if that is no finite number.
func (d *dense) put(s *Sum, sign int64) special {
	if !s.w.isZero() {
		if s.w.special != finite {
			return s.w.special
		}
		at := d[s.w.low:]
		for i, x := range s.w.limbs {
			at[i] += x ^ sign - sign
		}
	}
	addLimbs(d[unit/limbBits:], uint64(max(s.n, -s.n)), unit%limbBits, s.n>>63^sign)
	return finite
}

// carry normalises d, of which all limbs outside [from, to) are 0; it says if the
// number is too large to be kept.
func (d *dense) carry(from, to int) special {
	var c int64
	for k := from; k < maxLimbs-1; k++ {
		if k >= to && c == 0 {
			return finite
		}
		v := d[k] + c
		d[k], c = v&limbMask, v>>limbBits
	}
	top := d[maxLimbs-1] + c
	d[maxLimbs-1] = top
	switch top >> limbBits {
	case 0, -1:
		return finite
	}
	if top > 0 {
		return plusInf
	}
	return minusInf
}

func (d *dense) sign() int {
	if d[maxLimbs-1] < 0 {
		return -1
	}
	for _, v := range d {
		if v != 0 {
			return 1
		}
	}
	return 0
}

func (d *dense) int() (int64, bool) {
	const first, shift = unit / limbBits, unit % limbBits
	m := *d
	negative := m.abs()
	for k, v := range m {
		if v != 0 && (k < first || k > first+2) {
			return 0, false
		}
	}
	if m[first]&(1<<shift-1) != 0 || m[first+2]>>shift != 0 {
		return 0, false
	}
	u := uint64(m[first])>>shift | uint64(m[first+1])<<(limbBits-shift) | uint64(m[first+2])<<(2*limbBits-shift)
	if u > small {
		return 0, false
	}
	if negative {
		return -int64(u), true
	}
	return int64(u), true
}

// abs makes d its magnitude and says if it was negative.
func (d *dense) abs() (negative bool) {
	if d[maxLimbs-1] >= 0 {
		return false
	}
	for k := range d {
		d[k] = -d[k]
	}
	d.carry(0, maxLimbs)
	return true
}

// float64 rounds to nearest, ties to even, and leaves d its magnitude; before carrying, all limbs outside [from, to) were
// 0. The leading 64 bits, the last of them standing for all below, are rounded
// by the conversion; scaling is exact, for a multiple of 2^−1074 that is subnormal has no more than 52 bits.
func (d *dense) float64(from, to int) float64 { return d.scaled(from, to, 0) }

// scaled is float64 of the number times a power of 2.
func (d *dense) scaled(from, to, power int) float64 {
	negative := d.abs()
	k := min(to+1, maxLimbs-1) // a carry reaches no further, and what it makes of the sign is gone
	for k >= 0 && d[k] == 0 {
		k--
	}
	if k < 0 {
		return 0
	}
	at := func(k int) uint64 {
		if k < 0 {
			return 0
		}
		return uint64(d[k])
	}
	z := uint(bits.LeadingZeros32(uint32(d[k])))
	u := at(k)<<(32+z) | at(k-1)<<z | at(k-2)>>(32-z)
	rest := at(k-2) << z & limbMask
	for j := k - 3; j >= from; j-- {
		rest |= at(j)
	}
	if rest != 0 {
		u |= 1
	}
	x := math.Ldexp(float64(u), limbBits*(k-1)-int(z)-unit+power)
	if negative {
		return -x
	}
	return x
}
