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

	Life   int64 // the part of the window in which it was alive, as far as known
	Unseen int64 // the part in which it may have been alive and no scrape saw it
	Dead   int64 // the part in which it was not alive: before its birth, where that is known, or after its end

	Live bool // alive at the end of the window
}

// Most returns the most that a step can have grown by: hi, or if that is +Inf what the pace makes in its span, in
// addition to its value if the step counted from 0 (reset), and at least its value.
func Most(value, hi, pace float64, span int64, reset bool) float64 {
	switch {
	case !math.IsInf(hi, 1):
		return max(hi, value)
	case reset:
		return value + grown(pace, span)
	}
	return max(value, grown(pace, span))
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
	var t total
	for _, m := range members {
		if m.Span == 0 {
			t.missing = t.missing || m.Life > 0 || m.Live
			t.add(0, 0, per(m.Hi+grown(m.Pace, m.Unseen), m.Width))
			continue
		}
		t.rated = true
		t.add(per(m.Growth, m.Span)*float64(m.Life)/float64(m.Width),
			per(m.Lo, m.Width), per(m.Hi+grown(m.Pace, m.Unseen), m.Width))
	}
	return t.estimate()
}

// Now returns the rate of the members that are alive at the end of the window; false if none of them has a rate. The
// bounds hold the sum of their mean rates over the time each was alive in the window.
func Now(members []Member) (promfold.Estimate, bool) {
	var t total
	for _, m := range members {
		if !m.Live {
			continue
		}
		if m.Span == 0 {
			t.missing = true
			continue
		}
		t.rated = true
		// It was alive for all that no scrape saw, or for nothing of it: the truth is at one end or between the two.
		longest := m.Width - m.Dead
		hi := max(per(m.Hi, longest-m.Unseen), per(m.Hi+grown(m.Pace, m.Unseen), longest))
		t.add(per(m.Growth, m.Span), per(m.Lo, longest), hi)
	}
	return t.estimate()
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

// total is a sum of estimates that does not depend on their order.
type total struct {
	value, lo, hi  exact.Sum
	rated, missing bool
}

func (t *total) add(value, lo, hi float64) {
	t.value.Add(value)
	t.lo.Add(lo)
	t.hi.Add(hi)
}

// estimate returns the sum. A value outside of the bounds moves to the nearer one: steps that straddle an edge of the
// window are in the value, but not in Lo.
func (t *total) estimate() (promfold.Estimate, bool) {
	if !t.rated {
		return promfold.Estimate{}, false
	}
	e := promfold.Estimate{Value: t.value.Float64(), Lo: t.lo.Float64(), Hi: t.hi.Float64()}
	if t.missing {
		e.Hi = math.Inf(1)
	}
	e.Hi = max(e.Hi, e.Lo)
	e.Value = min(max(e.Value, e.Lo), e.Hi)
	return e, true
}
