package aggregate

import (
	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/window"
)

// plan says which groups the instances of an answer have something in, and
// where in the answer each of their columns goes. It changes when groups or
// instances do, not with every scrape: a question keeps it for the next one.
type plan struct {
	of      [][]window.Column // by share: what the plan was made of
	groups  []final           // in the order of their labels
	from    []int32           // group i has the parts from from[i] to before from[i+1]
	owners  []int32           // by part: whose it is, an index of shares; ascending in a group
	group   []int32           // by part: the group whose it is
	width   []int32           // by group: how many columns go there
	columns []place           // of all shares, one after the other
	names   []map[string]bool
}

// place is where a column's count stands in a row, and to which part it goes.
type place struct{ count, part int32 }

// planFor is the plan of the last question, where it fits.
func (v *view) planFor(shares []share) *plan {
	if p := v.plan; p != nil && p.fits(shares) {
		return p
	}
	v.plan = newPlan(&v.finals, shares)
	return v.plan
}

// fits: columns once made never change, so it is enough that they are the same.
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

// lacks: of a view of every family, the instance has none of the group's name.
func (p *plan) lacks(share int, g *final) bool {
	names := p.names[share]
	return names != nil && !names[g.labels.Get(model.MetricNameLabel)]
}
