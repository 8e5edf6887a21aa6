package exact

import "math"

// Total is a sum that is read at once and not kept: the same value as a [Sum]
// of the same numbers, in any order, and faster. It holds them as two floats,
// their sum and what rounding left out of it, as long as these are all there is.
type Total struct {
	sum, rest float64
	all       *Sum // instead, once two floats did not do; the sum is NaN then
}

// TotalOf returns the sum of x alone.
func TotalOf(x float64) Total { return Total{sum: x} }

// Fit adds x if that rounds nothing, and reports whether it did: Add does the rest. It is inlined, for the many sums that
// are integers.
func (t *Total) Fit(x float64) bool {
	sum := t.sum + x
	if sum-x != t.sum || sum-t.sum != x { // one of the two differences is exact
		return false
	}
	t.sum = sum
	return true
}

// Add adds x.
func (t *Total) Add(x float64) {
	if t.Fit(x) {
		return
	}
	sum, low := twoSum(t.sum, x)
	rest, lost := twoSum(t.rest, low)
	if lost == 0 {
		t.sum, t.rest = sum, rest
		return
	}
	if t.all == nil { // or nothing of this is a number
		t.all = &Sum{}
		t.all.Add(t.sum)
		t.all.Add(t.rest)
	}
	t.all.Add(x)
	t.sum = math.NaN()
}

// Float64 is the value, rounded once.
func (t *Total) Float64() float64 {
	if t.all != nil {
		return t.all.Float64()
	}
	return t.sum + t.rest
}

// twoSum is x+y rounded, and what that left out.
func twoSum(x, y float64) (sum, rest float64) {
	sum = x + y
	z := sum - x
	return sum, (x - (sum - z)) + (y - z)
}
