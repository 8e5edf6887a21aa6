package identity

import "slices"

const (
	// rememberedSpacings is how many spacings count: enough for a scrape that came early or late not to matter.
	rememberedSpacings = 8
	// assumedInterval is that of a target that was scraped once, in milliseconds.
	assumedInterval = 20_000
)

// StaleIntervals is after how many of its own intervals a target that is silent is stale.
const StaleIntervals = 3

// Spacings are the times between the last scrapes of a target, in milliseconds. The zero value has none.
//
//	Ms[:N], oldest first
type Spacings struct {
	Ms [rememberedSpacings]int64
	N  uint8

	median int64 // of Ms[:N], since the last Add; 0: not known. Questions ask for it of every instance
}

// Add adds the latest spacing; the oldest of more than eight goes.
func (s *Spacings) Add(ms int64) {
	if s.N == rememberedSpacings {
		copy(s.Ms[:], s.Ms[1:])
		s.N--
	}
	s.Ms[s.N] = ms
	s.N++
	s.median = 0
	s.median = s.Interval()
}

// Interval returns the median spacing, of an even number the lower middle one; 0 if there is none yet.
func (s *Spacings) Interval() int64 {
	if s.N == 0 || s.median != 0 {
		return s.median
	}
	sorted := s.Ms
	slices.Sort(sorted[:s.N])
	return sorted[(s.N-1)/2]
}

// Stale reports whether a target has been silent, in milliseconds, for more than so many of its intervals. One that was
// scraped once is taken to have an interval of 20 s. Behind a balancer, ask [Pool.State], too.
func (s *Spacings) Stale(silent int64, intervals float64) bool {
	return float64(silent) > s.patience(intervals)
}

// Patience returns for how long a target may be silent before it is stale, in milliseconds.
func (s *Spacings) Patience(intervals float64) int64 { return int64(s.patience(intervals)) }

func (s *Spacings) patience(intervals float64) float64 {
	interval := int64(assumedInterval)
	if s.N > 0 {
		interval = s.Interval()
	}
	return intervals * float64(interval)
}
