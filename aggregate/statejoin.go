package aggregate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/window"
)

// segment of a binding whose columns are known.
func (c *codec) segment(p *savedBinding, k growth.Kind) {
	there := p.seg != nil
	if c.Bool(&there); !there {
		return
	}
	c.Must(k != growth.Gauge)
	if c.Reading() {
		p.seg = &segment{}
	}
	g := p.seg
	c.Int64(&g.start)
	c.Int64(&g.first)
	c.Bool(&g.dead)
	saved.List(&c.Codec, &g.at, 1, c.Int64)
	if c.Must(len(g.at) == len(p.Cols)); c.Failed() {
		return
	}
	p.CodeRows(&c.Codec, &g.from, &g.base)
}

// known of a view, byte-stable: all stands in order.
func (c *codec) known(k *known) {
	keys := sortedKeys(k.lives, compareLives)
	saved.List(&c.Codec, &keys, 5, func(key *lifeKey) {
		c.lifeKey(key)
		l := k.lives[*key]
		if c.Reading() {
			l = &life{columns: map[columnName]*record{}}
			k.put(*key, l)
		}
		c.life(l)
	})
	names := sortedKeys(k.alias, compareLives)
	saved.List(&c.Codec, &names, 4, func(key *lifeKey) {
		c.lifeKey(key)
		of := k.alias[*key]
		if c.lifeKey(&of); c.Reading() {
			k.alias = joinAlias(k.alias, map[lifeKey]lifeKey{*key: of})
		}
	})
	c.columnSums(&k.most)
	c.Int64(&k.mark)
	c.columnSums(&k.folded)
}

func sortedKeys[K comparable, T any](m map[K]T, compare func(a, b K) int) []K {
	return slices.SortedFunc(maps.Keys(m), compare)
}

func compareColumnNames(a, b columnName) int {
	return cmp.Or(cmp.Compare(a.group, b.group), slices.Compare(window.BoundsOf(a.layout), window.BoundsOf(b.layout)), window.CompareGrids(a.grid, b.grid))
}

func (c *codec) lifeKey(k *lifeKey) {
	c.Text(&k.name)
	c.Int64(&k.start)
}

func (c *codec) life(l *life) {
	c.Int64(&l.first)
	c.Int64(&l.last)
	names := sortedKeys(l.columns, compareColumnNames)
	saved.List(&c.Codec, &names, 8, func(name *columnName) {
		r := l.columns[*name]
		if c.Reading() {
			r = &record{}
		}
		c.Labels(&r.labels)
		c.shared(&r.grown)
		for _, points := range []*[]point{&r.met, &r.left} {
			saved.List(&c.Codec, points, 4, func(p *point) {
				c.Int64(&p.at)
				c.shared(&p.value)
				c.Must(p.value.Layout == r.grown.Layout && p.value.Grid == nil && r.grown.Grid == nil)
			})
		}
		if c.Reading() && !c.Failed() {
			*name = nameOf(r.labels, r.grown)
			l.columns[*name] = r
		}
	})
}

func nameOf(ls labels.Labels, x *window.Class) columnName {
	return columnName{string(ls.Bytes(nil)), x.Layout, x.Grid}
}

// shared is what is never written to.
func (c *codec) shared(x **window.Class) {
	if c.Reading() {
		*x = &window.Class{}
	}
	(*x).Code(&c.Codec, c.set())
}

func (c *codec) columnSums(m *map[columnName]*columnSum) {
	names := sortedKeys(*m, compareColumnNames)
	saved.List(&c.Codec, &names, 6, func(name *columnName) {
		x := (*m)[*name]
		if c.Reading() {
			x = &columnSum{}
		}
		c.Labels(&x.labels)
		c.shared(&x.Class)
		if c.Reading() && !c.Failed() {
			if *m == nil {
				*m = map[columnName]*columnSum{}
			}
			*name = nameOf(x.labels, x.Class)
			(*m)[*name] = x
		}
	})
}
