package layout

import (
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// A client that does not update its buckets atomically is read torn now and then: a bucket has fallen and is ahead or
// behind. Increases are kept as they are, so that the next reading sets them right: {0, 1} {1, 1} {1, 2} is one
// observation in the first bucket. Only where a question falls on the torn reading itself, the
// answer repairs the counts.

// repaired returns the counts of d and their bounds, with no count that falls with the bound.
func repaired(d *Distribution) (value, lo, hi *multiset) {
	value, lo, hi = &d.value, &d.value, &d.value
	if d.loose {
		hi = &d.hi
	}
	if d.doubted {
		lo = &d.lo
	}
	if !d.torn {
		return value, lo, hi
	}
	value, lo, hi = rising(value), rising(lo), rising(hi)
	for i := range value.classic {
		c := &value.classic[i]
		raise(&hi.class(c.layout).counts, &c.counts)
	}
	return value, lo, hi
}

// rising returns a copy of m in which cumulative counts are their running maximum, at most the last of them.
func rising(m *multiset) *multiset {
	r := new(multiset)
	r.merge(m)
	for i := range r.classic {
		counts := &r.classic[i].counts
		was := counts.AppendDiff(nil, 0, counts.Len(), new(exact.Vector))
		if invalidCount(was) < 0 {
			continue
		}
		counts.Reset()
		most, total := 0.0, was[len(was)-1]
		for i, x := range was[:len(was)-1] {
			most = min(max(most, x), total)
			counts.Add(i, most)
		}
		counts.Add(len(was)-1, total)
	}
	return r
}

// raise makes the count of each bucket by itself at least that in least.
func raise(counts, least *exact.Vector) {
	was := counts.AppendDiff(nil, 0, counts.Len(), new(exact.Vector))
	floor := least.AppendDiff(nil, 0, least.Len(), new(exact.Vector))
	counts.Reset()
	total := 0.0
	for i := range was {
		total += max(own(was, i), own(floor, i))
		counts.Add(i, total)
	}
}

// hull returns cumulative counts that rise, and bounds of each bucket that hold it
// and what the other two lists have in it.
func hull(counts, a, b []float64) (lo, value, hi []float64) {
	own := func(list []float64, i int) float64 {
		if i == 0 {
			return max(0, list[0])
		}
		return max(0, list[i]-list[i-1])
	}
	value = slices.Clone(counts)
	top := max(0, value[len(value)-1])
	for i := range value {
		value[i] = min(max(0, value[i]), top)
		if i > 0 {
			value[i] = max(value[i], value[i-1])
		}
	}
	least, most := 0.0, 0.0
	for i := range value {
		x := own(value, i)
		least += min(x, own(a, i), own(b, i))
		most += max(x, own(a, i), own(b, i))
		lo, hi = append(lo, least), append(hi, most)
	}
	return lo, value, hi
}
