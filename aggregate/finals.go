package aggregate

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
)

// finals are the groups of a view as they are answered: what the series say,
// and over it what the target does. A column knows its own, so that questions
// need neither labels nor maps.
type finals struct {
	byLabels growth.Interner
	list     []final
	order    []int32 // of the list, by labels; nil: not known
}

type final struct {
	labels   labels.Labels
	outlives bool // what it counts goes on when a process ends
}

// of is the number of the group with the given labels.
func (x *finals) of(v *view, ls labels.Labels) int32 {
	i, added := x.byLabels.Of(string(ls.Bytes(nil)))
	if added {
		x.list = growth.Put(x.list, i, final{labels: ls, outlives: v.selection.Outlives(ls)})
		x.order = nil
	}
	return i
}

// sorted are the numbers of the groups in the order of their labels.
func (x *finals) sorted() []int32 {
	if x.order == nil {
		x.order = make([]int32, len(x.list))
		for i := range x.order {
			x.order[i] = int32(i)
		}
		slices.SortFunc(x.order, func(a, b int32) int { return labels.Compare(x.list[a].labels, x.list[b].labels) })
	}
	return x.order
}
