package exact

import "math"

// RoundedSum is the sum of xs, rounded once: as adding them to a Sum and
// reading it, but faster for a few, and without storage. Their order does not
// matter.
func RoundedSum(xs []float64) float64 {
	sum, rest := 0.0, 0.0
	for _, x := range xs {
		high, low := twoSum(sum, x)
		r, lost := twoSum(rest, low)
		if lost != 0 { // NaN, too
			return sumOfParts(xs)
		}
		sum, rest = high, r
	}
	return sum + rest // which is all there is: rounded here, and nowhere else
}

// twoSum is x+y rounded, and what that left out.
func twoSum(x, y float64) (sum, rest float64) {
	sum = x + y
	z := sum - x
	return sum, (x - (sum - z)) + (y - z)
}

// sumOfParts keeps the sum as a list of floats that do not overlap (J. R.
// Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997).
func sumOfParts(xs []float64) float64 {
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
