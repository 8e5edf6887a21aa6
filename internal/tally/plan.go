package tally

import (
	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/window"
)

// plan maps the columns of the instances of an answer to its groups. It changes when groups or instances do, not with
// every scrape, so it is kept for the next question.
//
//	group g has the parts from from[g] to before from[g+1]
//	the owners of a group's parts ascend
type plan struct {
	of      [][]window.Column // by share: the columns of which the plan was made
	groups  []Group           // in the order of their labels
	from    []int32
	owners  []int32   // by part: the index of its share
	group   []int32   // by part: its group
	width   []int32   // by group: its number of columns
	counts  [][]int32 // by share, by column: where its count is in a row
	columns [][]int32 // by share, by column: the part it is added to
	names   []map[string]bool

	selection *growth.Selection
}

// fits reports whether the plan was made of the same columns. Columns never change, so comparing their identity is
// enough.
func (p *plan) fits(shares []Share) bool {
	if len(p.of) != len(shares) {
		return false
	}
	for i := range shares {
		a, b := p.of[i], shares[i].Table.Cols
		if len(a) != len(b) || len(a) > 0 && &a[0] != &b[0] {
			return false
		}
	}
	return true
}

func newPlan(groups *Groups, shares []Share) *plan {
	p := &plan{selection: groups.Selection, of: make([][]window.Column, len(shares)), names: make([]map[string]bool, len(shares))}
	seen := make([]int32, len(groups.list)) // by group: its latest share, plus 1
	next := make([]int32, len(groups.list)) // its number of parts; then its next part
	columns, parts := 0, int32(0)
	for i := range shares {
		p.of[i], p.names[i] = shares[i].Table.Cols, groups.names(shares[i].Table)
		for c := range p.of[i] {
			if f := p.of[i][c].Group; seen[f] != int32(i)+1 {
				seen[f] = int32(i) + 1
				next[f]++
				parts++
			}
		}
		columns += len(p.of[i])
	}
	p.from, p.owners, p.columns = make([]int32, 1, len(groups.list)+1), make([]int32, parts), make([][]int32, len(shares))
	p.counts = make([][]int32, len(shares))
	places := make([]int32, 2*columns)
	for _, f := range groups.sorted() {
		if n := next[f]; n > 0 {
			from := p.from[len(p.groups)]
			p.groups, p.from = append(p.groups, groups.list[f]), append(p.from, from+n)
			next[f] = from
		}
	}
	clear(seen)
	for i := range p.of {
		n := len(p.of[i])
		p.counts[i], p.columns[i], places = places[:n:n], places[n:2*n:2*n], places[2*n:]
		for c := range p.of[i] {
			col := &p.of[i][c]
			if f := col.Group; seen[f] != int32(i)+1 {
				seen[f] = int32(i) + 1
				p.owners[next[f]] = int32(i)
				next[f]++
			}
			p.counts[i][c], p.columns[i][c] = int32(col.Count()), next[col.Group]-1
		}
	}
	p.group, p.width = make([]int32, parts), make([]int32, len(p.groups))
	for g := range p.groups {
		for i := p.from[g]; i < p.from[g+1]; i++ {
			p.group[i] = int32(g)
		}
	}
	for _, own := range p.columns {
		for _, c := range own {
			p.width[p.group[c]]++
		}
	}
	return p
}

// planOf returns a plan of one group without members.
func planOf(g Group, like *plan) *plan {
	return &plan{groups: []Group{g}, from: make([]int32, 2), width: make([]int32, 1), names: like.names, selection: like.selection}
}

// names returns the metrics in a table, for a view of every family: its instance is no member of the groups of others.
func (x *Groups) names(t *window.Table) map[string]bool {
	if !x.Selection.Every {
		return nil
	}
	names := map[string]bool{}
	for i := range t.Cols {
		names[x.list[t.Cols[i].Group].Labels.Get(model.MetricNameLabel)] = true
	}
	return names
}

// lacks reports whether, in a view of every family, the instance does not expose the metric of the group.
func (p *plan) lacks(share int, g *Group) bool {
	names := p.names[share]
	return names != nil && !names[g.Labels.Get(model.MetricNameLabel)]
}
