package judge

import "math"

// UintPoint is a reading of a counter that its source keeps in 64 bits, as OpenTelemetry and the protobuf exposition
// do. Beyond 2^53 a float64 has no room for the last bits, which is where growth is.
type UintPoint struct {
	Time  int64 // Unix milliseconds
	Value uint64
	Start int64 // as in Point
}

// Point is p, its value rounded to a float64.
func (p UintPoint) Point() Point { return Point{p.Time, float64(p.Value), p.Start} }

// NextUint is Next for 64-bit counters: Add − Sub of the step is exact, whatever the values.
func (r *Rules) NextUint(p, c UintPoint, life Life, start int64) Step {
	return exactly(r.Next(p.Point(), c.below(p), life, start), p, c)
}

// AfterZeroUint is AfterZero for 64-bit counters.
func (r *Rules) AfterZeroUint(p, c UintPoint, life Life, start int64) Step {
	return exactly(r.AfterZero(p.Point(), c.below(p), life, start), p, c)
}

// AppearUint is Appear for 64-bit counters that have no tombstone.
func (r *Rules) AppearUint(c UintPoint, a Appearance) Step {
	a.Tombstone = nil
	return exactly(r.Appear(c.Point(), a), UintPoint{}, c)
}

// below is c as a Point, less than p's if c is, even where both round to the same float64.
func (c UintPoint) below(p UintPoint) Point {
	x := c.Point()
	if y := float64(p.Value); c.Value < p.Value && x.Value == y {
		x.Value = math.Nextafter(y, 0)
	}
	return x
}

// exactly replaces what s adds, judged on rounded values, by the same of exact ones.
func exactly(s Step, p, c UintPoint) Step {
	switch {
	case s.Add == 0:
		return s
	case s.Sub == 0: // began at 0
		s.Add, s.Sub = split(c.Value)
		s.Hi = max(s.Hi, s.Add)
	default:
		s.Add, s.Sub = split(c.Value - p.Value)
		if s.Hi == s.Lo { // no doubt about it: rounded once
			s.Hi = s.Add
		}
		s.Lo = s.Add
	}
	return s
}

// split is n as a difference of two float64s.
func split(n uint64) (add, sub float64) {
	add = float64(n)
	if n <= 1<<53 {
		return add, 0
	}
	if add == 1<<64 {
		return add, float64(-n) // 2^64 − n
	}
	return add, float64(int64(uint64(add) - n))
}
