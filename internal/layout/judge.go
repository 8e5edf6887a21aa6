package layout

import (
	"fmt"

	"github.com/promfold/promfold/internal/exact"
)

// Verdict is what the step between two readings of one histogram means.
type Verdict uint8

const (
	// Invalid: the current counts cannot be a histogram. Nothing is known.
	Invalid Verdict = iota
	// Grew: the increase is the difference, bucket by bucket.
	Grew
	// Reset: every bucket began anew. The increase is what is there now.
	Reset
	// Torn: the client does not update its buckets atomically, and the reading met it halfway. The increase is the
	// running maximum of the differences over le, at most the difference of the count.
	Torn
	// Changed: the buckets are others. The new ones start at this reading; what lies between is unknown.
	Changed
)

// String returns the verdict in lower case.
func (v Verdict) String() string {
	names := [...]string{"invalid", "grew", "reset", "torn", "changed"}
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// Judge compares two consecutive readings of one classic histogram, p and then c: cumulative counts by bucket of one
// layout, the last of them the count. restarted says that its process is proven to have begun anew in between, or that
// its created timestamp moved; stable says that the start is known and did not move.
//
// A histogram resets as one: if the count fell or if any bucket, taken by itself, fell. PromQL's rate judges each
// cumulative bucket alone. So it misses resets ({1: 10, 2: 20} → {1: 25, 2: 30} is one, though nothing in it fell) and
// makes impossible distributions, whose counts fall with le. The sum is no evidence: it falls when values are negative.
//
// If a bucket fell, the count did not and the process is stable, the reading was torn. Only then Judge writes the
// increments to dst, which may be p or c. It keeps no reference to its arguments.
func Judge(dst, p, c []float64, restarted, stable bool) Verdict {
	n := len(c)
	if n == 0 || invalidCount(c) >= 0 || !restarted && len(p) != n {
		return Invalid
	}
	if restarted || c[n-1] < p[n-1] {
		return Reset
	}
	if !bucketFell(p, c) {
		return Grew
	}
	if !stable || len(dst) < n {
		return Reset
	}
	total, most := c[n-1]-p[n-1], 0.0
	for i := range c {
		most = min(max(most, c[i]-p[i]), total)
		dst[i] = most
	}
	dst[n-1] = total
	return Torn
}

// bucketFell reports whether a bucket, taken by itself, has less in c than in p: exactly c[i]−c[i−1] < p[i]−p[i−1].
func bucketFell(p, c []float64) bool {
	var p1, c1 float64
	for i := range c {
		now, nowErr := exact.TwoDiff(c[i], c1)
		was, wasErr := exact.TwoDiff(p[i], p1)
		// Each pair is an exact difference: rounded, and the rounding error. Rounding is monotone, so the errors
		// decide only where the rounded differences are equal.
		if now < was || now == was && nowErr < wasErr {
			return true
		}
		p1, c1 = p[i], c[i]
	}
	return false
}
