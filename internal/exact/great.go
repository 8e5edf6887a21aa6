package exact

import "math"

// A finite sum may be greater than any float64. It is rounded to an infinity, which is no value: what is known of it is
// that it is beyond the greatest number.

// Finite returns the number next to x that is no infinity.
func Finite(x float64) float64 { return NotAbove(NotBelow(x)) }

// NotAbove returns the greatest finite number in place of +Inf: a lower bound of what was rounded up to that.
func NotAbove(x float64) float64 {
	if x > math.MaxFloat64 {
		return math.MaxFloat64
	}
	return x
}

// NotBelow returns the least finite number in place of −Inf: an upper bound of what was rounded down to that.
func NotBelow(x float64) float64 {
	if x < -math.MaxFloat64 {
		return -math.MaxFloat64
	}
	return x
}

// Near returns the value as Float64 does, but a finite one as the finite number next to it.
func (s *Sum) Near() float64 {
	if s.infinite() {
		return s.Float64()
	}
	return Finite(s.Float64())
}

// Least returns the value as Float64 does, but of a finite one nothing above the greatest finite number.
func (s *Sum) Least() float64 {
	if s.infinite() {
		return s.Float64()
	}
	return NotAbove(s.Float64())
}

// Most returns the value as Float64 does, but of a finite one nothing below the least finite number.
func (s *Sum) Most() float64 {
	if s.infinite() {
		return s.Float64()
	}
	return NotBelow(s.Float64())
}

// infinite reports whether an infinity or a NaN was added.
func (s *Sum) infinite() bool { return s.w != nil && s.w.special != finite }

// Great reports whether the sum is finite, and beyond all float64s.
func (s *Sum) Great() bool { return !s.infinite() && math.IsInf(s.Float64(), 0) }

// AddTimes adds x·n, rounded once if it is in the range of a float64 or not.
func (s *Sum) AddTimes(x float64, n int64) {
	p := x * float64(n)
	if !math.IsInf(p, 0) || math.IsInf(x, 0) {
		s.Add(p)
		return
	}
	b := math.Float64bits(math.Ldexp(x, -shift) * float64(n)) // normal, as x·n is great
	s.wide().addUint(b&(1<<52-1)|1<<52, uint(b>>52&0x7ff)-1+shift, int64(b)>>63)
}

// shift is the binary logarithm of what great numbers are divided by.
const shift = 2 * limbBits

// great returns the quotient of a finite sum beyond all float64s and n, or the finite number next to it.
func (s *Sum) great(n float64) float64 {
	var d dense
	d.load(s)
	from, to := s.span()
	return Finite(math.Ldexp(d.scaled(from, to, -shift)/n, shift))
}
