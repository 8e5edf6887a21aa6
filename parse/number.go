package parse

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"

	"github.com/prometheus/prometheus/model/value"
)

// The functions here read what stands behind a line's text. Each may say that it
// is not sure; then the next slower one is asked, and textparse in the end.

// number reads the number at b[at:], whose token ends at next. ok is false if
// it is not sure to read it as textparse does.
func number(b []byte, at int) (v float64, next int, ok bool) {
	if v, next, ok = decimal(b, at); ok && (next == len(b) || endsToken(b[next])) {
		return v, next, true
	}
	next = at
	for next < len(b) && !endsToken(b[next]) {
		if c := b[next] | 0x20; c == 'p' || c == '_'|0x20 {
			return 0, at, false // textparse does not take all that strconv does
		}
		next++
	}
	v, err := strconv.ParseFloat(string(b[at:next]), 64)
	if err != nil {
		return 0, at, false
	}
	if math.IsNaN(v) {
		v = math.Float64frombits(value.NormalNaN)
	}
	return v, next, true
}

// endsToken reports whether c cannot be part of a value.
func endsToken(c byte) bool { return c == '\n' || c == ' ' || c == '\t' || c == '{' }

// decimal reads [-]digits[.digits][e±digits] if it can be rounded right with
// little work.
func decimal(b []byte, at int) (v float64, next int, ok bool) {
	i := at
	negative := i < len(b) && b[i] == '-'
	if negative {
		i++
	}
	first := i
	mantissa, i := digits(b, i, 0)
	count, exp := i-first, 0
	if i < len(b) && b[i] == '.' {
		point := i + 1
		mantissa, i = digits(b, point, mantissa)
		count, exp = count+i-point, point-i
	}
	if count == 0 || count > 19 { // 19 digits are below 2^64
		return 0, at, false
	}
	if i < len(b) && b[i] == 'e' {
		var e int
		if e, i, ok = exponent(b, i+1); !ok {
			return 0, at, false
		}
		exp += e
	}
	if v, ok = scale(mantissa, exp); !ok {
		return 0, at, false
	}
	if negative {
		v = -v
	}
	return v, i, true
}

// digits appends the digits at b[i:] to a number. It overflows silently: the
// caller counts them.
func digits(b []byte, i int, v uint64) (uint64, int) {
	for len(b)-i >= 8 {
		d := binary.LittleEndian.Uint64(b[i:]) ^ zeros
		if !areDigits(d) {
			break
		}
		v = v*1e8 + sumDigits(d)
		i += 8
	}
	for i < len(b) && b[i]-'0' <= 9 {
		v = v*10 + uint64(b[i]-'0')
		i++
	}
	return v, i
}

// exponent reads a sign and one to three digits.
func exponent(b []byte, i int) (e, next int, ok bool) {
	if i == len(b) || b[i] != '+' && b[i] != '-' {
		return 0, i, false
	}
	negative := b[i] == '-'
	i++
	v, next := digits(b, i, 0)
	if next == i || next-i > 3 {
		return 0, i, false
	}
	if negative {
		return -int(v), next, true
	}
	return int(v), next, true
}

// pow10 are the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// scale is mantissa·10^exp, rounded to nearest even. If both factors are exact
// so is the one rounding of the product or quotient (Clinger 1990).
func scale(mantissa uint64, exp int) (v float64, ok bool) {
	switch {
	case mantissa>>53 != 0:
		return scaleLong(mantissa, exp)
	case exp == 0:
		return float64(int64(mantissa)), true
	case 0 < exp && exp < len(pow10):
		return float64(int64(mantissa)) * pow10[exp], true
	case -len(pow10) < exp && exp < 0:
		return float64(int64(mantissa)) / pow10[-exp], true
	}
	return 0, mantissa == 0
}

// pow5 are the powers of five below 2^63.
var pow5 = func() (p [28]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 5 * p[i-1]
	}
	return p
}()

// scaleLong divides a mantissa of more than 53 bits by 10^−exp = 5^k·2^k: an
// integer division of 127 bits by 64 gives at least 62 bits of the quotient, and
// the remainder whether it goes on behind them; so the conversion to 53 bits
// rounds as if all of it were there.
func scaleLong(mantissa uint64, exp int) (v float64, ok bool) {
	if exp == 0 {
		return float64(mantissa), true
	}
	k := -exp
	if k < 0 || k >= len(pow5) {
		return 0, false
	}
	up, down := bits.LeadingZeros64(mantissa), bits.LeadingZeros64(pow5[k])
	m, d := mantissa<<up, pow5[k]<<down
	q, rest := bits.Div64(m>>1, m<<63, d) // ⌊m·2^63 / d⌋; m>>1 < 2^63 ≤ d
	if rest != 0 {
		q |= 1
	}
	return float64(q) * math.Float64frombits(uint64(1023+down-up-63-k)<<52), true
}

// sample reads a number, an optional timestamp and the line feed at b[at:].
func sample(b []byte, at int) (v float64, t int64, next int, ok bool) {
	v, next, ok = number(b, at)
	if !ok || next == len(b) {
		return 0, 0, at, false
	}
	if b[next] == '\n' {
		return v, NoTime, next + 1, true
	}
	if b[next] != ' ' {
		return 0, 0, at, false
	}
	stamp, end := digits(b, next+1, 0)
	if n := end - next - 1; n == 0 || n > 18 || end == len(b) || b[end] != '\n' {
		return 0, 0, at, false
	}
	return v, int64(stamp), end + 1, true
}
