package layout

import (
	"math"
	"math/bits"
	"strconv"
)

// level is a quantile's level as its writer meant it: the shortest decimal that reads as q, digits / 10^scale. 0.07 of
// 100 observations are 7. In floating point they are 7.000000000000001, which asks for the eighth.
type level struct {
	q      float64
	digits uint64 // at most 17 decimal digits
	scale  int
}

// levelOf returns the level of q; false if q is not in [0, 1].
func levelOf(q float64) (level, bool) {
	if !(q >= 0 && q <= 1) {
		return level{}, false
	}
	l := level{q: q + 0}
	ten := 1.0
	for scale := range 5 { // digits and a power of ten that are floats have one quotient, and no shorter decimal reads as it
		if n := math.Round(l.q * ten); n/ten == l.q {
			l.digits, l.scale = uint64(n), scale
			return l, true
		}
		ten *= 10
	}
	return l.spelled(), true
}

// spelled returns the level with the digits of its shortest decimal.
func (l level) spelled() level {
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], l.q, 'e', -1, 64) // d.ddde−dd
	exponent := 0
	for i, c := range text {
		switch {
		case c == 'e':
			negative := text[i+1] == '-'
			for _, c := range text[i+2:] {
				exponent = 10*exponent + int(c-'0')
			}
			if negative {
				exponent = -exponent
			}
			l.scale -= exponent
			return l
		case c != '.':
			l.digits = 10*l.digits + uint64(c-'0')
			if i > 0 {
				l.scale++
			}
		}
	}
	return l
}

const ten19 = 1e19 // the greatest power of ten in a uint64

// times returns ⌈q·n⌉, without rounding.
func (l level) times(n uint64) uint64 {
	hi, lo := bits.Mul64(l.digits, n)
	var up uint64
	// Dividing by factors in turn, each time rounding down, is dividing by their product, rounding down.
	for scale := l.scale; scale > 0 && hi|lo != 0; scale -= 19 {
		d := uint64(ten19)
		if scale < 19 {
			d = 1
			for range scale {
				d *= 10
			}
		}
		var rest uint64
		hi, rest = hi/d, hi%d
		if lo, rest = bits.Div64(rest, lo, d); rest != 0 {
			up = 1
		}
	}
	return lo + up
}

// rank returns which order statistic of n observations is their quantile: max(1, ⌈qn⌉). This is exact for an integral
// n. A total that is not integral, such as one of rates, has the real rank qn.
func (l level) rank(n float64, integral bool) float64 {
	if !integral {
		return float64(l.q * n)
	}
	return max(1, float64(l.times(uint64(n))))
}

// reached reports whether n observations are enough to hold the quantile of these and rest more: n ≥ rank(n+rest) and
// n > 0. Both may be +Inf, which stands for any number.
func (l level) reached(n, rest float64) bool {
	switch {
	case !(n > 0):
		return false
	case rest == 0:
		return true
	case math.IsInf(rest, 1):
		return l.q == 0
	case math.IsInf(n, 1):
		return l.q < 1
	}
	total := n + rest
	return n >= l.rank(total, isInteger(total) && isInteger(n) && isInteger(rest))
}
