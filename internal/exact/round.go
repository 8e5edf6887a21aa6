package exact

// Total is a sum that is read at once and not kept: the same value as a [Sum]
// of the same numbers, in any order, and faster. It holds them as two floats,
// their sum and what rounding left out of it, as long as these are all there is.
type Total struct {
	sum, rest float64
	all       *Sum // instead, once two floats did not do
}

// Add adds x.
func (t *Total) Add(x float64) {
	if x == 0 {
		return
	}
	sum, low := twoSum(t.sum, x)
	if low == 0 && t.all == nil {
		t.sum = sum
		return
	}
	rest, lost := twoSum(t.rest, low)
	if lost == 0 && t.all == nil {
		t.sum, t.rest = sum, rest
		return
	}
	t.addToAll(x) // or nothing of this is a number
}

func (t *Total) addToAll(x float64) {
	if t.all == nil {
		t.all = &Sum{}
		t.all.Add(t.sum)
		t.all.Add(t.rest)
		t.sum, t.rest = 0, 0
	}
	t.all.Add(x)
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
