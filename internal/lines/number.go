package lines

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"

	"github.com/prometheus/prometheus/model/value"
)

// The functions here read what follows a line's text: a value and perhaps a
// timestamp. A fast one returns "not sure" for what it does not cover, and a
// slower one takes over; the last one is textparse.

// number reads the number at b[at:], whose token ends at next. ok is false if
// textparse might read something else.
func number(b []byte, at int) (v float64, next int, ok bool) {
	var tail window
	if v, n := decimal(windowAt(b, at, &tail)); n > 0 {
		if next = at + n; next == len(b) || next < len(b) && endsToken(b[next]) {
			return v, next, true
		}
	}
	next = at
	for next < len(b) && !endsToken(b[next]) {
		if c := b[next] | 0x20; c == 'p' || c == '_'|0x20 {
			return 0, at, false // textparse takes less than strconv
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

// window is the start of a token. It is longer than any token that decimal reads,
// so that whole words can be loaded from it.
type window [40]byte

// windowAt returns the window at b[at:]. Near the end of b it is tail, filled up
// with zeros.
func windowAt(b []byte, at int, tail *window) *window {
	if len(b)-at >= len(window{}) {
		return (*window)(b[at:])
	}
	copy(tail[:], b[at:])
	return tail
}

// decimal reads digits[.digits][e±dd] with at most 19 significant digits, if it
// can be rounded correctly with little work. n is the length, 0 if not sure.
func decimal(p *window) (v float64, n int) {
	mantissa, n := digits(p, 0, 0)
	if n == 0 {
		return 0, 0
	}
	count, exp := n, 0
	if n < 24 && p[n] == '.' {
		var end int
		mantissa, end = digits(p, n+1, mantissa)
		count += end - n - 1
		exp = n + 1 - end
		n = end
	}
	if count > 19 { // 19 digits are below 2^64
		if count -= leadingZeros(p[:n]); count > 19 {
			return 0, 0
		}
	}
	if p[n] == 'e' {
		tens, units := p[n+2]-'0', p[n+3]-'0'
		if tens > 9 || units > 9 {
			return 0, 0
		}
		switch e := int(tens)*10 + int(units); p[n+1] {
		case '-':
			exp -= e
		case '+':
			exp += e
		default:
			return 0, 0
		}
		n += 4
	}
	v, ok := scale(mantissa, exp)
	if !ok {
		return 0, 0
	}
	return v, n
}

// digits appends the digits from p[i] on, at most 24, to the number v. It reads a
// word at a time. It overflows silently: the caller counts the digits.
func digits(p *window, i int, v uint64) (_ uint64, end int) {
	for i <= 24 {
		w := binary.LittleEndian.Uint64(p[i : i+8])
		n := uint(bits.TrailingZeros64(^w&sixteens)) >> 3 // as countDigits, up to 8
		d := alignDigits(w, n)
		if n == 0 || !areDigits(d) {
			break
		}
		v = v*tens[n&15] + sumDigits(d)
		i += int(n)
		if n < 8 {
			break
		}
	}
	return v, i
}

var tens = [16]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

// leadingZeros counts the zeros at the start of a number, across its point.
func leadingZeros(b []byte) (n int) {
	for _, c := range b {
		switch c {
		case '0':
			n++
		case '.':
		default:
			return n
		}
	}
	return n
}

// pow10 holds the powers of ten that a float64 represents exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// scale returns mantissa·10^exp, rounded to nearest even. If both factors are
// exact, the product or quotient is rounded once, which is correct (Clinger 1990).
func scale(mantissa uint64, exp int) (v float64, ok bool) {
	switch {
	case mantissa == 0:
		return 0, true
	case mantissa>>53 != 0 || exp <= -len(pow10):
		return scaleLong(mantissa, exp)
	case exp == 0:
		return float64(int64(mantissa)), true
	case 0 < exp && exp < len(pow10):
		return float64(int64(mantissa)) * pow10[exp], true
	case -len(pow10) < exp && exp < 0:
		return float64(int64(mantissa)) / pow10[-exp], true
	}
	return 0, false
}

// pow5 holds the powers of five below 2^63.
var pow5 = func() (p [28]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 5 * p[i-1]
	}
	return p
}()

// scaleLong is scale for a mantissa that may have more than 53 bits. It divides by
// 10^−exp = 5^k·2^k: an integer division of 127 bits by 64 gives at least 62 bits
// of the quotient, and the remainder tells whether more bits follow. So the
// conversion to 53 bits rounds as if all bits were there.
func scaleLong(mantissa uint64, exp int) (v float64, ok bool) {
	if exp == 0 {
		return float64(mantissa), true
	}
	k := -exp
	if 0 < exp && exp < 20 {
		over, product := bits.Mul64(mantissa, uint64(pow10[exp]))
		return float64(product), over == 0
	}
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

// sample reads a number, an optional timestamp and the line feed at b[at:]. ok is
// false if it is not sure.
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
	var tail window
	stamp, n := digits(windowAt(b, next+1, &tail), 0, 0)
	end := next + 1 + n
	if n == 0 || n > 18 || end >= len(b) || b[end] != '\n' {
		return 0, 0, at, false
	}
	return v, int64(stamp), end + 1, true
}
