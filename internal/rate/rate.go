package rate

import (
	"math"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
)

// Member is what is known of one member in a window.
type Member struct {
	Watched
	Counted
}

// Counted is what a member counted in a window: in Span of [Watched], by the steps that end in the window, or by the
// latest one before if none does.
type Counted struct {
	Growth float64
	Lo     float64 // Σ Lo of the steps wholly inside the window
	Hi     float64 // Σ of the most that the steps that end in the window can have grown by, see [Most]
	Pace   float64 // the fastest sure growth per millisecond; +Inf if none is known
}

// Watched is for how long a member was watched, in ms, whatever it counts.
type Watched struct {
	Width int64 // of the window
	Span  int64 // 0: the member has no rate, which is not 0

	Times
	Tail int64 // where nothing is known after its latest scrape: the time since then

	Live bool // alive at the end of the window
	Slow bool // and its latest scrape got no answer in time: in no lower bound of the present
	Lost bool // and it could not be reached: in no value of the present
}

// Most returns the most that a step can have grown by: hi, or if that is +Inf what the pace makes in its span besides
// its value.
func Most(value, hi, pace float64, span int64) float64 {
	if math.IsInf(hi, 1) {
		return value + grown(pace, span)
	}
	return max(hi, value)
}

// grown returns what a pace makes in a time; nothing in no time, whatever the pace.
func grown(pace float64, ms int64) float64 {
	if ms <= 0 {
		return 0
	}
	return pace * float64(ms)
}

// Early returns how much of what a member grew by since its first reading may have been counted before that, where
// nothing fell: a reading may be older than it says by less than an interval, such as that of a replica that lags. Then
// the next one that is not makes the fastest step, by just as much faster than the others. In a few steps nobody can tell.
func Early(grown, pace float64, span, interval int64) float64 {
	if span < fewSteps*interval {
		return 0
	}
	fastest := pace * float64(interval)
	usual := (grown - fastest) * float64(interval) / float64(span-interval)
	if fastest <= 1.1*usual || fastest > 2.1*usual {
		return 0
	}
	return fastest - usual
}

// fewSteps are too few to say what is usual.
const fewSteps = 4

// Mean returns the rate of a fleet over a window, each member's rate weighted by the part of the window it was alive;
// false if no member has a rate. The bounds hold the mean over the whole window.
func Mean(members []Member) (promfold.Estimate, bool) {
	var s Sum
	for i := range members {
		x := members[i].Weights()
		s.AddMean(&x, &members[i].Counted)
	}
	return s.Estimate()
}

// Now returns the rate of the members that are alive at the end of the window; false if none of them has a rate. The
// bounds hold the sum of their mean rates over the time each was alive in the window.
func Now(members []Member) (promfold.Estimate, bool) {
	var s Sum
	for i := range members {
		s.AddNow(&members[i].Watched, &members[i].Counted)
	}
	return s.Estimate()
}

// per returns growth per second.
func per(growth float64, ms int64) float64 { return over(growth, float64(ms)/1000) }

// over returns growth over so many seconds.
func over(growth, seconds float64) float64 {
	if seconds <= 0 {
		if growth > 0 {
			return math.Inf(1)
		}
		return 0
	}
	return growth / seconds
}

// Sum is a sum of rates, of members in one window. It does not depend on their order. The zero value is empty.
type Sum struct {
	value       exact.Total
	lo, hi      exact.Total // counts in width; rates where that is 0
	pace        exact.Total // of members of which nothing is known after their latest scrape
	width       int64
	rated, open bool
}

// fine is the part of a count to which unseen growth is rounded up: sums of such numbers are short.
const fine = 1 << 12

// Weights are what makes a mean rate of a member's growth: what is needed of [Watched], worked out once for all groups.
type Weights struct {
	seconds, life, window float64 // of Span, Life and Width; the last two in ms
	unseen                float64 // ms
	width                 int64
	rated                 bool // it has a rate
	lives                 bool // in the window, or at its end
	open                  bool // nothing is known of it after its latest scrape
}

// Weights returns what makes a mean rate of the member's growth.
func (w *Watched) Weights() Weights {
	return Weights{
		seconds: float64(w.Span) / 1000, life: float64(w.Life), window: float64(w.Width), unseen: float64(w.unseen()),
		width: w.Width, rated: w.Span != 0, lives: w.Life > 0 || w.Live, open: w.Open,
	}
}

