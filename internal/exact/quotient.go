package exact

import "math"

// Quo returns s/n. It is exact where the quotient is a float64, so that the mean of equal numbers is that number:
// dividing the rounded sum of three 0.1 by 3 is not. The sum may be beyond all float64s: its mean may be one.
func (s *Sum) Quo(n float64) float64 {
	hi := s.Float64()
	if math.IsInf(hi, 0) && !s.infinite() {
		return s.great(n)
	}
	q := hi / n
	if hi-hi != 0 || q-q != 0 {
		return q
	}
	var rest Sum
	rest.Merge(s)
	rest.Add(-hi)
	if fix := (math.FMA(-q, n, hi) + rest.Float64()) / n; fix-fix == 0 {
		q += fix
	}
	return q
}
