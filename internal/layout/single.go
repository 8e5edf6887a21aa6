package layout

import (
	"math"
	"slices"

	"github.com/promfold/promfold"
)

// single is a distribution that one classic layout knows, exactly and in integers: the usual case. Its quantiles are
// read from its counts, where those of others need a model.
type single struct {
	layout *Layout
	counts []int64 // cumulative
}

// singleOf returns d as a single; false if it is not one.
func singleOf(d *Distribution) (s single, ok bool) {
	if len(d.value.classic) != 1 || len(d.value.native)+len(d.summaries) > 0 || d.loose || d.torn {
		return s, false
	}
	c := &d.value.classic[0]
	counts, ok := c.counts.Integers()
	return single{c.layout, counts}, ok && counts[len(counts)-1] <= maxInteger
}

func (s single) n() float64 { return float64(s.counts[len(s.counts)-1]) }

// quantile returns what envelope.quantile does.
func (s single) quantile(l level) (promfold.Estimate, bool) {
	n := s.n()
	if n == 0 {
		return promfold.Estimate{}, false
	}
	i, _ := slices.BinarySearch(s.counts, int64(l.rank(n, true)))
	e, before := promfold.Estimate{Lo: s.layout.Floor(), Hi: s.layout.bounds[i]}, 0.0
	if i > 0 {
		e.Lo, before = s.layout.bounds[i-1], float64(s.counts[i-1])
	}
	if math.IsInf(e.Hi, 1) {
		last := s.layout.lastFinite()
		e.Value = max(last, e.Lo)
		return e, !math.IsInf(last, -1)
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
