package rate

import (
	"math"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
)

// Member is what is known of one member in a window. Times are in milliseconds.
type Member struct {
	Width int64 // of the window

	// Growth was counted in Span by the steps that end in the window, or by the latest one before if none does.
	// Span 0: the member has no rate, which is not 0.
	Growth float64
	Span   int64

	Lo   float64 // Σ Lo of the steps wholly inside the window
	Hi   float64 // Σ of the most that the steps that end in the window can have grown by, see [Most]
	Pace float64 // the fastest sure growth per millisecond; +Inf if none is known

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

// Mean returns the rate of a fleet over a window, each member's rate weighted by the part of the window it was alive;
// false if no member has a rate. The bounds hold the mean over the whole window.
func Mean(members []Member) (promfold.Estimate, bool) {
	var s Sum
	for i := range members {
		s.AddMean(&members[i])
	}
	return s.Estimate(0)
}

// Now returns the rate of the members that are alive at the end of the window; false if none of them has a rate. The
// bounds hold the sum of their mean rates over the time each was alive in the window.
func Now(members []Member) (promfold.Estimate, bool) {
	var s Sum
	for i := range members {
		s.AddNow(&members[i])
	}
	return s.Estimate(0)
}

// per returns growth per second.
func per(growth float64, ms int64) float64 {
	if ms <= 0 {
		if growth > 0 {
			return math.Inf(1)
		}
		return 0
	}
	return growth / (float64(ms) / 1000)
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

// AddMean adds a member's mean rate over the window.
func (s *Sum) AddMean(m *Member) {
	s.width = m.Width
	unseen := grown(m.Pace, m.unseen())
	if m.Open {
		s.pace.Add(m.Pace)
	}
	s.hi.Add(m.Hi + math.Ceil(unseen*fine)/fine)
	if m.Span == 0 {
		s.open = s.open || m.Life > 0 || m.Live
		return
	}
	s.rated = true
	if m.Growth != 0 {
		s.value.Add(per(m.Growth, m.Span) * float64(m.Life) / float64(m.Width))
	}
	s.lo.Add(m.Lo)
}

// AddNow adds the rate of a member that is alive at the end of the window.
func (s *Sum) AddNow(m *Member) {
	if !m.Live {
		return
	}
	if m.Span == 0 {
		s.open = true
		return
	}
	// It was alive for all that no scrape saw, or for nothing of it: the truth is at one end or between the two.
	longest := m.Width - m.Dead
	unseen := m.unseen()
	s.hi.Add(max(per(m.Hi, longest-unseen), per(m.Hi+grown(m.Pace, unseen), longest)))
	if m.Lost {
		return
	}
	s.rated = true
	s.value.Add(per(m.Growth, m.Span))
	if !m.Slow {
		s.lo.Add(per(m.Lo, longest))
	}
}

// unseen returns for how long no scrape saw the member.
func (m *Member) unseen() int64 {
	if m.Open {
		return m.Unseen + m.Tail
	}
	return m.Unseen
}

// Estimate returns the sum; false if no member had a rate. The window of a sum of means may end that much later than
// their tails say, in milliseconds. A value outside of the bounds moves to the nearer one: steps
// that straddle an edge of the window are in the value, but not in Lo.
func (s *Sum) Estimate(later int64) (promfold.Estimate, bool) {
	if !s.rated {
		return promfold.Estimate{}, false
	}
	e := promfold.Estimate{Value: s.value.Float64(), Lo: s.lo.Float64(), Hi: s.hi.Float64()}
	if s.width != 0 {
		e.Lo, e.Hi = per(e.Lo, s.width), per(e.Hi+grown(s.pace.Float64(), later), s.width)
	}
	if s.open {
		e.Hi = math.Inf(1)
	}
	e.Hi = max(e.Hi, e.Lo)
	e.Value = min(max(e.Value, e.Lo), e.Hi)
	return e, true
}

// Open returns what may have been counted besides the value of steps that have no upper bound, in the longest of them.
func Open(pace float64, steps int, ms int64) float64 {
	if steps == 0 {
		return 0
	}
	return grown(pace, ms)
}
