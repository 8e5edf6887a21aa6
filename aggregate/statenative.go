package aggregate

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// byBuckets are lines of the instance's columns.
func (c *codec) byBuckets(in *instance) {
	ids := sortedIDs(c, in.byBuckets)
	list(c, &ids, 1, func(id *lines.ID) {
		c.line(id)
		if c.reading() {
			if in.byBuckets == nil {
				in.byBuckets = map[lines.ID]bool{}
			}
			in.byBuckets[*id] = true
		}
	})
}

// native is a native histogram, if there is one. What is read can be one.
func (c *codec) native(x **layout.Native) {
	there := *x != nil
	if c.bool(&there); !there {
		return
	}
	if c.reading() {
		*x = &layout.Native{}
	}
	n := *x
	c.int32(&n.Schema)
	for _, f := range []*float64{&n.ZeroThreshold, &n.ZeroCount, &n.Count, &n.Sum} {
		c.float(f)
	}
	for _, side := range []*[]layout.Bucket{&n.Negative, &n.Positive} {
		list(c, side, 2, func(b *layout.Bucket) {
			c.int32(&b.Index)
			c.float(&b.Count)
		})
	}
	bounds := boundsOf(n.Custom)
	list(c, &bounds, 1, c.float)
	if !c.reading() || c.failed() {
		return
	}
	if len(bounds) > 0 {
		l, err := layout.NewLayout(bounds)
		c.must(err == nil && l.Len() == len(bounds))
		n.Custom = l
	}
	c.must(n.Validate() == nil)
}

func (c *codec) int32(x *int32) {
	wide := int64(*x)
	c.int64(&wide)
	if c.reading() {
		*x = int32(wide)
		c.must(int64(*x) == wide)
	}
}

// savedPlaces are the buckets of a native column, which stand in its row in
// this order behind those of the grid itself.
type savedPlaces struct {
	grid               grid
	negative, positive []int32
}

func (p *places) pack(g *grid) *savedPlaces {
	if p == nil {
		return nil
	}
	s := &savedPlaces{grid: *g}
	for _, x := range p.negative {
		s.negative = append(s.negative, x.index)
	}
	for _, x := range p.positive {
		s.positive = append(s.positive, x.index)
	}
	return s
}

// unpack gives the buckets places from next on.
func (s *savedPlaces) unpack(next *int) *places {
	of := func(list []int32) []bucketPlace {
		var all []bucketPlace
		for _, index := range list {
			all = append(all, bucketPlace{index, int32(*next)})
			*next++
		}
		return all
	}
	return &places{of(s.negative), of(s.positive)}
}

func (c *codec) places(x **savedPlaces) {
	there := *x != nil
	if c.bool(&there); !there {
		return
	}
	if c.reading() {
		*x = &savedPlaces{}
	}
	s := *x
	c.int32(&s.grid.schema)
	c.float(&s.grid.zero)
	c.must((&layout.Native{Schema: s.grid.schema, ZeroThreshold: s.grid.zero}).Validate() == nil)
	for _, side := range []*[]int32{&s.negative, &s.positive} {
		list(c, side, 1, c.int32)
		for i := 1; i < len(*side); i++ {
			c.must((*side)[i-1] < (*side)[i])
		}
	}
}

// savedColumn is a column by labels and buckets.
type savedColumn struct {
	group  labels.Labels
	bounds []float64    // of a classic histogram
	places *savedPlaces // of a native one
}

func (c *savedColumn) width() int {
	if c.places != nil {
		return gridHead + len(c.places.negative) + len(c.places.positive)
	}
	return max(1, len(c.bounds))
}

func compareColumns(a, b savedColumn) int {
	return cmp.Or(labels.Compare(a.group, b.group), slices.Compare(a.bounds, b.bounds), compareGrids(a.grid(), b.grid()))
}

func (c *savedColumn) grid() *grid {
	if c.places == nil {
		return nil
	}
	return &c.places.grid
}