// AddMean adds a member's mean rate over the window.
func (s *Sum) AddMean(w *Weights, c *Counted) {
	s.width = w.width
	hi := c.Hi
	if w.unseen > 0 {
		hi += math.Ceil(c.Pace*w.unseen*fine) / fine
	}
	if !s.hi.Fit(hi) {
		s.hi.Add(hi)
	}
	if w.open && !s.pace.Fit(c.Pace) {
		s.pace.Add(c.Pace)
	}
	if !w.rated {
		s.open = s.open || w.lives
		return
	}
	s.rated = true
	if c.Growth != 0 {
		x := over(c.Growth, w.seconds)
		if y := x * w.life / w.window; y-y == 0 {
			x = y
		} else {
			x *= w.life / w.window
		}
		s.value.Add(exact.Finite(x))
	}
	if !s.lo.Fit(c.Lo) {
		s.lo.Add(c.Lo)
	}
}

// AddNow adds the rate of a member that is alive at the end of the window.
func (s *Sum) AddNow(w *Watched, c *Counted) {
	if !w.Live {
		return
	}
	if w.Span == 0 {
		s.open = true
		return
	}
	// It was alive for all that no scrape saw, or for nothing of it: the truth is at one end or between the two.
	longest, shortest := w.Width-w.Dead+w.Early, w.Width-w.Dead-w.Late
	unseen := w.unseen()
	s.hi.Add(max(per(c.Hi, shortest-unseen), per(c.Hi+grown(c.Pace, unseen), shortest)))
	if w.Lost {
		return
	}
	s.rated = true
	s.value.Add(exact.Finite(per(c.Growth, w.Span)))
	if !w.Slow {
		s.lo.Add(exact.NotAbove(per(c.Lo, longest)))
	}
}

// unseen returns for how long no scrape saw the member.
func (w *Watched) unseen() int64 {
	if w.Open {
		return w.Unseen + w.Tail
	}
	return w.Unseen
}

// Estimate returns the sum; false if no member had a rate. A value outside of the bounds moves to the nearer one: steps
// that straddle an edge of the window are in the value, but not in Lo.
func (s *Sum) Estimate() (promfold.Estimate, bool) {
	r := s.Round()
	return r.Estimate(0)
}

// Rounded is a sum that is complete.
type Rounded struct {
	value, lo, hi, pace float64
	width               int64
	rated               bool
}

// Round returns the sum as it is read.
func (s *Sum) Round() Rounded {
	r := Rounded{exact.Finite(s.value.Float64()), exact.NotAbove(s.lo.Float64()), exact.NotBelow(s.hi.Float64()), s.pace.Float64(), s.width, s.rated}
	if s.width != 0 {
		r.lo = exact.NotAbove(per(r.lo, s.width))
	}
	if s.open {
		r.hi = math.Inf(1)
	}
	return r
}

// Estimate returns the sum as [Sum.Estimate] does. The window of a sum of means may end that much later than their
// tails say, in milliseconds.
func (r *Rounded) Estimate(later int64) (promfold.Estimate, bool) {
	if !r.rated {
		return promfold.Estimate{}, false
	}
	hi := r.Most(later)
	return promfold.Estimate{Value: notAbove(notBelow(r.value, r.lo), hi), Lo: r.lo, Hi: hi}, true
}

// Most returns the upper bound of [Rounded.Estimate], also of a sum of which no member had a rate.
func (r *Rounded) Most(later int64) float64 {
	hi := r.hi
	if r.width != 0 {
		hi = per(hi+grown(r.pace, later), r.width)
	}
	return notBelow(hi, r.lo)
}

// notBelow and notAbove are max and min of numbers, without their care for signed zeros.
func notBelow(x, bound float64) float64 {
	if x < bound {
		return bound
	}
	return x
}

func notAbove(x, bound float64) float64 {
	if x > bound {
		return bound
	}
	return x
}

// Open returns what may have been counted besides the value of steps that have no upper bound, in the longest of them.
func Open(pace float64, steps int, ms int64) float64 {
	if steps == 0 {
		return 0
	}
	return grown(pace, ms)
}
