package aggregate

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"

	"github.com/promfold/promfold/internal/exact"

	ours "github.com/promfold/promfold/internal/layout"
)

// grid is the exponential buckets of a native histogram: a layout without an
// end. Of equal ones a fleet has one.
type grid struct {
	schema int32
	zero   float64 // the threshold up to which observations count as zero
}

func compareGrids(a, b *grid) int {
	if a == nil || b == nil {
		return compareBool(a != nil, b != nil)
	}
	return cmp.Or(cmp.Compare(a.schema, b.schema), cmp.Compare(a.zero, b.zero))
}

// gridOf a valid native histogram with exponential buckets.
func gridOf(n *ours.Native) grid { return grid{n.Schema, n.ZeroThreshold + 0} }

// grid interns a grid.
func (f *Fleet) grid(g grid) *grid {
	p, ok := f.grids[g]
	if !ok {
		p = &g
		f.grids[g] = p
	}
	return p
}

// nativeColumn is the column of a native histogram, with places for all of its
// buckets; of one that cannot be, a column that stays empty.
func (b *binding) nativeColumn(group int32, n *ours.Native) int32 {
	f := b.view.fleet
	switch {
	case n == nil:
		return b.column(columnKey{group: group, grid: f.grid(grid{})})
	case n.Custom != nil:
		return b.column(columnKey{group: group, layout: f.layout(boundsOf(n.Custom))})
	}
	i := b.column(columnKey{group: group, grid: f.grid(gridOf(n))})
	if p := b.cols[i].places; !p.hold(n) {
		b.own()
		b.cols[i].places = &places{with(p.negative, n.Negative, &b.counts), with(p.positive, n.Positive, &b.counts)}
	}
	return i
}

// placed is the column of a native histogram if it has places for all of its
// buckets; making room takes the fleet's lock.
func (b *binding) placed(group int32, n *ours.Native) (col int32, ok bool) {
	f := b.view.fleet
	k := columnKey{group: group}
	if n.Custom != nil {
		k.layout = f.layouts.Find(n.Custom.Bounds(), false)
	} else {
		k.grid = f.grids[gridOf(n)]
	}
	col, ok = b.byCol[k]
	return col, ok && (n.Custom != nil || b.cols[col].places.hold(n))
}

// bucketPlace is where in a row a native bucket stands. Buckets come as they are first
// populated, behind all that was there.
type bucketPlace struct{ index, at int32 }

// places are those of a native column's buckets, each side by index. The count
// stands at the column's first place, the observations at zero at the second.
type places struct{ negative, positive []bucketPlace }

// gridHead is how many places a native column has besides its buckets'.
const gridHead = 2

func (p *places) len() int { return len(p.negative) + len(p.positive) }

// at is the place of bucket j, the negative ones first.
func (p *places) at(j int) int32 {
	if j < len(p.negative) {
		return p.negative[j].at
	}
	return p.positive[j-len(p.negative)].at
}

// hold tells if all populated buckets have a place.
func (p *places) hold(n *ours.Native) bool {
	return holdSide(p.negative, n.Negative) && holdSide(p.positive, n.Positive)
}

func holdSide(list []bucketPlace, buckets []ours.Bucket) bool {
	ok := true
	eachPlace(list, buckets, func(_ ours.Bucket, at int32) { ok = ok && at >= 0 })
	return ok
}

// eachPlace calls do for each populated bucket with its place, −1 for none. Both
// lists ascend.
func eachPlace(list []bucketPlace, buckets []ours.Bucket, do func(b ours.Bucket, at int32)) {
	for _, b := range buckets {
		if b.Count == 0 {
			continue
		}
		for len(list) > 0 && list[0].index < b.Index {
			list = list[1:]
		}
		if len(list) > 0 && list[0].index == b.Index {
			do(b, list[0].at)
		} else {
			do(b, -1)
		}
	}
}

// with gives the populated buckets that have none a place, from next on. What
// was there is copied: others may share it.
func with(list []bucketPlace, buckets []ours.Bucket, next *int) []bucketPlace {
	var added []bucketPlace
	eachPlace(list, buckets, func(b ours.Bucket, at int32) {
		if at < 0 {
			added = append(added, bucketPlace{b.Index, int32(*next)})
			*next++
		}
	})
	if added == nil {
		return list
	}
	all := slices.Concat(list, added)
	slices.SortFunc(all, func(a, b bucketPlace) int { return cmp.Compare(a.index, b.index) })
	return all
}

// add adds what a native histogram says it has, or grew by, to a vector.
func (p *places) add(v *exact.Vector, first int, n *ours.Native) {
	v.Add(first+1, n.ZeroCount)
	put := func(b ours.Bucket, at int32) { v.Add(int(at), b.Count) }
	eachPlace(p.negative, n.Negative, put)
	eachPlace(p.positive, n.Positive, put)
}

// native is what of gives for each place of a column, as a histogram without a
// sum.
func (p *places) native(g *grid, first int, of func(at int) float64) *ours.Native {
	n := &ours.Native{Schema: g.schema, ZeroThreshold: g.zero, Count: of(first), ZeroCount: of(first + 1)}
	inBuckets := n.ZeroCount
	for _, side := range []struct {
		from []bucketPlace
		to   *[]ours.Bucket
	}{{p.negative, &n.Negative}, {p.positive, &n.Positive}} {
		for _, x := range side.from {
			if c := of(int(x.at)); c > 0 {
				*side.to = append(*side.to, ours.Bucket{Index: x.index, Count: c})
				inBuckets += c
			}
		}
	}
	n.Count = max(n.Count, inBuckets) // counts that are not integers were rounded one by one
	return n
}

// copyPlaces are the same buckets at places of their own, from next on.
func copyPlaces(p *places, next *int) *places {
	again := func(list []bucketPlace) []bucketPlace {
		list = slices.Clone(list)
		for i := range list {
			list[i].at = int32(*next)
			*next++
		}
		return list
	}
	return &places{again(p.negative), again(p.positive)}
}

// nativeOf is a native histogram as it was read; nil if it cannot be one.
func nativeOf(h *histogram.FloatHistogram) *ours.Native {
	if h == nil {
		return nil
	}
	n := &ours.Native{
		Schema: h.Schema, ZeroThreshold: h.ZeroThreshold, ZeroCount: h.ZeroCount, Count: h.Count, Sum: h.Sum,
		Positive: bucketsOf(h.PositiveSpans, h.PositiveBuckets), Negative: bucketsOf(h.NegativeSpans, h.NegativeBuckets),
	}
	if h.UsesCustomBuckets() {
		l, err := ours.NewLayout(h.CustomValues)
		if err != nil {
			return nil
		}
		n.Schema, n.Custom = 0, l
	}
	if n.Validate() != nil {
		return nil
	}
	return n
}

// bucketsOf lists those that are populated.
func bucketsOf(spans []histogram.Span, counts []float64) []ours.Bucket {
	list := make([]ours.Bucket, 0, len(counts))
	index := int32(0)
	for _, s := range spans {
		index += s.Offset
		for range min(int(s.Length), len(counts)) {
			if counts[0] != 0 {
				list = append(list, ours.Bucket{Index: index, Count: counts[0]})
			}
			index++
			counts = counts[1:]
		}
	}
	return list
}
