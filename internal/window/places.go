package window

import (
	"cmp"
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
)

// bucketPlace says where in a row a native bucket stands. A bucket gets its
// place when it is first populated, behind all that is there.
type bucketPlace struct{ index, at int32 }

// Places are those of a native column's buckets, each side by index. The count
// stands at the column's first place, the observations at zero at the second.
type Places struct{ negative, positive []bucketPlace }

// GridHead is how many places a native column has before those of its buckets.
const GridHead = 2

func (p *Places) len() int { return len(p.negative) + len(p.positive) }

// Negative reports whether a bucket of negative values is populated.
func (p *Places) Negative() bool { return len(p.negative) > 0 }

// at returns the place of bucket j; the negative ones come first.
func (p *Places) at(j int) int32 {
	if j < len(p.negative) {
		return p.negative[j].at
	}
	return p.positive[j-len(p.negative)].at
}

// Hold reports whether all populated buckets of n have a place.
func (p *Places) Hold(n *layout.Native) bool {
	return holdSide(p.negative, n.Negative) && holdSide(p.positive, n.Positive)
}

func holdSide(list []bucketPlace, buckets []layout.Bucket) bool {
	ok := true
	eachPlace(list, buckets, func(_ layout.Bucket, at int32) { ok = ok && at >= 0 })
	return ok
}

// eachPlace calls do for each populated bucket with its place, or −1. Both
// lists ascend.
func eachPlace(list []bucketPlace, buckets []layout.Bucket, do func(b layout.Bucket, at int32)) {
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

// withPlaces gives the populated buckets that have no place one, from next on.
// It returns a new list where it adds any: others may share the old one.
func withPlaces(list []bucketPlace, buckets []layout.Bucket, next *int) []bucketPlace {
	var added []bucketPlace
	eachPlace(list, buckets, func(b layout.Bucket, at int32) {
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

// add adds the buckets of n to a vector, in which the column begins at first.
func (p *Places) add(v *exact.Vector, first int, n *layout.Native) {
	v.Add(first+1, n.ZeroCount)
	put := func(b layout.Bucket, at int32) { v.Add(int(at), b.Count) }
	eachPlace(p.negative, n.Negative, put)
	eachPlace(p.positive, n.Positive, put)
}

// Native returns what of gives for each place, as a histogram without a sum.
func (p *Places) Native(g *Grid, first int, of func(at int) float64) *layout.Native {
	n := &layout.Native{Schema: g.Schema, ZeroThreshold: g.Zero, Count: of(first), ZeroCount: of(first + 1)}
	inBuckets := n.ZeroCount
	for _, side := range []struct {
		from []bucketPlace
		to   *[]layout.Bucket
	}{{p.negative, &n.Negative}, {p.positive, &n.Positive}} {
		for _, x := range side.from {
			if c := of(int(x.at)); c > 0 {
				*side.to = append(*side.to, layout.Bucket{Index: x.index, Count: c})
				inBuckets += c
			}
		}
	}
	n.Count = max(n.Count, inBuckets) // counts that are not integers were rounded one by one
	return n
}

// again returns the same buckets at places of their own, from next on.
func (p *Places) again(next *int) *Places {
	side := func(list []bucketPlace) []bucketPlace {
		list = slices.Clone(list)
		for i := range list {
			list[i].at = int32(*next)
			*next++
		}
		return list
	}
	return &Places{side(p.negative), side(p.positive)}
}
