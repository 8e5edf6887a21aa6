package counter

import (
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/rate"
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
	g := grow(w.steps, w.start)
	return g.estimate, g.span > 0
}

// Covers returns the time the steps span, which may begin before the window. Both are zero if there are none.
func (w Window) Covers() (from, to time.Time) {
	g := grow(w.steps, w.start)
	if g.span == 0 {
		return time.Time{}, time.Time{}
	}
	return at(g.from), at(g.to)
}

// Rate returns the growth per second of observed time; false if there is none, which is not 0. Where no step ended in
// the window, and the series is alive, the latest step before it stands in. The bounds are those of [RateNow].
func (w Window) Rate() (promfold.Estimate, bool) {
	m, ok := w.member()
	m.Live = true
	if !ok || m.Span == 0 {
		return promfold.Estimate{}, false
	}
	return rate.Now([]rate.Member{m})
}

// MeanRate returns the rate of a fleet over a window, each member weighted by the part of the window it lived; false if
// no member has a rate. The bounds hold the true mean over the window, its edges included. Lo is certain; Hi assumes that
// nothing unseen was faster than the fastest growth seen, and is +Inf while a member is alive and has no rate.
//
// Neither Σ increase / interval (a rolling deploy of the whole fleet reads 90 % too high) nor Σ increase / window
// (short-lived workers read a third too low) is that.
func MeanRate(members ...Window) (promfold.Estimate, bool) { return rate.Mean(known(members)) }

// RateNow returns the rate of the members that are alive at the end of the window: what the fleet does now, for
// autoscaling. It returns false if none of them has a rate. The bounds hold the sum of their mean rates over the time
// that each was alive in the window.
func RateNow(members ...Window) (promfold.Estimate, bool) { return rate.Now(known(members)) }

func known(windows []Window) []rate.Member {
	members := make([]rate.Member, 0, len(windows))
	for _, w := range windows {
		if m, ok := w.member(); ok {
			members = append(members, m)
		}
	}
	return members
}

// member returns what is known of the series in the window; false if it was not there.
func (w Window) member() (rate.Member, bool) {
	t := w.t
	if t == nil || t.counted && t.began > w.end {
		return rate.Member{}, false
	}
	m := rate.Member{Watched: rate.Watched{Width: w.end - w.start, Live: t.alive(w.end)}, Counted: rate.Counted{Pace: w.pace()}}
	if !t.counted {
		m.Live = true
		return m, true
	}
	w.life(&m)
	g := grow(w.steps, w.start)
	if g.span == 0 && m.Live {
		before := t.steps[:ended(t.steps, w.start)]
		for n := len(before); n > 0 && g.span == 0; n-- {
			g = grow(before[n-1:n], w.start)
		}
	}
	m.Growth, m.Span = g.estimate.Value, g.span
	var lo, hi exact.Sum
	plain := !t.born
	for _, s := range w.steps {
		if s.From == s.To {
			continue
		}
		plain = plain && s.Verdict != judge.Reset && s.Verdict != judge.Born
		if s.From > w.start {
			lo.Add(-s.Back)
		}
		v := s.Value()
		if min(s.From, s.Reach) >= w.start {
			lo.Add(s.Lo)
		}
		most := s.Hi
		if s.Verdict == judge.Reset && s.Lost > 0 {
			most = v // what was lost is in the time that nobody saw
		}
		hi.Add(rate.Most(v, most, m.Pace, s.To-s.From) + s.Seen)
	}
	m.Lo, m.Hi = max(0, lo.Float64()), hi.Float64()
	if plain && w.start <= t.began {
		m.Lo = max(0, m.Lo-rate.Early(m.Lo, m.Pace, m.Span, t.interval()))
	}
	return m, m.Life > 0 || m.Span > 0 || m.Unseen > 0
}

// life fills in the times of m. One that is no longer alive, or said to be gone, was not read for that reason: no scrape
// saw only the time until it was missed.
func (w Window) life(m *rate.Member) {
	t := w.t
	l := rate.Lives{Began: t.lived, First: t.began, Last: t.began, Interval: t.interval(), Live: m.Live}
	rules := t.Rules.engine()
	clock := rules.Unset()
	l.Off, l.Late = clock.Off, clock.Late
	if t.born {
		l.Began, l.Counted = t.began, true
	}
	before := max(1, ended(t.steps, w.start))
	if before <= len(t.steps) {
		l.Last = max(l.Last, t.steps[before-1].To)
	}
	for _, s := range t.steps[min(before, len(t.steps)):] {
		if s.To == s.From {
			continue
		}
		if s.From > l.Last {
			l.Gaps = append(l.Gaps, rate.Gap{From: l.Last, To: s.From, Met: s.To, Lived: s.Lost == 0})
		}
		if s.To > w.end {
			break
		}
		l.Last = max(l.Last, s.To)
	}
	if !m.Live {
		limit, ok := t.patience()
		if !ok || t.gone {
			limit = l.Interval
		}
		l.Ended, l.Left = l.Last+limit, l.Last+limit
	}
	m.Times, m.Tail = l.In(w.start, w.end), w.end-max(w.start, l.Last)
}

// pace returns the fastest growth per millisecond of the window and of the step before it, which may be that of an
// earlier process that died in it; or if they have none of all time; +Inf if there is none at all. Growth that is not
// sure may make it too high, which errs to the wide side. Where the process restarted, and nothing shows, there is none.
func (w Window) pace() float64 {
	fastest, known := 0.0, false
	take := func(s *taken) {
		if grown := s.Value() + s.Seen; s.To > s.From && (grown > 0 || s.Sure() && !s.still) {
			fastest, known = max(fastest, grown/float64(s.To-s.From)), true
		}
	}
	if n := ended(w.t.steps, w.start); n > 0 {
		take(&w.t.steps[n-1])
	}
	for i := range w.steps {
		take(&w.steps[i])
	}
	if !known {
		return w.t.pace.Makes(1)
	}
	return fastest
}

// growth is the sum of the steps in a window.
type growth struct {
	estimate promfold.Estimate
	from, to int64
	span     int64 // observed milliseconds
}

func grow(steps []taken, start int64) (g growth) {
	var value, lo, hi, back exact.Sum
	for _, s := range steps {
		value.AddDiff(s.Add, s.Sub)
		addBounds(&lo, &hi, s.Step)
		if s.From > start {
			back.Add(s.Back)
		}
		if s.From == s.To {
			continue
		}
		from := s.Reach
		if s.Verdict == judge.Born {
			from = s.From
		}
		if g.span == 0 || from < g.from {
			g.from = from
		}
		g.to = s.To
		g.span += s.To - s.From
	}
	v := value.Float64()
	g.estimate = promfold.Estimate{Value: v, Lo: min(max(0, lo.Float64()-back.Float64()), v), Hi: max(hi.Float64(), v)}
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
