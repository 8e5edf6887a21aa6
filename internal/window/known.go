package window

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/watch"
)

// Known is what is known of a group by columns, as it is being added up for
// other watchers. The zero value is nothing.
type Known struct {
	count     exact.Sum
	histogram bool
	sum       exact.Sum
	noSum     bool
	parts     []watch.Part
}

// Add adds what a column has.
func (k *Known) Add(c *Class) {
	x := Known{}
	c.Counts.SumDiff(&x.count, c.Count(), nil)
	if c.Layout != nil || c.Grid != nil {
		x.histogram, x.noSum = true, c.NoSum
		x.sum.Set(&c.Sum)
		if x.count.Sign() > 0 || c.Layout != nil {
			x.parts = []watch.Part{c.part()}
		}
	}
	k.Merge(&x)
}

// Merge adds what o has.
func (k *Known) Merge(o *Known) {
	k.count.Merge(&o.count)
	k.sum.Merge(&o.sum)
	k.histogram, k.noSum = k.histogram || o.histogram, k.noSum || o.noSum
	k.parts = watch.AddParts(k.parts, o.parts)
}

// Value returns the sum.
func (k *Known) Value() (v watch.Value) {
	v.Count.Set(&k.count)
	v.Count.Compact()
	if k.histogram {
		v.Histogram = &watch.Histogram{NoSum: k.noSum, Parts: watch.AddParts(nil, k.parts)}
		v.Histogram.Sum.Set(&k.sum)
		v.Histogram.Sum.Compact()
	}
	return v
}

// GroupName writes the labels of a group down, as watchers name it.
func GroupName(ls labels.Labels) string {
	c := saved.Codec{}
	c.Labels(&ls)
	return string(c.Out)
}

// GroupLabels returns the labels of a group that GroupName named.
func GroupLabels(name string) (ls labels.Labels) {
	c := saved.Codec{In: saved.Read([]byte(name))}
	c.Labels(&ls)
	return ls
}

// ClassesOf returns what watchers know together as classes. Of a histogram the
// observations whose buckets nobody knows count up to +Inf alone.
func ClassesOf(v *watch.Value, set *Set) []Class {
	if v.Histogram == nil {
		c := Class{}
		c.Counts.Grow(1)
		c.Counts.AddSum(0, &v.Count)
		return []Class{c}
	}
	var list []Class
	var rest exact.Sum
	rest.Set(&v.Count)
	classic := -1
	for i := range v.Histogram.Parts {
		p := &v.Histogram.Parts[i]
		if p.Count.Sign() == 0 && v.Count.Sign() > 0 && len(v.Histogram.Parts) > 1 {
			continue // bounds of which nothing was counted
		}
		rest.Sub(&p.Count)
		if p.Class.Layout != nil {
			classic = len(list)
		}
		list = append(list, classOf(p, set))
	}
	if classic < 0 && (rest.Sign() > 0 || len(list) == 0) {
		classic = len(list)
		list = append(list, Class{Layout: set.Layout([]float64{math.Inf(1)})})
		list[classic].Counts.Grow(1)
	}
	if classic >= 0 {
		list[classic].Counts.AddSum(list[classic].Count(), &rest)
	}
	list[0].Sum.Set(&v.Histogram.Sum)
	list[0].NoSum = v.Histogram.NoSum
	return list
}

func classOf(p *watch.Part, set *Set) (c Class) {
	if p.Class.Layout != nil {
		c.Layout = set.Layout(BoundsOf(p.Class.Layout))
		c.Counts.Set(&p.Counts)
		return c
	}
	c.Grid = set.Grid(Grid{p.Class.Schema, p.Class.Zero})
	c.Places = &Places{}
	c.Counts.Grow(GridHead)
	c.Counts.AddSum(0, &p.Count)
	for i, place := range p.Places {
		var x exact.Sum
		p.Counts.SumDiff(&x, i, nil)
		at, side := 1, (*[]bucketPlace)(nil)
		index, positive := watch.IndexOf(place)
		switch {
		case place == watch.ZeroPlace:
		case positive:
			side = &c.Places.positive
		default:
			side = &c.Places.negative
		}
		if side != nil {
			at = c.Counts.Len()
			*side = append(*side, bucketPlace{index, int32(at)})
			c.Counts.Grow(at + 1)
		}
		c.Counts.AddSum(at, &x)
	}
	slices.Reverse(c.Places.negative)
	return c
}
