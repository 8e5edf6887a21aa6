package parse

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/lines"
)

// joined is a histogram whose lines are one sample.
type joined struct {
	family *Family
	labels labels.Labels // with the family's name

	gathered uint64 // the body for which its parts were collected
	read     uint64 // the body for which it was read
	parts    []part // its lines, in the body's order
	whole    bool   // the parts make one histogram, which is a sample
	index    int32  // of the sample in the latest list, or none
	before   int32  // of the sample in the list before, or none

	buckets                     []part // by ascending bound
	count, sum, created, native int    // positions of lines, or none
	bounds                      []float64
	counts                      []float64 // scratch

	histogram   *histogram.Histogram // never written to: callers may keep it
	time, start time.Time
}

// part is a line of a histogram.
type part struct {
	pos   int
	role  lines.Role
	bound float64
}

// arrange sorts the parts by what they are. It returns false if they do not make
// a histogram: a part is there twice, or none tells the number of observations.
func (j *joined) arrange() bool {
	j.buckets = j.buckets[:0]
	j.count, j.sum, j.created, j.native = none, none, none, none
	for _, p := range j.parts {
		var pos *int
		switch p.role {
		case lines.Bucket:
			j.buckets = append(j.buckets, p)
			continue
		case lines.Count:
			pos = &j.count
		case lines.Sum:
			pos = &j.sum
		case lines.Created:
			pos = &j.created
		case lines.Native:
			pos = &j.native
		}
		if pos == nil || *pos != none {
			return false
		}
		*pos = p.pos
	}
	return j.arrangeBuckets()
}

func (j *joined) arrangeBuckets() bool {
	slices.SortFunc(j.buckets, func(a, b part) int { return cmp.Compare(a.bound, b.bound) })
	n := len(j.buckets)
	for i := 1; i < n; i++ {
		if j.buckets[i].bound == j.buckets[i-1].bound {
			return false
		}
	}
	toInf := n > 0 && math.IsInf(j.buckets[n-1].bound, 1)
	if !toInf && j.count == none && j.native == none {
		return false
	}
	if n == 0 && j.count == none {
		j.bounds = nil // it has native buckets alone
		return true
	}
	if !toInf {
		n++
	}
	if !j.hasBounds(n) {
		j.bounds = make([]float64, n) // the old ones are shared
		for i, b := range j.buckets {
			j.bounds[i] = b.bound
		}
		j.bounds[n-1] = math.Inf(1)
	}
	return true
}

// hasBounds reports whether bounds are those of the buckets already: n in all.
func (j *joined) hasBounds(n int) bool {
	return len(j.bounds) == n && slices.EqualFunc(j.bounds[:len(j.buckets)], j.buckets, func(b float64, p part) bool { return b == p.bound })
}

// update reads the histogram, after arrange. It returns false if a sample cannot
// hold what the lines say.
func (j *joined) update(engine *lines.Reader) bool {
	_, _, at := engine.At(j.parts[0].pos)
	start := engine.Start(j.parts[0].pos)
	for _, p := range j.parts {
		if _, _, t := engine.At(p.pos); t != at || engine.Start(p.pos) != start {
			return false
		}
	}
	if j.created != none && start == 0 {
		return false
	}
	j.time, j.start = timeOf(at), startOf(start)
	var h histogram.Histogram
	if !j.total(&h, engine) {
		return false
	}
	if j.bounds != nil {
		j.counts = j.counts[:0]
		for _, b := range j.buckets {
			j.counts = append(j.counts, valueAt(engine, b.pos))
		}
		if len(j.counts) < len(j.bounds) {
			j.counts = append(j.counts, h.Count)
		}
		h.Bounds, h.Counts = j.bounds, j.counts
	}
	if j.histogram != nil && sameHistogram(&h, j.histogram) {
		return true
	}
	kept := h
	kept.Counts = slices.Clone(h.Counts)
	j.histogram = &kept
	return true
}

// total sets what h has besides its classic buckets: the native ones, the count
// and the sum. It returns false if native and classic lines contradict each other.
func (j *joined) total(h *histogram.Histogram, engine *lines.Reader) bool {
	count, sum := math.NaN(), math.NaN()
	switch {
	case j.count != none:
		count = valueAt(engine, j.count)
	case len(j.buckets) > 0:
		count = valueAt(engine, j.buckets[len(j.buckets)-1].pos)
	}
	if j.sum != none {
		sum = valueAt(engine, j.sum)
	}
	if j.native == none {
		h.Count, h.Sum = count, sum
		return true
	}
	*h = *fromNative(engine.Native(j.native))
	return (j.bounds == nil || h.Exponential) &&
		(j.count == none || h.Count == count) && (j.sum == none || sameFloat(h.Sum, sum))
}

func valueAt(engine *lines.Reader, pos int) float64 {
	_, v, _ := engine.At(pos)
	return v
}

// fill sets what the histogram says apart from its series.
func (j *joined) fill(s *Sample) {
	s.Value, s.Time, s.Start, s.Histogram = j.histogram.Count, j.time, j.start, j.histogram
}
