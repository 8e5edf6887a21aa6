package histogram

import "math"

// firstTrue returns the least of keys of which holds is true, and the greatest of which it is false: −Inf if there is
// none. It must be false up to some key and true from there on; +Inf is returned if it never is. The order of keys is lost.
//
// Quickselect: holds is asked about log₂(len(keys)) times and keys are moved about twice, where sorting them would
// cost len(keys)·log₂(len(keys)) comparisons for an answer that needs no order.
func firstTrue(keys []float64, holds func(key float64) bool) (first, last float64) {
	first, last = math.Inf(1), math.Inf(-1)
	for len(keys) > 0 {
		pivot := medianOfThree(keys[0], keys[len(keys)/2], keys[len(keys)-1])
		found := holds(pivot)
		n := 0
		if found {
			first = pivot
			for _, k := range keys {
				if k < pivot {
					keys[n] = k
					n++
				}
			}
		} else {
			last = pivot
			for _, k := range keys {
				if k > pivot {
					keys[n] = k
					n++
				}
			}
		}
		keys = keys[:n]
	}
	return first, last
}

func medianOfThree(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }
