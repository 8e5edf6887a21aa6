package layout

import "github.com/promfold/promfold/internal/exact"

// A client that does not update its buckets atomically is read torn now and then: a bucket has fallen and is ahead or
// behind. Increases are kept as they are, so that the next reading sets them right: {0, 1} {1, 1} {1, 2} is one
// observation in the first bucket. Only where a question falls on the torn reading itself, the counts are repaired.

// repaired returns the counts of d, and how far the true ones may be above, with no count that falls with the bound.
func repaired(d *Distribution) (value, more *multiset) {
	if !d.torn {
		return &d.value, &d.more
	}
	value, more = new(multiset), new(multiset)
	value.merge(&d.value)
	more.merge(&d.more)
	for i := range value.classic {
		c := &value.classic[i]
		counts := c.counts.AppendDiff(nil, 0, c.layout.Len(), new(exact.Vector))
		if invalidCount(counts) < 0 {
			continue
		}
		repair(c, counts, &more.class(c.layout).counts)
	}
	return value, more
}

// repair makes the counts of c their running maximum, at most the last of them. Room for more is left up to what each
// bucket has by itself.
func repair(c *class, counts []float64, more *exact.Vector) {
	room := more.AppendDiff(nil, 0, len(counts), new(exact.Vector))
	total := counts[len(counts)-1]
	c.counts.Reset()
	more.Reset()
	most, above := 0.0, 0.0
	for i := range counts {
		before := most
		if most = min(max(most, counts[i]), total); i == len(counts)-1 {
			most = total
		}
		c.counts.Add(i, most)
		above += max(0, own(counts, i)+own(room, i)-(most-before))
		more.Add(i, above)
	}
}
