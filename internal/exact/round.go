package exact

import "math"

// RoundedSum is the sum of xs, rounded once: as adding them to a Sum and
// reading it, but faster for a few, and without storage. Their order does not
// matter. It keeps the sum as a list of floats that do not overlap (J. R.
// Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997).
func RoundedSum(xs []float64) float64 {
	switch len(xs) {
	case 0:
		return 0
	case 1:
		return xs[0]
	case 2:
		return xs[0] + xs[1] // one addition rounds correctly
	}
	var parts [8]float64 // by magnitude, the smallest first
	n := 0
	for _, x := range xs {
		kept := 0
		for _, y := range parts[:n] {
			if math.Abs(x) < math.Abs(y) {
				x, y = y, x
			}
			high := x + y
			if low := y - (high - x); low != 0 {
				parts[kept] = low
				kept++
			}
			x = high
		}
		if kept == len(parts) || math.IsInf(x, 0) || math.IsNaN(x) {
			var s Sum
			s.AddAll(xs)
			return s.Float64()
		}
		parts[kept] = x
		n = kept + 1
	}
	return roundParts(parts[:n])
}

// roundParts adds from the greatest down until something is rounded off. That
// may be exactly half a unit: then what lies below decides.
func roundParts(parts []float64) float64 {
	n := len(parts) - 1
	sum, rest := parts[n], 0.0
	for n > 0 && rest == 0 {
		n--
		high := sum + parts[n]
		rest = parts[n] - (high - sum)
		sum = high
	}
	if n > 0 && rest != 0 && (rest < 0) == (parts[n-1] < 0) {
		twice := 2 * rest
		if up := sum + twice; up-sum == twice {
			return up
		}
	}
	return sum
}
