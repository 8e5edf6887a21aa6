package aggregate

import (
	"math"
)

// FactAnswer is one truth that every instance repeats.
type FactAnswer struct {
	Value    float64
	Instance string   // whose value it is; of several the first by name
	Min, Max float64  // of what the instances say
	Agree    int      // how many say Value
	Of       int      // of how many that have a vote
	Silent   []string // instances that know nothing, or not all: they have no vote
}

// Fact is right for what every instance repeats, such as the number of objects
// in the store behind them: the value of the instance whose value changed
// last, since that one looked last; where several did, or none, the one most
// of them say, then the larger. That instances disagree is normal: they look
// at different times.
//
// A sentinel has no vote. Of an instance with several series in the group, the
// fact is their sum; one that lacks a part of it, because of a sentinel or NaN,
// has no vote either.
func (g *GaugeGroup) Fact() (FactAnswer, bool) {
	a := FactAnswer{Min: math.Inf(1), Max: math.Inf(-1), Silent: g.silent}
	says := map[float64]int{}
	latest := int64(-1)
	for _, m := range g.members {
		if m.silent {
			continue
		}
		a.Of++
		says[m.Value]++
		a.Min, a.Max = min(a.Min, m.Value), max(a.Max, m.Value)
		latest = max(latest, m.changed)
	}
	if a.Of == 0 {
		return FactAnswer{Silent: a.Silent}, false
	}
	for _, m := range g.members {
		if m.silent || m.changed != latest {
			continue
		}
		if n := says[m.Value]; n > a.Agree || n == a.Agree && m.Value > a.Value {
			a.Value, a.Agree, a.Instance = m.Value, n, m.Instance
		}
	}
	return a, true
}
