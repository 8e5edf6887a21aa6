package aggregate

import (
	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/window"
)

// plan maps the columns of the instances of an answer to its groups. It changes
// when groups or instances do, not with every scrape, so a view keeps it for
// the next question.
type plan struct {
	of      [][]window.Column // by share: the columns of which the plan was made
	groups  []final           // in the order of their labels
	from    []int32           // group i has the parts from from[i] to before from[i+1]
	owners  []int32           // by part: the index of its share; ascending in a group
	group   []int32           // by part: its group
	width   []int32           // by group: its number of columns
	columns []place           // of all shares, one after the other
	names   []map[string]bool
}

// fits reports whether the plan was made of the same columns. Columns never
// change, so comparing their identity is enough.
func (p *plan) fits(shares []share) bool {
	if len(p.of) != len(shares) {
		return false
	}
	for i := range shares {
		a, b := p.of[i], shares[i].b.Cols
		if len(a) != len(b) || len(a) > 0 && &a[0] != &b[0] {
			return false
		}
	}
	return true
}

func newPlan(finals *finals, shares []share) *plan {
	p := &plan{of: make([][]window.Column, len(shares)), names: make([]map[string]bool, len(shares))}
	seen := make([]int32, len(finals.list)) // by group: its latest share, plus 1
	next := make([]int32, len(finals.list)) // its number of parts; then its next part
	columns, parts := 0, int32(0)
	for i := range shares {
		p.of[i], p.names[i] = shares[i].b.Cols, shares[i].names()
		for c := range p.of[i] {
			if f := p.of[i][c].Group; seen[f] != int32(i)+1 {
				seen[f] = int32(i) + 1
				next[f]++
				parts++
			}
		}
		columns += len(p.of[i])
	}
	p.from, p.owners, p.columns = make([]int32, 1, len(finals.list)+1), make([]int32, parts), make([]place, 0, columns)
	for _, f := range finals.sorted() {
		if n := next[f]; n > 0 {
			from := p.from[len(p.groups)]
			p.groups, p.from = append(p.groups, finals.list[f]), append(p.from, from+n)
			next[f] = from
		}
	}
	clear(seen)
	for i := range p.of {
		for c := range p.of[i] {
			col := &p.of[i][c]
			if f := col.Group; seen[f] != int32(i)+1 {
				seen[f] = int32(i) + 1
				p.owners[next[f]] = int32(i)
				next[f]++
			}
			p.columns = append(p.columns, place{int32(col.Count()), next[col.Group] - 1})
		}
	}
	p.group, p.width = make([]int32, parts), make([]int32, len(p.groups))
	for g := range p.groups {
		for i := p.from[g]; i < p.from[g+1]; i++ {
			p.group[i] = int32(g)
		}
	}
	for _, c := range p.columns {
		p.width[p.group[c.part]]++
	}
	return p
}

// lacks reports whether, in a view of every family, the instance does not
// expose the metric of the group.
func (p *plan) lacks(share int, g *final) bool {
	names := p.names[share]
	return names != nil && !names[g.labels.Get(model.MetricNameLabel)]
}

// place is where the count of a column is in a row, and the part it is added
// to.
type place struct{ count, part int32 }
