package truth

import (
	"math"
	"math/rand/v2"
	"slices"
)

// ms is a time in milliseconds since cases.Epoch, or a duration.
type ms = int64

const (
	second ms = 1000
	minute    = 60 * second
	never  ms = math.MaxInt64 / 4
)

// span is the time (from, to].
type span struct{ from, to ms }

func (s span) length() ms { return max(0, s.to-s.from) }

func (s span) holds(t ms) bool { return s.from < t && t <= s.to }

func (s span) within(o span) span { return span{max(s.from, o.from), min(s.to, o.to)} }

// dice draws what is random of a fleet.
type dice struct{ *rand.Rand }

// between draws a time from a to b.
func (d dice) between(a, b ms) ms {
	if b <= a {
		return a
	}
	return a + d.Int64N(b-a+1)
}

// chance is true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// one draws one of a list.
func one[T any](d dice, list ...T) T { return list[d.IntN(len(list))] }

// arrivals say how the events of a counter follow one another.
type arrivals string

const (
	even    arrivals = "even"    // at equal distances
	poisson arrivals = "poisson" // at random, the rate stays
	bursts  arrivals = "bursts"  // at random, the rate changes
)

// events draws the times of events at a mean rate per second, ascending.
func (d dice) events(how arrivals, rate float64, in span) []ms {
	if rate <= 0 || in.length() == 0 {
		return nil
	}
	var list []ms
	switch how {
	case even:
		period := float64(second) / rate
		for t := float64(in.from) + d.Float64()*period; ; t += period {
			at := ms(math.Ceil(t))
			if at > in.to {
				return list
			}
			list = append(list, max(at, in.from+1))
		}
	case poisson:
		return d.random(rate, in)
	case bursts:
		for from := in.from; from < in.to; {
			to := min(in.to, from+d.between(5*second, minute))
			list = append(list, d.random(rate*one(d, 0, 0.5, 1, 4), span{from, to})...)
			from = to
		}
	}
	return list
}

func (d dice) random(rate float64, in span) []ms {
	if rate <= 0 {
		return nil
	}
	var list []ms
	for t := float64(in.from); ; {
		t += d.ExpFloat64() * float64(second) / rate
		at := ms(math.Ceil(t))
		if at > in.to {
			return list
		}
		list = append(list, max(at, in.from+1))
	}
}

// until returns how many of ascending times are at or before t.
func until(list []ms, t ms) int {
	i, _ := slices.BinarySearch(list, t+1)
	return i
}
