package tally

import (
	"slices"
	"unsafe"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
)

// Group is a group of a view as it is answered.
type Group struct {
	Labels   labels.Labels
	Outlives bool // what it counts goes on when a process ends
}

// Groups are the groups of a view: what the series say, and over it what the target does. A column knows the number of
// its own, so that questions need neither labels nor maps.
type Groups struct {
	Selection *growth.Selection
	byLabels  growth.Interner
	list      []Group
	order     []int32 // of the list, by labels; nil: not known
	fresh     bool    // some were added since Keep
}

// Number returns the number of the group with the given labels.
func (x *Groups) Number(ls labels.Labels) int32 {
	i, added := x.byLabels.Of(ls.Bytes(nil))
	if added {
		x.list = growth.Put(x.list, i, x.group(ls))
		x.order, x.fresh = nil, true
	}
	return i
}

func (x *Groups) group(ls labels.Labels) Group { return Group{ls, x.Selection.Outlives(ls)} }

// At returns the group of a number.
func (x *Groups) At(i int32) *Group { return &x.list[i] }

// Labels returns the labels of the group of a number.
func (x *Groups) Labels(i int32) labels.Labels { return x.list[i].Labels }

// Outlives reports whether what a group counts goes on when a process ends.
func (x *Groups) Outlives(i int32) bool { return x.list[i].Outlives }

// Len returns how many groups there are.
func (x *Groups) Len() int { return x.byLabels.Len() }

// Bytes returns the memory held.
func (x *Groups) Bytes() int64 {
	return 2*x.byLabels.Bytes() + int64(unsafe.Sizeof(Group{}))*int64(cap(x.list)) + 4*int64(cap(x.order)) // the labels are as long as the key
}

// Fresh reports whether a group was added since Keep was called.
func (x *Groups) Fresh() bool { return x.fresh }

// Keep frees the numbers of the groups that are not used.
func (x *Groups) Keep(used func(mark func(int32))) {
	x.fresh = false
	marks := make([]bool, len(x.list))
	used(func(i int32) { marks[i] = true })
	if n := x.byLabels.Keep(marks); int(n) < len(x.list) {
		x.list, x.order = growth.Cut(x.list, n), nil
	}
}

// sorted returns the numbers of the groups in the order of their labels.
func (x *Groups) sorted() []int32 {
	if x.order == nil {
		x.order = make([]int32, len(x.list))
		for i := range x.order {
			x.order[i] = int32(i)
		}
		slices.SortFunc(x.order, func(a, b int32) int { return labels.Compare(x.list[a].Labels, x.list[b].Labels) })
	}
	return x.order
}
