package judge

import (
	"fmt"

	"github.com/promfold/promfold/internal/exact"
)

// Window is a question about the time (Start, End]. A step belongs to it if it ends in it, with all of its growth: so
// increases are sums of what was counted, integral where the counter is, and those of adjacent windows add up.
//
// A Window is a view of its Tracker and is good until that changes.
type Window struct {
	Start, End int64 // Unix milliseconds
	steps      []Step
	t          *Tracker
}

// WindowError refuses a window that is empty, or starts before Kept, to where steps have been forgotten.
type WindowError struct{ Start, End, Kept int64 } // Unix milliseconds

func (e *WindowError) Error() string {
	if e.Start >= e.End {
		return fmt.Sprintf("counter: empty window (%d, %d]", e.Start, e.End)
	}
	return fmt.Sprintf("counter: window from %d, but steps are kept from %d", e.Start, e.Kept)
}

// Window is the time (start, end], Unix milliseconds.
func (t *Tracker) Window(start, end int64) (Window, error) {
	if start >= end || start < t.kept && t.kept != 0 {
		return Window{}, &WindowError{start, end, t.kept}
	}
	return Window{start, end, t.steps[ended(t.steps, start):ended(t.steps, end)], t}, nil
}

// Steps are the steps of the window, oldest first. They are the Tracker's own: not to be changed.
func (w Window) Steps() []Step { return w.steps }

// Growth is what was counted in a window.
type Growth struct {
	Value  float64 // the exact sum of the steps, rounded once
	Lo, Hi float64 // bounds of the true increase over (From, To]; Hi may be +Inf
	// The steps cover (From, To], Unix milliseconds: the first may have begun before the window, and the last ended
	// before its end. Span is the time they observed in it, in milliseconds, Lost the time between the last point of a
	// process and the start of the next, whose growth nobody saw.
	From, To   int64
	Span, Lost int64
	Steps      int
	Resets     int
	Flags      Flags // of all steps
}

// Increase is the growth of the window. False: nothing was observed in it, which is not 0.
func (w Window) Increase() (Growth, bool) {
	return grow(w.steps)
}

func grow(steps []Step) (g Growth, ok bool) {
	var value, lo, hi exact.Sum
	for _, s := range steps {
		value.AddDiff(s.Add, s.Sub)
		addBounds(&lo, &hi, s)
		g.Flags |= s.Flags
		if s.Verdict == ResetProven || s.Verdict == ResetDropped {
			g.Resets++
		}
		if s.From == s.To {
			continue
		}
		if g.Steps++; g.Steps == 1 {
			g.From = s.From
		}
		g.Lost += s.Lost
		g.To = s.To
		g.Span += s.To - s.From
	}
	g.Value, g.Lo, g.Hi = value.Float64(), lo.Float64(), hi.Float64()
	return g, g.Span > 0
}

// addBounds adds the bounds of s. Where they are its value, that is the exact one.
func addBounds(lo, hi *exact.Sum, s Step) {
	if v := s.Value(); s.Lo == v {
		lo.AddDiff(s.Add, s.Sub)
	} else {
		lo.Add(s.Lo)
	}
	if v := s.Value(); s.Hi == v {
		hi.AddDiff(s.Add, s.Sub)
	} else {
		hi.Add(s.Hi)
	}
}

// Rate is a speed per second.
type Rate struct {
	Value, Lo, Hi float64
	Span          int64 // the time observed that it rests on, in milliseconds; of a fleet, all members' together
	Older         bool  // no step ended in the window: the latest one before it stands in; of a fleet, for some member
	Members       int   // of a fleet: how many have a rate
	Missing       int   // of a fleet: how many were alive and have none, which is not 0
	Flags         Flags
}

// Rate is the growth of the window's steps over the time they took. Where no step ended in the window, and the series
// is not stale, it is that of the latest step before. False: there is no rate, which is not 0.
func (w Window) Rate() (Rate, bool) {
	g, ok := grow(w.steps)
	older := false
	if !ok && w.t != nil {
		if _, _, ok := w.alive(); !ok {
			return Rate{}, false
		}
		before := w.t.steps[:ended(w.t.steps, w.Start)]
		for n := len(before); n > 0 && !ok; n-- {
			g, ok = grow(before[n-1 : n])
		}
		older = ok
	}
	if !ok {
		return Rate{}, false
	}
	seconds := float64(g.Span) / 1000
	return Rate{Value: g.Value / seconds, Lo: g.Lo / seconds, Hi: g.Hi / seconds, Span: g.Span, Older: older, Members: 1, Flags: g.Flags}, true
}

// alive is the part of the window, Unix milliseconds, in which the series was there: from its birth, else from half an
// interval before its first point, to half an interval after its last one if it is gone or stale, else to the end.
func (w Window) alive() (from, to int64, ok bool) {
	t := w.t
	if t == nil || t.state == noBaseline {
		return 0, 0, false
	}
	from, to = t.began, w.End
	if !t.born {
		from -= t.interval() / 2
	}
	if t.gone || t.stale(w.End) {
		to = min(to, t.last.Time+t.interval()/2)
	}
	from = max(from, w.Start)
	return from, to, from <= to && to > w.Start
}

// MeanRate is the rate of a fleet over a window, the same of every member: the sum of their rates, each weighted with
// the part of the window it was alive in. It is a mean of what went on in the window, unbiased while members come and
// go. False: no member has a rate.
//
// Neither Σ increase / interval (a rolling deploy of the whole fleet reads 90 % too high) nor Σ increase / window
// (short-lived workers read a third too low) is that.
func MeanRate(members ...Window) (Rate, bool) {
	return sum(members, func(w Window, from, to int64) float64 { return float64(to-from) / float64(w.End-w.Start) })
}

// RateNow is the rate of those members that are alive at the end of their windows: what the fleet does now, for
// autoscaling. False: no member has one.
func RateNow(members ...Window) (Rate, bool) {
	return sum(members, func(w Window, _, to int64) float64 {
		if to < w.End {
			return 0
		}
		return 1
	})
}

// sum does not depend on the order of the members.
func sum(members []Window, weight func(w Window, from, to int64) float64) (total Rate, ok bool) {
	var value, lo, hi exact.Sum
	for _, w := range members {
		from, to, ok := w.alive()
		if !ok {
			continue
		}
		share := weight(w, from, to)
		if share == 0 && to < w.End {
			continue
		}
		r, ok := w.Rate()
		if !ok {
			total.Missing++
			continue
		}
		value.Add(r.Value * share)
		lo.Add(r.Lo * share)
		hi.Add(r.Hi * share)
		total.Members++
		total.Span += r.Span
		total.Older = total.Older || r.Older
		total.Flags |= r.Flags
	}
	total.Value, total.Lo, total.Hi = value.Float64(), lo.Float64(), hi.Float64()
	return total, total.Members > 0
}
