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

// sparse is the populated buckets of one side, by increasing index.
type sparse struct {
	index  []int32
	counts []exact.Sum
}

func (s *sparse) reset() { s.index, s.counts = s.index[:0], s.counts[:0] }

// at returns the place of a bucket, made if it is not there, searching from place from on.
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

// addNative appends the cells of a class: negative buckets from the greatest index down, zero, positive ones.
func (x *index) addNative(c *nativeClass) {
	first := len(x.cells)
	z := c.zeroThreshold
	x.running.Reset()
	x.cumulated = 0
	edges := boundsOf{schema: c.schema, index: noIndex}
	for i := len(c.negative.index) - 1; i >= 0; i-- {
		outer, inner := edges.bucket(c.negative.index[i])
		inner = max(inner, z)
		at := cell{lower: before(-outer), upper: before(-inner), shape: mirrored}
		if math.IsInf(outer, 1) {
			at.shape = unbounded
		}
		x.addCell(at, &c.negative.counts[i])
	}
	at := cell{lower: before(-z), upper: z, shape: zero}
	switch negative, positive := len(c.negative.index) > 0, len(c.positive.index) > 0; {
	case positive && !negative:
		at.shape = zeroAbove
	case negative && !positive:
		at.shape = zeroBelow
	}
	x.addCell(at, &c.zero)
	for i, index := range c.positive.index {
		outer, inner := edges.bucket(index)
		inner = max(inner, z)
		at := cell{lower: inner, upper: outer, shape: powers}
		if math.IsInf(outer, 1) {
			at.shape = unbounded
		}
		x.addCell(at, &c.positive.counts[i])
	}
	last := math.Inf(-1)
	if n := len(x.cells); n > first {
		last = x.cells[n-1].upper
	}
	x.addCell(cell{lower: last, upper: math.Inf(1), shape: unbounded}, &c.outside)
	x.addRow(first)
}

// boundsOf remembers the ends of the last bucket asked for: its neighbours share one.
type boundsOf struct {
	schema, index int32
	outer, inner  float64
}

// noIndex is no bucket's index and next to none.
const noIndex = math.MaxInt32

// bucket is the greater and the smaller end, in magnitude, of a bucket.
func (b *boundsOf) bucket(index int32) (outer, inner float64) {
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

func (x *index) addCell(at cell, count *exact.Sum) {
	if count.Sign() == 0 {
		return
	}
	at.before = x.cumulated
	x.running.Merge(count)
	x.cumulated = x.running.Float64()
	at.after = x.cumulated
	x.cells = append(x.cells, at)
	x.integral = x.integral && at.after == math.Trunc(at.after)
	if lo, hi := at.ends(); !math.IsInf(hi, 1) {
		x.lastFinite = max(x.lastFinite, hi)
	} else {
		x.lastFinite = max(x.lastFinite, lo)
	}
}
