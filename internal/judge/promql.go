package judge

import (
	"math"
	"time"
)

// Mode is how a [Range] treats the ends of its window.
type Mode uint8

const (
	// Extrapolated is what PromQL's rate and increase do: from the points inside the window to its ends.
	Extrapolated Mode = iota
	// Anchored is PromQL's modifier of that name: from the last point at or before the start to the last one inside.
	Anchored
	// Smoothed is PromQL's modifier of that name: between values interpolated at the two ends.
	Smoothed
)

// Range answers as PromQL does, to be compared with its answers and to replace them one by one. It takes the points
// of one series in the order of time, some from before or after the window where the mode needs them, and has no
// verdicts: any decrease is a reset. Use a [Tracker] to know what happened; use a Range to reproduce a dashboard.
//
// The definitions are those of the Prometheus engine, v0.315. A second result of false means that PromQL has no
// answer either. Stale markers do not exist; a NaN is a value, and answers with it are NaN. Start timestamps are used
// by Rate, Increase, Irate and Resets as with the engine's option UseStartTimestamps; where that is off, leave them 0.
type Range struct {
	Start, End int64 // the window (Start, End], Unix milliseconds
	Mode       Mode
	// Lookback is how far before Start, and after End, Anchored and Smoothed look for points, in milliseconds.
	// 0: PromQL's default of 5 min.
	Lookback int64
}

// Increase is what the counter grew by in the window, including what is extrapolated. It need not be an integer.
//
//	Extrapolated: raw · (I + dS + dE)/I, I from the first to the last of n points in the window,
//	  raw = last − first + Σ (values before a reset); dS, dE the times from the ends of the window to the nearest point,
//	  or I/(2(n−1)) where that is not less than 1.1·I/(n−1), and dS not more than I·first/raw: where it would reach 0.
//	  A start timestamp of the first point inside the window, and before the point, is a point of value 0.
//	Anchored: last − anchor + Σ (values before a reset), the anchor being the last point at or before Start,
//	  or the first there is.
//	Smoothed: value(End) − value(Start) + Σ (values before a reset), values interpolated linearly, from 0 over a reset.
func (r Range) Increase(points []Point) (float64, bool) { return r.change(points, true, false) }

// Rate is Increase per second of the window.
func (r Range) Rate(points []Point) (float64, bool) { return r.change(points, true, true) }

// Delta is Increase for a gauge: a decrease is a decrease.
func (r Range) Delta(points []Point) (float64, bool) { return r.change(points, false, false) }

// Irate is the rate between the last two points in the window. Extrapolated only.
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

// Idelta is the difference of the last two points in the window. Extrapolated only.
func (r Range) Idelta(points []Point) (float64, bool) {
	p, c, ok := r.lastTwo(points)
	return c.Value - p.Value, ok
}

// Resets is the number of decreases and moved start timestamps between points of the window; with Anchored, since the
// last point at or before Start. Smoothed has none.
func (r Range) Resets(points []Point) (int, bool) {
	in := r.selected(points)
	switch {
	case r.Mode == Smoothed:
		return 0, false
	case r.Mode == Anchored:
		in = in[max(0, after(in, r.Start)-1):]
		if len(in) > 0 && in[len(in)-1].Time <= r.Start {
			return 0, false
		}
	}
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

func (r Range) lastTwo(points []Point) (p, c Point, ok bool) {
	in := r.selected(points)
	if r.Mode != Extrapolated || len(in) < 2 {
		return p, c, false
	}
	p, c = in[len(in)-2], in[len(in)-1]
	if p.Time == c.Time {
		return Point{}, Point{}, false
	}
	return p, c, true
}

// selected are the points a mode looks at, without stale markers.
func (r Range) selected(points []Point) []Point {
	from, to := r.Start, r.End
	if from >= to {
		return nil
	}
	lookback := or(r.Lookback, int64(5*time.Minute/time.Millisecond))
	switch r.Mode {
	case Anchored:
		from -= lookback
	case Smoothed:
		from -= lookback
		to += lookback
	}
	points = points[after(points, from):]
	points = points[:after(points, to)]
	for i, p := range points {
		if isStale(p.Value) {
			return withoutStale(points, i)
		}
	}
	return points
}

func withoutStale(points []Point, first int) []Point {
	kept := append([]Point(nil), points[:first]...)
	for _, p := range points[first:] {
		if !isStale(p.Value) {
			kept = append(kept, p)
		}
	}
	return kept
}

// after is the index of the first point later than t.
func after(points []Point, t int64) int {
	lo, hi := 0, len(points)
	for lo < hi {
		if mid := int(uint(lo+hi) / 2); points[mid].Time > t {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// isStale tells Prometheus' stale marker from any other NaN.
func isStale(x float64) bool { return math.Float64bits(x) == 0x7ff0000000000002 }

func (r Range) seconds() float64 { return (time.Duration(r.End-r.Start) * time.Millisecond).Seconds() }

func (r Range) change(points []Point, counter, rate bool) (float64, bool) {
	in := r.selected(points)
	if len(in) == 0 {
		return 0, false
	}
	if r.Mode == Extrapolated {
		return r.extrapolate(in, counter, rate)
	}
	x, ok := r.extend(in, counter)
	if rate {
		x /= r.seconds()
	}
	return x, ok
}

// isReset is PromQL's rule: any decrease, or a start timestamp after the previous point. A start equal to the time of
// the previous point is one only where the producer is known to know starts: else it is how a first, unknown one is
// written (OpenTelemetry's data model).
func isReset(p, c Point) bool {
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

func (r Range) extrapolate(in []Point, counter, rate bool) (float64, bool) {
	first, last, n := in[0], in[len(in)-1], len(in)-1
	raw := last.Value - first.Value
	if counter {
		for i, c := range in[1:] {
			if isReset(in[i], c) {
				raw += in[i].Value
			}
		}
	}
	toStart, toEnd := float64(first.Time-r.Start)/1000, float64(r.End-last.Time)/1000
	interval := float64(last.Time-first.Time) / 1000
	mean := 0.0
	if n > 0 {
		mean = interval / float64(n)
	}
	threshold := mean * 1.1
	switch began := first.Start; {
	case counter && began != 0 && r.Start < began && began < first.Time:
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
	if rate {
		factor /= r.seconds()
	}
	return raw * factor, true
}

// extend is the increase between the values at the ends of the window, or the nearest there are.
func (r Range) extend(in []Point, counter bool) (float64, bool) {
	// The last point bounds the search on purpose: there is always one to the right of a first.
	last := len(in) - 1
	first := max(0, after(in[:last], r.Start)-1)
	if r.Mode == Smoothed {
		last = after(in[:last], r.End-1)
	}
	if in[last].Time <= r.Start || r.Mode == Smoothed && in[first].Time > r.End {
		return 0, false
	}
	left, right := in[first].Value, in[last].Value
	if r.Mode == Smoothed {
		if in[first].Time < r.Start {
			left = interpolate(in[first], in[first+1], r.Start, counter)
		}
		if last > 0 && in[last].Time > r.End {
			right = interpolate(in[last-1], in[last], r.End, counter)
		}
	}
	x := right - left
	if !counter {
		return x, true
	}
	if in[first].Time <= r.Start {
		first++
	}
	if in[last].Time >= r.End {
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
	return x + correction, true
}

// interpolate is the value at t on the line from p to c; a counter that was reset starts from 0.
func interpolate(p, c Point, t int64, counter bool) float64 {
	from := p.Value
	if counter && c.Value < from {
		from = 0
	}
	return from + (c.Value-from)*float64(t-p.Time)/float64(c.Time-p.Time)
}
