package layout

import "strings"

// Estimate is a value and how sure it is: the true value lies in [Lo, Hi], whatever the observations were, and so
// does Value. Where a bucket excludes its lower bound, as classic ones do, Lo itself is excluded.
type Estimate struct {
	Value  float64
	Lo, Hi float64 // Hi may be +Inf and Lo −Inf: see Flags
	N      float64 // how many observations it rests on
	Flags  Flags
}

// Flags are what a reader of an estimate should know. Zero is the good case.
type Flags uint8

const (
	// AboveBounds: the quantile may lie above every finite bound. Hi is +Inf and Value the last finite bound: the
	// truth may be anything above it.
	AboveBounds Flags = 1 << iota
	// BelowBounds: it may lie in a first bucket that has no lower bound. Lo is −Inf, and Value
	// takes what is in such buckets to lie at their upper bounds.
	BelowBounds
	// FewObservations: N·(1−q) < 1. Fewer than one observation is expected above the quantile: it is the maximum,
	// and one slow request decides.
	FewObservations
)

// String names the flags that are set, separated by commas.
func (f Flags) String() string {
	var names []string
	for i, name := range []string{"above bounds", "below bounds", "few observations"} {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
