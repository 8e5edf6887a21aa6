package counter

import (
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
)

// Window holds the steps of a Tracker that end in a window; it is valid until the Tracker changes.
type Window struct {
	start, end int64
	steps      []taken
	t          *Tracker

	_ [0]func()
}

// Steps returns the steps, oldest first.
func (w Window) Steps() []Step {
	list := make([]Step, len(w.steps))
	for i, s := range w.steps {
		list[i] = public(s.Step, s.base)
	}
	return list
}

// Increase returns the growth: the exact sum of the steps, rounded once, with bounds of the true growth over what
// Covers returns. It returns false if nothing was observed, which is not 0.
func (w Window) Increase() (promfold.Estimate, bool) {
	g := grow(w.steps)
	return g.estimate(), g.span > 0
}

// Covers returns the time the steps span, which may begin before the window. Both are zero if there are none.
func (w Window) Covers() (from, to time.Time) {
	g := grow(w.steps)
	if g.span == 0 {
		return time.Time{}, time.Time{}
	}
	return at(g.from), at(g.to)
}

// growth is the sum of steps.
type growth struct {
	value, lo, hi float64
	from, to      int64
	span          int64 // observed milliseconds
}

func (g growth) estimate() promfold.Estimate {
	return promfold.Estimate{Value: g.value, Lo: g.lo, Hi: g.hi}
}

func grow(steps []taken) (g growth) {
	var value, lo, hi exact.Sum
	for _, s := range steps {
		value.AddDiff(s.Add, s.Sub)
		addBounds(&lo, &hi, s.Step)
		if s.From == s.To {
			continue
		}
		if g.span == 0 {
			g.from = s.From
		}
		g.to = s.To
		g.span += s.To - s.From
	}
	g.value, g.lo, g.hi = value.Float64(), lo.Float64(), hi.Float64()
	return g
}

// addBounds adds the bounds of s. Where they are its value, that is the exact one.
func addBounds(lo, hi *exact.Sum, s judge.Step) {
	v := s.Value()
	if s.Lo == v {
		lo.AddDiff(s.Add, s.Sub)
	} else {
		lo.Add(s.Lo)
	}
	if s.Hi == v {
		hi.AddDiff(s.Add, s.Sub)
	} else {
		hi.Add(s.Hi)
	}
}

// Rate returns the growth per second of observed time; false if there is none, which is not 0. Where no step ended in
// the window, and the series is not stale, the latest step before it stands in.
func (w Window) Rate() (promfold.Estimate, bool) {
	g := grow(w.steps)
	if g.span == 0 && w.t != nil {
		if _, _, ok := w.alive(); !ok {
			return promfold.Estimate{}, false
		}
		before := w.t.steps[:ended(w.t.steps, w.start)]
		for n := len(before); n > 0 && g.span == 0; n-- {
			g = grow(before[n-1 : n])
		}
	}
	if g.span == 0 {
		return promfold.Estimate{}, false
	}
	seconds := float64(g.span) / 1000
	return promfold.Estimate{Value: g.value / seconds, Lo: g.lo / seconds, Hi: g.hi / seconds}, true
}

// alive returns the part of the window in which the series was there: from its birth, else from half an interval before
// its first point, to half an interval after its last one if it is gone or stale, else to the end.
func (w Window) alive() (from, to int64, ok bool) {
	t := w.t
	if t == nil || t.state == noBaseline {
		return 0, 0, false
	}
	from, to = t.began, w.end
	if !t.born {
		from -= t.interval() / 2
	}
	if t.gone || t.stale(w.end) {
		to = min(to, t.last.Time+t.interval()/2)
	}
	from = max(from, w.start)
	return from, to, from <= to && to > w.start
}

// MeanRate returns the rate of a fleet over a window, each member weighted by the part of the window it lived; false if
// no member has a rate. It is a mean of what went on in the window, unbiased while members come and go.
//
// Neither Σ increase / interval (a rolling deploy of the whole fleet reads 90 % too high) nor Σ increase / window
// (short-lived workers read a third too low) is that.
func MeanRate(members ...Window) (promfold.Estimate, bool) {
	return add(members, func(w Window, from, to int64) float64 { return float64(to-from) / float64(w.end-w.start) })
}

// RateNow returns the rate of the members that are alive at the end of the window: what the fleet does now, for
// autoscaling. It returns false if none of them has a rate.
func RateNow(members ...Window) (promfold.Estimate, bool) {
	return add(members, func(w Window, _, to int64) float64 {
		if to < w.end {
			return 0
		}
		return 1
	})
}

// add does not depend on the order of the members.
func add(members []Window, weight func(w Window, from, to int64) float64) (promfold.Estimate, bool) {
	var value, lo, hi exact.Sum
	rated := false
	for _, w := range members {
		from, to, ok := w.alive()
		if !ok {
			continue
		}
		share := weight(w, from, to)
		if share == 0 && to < w.end {
			continue
		}
		r, ok := w.Rate()
		if !ok {
			continue
		}
		value.Add(r.Value * share)
		lo.Add(r.Lo * share)
		hi.Add(r.Hi * share)
		rated = true
	}
	return promfold.Estimate{Value: value.Float64(), Lo: lo.Float64(), Hi: hi.Float64()}, rated
}
