package counter

import (
	"math"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/judge"
)

// Range answers over stored points in (Start, End] exactly as PromQL v0.315 does. The points of one series stand in
// order of time; AnchoredIncrease and SmoothedIncrease also need points before and after the window.
//
// Any decrease is a reset. Where a method returns false, PromQL has no answer either. Stale markers are left out; any
// other NaN is a value, and an answer with it is NaN. Start counts as with the engine's option UseStartTimestamps: where
// that is off, leave it zero. Process is not used.
type Range struct {
	Start, End time.Time
	Lookback   time.Duration // for Anchored… and Smoothed…; default 5 min
}

// Increase returns PromQL's increase, extrapolated to the ends of the window; it need not be an integer.
//
//	raw · (I + dS + dE)/I, I from the first to the last of n points in the window,
//	raw = last − first + Σ (values before a reset); dS, dE the times from the ends of the window to the nearest point,
//	or I/(2(n−1)) where that is not less than 1.1·I/(n−1), and dS not more than I·first/raw: where it would reach 0.
//
// A Start of the first point inside the window, and before the point, is a point of value 0.
func (r Range) Increase(points []Point) (float64, bool) { return r.extrapolate(points, true, 1) }

// Rate returns Increase per second of the window.
func (r Range) Rate(points []Point) (float64, bool) { return r.extrapolate(points, true, r.seconds()) }

// Delta returns PromQL's delta, for gauges: a decrease is a decrease.
func (r Range) Delta(points []Point) (float64, bool) { return r.extrapolate(points, false, 1) }

// Irate returns the rate between the last two points.
func (r Range) Irate(points []Point) (float64, bool) {
	p, c, ok := r.lastTwo(points)
	if !ok {
		return 0, false
	}
	x := c.Value - p.Value
	if isReset(p, c) {
		x = c.Value
	}
	return x / (float64(c.Time-p.Time) / 1000), true
}

// Idelta returns the difference of the last two points.
func (r Range) Idelta(points []Point) (float64, bool) {
	p, c, ok := r.lastTwo(points)
	return c.Value - p.Value, ok
}

// Resets returns the number of decreases and moved starts between points of the window.
func (r Range) Resets(points []Point) (int, bool) {
	in := r.selected(points, 0, 0)
	if len(in) == 0 {
		return 0, false
	}
	n := 0
	for i, c := range in[1:] {
		if isReset(in[i], c) {
			n++
		}
	}
	return n, true
}

// AnchoredIncrease returns increase with PromQL's modifier anchored: last − anchor + Σ (values before a reset), where
// anchor is the last point at or before Start, or the first there is.
func (r Range) AnchoredIncrease(points []Point) (float64, bool) {
	in := r.selected(points, r.lookback(), 0)
	if len(in) == 0 {
		return 0, false
	}
	return r.between(in, false)
}

// SmoothedIncrease returns increase with PromQL's modifier smoothed: value(End) − value(Start) + Σ (values before a
// reset), values at the ends interpolated linearly between their neighbours, from 0 over a reset.
func (r Range) SmoothedIncrease(points []Point) (float64, bool) {
	in := r.selected(points, r.lookback(), r.lookback())
	if len(in) == 0 {
		return 0, false
	}
	return r.between(in, true)
}

func (r Range) lookback() int64 {
	if r.Lookback > 0 {
		return r.Lookback.Milliseconds()
	}
	return (5 * time.Minute).Milliseconds()
}

func (r Range) seconds() float64 {
	return (time.Duration(millis(r.End)-millis(r.Start)) * time.Millisecond).Seconds()
}

func (r Range) lastTwo(points []Point) (p, c judge.Point, ok bool) {
	in := r.selected(points, 0, 0)
	if len(in) < 2 {
		return p, c, false
	}
	p, c = in[len(in)-2], in[len(in)-1]
	if p.Time == c.Time {
		return judge.Point{}, judge.Point{}, false
	}
	return p, c, true
}

// selected returns the points from before Start to after End, so many milliseconds, without stale markers.
func (r Range) selected(points []Point, before, after int64) []judge.Point {
	from, to := millis(r.Start), millis(r.End)
	if from >= to {
		return nil
	}
	upTo := func(ms int64) int {
		n, _ := slices.BinarySearchFunc(points, ms, func(p Point, ms int64) int {
			if millis(p.Time) <= ms {
				return -1
			}
			return 1
		})
		return n
	}
	points = points[upTo(from-before):upTo(to+after)]
	in := make([]judge.Point, 0, len(points))
	for _, p := range points {
		if !isStale(p.Value) {
			in = append(in, p.reading().Point)
		}
	}
	return in
}

