package aggregate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

func (c *codec) ledger(l *ledger) {
	c.int64(&l.created)
	keys := slices.Sorted(maps.Keys(l.accounts))
	list(c, &keys, 6, func(key *string) {
		if c.reading() {
			a := &account{}
			c.account(a)
			*key = string(a.labels.Bytes(nil))
			if l.accounts == nil {
				l.accounts = map[string]*account{}
			}
			l.accounts[*key] = a
			return
		}
		c.account(l.accounts[*key])
	})
	c.ascending(len(keys), func(i int) string { return keys[i] })
	c.known(&l.known)
}

func (c *codec) account(a *account) {
	c.labels(&a.labels)
	c.classes(&a.retired)
	c.departures(&a.left)
	list(c, &a.bounds, 1, c.float)
	list(c, &a.shown, 1, c.float)
	c.float(&a.sum)
	list(c, &a.natives, 9, c.native)
	c.must(len(a.bounds) == len(a.shown))
	c.must(slices.IsSorted(a.bounds))
}

func (c *codec) classes(x *[]retired) {
	slices.SortFunc(*x, func(a, b retired) int {
		return cmp.Or(slices.Compare(boundsOf(a.layout), boundsOf(b.layout)), compareGrids(a.grid, b.grid))
	})
	list(c, x, 6, c.retired)
}

func (c *codec) departures(d *departures) {
	if c.natural(&d.n); d.n == 0 {
		return
	}
	c.classes(&d.classes)
	for _, x := range []*exact.Sum{&d.bounds.below, &d.bounds.above, &d.weighted, &d.lowest, &d.highest} {
		c.sum(x)
	}
	c.natural(&d.bounds.open)
	c.bool(&d.stepped)
	slices.SortFunc(d.begun, func(a, b opened) int {
		return cmp.Or(cmp.Compare(a.at, b.at), a.above.Cmp(&b.above), a.highest.Cmp(&b.highest))
	})
	list(c, &d.begun, 3, func(x *opened) {
		c.int64(&x.at)
		c.sum(&x.above)
		c.sum(&x.highest)
	})
}

func (c *codec) retired(r *retired) {
	bounds := boundsOf(r.layout)
	list(c, &bounds, 1, c.float)
	if c.reading() && len(bounds) > 0 && !c.failed() {
		r.layout = c.fleet.layout(bounds, c.signed)
		c.must(r.layout != nil && r.layout.Len() == len(bounds))
	}
	kept := r.places.pack(r.grid)
	c.places(&kept)
	n := (&savedColumn{bounds: bounds, places: kept}).width()
	next := gridHead
	if c.reading() && kept != nil && !c.failed() {
		r.grid, r.places = c.fleet.grid(kept.grid), kept.unpack(&next)
	}
	for i := range n {
		var x exact.Sum
		if !c.reading() {
			r.counts.SumDiff(&x, r.cell(i), nil)
		}
		if c.sum(&x); c.reading() {
			r.counts.Grow(n)
			r.counts.AddSum(i, &x)
		}
	}
	c.sum(&r.sum)
	c.bool(&r.noSum)
}
