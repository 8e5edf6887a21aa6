package layout

import (
	"fmt"
	"math"

	"github.com/promfold/promfold/internal/exact"
)

// Verdict says what the step between two scrapes of one histogram means.
type Verdict uint8

const (
	// Invalid: the current counts are no histogram (NaN, negative, infinite, or falling with le): nothing is known.
	Invalid Verdict = iota
	// Grew: the increase is the difference, bucket by bucket.
	Grew
	// Reset: all of it began anew, every bucket at once; the increase is what is there now.
	Reset
	// Torn: a scrape met a client that does not update its buckets atomically. The increase is the running maximum of
	// the differences over le, capped at that of the count.
	Torn
	// Changed: the buckets themselves are others. The new ones start at this point; what lies between is not known.
	Changed
)

// String is the verdict in lower case.
func (v Verdict) String() string {
	switch v {
	case Invalid:
		return "invalid"
	case Grew:
		return "grew"
	case Reset:
		return "reset"
	case Torn:
		return "torn"
	case Changed:
		return "changed"
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// Judge compares two consecutive scrapes of one classic histogram, p and then c: cumulative counts by bucket of one
// layout, the last of them the count. It is restarted if its process is proven to have begun anew in between or its
// own created timestamp moved; it is stable if the start is known and did not move.
//
// A histogram resets as one: if the count fell or if any bucket, taken by itself, did. Judging each cumulative bucket
// by itself, as PromQL's rate does, misses resets ({1: 10, 2: 20} → {1: 25, 2: 30} is one, nothing in it fell) and
// makes distributions that cannot be (counts that fall with le). The sum is no evidence: it falls when values are
// negative.
//
// A bucket that fell while the count did not and the process is stable was torn, not reset: then the increments, and
// only then, are written to dst, which may be p or c. Judge keeps no reference to its arguments.
func Judge(dst, p, c []float64, restarted, stable bool) Verdict {
	n := len(c)
	if n == 0 || checkCumulative(nil, c) != nil || !restarted && len(p) != n {
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

// bucketFell tells whether a de-cumulated bucket is less in c than it was in p, exactly: c[i]−c[i−1] < p[i]−p[i−1].
func bucketFell(p, c []float64) bool {
	var p1, c1 float64
	for i := range c {
		now, nowErr := exact.TwoDiff(c[i], c1)
		was, wasErr := exact.TwoDiff(p[i], p1)
		// Each pair is its exact difference and now, was are those rounded. Rounding is monotone: only where these are
		// equal do the errors decide.
		if now < was || now == was && nowErr < wasErr {
			return true
		}
		p1, c1 = p[i], c[i]
	}
	return false
}

// CountError tells which count of a histogram cannot be one.
type CountError struct {
	Bound   float64 // upper bound of the bucket; NaN if it is not a bucket's
	Count   float64
	Problem string
}

func (e *CountError) Error() string {
	if math.IsNaN(e.Bound) {
		return fmt.Sprintf("histogram: count %v %s", e.Count, e.Problem)
	}
	return fmt.Sprintf("histogram: count %v of bucket %v %s", e.Count, e.Bound, e.Problem)
}

// maxCount is more than anybody observes and leaves room for adding up.
const maxCount = 1e100

// checkCumulative tells what keeps counts from being cumulative. The layout may be nil.
func checkCumulative(l *Layout, counts []float64) error {
	prev := 0.0
	for i, c := range counts {
		if c >= prev && c <= maxCount {
			prev = c
			continue
		}
		bound := math.NaN()
		if l != nil {
			bound = l.bounds[i]
		}
		if c < prev && prev > 0 {
			return &CountError{bound, c, "is less than that of a smaller bound"}
		}
		return &CountError{bound, c, "is no number of observations"}
	}
	return nil
}
