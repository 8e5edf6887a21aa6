package aggregate

import (
	"math"

	"github.com/promfold/promfold/internal/exact"
)

// Asymmetry says how unevenly members share a load. Of n members with the loads
// x_i, whose mean is m:
//
//	Share  max x_i / Σ x_i      1/n where all are equal, 1 where one has all
//	Peak   max x_i / m          the peak-to-average ratio, Share × n: 1 … n
//	CV     √(Σ (x_i−m)²/n) / m  the coefficient of variation: 0 … √(n−1)
//
// The load is a member's rate over the time it was observed, so that one that
// joined late is not taken for a cold one; of a gauge it is the value. Members
// that are not known, or were not met yet, are not in it.
type Asymmetry struct {
	Members int
	Hottest string // of equals the first by name
	Share   float64
	Peak    float64
	CV      float64
}

// asymmetry of loads; false where there is no load, or a negative one.
func asymmetry(n int, load func(i int) (name string, x float64, ok bool)) (Asymmetry, bool) {
	var a Asymmetry
	var sum exact.Sum
	highest := math.Inf(-1)
	for i := range n {
		name, x, ok := load(i)
		if !ok {
			continue
		}
		if x < 0 || math.IsInf(x, 1) {
			return Asymmetry{}, false
		}
		sum.Add(x)
		a.Members++
		if x > highest {
			highest, a.Hottest = x, name
		}
	}
	total := sum.Float64()
	if !(total > 0) || math.IsInf(total, 1) {
		return Asymmetry{}, false
	}
	mean := total / float64(a.Members)
	var squares exact.Sum // of x/m − 1: no overflow
	for i := range n {
		if _, x, ok := load(i); ok {
			d := x/mean - 1
			squares.Add(d * d)
		}
	}
	a.Share, a.Peak = highest/total, highest/mean
	a.CV = math.Sqrt(squares.Float64() / float64(a.Members))
	return a, true
}

// Asymmetry says how unevenly the members share the group's traffic; false
// where none is known, or nothing grew.
func (g *CounterGroup) Asymmetry() (Asymmetry, bool) {
	members := g.Members()
	return asymmetry(len(members), func(i int) (string, float64, bool) {
		m := &members[i]
		return m.Instance, m.Rate, m.HasRate && !m.Older
	})
}

// Asymmetry says how unevenly the members share what the gauge measures, where
// each has a share of it; false where there is none, or a negative one.
func (g *GaugeGroup) Asymmetry() (Asymmetry, bool) {
	return asymmetry(len(g.members), func(i int) (string, float64, bool) {
		return g.members[i].Instance, g.members[i].Value, true
	})
}
