package layout

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// ParseBound reads the value of an le label. Bounds are numbers, not spellings: "1", "1.0" and "1e0" are one bound.
// What is not a number, NaN included, is an error.
func ParseBound(le string) (float64, error) {
	b, err := strconv.ParseFloat(le, 64)
	if err != nil {
		return 0, err
	}
	if math.IsNaN(b) {
		return 0, &LayoutError{b, "is not a number"}
	}
	return b + 0, nil
}

// Layouts keeps one [Layout] for each set of bounds, so that equal ones are the same pointer. The zero value is empty
// and ready to use. It must not be used by two goroutines at once.
type Layouts struct {
	known map[uint64][]*Layout // by hash of the bounds
}

// Intern returns the layout of these bounds, as [NewLayout], or if signed [NewSignedLayout], makes it. It keeps no
// reference to bounds, and allocates nothing for bounds it knows if they end in +Inf.
func (s *Layouts) Intern(bounds []float64, signed bool) (*Layout, error) {
	for _, l := range s.known[hash(bounds)] {
		if slices.Equal(l.bounds, bounds) && l.signed == (signed || l.bounds[0] <= 0) {
			return l, nil
		}
	}
	l, err := newLayout(bounds, signed)
	if err != nil {
		return nil, err
	}
	key := hash(l.bounds)
	for _, k := range s.known[key] {
		if k.Equal(l) {
			return k, nil
		}
	}
	if s.known == nil {
		s.known = make(map[uint64][]*Layout)
	}
	s.known[key] = append(s.known[key], l)
	return l, nil
}

// hash is FNV-1a over the bounds' bits, a word at a time.
func hash(bounds []float64) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range bounds {
		h = (h ^ math.Float64bits(b)) * 1099511628211
	}
	return h
}

// Lines collects the lines of one classic histogram in one scrape, in any order. The zero value is ready; Reset makes
// it ready for the next one.
type Lines struct {
	// Signed says that observed values may be negative: see [NewSignedLayout].
	Signed bool

	buckets         []line
	count, sum      float64
	hasCount        bool
	hasSum          bool
	bounds, content []float64
}

type line struct{ bound, count float64 }

// Reset forgets all lines and keeps the storage.
func (s *Lines) Reset() {
	s.buckets = s.buckets[:0]
	s.hasCount, s.hasSum = false, false
}

// Bucket is a line of _bucket with the value of its le label.
func (s *Lines) Bucket(le, count float64) { s.buckets = append(s.buckets, line{le + 0, count}) }

// Count is the line of _count.
func (s *Lines) Count(n float64) { s.count, s.hasCount = n, true }

// Sum is the line of _sum.
func (s *Lines) Sum(x float64) { s.sum, s.hasSum = x, true }

// Classic is a classic histogram as one scrape has it.
type Classic struct {
	Layout *Layout
	Counts []float64 // cumulative, one for each bucket of the layout
	Sum    float64   // NaN if there was none

	// Mismatch: there were both a +Inf bucket and a count, and they differ. The bucket is believed, for it is the
	// one that the others are part of.
	Mismatch bool
}

// Histogram makes a histogram of the lines. A missing +Inf bucket is filled from the count. A bound that is NaN or
// occurs twice is a [*LayoutError]; counts that fall with le, that are no counts, or of which there is no total are a
// [*CountError]. Counts belongs to s, and is good until it is Reset or asked again.
func (s *Lines) Histogram(layouts *Layouts) (Classic, error) {
	slices.SortFunc(s.buckets, func(a, b line) int { return cmp.Compare(a.bound, b.bound) })
	s.bounds, s.content = s.bounds[:0], s.content[:0]
	for _, b := range s.buckets {
		s.bounds, s.content = append(s.bounds, b.bound), append(s.content, b.count)
	}
	h := Classic{Sum: math.NaN()}
	if s.hasSum {
		h.Sum = s.sum
	}
	switch n := len(s.bounds); {
	case n > 0 && math.IsInf(s.bounds[n-1], 1):
		h.Mismatch = s.hasCount && s.count != s.content[n-1]
	case s.hasCount:
		s.bounds, s.content = append(s.bounds, math.Inf(1)), append(s.content, s.count)
	default:
		return Classic{}, &CountError{math.Inf(1), math.NaN(), "is missing, and there is no count"}
	}
	l, err := layouts.Intern(s.bounds, s.Signed)
	if err != nil {
		return Classic{}, err
	}
	if err := checkCumulative(l, s.content); err != nil {
		return Classic{}, err
	}
	h.Layout, h.Counts = l, s.content
	return h, nil
}