// isStale tells Prometheus' stale marker from any other NaN.
func isStale(x float64) bool { return math.Float64bits(x) == 0x7ff0000000000002 }

// later returns the index of the first point after a time.
func later(points []judge.Point, ms int64) int {
	n, _ := slices.BinarySearchFunc(points, ms, func(p judge.Point, ms int64) int {
		if p.Time <= ms {
			return -1
		}
		return 1
	})
	return n
}

// isReset applies PromQL's rule: any decrease, or a start after the previous point. A start equal to the time of the
// previous point counts only if that point has an earlier start of its own: an unknown start is written so, too
// (OpenTelemetry's data model).
func isReset(p, c judge.Point) bool {
	if c.Value < p.Value {
		return true
	}
	switch {
	case c.Start == p.Start, c.Start == 0, c.Start >= c.Time, c.Start < p.Time:
		return false
	case c.Start > p.Time:
		return true
	}
	return p.Start != 0 && p.Start < p.Time
}

// extrapolate returns the increase, or a gauge's delta, divided by a number of seconds.
func (r Range) extrapolate(points []Point, counter bool, seconds float64) (float64, bool) {
	in := r.selected(points, 0, 0)
	if len(in) == 0 {
		return 0, false
	}
	first, last, n := in[0], in[len(in)-1], len(in)-1
	raw := last.Value - first.Value
	if counter {
		for i, c := range in[1:] {
			if isReset(in[i], c) {
				raw += in[i].Value
			}
		}
	}
	start, end := millis(r.Start), millis(r.End)
	toStart, toEnd := float64(first.Time-start)/1000, float64(end-last.Time)/1000
	interval := float64(last.Time-first.Time) / 1000
	mean := 0.0
	if n > 0 {
		mean = interval / float64(n)
	}
	threshold := mean * 1.1
	switch began := first.Start; {
	case counter && began != 0 && start < began && began < first.Time:
		toStart = 0
		interval = float64(last.Time-began) / 1000
		raw += first.Value
	case n == 0:
		return 0, false
	default:
		if toStart >= threshold {
			toStart = mean / 2
		}
		if counter && raw > 0 && first.Value >= 0 {
			if toZero := interval * (first.Value / raw); toZero < toStart {
				toStart = toZero
			}
		}
	}
	if toEnd >= threshold {
		toEnd = mean / 2
	}
	factor := 1.0
	if interval != 0 {
		factor = (interval + toStart + toEnd) / interval
	}
	return raw * (factor / seconds), true
}

// between returns the increase between the values at the ends of the window, or the nearest there are.
func (r Range) between(in []judge.Point, smoothed bool) (float64, bool) {
	start, end := millis(r.Start), millis(r.End)
	// The last point bounds the search on purpose: there is always one to the right of the first.
	last := len(in) - 1
	first := max(0, later(in[:last], start)-1)
	if smoothed {
		last = later(in[:last], end-1)
	}
	if in[last].Time <= start || smoothed && in[first].Time > end {
		return 0, false
	}
	left, right := in[first].Value, in[last].Value
	if smoothed {
		if in[first].Time < start {
			left = interpolate(in[first], in[first+1], start)
		}
		if last > 0 && in[last].Time > end {
			right = interpolate(in[last-1], in[last], end)
		}
	}
	if in[first].Time <= start {
		first++
	}
	if in[last].Time >= end {
		last--
	}
	correction, prev := 0.0, left
	for i := first; i <= last; i++ {
		if in[i].Value < prev {
			correction += prev
		}
		prev = in[i].Value
	}
	if right < prev {
		correction += prev
	}
	return right - left + correction, true
}

// interpolate returns the value at a time on the line from p to c; a counter that was reset starts from 0.
func interpolate(p, c judge.Point, ms int64) float64 {
	from := p.Value
	if c.Value < from {
		from = 0
	}
	return from + (c.Value-from)*float64(ms-p.Time)/float64(c.Time-p.Time)
}
