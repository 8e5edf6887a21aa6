package aggregate

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// finals are the groups of a view as they are answered: what the series say,
// and over it what the target does. A column knows its own, so that questions
// need neither labels nor maps.
type finals struct {
	byLabels interner
	list     []final
	unsorted bool
	slots    []int32 // scratch of a question: for each final its group, plus 1
}

type final struct {
	labels   labels.Labels
	rank     int  // in the order of labels
	outlives bool // what it counts goes on when a process ends
}

// of is the number of the group with the given labels.
func (x *finals) of(v *view, ls labels.Labels) int32 {
	i, added := x.byLabels.intern(string(ls.Bytes(nil)))
	if added {
		x.list = put(x.list, i, final{labels: ls, outlives: v.outlives(ls)})
		x.unsorted = true
	}
	return i
}

// sort gives the groups their ranks.
func (x *finals) sort() {
	if !x.unsorted {
		return
	}
	x.unsorted = false
	order := make([]int32, len(x.list))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return labels.Compare(x.list[a].labels, x.list[b].labels) })
	for rank, i := range order {
		x.list[i].rank = rank
	}
}

// ready makes the scratch of a question.
func (x *finals) ready() {
	x.sort()
	if n := len(x.list) - len(x.slots); n > 0 {
		x.slots = append(x.slots, make([]int32, n)...)
	}
}

// inOrder sorts numbers of groups by their labels.
func (x *finals) inOrder(groups []int32) {
	slices.SortFunc(groups, func(a, b int32) int { return cmp.Compare(x.list[a].rank, x.list[b].rank) })
}
