package layout

import (
	"fmt"
	"math/bits"
	"strconv"
)

// LevelError: a quantile was asked for at a level that is not in [0, 1].
type LevelError struct{ Q float64 }

func (e *LevelError) Error() string {
	return fmt.Sprintf("histogram: quantile level %v is not in [0, 1]", e.Q)
}

// level is a quantile's level as what its writer meant, the shortest decimal that reads as q: digits / 10^scale.
// 0.07 of 100 observations are 7; in floating point they are 7.000000000000001, and the eighth would be asked for.
type level struct {
	q      float64
	digits uint64 // at most 17 decimal digits
	scale  int
}

func parseLevel(q float64) (level, error) {
	if !(q >= 0 && q <= 1) {
		return level{}, &LevelError{q}
	}
	var buf [32]byte
	l := level{q: q + 0}
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
			return l, nil
		case c != '.':
			l.digits = 10*l.digits + uint64(c-'0')
			if i > 0 {
				l.scale++
			}
		}
	}
	return l, nil
}

const ten19 = 1e19 // the greatest power of ten in a uint64

// times is ⌈q·n⌉, without rounding.
func (l level) times(n uint64) uint64 {
	hi, lo := bits.Mul64(l.digits, n)
	var up uint64
	// Dividing by factors in turn, rounding each down, is dividing by their product, rounding down.
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

// rank is the order statistic of n observations that is their quantile: max(1, ⌈qn⌉). It is exact for an integral n;
// a total of observations that is not integral (one of rates) has the real rank qn.
func (l level) rank(n float64, integral bool) float64 {
	if !integral {
		return float64(l.q * n)
	}
	return max(1, float64(l.times(uint64(n))))
}

// few tells whether n·(1−q) < 1, which for an integral n is n−1 < ⌈qn⌉.
func (l level) few(n float64, integral bool) bool {
	if !integral {
		return float64(n*(1-l.q)) < 1
	}
	return l.times(uint64(n)) == uint64(n)
}

// complement is 1−q in decimal: 0.001 for 0.999, where floating point has 0.0010000000000000009.
func (l level) complement() float64 {
	if l.scale > 19 { // q < 1e-2
		return 1 - l.q
	}
	whole := uint64(1)
	for range l.scale {
		whole *= 10
	}
	return float64(whole-l.digits) / float64(whole)
}
