package explain

import (
	"math"

	"github.com/promfold/promfold/internal/exact"
)

// Asymmetry says how unevenly members share a load. Of n members with the loads
// x_i, whose mean is m:
//
//	share  max x_i / Σ x_i      1/n where all are equal, 1 where one has all
//	peak   max x_i / m          the peak-to-average ratio, share × n: 1 … n
//	cv     √(Σ (x_i−m)²/n) / m  the coefficient of variation: 0 … √(n−1)
//
// The load is a member's rate over the time it was observed, so that one that
// joined late is not taken for a cold one. Members whose rate is not known are
// not in it.
type Asymmetry struct {
	Members         int
	Hottest         string // ties go to the first name
	Share, Peak, CV float64
}

// Load is a member and its load.
type Load struct {
	Name  string
	Value float64
}

// AsymmetryOf returns the Asymmetry of loads; false without a load, or with a
// negative one.
func AsymmetryOf(list []Load) (Asymmetry, bool) {
	var a Asymmetry
	var sum exact.Sum
	highest := math.Inf(-1)
	for _, m := range list {
		x := m.Value
		if x < 0 || math.IsInf(x, 1) {
			return Asymmetry{}, false
		}
		sum.Add(x)
		a.Members++
		if x > highest {
			highest, a.Hottest = x, m.Name
		}
	}
	total := sum.Float64()
	if !(total > 0) || math.IsInf(total, 1) {
		return Asymmetry{}, false
	}
	mean := total / float64(a.Members)
	var squares exact.Sum // of x/m − 1, which do not overflow
	for _, m := range list {
		d := m.Value/mean - 1
		squares.Add(d * d)
	}
	a.Share, a.Peak = highest/total, highest/mean
	a.CV = math.Sqrt(squares.Float64() / float64(a.Members))
	return a, true
}
