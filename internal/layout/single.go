package layout

import (
	"math"
	"slices"
)

// single is a distribution that one classic layout knows, in integers: the usual case. Its quantiles are read from its
// counts, where those of others need an index.
type single struct {
	layout *Layout
	counts []int64 // cumulative
}

func (d *Distribution) single() (s single, ok bool) {
	if len(d.classic) != 1 || len(d.native) > 0 {
		return s, false
	}
	c := &d.classic[0]
	counts, ok := c.counts.Integers()
	return single{c.layout, counts}, ok && counts[len(counts)-1] <= maxInteger
}

func (s single) n() float64 { return float64(s.counts[len(s.counts)-1]) }

// quantile is what index.quantile answers.
func (s single) quantile(l level) (Estimate, bool) {
	n := s.n()
	if n == 0 {
		return Estimate{}, false
	}
	e := Estimate{N: n}
	if l.few(n, true) {
		e.Flags |= FewObservations
	}
	i, _ := slices.BinarySearch(s.counts, int64(l.rank(n, true)))
	before := 0.0
	e.Lo, e.Hi = s.layout.Floor(), s.layout.bounds[i]
	if i > 0 {
		e.Lo, before = s.layout.bounds[i-1], float64(s.counts[i-1])
	}
	if math.IsInf(e.Lo, -1) {
		e.Flags |= BelowBounds
	}
	if math.IsInf(e.Hi, 1) {
		e.Flags |= AboveBounds
		e.Value = s.layout.lastFinite()
		return e, !math.IsInf(e.Value, -1)
	}
	after, rank := float64(s.counts[i]), float64(l.q*n)
	switch {
	case math.IsInf(e.Lo, -1) || rank > after:
		e.Value = e.Hi
	case rank <= before:
		e.Value = e.Lo
	default:
		e.Value = evenly(e.Lo, e.Hi, (rank-before)/(after-before))
	}
	return e, true
}
