package identity

import "slices"

// Spacings are the times between the last scrapes of a target, in milliseconds, oldest first. The zero value has none.
type Spacings []int64

const (
	// rememberedSpacings is how many spacings count: enough for a scrape that came early or late not to matter.
	rememberedSpacings = 8
	// staleIntervals is after how many of its own intervals a target that is silent is stale.
	staleIntervals = 3
)

// Add returns the spacings with one more; the oldest of more than eight goes. It reuses s.
func (s Spacings) Add(ms int64) Spacings {
	if len(s) == rememberedSpacings {
		copy(s, s[1:])
		s = s[:len(s)-1]
	}
	return append(s, ms)
}

// Interval returns the median spacing, of an even number the lower middle one; false if there is none yet.
func (s Spacings) Interval() (ms int64, ok bool) {
	if len(s) == 0 {
		return 0, false
	}
	var sorted [rememberedSpacings]int64
	n := copy(sorted[:], s)
	slices.Sort(sorted[:n])
	return sorted[(n-1)/2], true
}

// Stale reports whether a target has been silent for more than three of its intervals. A target without an interval is
// not stale: nothing is known of when it should have answered. Behind a balancer, ask [Pool.State].
func (s Spacings) Stale(silent int64) bool {
	interval, ok := s.Interval()
	return ok && silent > staleIntervals*interval
}
