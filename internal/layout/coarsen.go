package layout

import (
	"math"

	"github.com/promfold/promfold/internal/exact"
)

// Exponential buckets are made coarser by the schema first and by the zero threshold then. The other way round the
// result would depend on the order of merging: a threshold widened to the bound of a fine bucket may cut a coarse one.

// coarse returns n in buckets of a schema that is not greater, around a zero bucket that is not smaller, widened until
// it cuts no populated bucket.
func (n *Native) coarse(schema int32, zeroThreshold float64) *nativeClass {
	fine := nativeClass{schema: n.Schema, zeroThreshold: n.ZeroThreshold}
	fine.add(n, 0)
	c := &nativeClass{schema: schema, zeroThreshold: zeroThreshold}
	c.coarsen(&fine)
	c.widen()
	return c
}

// coarsen adds o, in the buckets of c, whose schema is not greater.
func (c *nativeClass) coarsen(o *nativeClass) {
	c.zero.Merge(&o.zero)
	c.outside.Merge(&o.outside)
	c.positive.coarsen(&o.positive, o.schema-c.schema)
	c.negative.coarsen(&o.negative, o.schema-c.schema)
}

// coarsen adds o, whose schema is greater by the number of steps.
func (s *sparse) coarsen(o *sparse, steps int32) {
	at := 0
	for i, index := range o.index {
		at = s.at(coarser(index, steps), at)
		s.counts[at].Merge(&o.counts[i])
	}
}

// coarser returns the bucket that holds bucket index when the schema is lower by steps.
func coarser(index, steps int32) int32 { return (index-1)>>steps + 1 }

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

// alike returns a and b, both valid and without custom buckets, in the finest buckets that both can be brought to.
func alike(a, b *Native) (x, y *nativeClass) {
	schema, zero := min(a.Schema, b.Schema), max(a.ZeroThreshold, b.ZeroThreshold)
	x, y = a.coarse(schema, zero), b.coarse(schema, zero)
	for x.zeroThreshold != y.zeroThreshold { // widening for one may cut a bucket of the other
		zero = max(x.zeroThreshold, y.zeroThreshold)
		x.zeroThreshold, y.zeroThreshold = zero, zero
		x.widen()
		y.widen()
	}
	return x, y
}

// Alike returns p and c, both valid and without custom buckets, in the finest buckets that both can be brought to.
// [JudgeNative] never finds these Changed.
func Alike(p, c *Native) (*Native, *Native) {
	x, y := alike(p, c)
	return x.native(p), y.native(c)
}

// NotBelow returns n in exponential buckets as coarse as those of both, with no count less than in o: this shows a
// total that must never fall. The sum is that of n.
func (n *Native) NotBelow(o *Native) *Native {
	r := n.combine(o, func(mine, theirs float64) float64 { return max(mine, theirs) })
	r.Sum = n.Sum
	return r
}

// Minus returns in buckets as coarse as those of both by how much each count of n is above that of o. The sum is NaN.
func (n *Native) Minus(o *Native) *Native {
	return n.combine(o, func(mine, theirs float64) float64 { return max(0, mine-theirs) })
}

// combine returns a count of each bucket of both, and no sum.
func (n *Native) combine(o *Native, of func(mine, theirs float64) float64) *Native {
	x, y := alike(n, o)
	outside, _ := n.check()
	other, _ := o.check()
	r := &Native{
		Schema: x.schema, ZeroThreshold: x.zeroThreshold, Sum: math.NaN(),
		ZeroCount: of(x.zero.Float64(), y.zero.Float64()),
		Positive:  combine(x.positive.buckets(), y.positive.buckets(), of),
		Negative:  combine(x.negative.buckets(), y.negative.buckets(), of),
	}
	r.Count = r.ZeroCount + of(outside, other)
	for _, side := range [...][]Bucket{r.Positive, r.Negative} {
		for _, b := range side {
			r.Count += b.Count
		}
	}
	return r
}

// combine returns the buckets of both that have a count then.
func combine(a, b []Bucket, of func(mine, theirs float64) float64) []Bucket {
	var all []Bucket
	for len(a) > 0 || len(b) > 0 {
		var x Bucket
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Index < b[0].Index:
			x, a = Bucket{a[0].Index, of(a[0].Count, 0)}, a[1:]
		case len(a) == 0 || b[0].Index < a[0].Index:
			x, b = Bucket{b[0].Index, of(0, b[0].Count)}, b[1:]
		default:
			x, a, b = Bucket{a[0].Index, of(a[0].Count, b[0].Count)}, a[1:], b[1:]
		}
		if x.Count > 0 {
			all = append(all, x)
		}
	}
	return all
}
