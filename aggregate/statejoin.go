package aggregate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
)

// segment of a binding whose columns are known.
func (c *codec) segment(p *savedBinding, k kind) {
	there := p.seg != nil
	if c.bool(&there); !there {
		return
	}
	c.must(k != kindGauge)
	if c.reading() {
		p.seg = &segment{}
	}
	g := p.seg
	c.int64(&g.start)
	c.int64(&g.first)
	c.bool(&g.dead)
	list(c, &g.at, 1, c.int64)
	if c.must(len(g.at) == len(p.cols)); c.failed() {
		return
	}
	rows, at := []*row{&g.from, &g.base}, 0
	for i := range p.cols {
		for range p.cols[i].width() {
			c.cell(rows, at, func(r *row) *exact.Vector { return &r.counts })
			at++
		}
		if k == kindHistogram {
			c.cell(rows, i, func(r *row) *exact.Vector { return &r.sums })
		}
	}
}

// known of a view, byte-stable: all stands in order.
func (c *codec) known(k *known) {
	keys := sortedKeys(k.lives, compareLives)
	list(c, &keys, 5, func(key *lifeKey) {
		c.lifeKey(key)
		l := k.lives[*key]
		if c.reading() {
			l = &life{columns: map[columnName]*record{}}
			k.put(*key, l)
		}
		c.life(l)
	})
	names := sortedKeys(k.alias, compareLives)
	list(c, &names, 4, func(key *lifeKey) {
		c.lifeKey(key)
		of := k.alias[*key]
		if c.lifeKey(&of); c.reading() {
			k.alias = joinAlias(k.alias, map[lifeKey]lifeKey{*key: of})
		}
	})
	c.columnSums(&k.most)
	c.int64(&k.mark)
	c.columnSums(&k.folded)
}

func sortedKeys[K comparable, T any](m map[K]T, compare func(a, b K) int) []K {
	return slices.SortedFunc(maps.Keys(m), compare)
}

func compareColumnNames(a, b columnName) int {
	return cmp.Or(cmp.Compare(a.group, b.group), slices.Compare(boundsOf(a.layout), boundsOf(b.layout)), compareGrids(a.grid, b.grid))
}

func (c *codec) lifeKey(k *lifeKey) {
	c.text(&k.name)
	c.int64(&k.start)
}

func (c *codec) life(l *life) {
	c.int64(&l.first)
	c.int64(&l.last)
	names := sortedKeys(l.columns, compareColumnNames)
	list(c, &names, 8, func(name *columnName) {
		r := l.columns[*name]
		if c.reading() {
			r = &record{}
		}
		c.labels(&r.labels)
		c.shared(&r.grown)
		for _, points := range []*[]point{&r.met, &r.left} {
			list(c, points, 4, func(p *point) {
				c.int64(&p.at)
				c.shared(&p.value)
				c.must(p.value.layout == r.grown.layout && p.value.grid == nil && r.grown.grid == nil)
			})
		}
		if c.reading() && !c.failed() {
			*name = nameOf(r.labels, r.grown)
			l.columns[*name] = r
		}
	})
}

func nameOf(ls labels.Labels, x *retired) columnName {
	return columnName{string(ls.Bytes(nil)), x.layout, x.grid}
}

// shared is what is never written to.
func (c *codec) shared(x **retired) {
	if c.reading() {
		*x = &retired{}
	}
	c.retired(*x)
}

func (c *codec) columnSums(m *map[columnName]*columnSum) {
	names := sortedKeys(*m, compareColumnNames)
	list(c, &names, 6, func(name *columnName) {
		x := (*m)[*name]
		if c.reading() {
			x = &columnSum{}
		}
		c.labels(&x.labels)
		c.shared(&x.retired)
		if c.reading() && !c.failed() {
			if *m == nil {
				*m = map[columnName]*columnSum{}
			}
			*name = nameOf(x.labels, x.retired)
			(*m)[*name] = x
		}
	})
}
