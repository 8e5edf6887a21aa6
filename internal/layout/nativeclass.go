package layout

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// nativeClass is the observations known by the exponential buckets of one schema around one zero bucket.
type nativeClass struct {
	schema             int32
	zeroThreshold      float64
	positive, negative sparse
	zero               exact.Sum
	outside            exact.Sum // in no bucket: NaN
}

func (c *nativeClass) reset(schema int32, zeroThreshold float64) {
	c.schema, c.zeroThreshold = schema, zeroThreshold
	c.positive.reset()
	c.negative.reset()
	c.zero.Reset()
	c.outside.Reset()
}

func (c *nativeClass) add(n *Native, outside float64) {
	c.zero.Add(n.ZeroCount)
	c.outside.Add(outside)
	c.addSide(&c.positive, n.Positive)
	c.addSide(&c.negative, n.Negative)
}

func (c *nativeClass) addSide(s *sparse, buckets []Bucket) {
	at := 0
	for _, b := range buckets {
		switch {
		case b.Count == 0:
		case bound(b.Index, c.schema) <= c.zeroThreshold:
			c.zero.Add(b.Count)
		default:
			at = s.at(b.Index, at)
			s.counts[at].Add(b.Count)
		}
	}
}

func (c *nativeClass) merge(o *nativeClass) {
	c.zero.Merge(&o.zero)
	c.outside.Merge(&o.outside)
	c.positive.merge(&o.positive)
	c.negative.merge(&o.negative)
}

// native returns c as a native histogram with the count and the sum of n.
func (c *nativeClass) native(n *Native) *Native {
	return &Native{
		Schema: c.schema, ZeroThreshold: c.zeroThreshold, ZeroCount: c.zero.Float64(),
		Positive: c.positive.buckets(), Negative: c.negative.buckets(),
		Count: n.Count, Sum: n.Sum,
	}
}

// sparse is the populated buckets of one side, by ascending index.
type sparse struct {
	index  []int32
	counts []exact.Sum
}

func (s *sparse) reset() { s.index, s.counts = s.index[:0], s.counts[:0] }

// at returns the place of a bucket, which it makes if there is none. It searches from place from on.
func (s *sparse) at(index int32, from int) int {
	if from < len(s.index) && s.index[from] == index {
		return from
	}
	i, found := slices.BinarySearch(s.index[from:], index)
	i += from
	if !found {
		s.index = slices.Insert(s.index, i, index)
		s.counts = insertReusing(s.counts, i)
		s.counts[i].Reset()
	}
	return i
}

func (s *sparse) merge(o *sparse) {
	if slices.Equal(s.index, o.index) {
		for i := range o.counts {
			s.counts[i].Merge(&o.counts[i])
		}
		return
	}
	at := 0
	for i, index := range o.index {
		at = s.at(index, at)
		s.counts[at].Merge(&o.counts[i])
		at++
	}
}

func (s *sparse) buckets() []Bucket {
	var b []Bucket
	for i, index := range s.index {
		b = append(b, Bucket{index, s.counts[i].Float64()})
	}
	return b
}

// last returns the greatest end of a populated bucket, −Inf if there is none.
func (c *nativeClass) last() float64 {
	if n := len(c.positive.index); n > 0 {
		return min(max(bound(c.positive.index[n-1], c.schema), c.zeroThreshold), math.MaxFloat64) // +Inf is a bucket of its own
	}
	switch {
	case c.zero.Sign() > 0:
		return c.zeroThreshold
	case len(c.negative.index) > 0:
		return before(-max(bound(c.negative.index[0]-1, c.schema), c.zeroThreshold))
	}
	return math.Inf(-1)
}

// appendTo appends the cells of a class to x: negative buckets from the greatest index down, zero, positive ones, and
// what is in no bucket, which counts as above them all.
func (c *nativeClass) appendTo(x *envelope) {
	first := len(x.cells)
	z := c.zeroThreshold
	x.running.Reset()
	x.cumulated = 0
	ends := bucketEnds{schema: c.schema, index: noIndex}
	for i := len(c.negative.index) - 1; i >= 0; i-- {
		outer, inner := ends.of(c.negative.index[i])
		inner = max(inner, z)
		at := cell{lower: before(-outer), upper: before(-inner), shape: mirrored}
		if math.IsInf(outer, 1) {
			at.shape = unbounded
		}
		x.addNext(at, &c.negative.counts[i])
	}
	at := cell{lower: before(-z), upper: z, shape: closed}
	switch negative, positive := len(c.negative.index) > 0, len(c.positive.index) > 0; {
	case positive && !negative:
		at.shape = zeroAbove
	case negative && !positive:
		at.shape = zeroBelow
	}
	x.addNext(at, &c.zero)
	for i, index := range c.positive.index {
		outer, inner := ends.of(index)
		inner = max(inner, z)
		at := cell{lower: inner, upper: outer, shape: powers}
		if math.IsInf(outer, 1) {
			at.shape = unbounded
		}
		x.addNext(at, &c.positive.counts[i])
	}
	x.addNext(cell{lower: c.last(), upper: math.Inf(1), shape: unbounded}, &c.outside)
	x.addRow(first)
}

// bucketEnds remembers the ends of the last bucket asked for: its neighbours share one.
type bucketEnds struct {
	schema, index int32
	outer, inner  float64
}

// noIndex is not the index of a bucket or next to one.
const noIndex = math.MaxInt32

// of returns the greater and the smaller end, in magnitude, of a bucket.
func (b *bucketEnds) of(index int32) (outer, inner float64) {
	switch index {
	case b.index + 1:
		b.inner, b.outer = b.outer, bound(index, b.schema)
	case b.index - 1:
		b.outer, b.inner = b.inner, bound(index-1, b.schema)
	default:
		b.outer, b.inner = bound(index, b.schema), bound(index-1, b.schema)
	}
	b.index = index
	return b.outer, b.inner
}
