package layout

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// Native is d as one native histogram, for exposing it: all exponential buckets brought to the smallest schema first,
// and then to the greatest zero threshold, widened until it cuts no populated bucket. Questions need no such loss. It
// does not depend on the order of merging, which it would the other way round: a threshold widened to the bound of a
// fine bucket may cut a coarse one. There is none if d is empty or holds anything by classic or custom buckets.
func (d *Distribution) Native() (Native, bool) {
	if len(d.classic) > 0 || len(d.native) == 0 {
		return Native{}, false
	}
	var all nativeClass
	all.schema, all.zeroThreshold = d.native[0].schema, 0 // classes are in order of schema
	for i := range d.native {
		c := &d.native[i]
		all.zeroThreshold = max(all.zeroThreshold, c.zeroThreshold)
		all.zero.Merge(&c.zero)
		all.outside.Merge(&c.outside)
		all.positive.coarsen(&c.positive, c.schema-all.schema)
		all.negative.coarsen(&c.negative, c.schema-all.schema)
	}
	all.widen()
	sum, ok := d.Sum()
	if !ok {
		sum = math.NaN()
	}
	n := Native{Schema: all.schema, ZeroThreshold: all.zeroThreshold, ZeroCount: all.zero.Float64(), Sum: sum}
	n.Positive, n.Negative = all.positive.buckets(), all.negative.buckets()
	n.Count = d.Count()
	return n, true
}

// coarsen adds o, whose schema is greater by the number of steps.
func (s *sparse) coarsen(o *sparse, steps int32) {
	at := 0
	for i, index := range o.index {
		at = s.at(coarser(index, steps), at)
		s.counts[at].Merge(&o.counts[i])
	}
}

// coarser is the bucket that holds bucket index when the schema is lower by steps.
func coarser(index, steps int32) int32 { return (index-1)>>steps + 1 }

func (s *sparse) buckets() []Bucket {
	var b []Bucket
	for i, index := range s.index {
		b = append(b, Bucket{index, s.counts[i].Float64()})
	}
	return b
}

// widen raises the zero threshold until it is inside no populated bucket, and counts all buckets up to it as zero.
func (c *nativeClass) widen() {
	for cut := true; cut; {
		cut = false
		for _, s := range [...]*sparse{&c.positive, &c.negative} {
			for _, index := range s.index {
				if inner, outer := bound(index-1, c.schema), bound(index, c.schema); inner < c.zeroThreshold && c.zeroThreshold < outer {
					c.zeroThreshold, cut = outer, true
				}
			}
		}
	}
	c.positive.into(&c.zero, c.schema, c.zeroThreshold)
	c.negative.into(&c.zero, c.schema, c.zeroThreshold)
}

// into moves the buckets up to the threshold to zero.
func (s *sparse) into(zero *exact.Sum, schema int32, threshold float64) {
	n := 0
	for n < len(s.index) && bound(s.index[n], schema) <= threshold {
		zero.Merge(&s.counts[n])
		n++
	}
	s.index, s.counts = s.index[n:], s.counts[n:]
}

// Classic is d as one classic histogram, for exposing it: cumulative counts at the bounds that all layouts have, the
// only ones where they are known. There is none if d is empty or holds anything by exponential buckets.
func (d *Distribution) Classic() (Classic, bool) {
	if len(d.native) > 0 || len(d.classic) == 0 {
		return Classic{}, false
	}
	common := slices.Clone(d.classic[0].layout.bounds)
	signed := false
	for i := range d.classic {
		l := d.classic[i].layout
		signed = signed || l.signed
		common = slices.DeleteFunc(common, func(b float64) bool {
			_, found := slices.BinarySearch(l.bounds, b)
			return !found
		})
	}
	h := Classic{Layout: &Layout{common, signed}, Sum: math.NaN()}
	if sum, ok := d.Sum(); ok {
		h.Sum = sum
	}
	for _, b := range common {
		h.Counts = append(h.Counts, d.reconciled().ended(b))
	}
	return h, true
}

// NotBelow is n, in exponential buckets as coarse as those of both, with no count less than in o: what shows a total
// that must never fall. The sum is that of n.
func (n *Native) NotBelow(o *Native) *Native {
	var both [2]nativeClass
	var outside float64
	schema, zero := min(n.Schema, o.Schema), max(n.ZeroThreshold, o.ZeroThreshold)
	for i, from := range [...]*Native{n, o} {
		out, _ := from.check()
		outside = max(outside, out)
		fine := nativeClass{schema: from.Schema, zeroThreshold: from.ZeroThreshold}
		fine.add(from, 0)
		c := &both[i]
		c.schema, c.zeroThreshold = schema, zero
		c.zero.Merge(&fine.zero)
		c.positive.coarsen(&fine.positive, from.Schema-schema)
		c.negative.coarsen(&fine.negative, from.Schema-schema)
	}
	for { // widening for one may cut a bucket of the other
		for i := range both {
			both[i].zeroThreshold = zero
			both[i].widen()
		}
		if zero = max(both[0].zeroThreshold, both[1].zeroThreshold); both[0].zeroThreshold == both[1].zeroThreshold {
			break
		}
	}
	r := &Native{Schema: schema, ZeroThreshold: zero, Sum: n.Sum, ZeroCount: max(both[0].zero.Float64(), both[1].zero.Float64())}
	r.Positive = greater(both[0].positive.buckets(), both[1].positive.buckets())
	r.Negative = greater(both[0].negative.buckets(), both[1].negative.buckets())
	r.Count = r.ZeroCount + outside
	for _, side := range [...][]Bucket{r.Positive, r.Negative} {
		for _, b := range side {
			r.Count += b.Count
		}
	}
	return r
}

// greater is the greater count of each bucket.
func greater(a, b []Bucket) []Bucket {
	var all []Bucket
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Index < b[0].Index:
			all, a = append(all, a[0]), a[1:]
		case len(a) == 0 || b[0].Index < a[0].Index:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, Bucket{a[0].Index, max(a[0].Count, b[0].Count)}), a[1:], b[1:]
		}
	}
	return all
}
