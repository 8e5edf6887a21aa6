package ledger

import (
	"cmp"
	"maps"
	"slices"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// Code writes a ledger down or reads it back; set is where the layouts of its
// view are, and tolerance is by how much the readings of one start differ. Equal
// ledgers are equal bytes: all stands in order.
func (l *Ledger) Code(c *saved.Codec, set *window.Set, clocks watch.Clocks) {
	c.Int64(&l.Created)
	c.Int64(&l.given)
	keys := slices.Sorted(maps.Keys(l.accounts))
	saved.List(c, &keys, 6, func(key *string) {
		if c.Reading() {
			a := &Account{}
			a.code(c, set)
			*key = string(a.Labels.Bytes(nil))
			l.put(*key, a)
			return
		}
		l.accounts[*key].code(c, set)
	})
	c.Ascending(len(keys), func(i int) string { return keys[i] })
	saved.Map(c, &l.Types, 1, func(t *model.MetricType) { c.Text((*string)(t)) })
	watch.Code(c, &l.Known, clocks)
}

func (a *Account) code(c *saved.Codec, set *window.Set) {
	c.Labels(&a.Labels)
	window.CodeClasses(c, set, &a.Retired)
	codeLeft(c, set, a)
	saved.List(c, &a.bounds, 1, c.Float)
	saved.List(c, &a.shown, 1, c.Float)
	c.Float(&a.sum)
	saved.List(c, &a.natives, 9, func(n **layout.Native) {
		growth.CodeNative(c, n)
		c.Must(*n != nil)
	})
	a.given.code(c)
	c.Must(len(a.bounds) == len(a.shown))
	for i := 1; i < len(a.bounds); i++ {
		c.Must(a.bounds[i-1] < a.bounds[i])
	}
	for i := 1; i < len(a.natives) && !c.Failed(); i++ {
		g, h := window.GridOf(a.natives[i-1]), window.GridOf(a.natives[i])
		c.Must(window.CompareGrids(&g, &h) < 0)
	}
}

// codeLeft codes the departures of a group. Where there are none, that is one byte.
func codeLeft(c *saved.Codec, set *window.Set, a *Account) {
	n := 0
	if !a.Left.None() {
		n = a.Left.n
	}
	if c.Natural(&n); n > 0 {
		d := a.left()
		d.n = n
		d.code(c, set)
	}
}

func (d *Departures) code(c *saved.Codec, set *window.Set) {
	window.CodeClasses(c, set, &d.Classes)
	for _, x := range []*exact.Sum{&d.Bounds.Below, &d.Bounds.Above, &d.Bounds.Back, &d.weighted, &d.lowest, &d.highest} {
		c.Sum(x)
	}
	c.Natural(&d.Bounds.Open)
	c.Bool(&d.Stepped)
	compare := func(a, b opened) int {
		return cmp.Or(cmp.Compare(a.at, b.at), a.above.Cmp(&b.above), a.highest.Cmp(&b.highest))
	}
	slices.SortFunc(d.begun, compare)
	saved.List(c, &d.begun, 3, func(x *opened) {
		c.Int64(&x.at)
		c.Sum(&x.above)
		c.Sum(&x.highest)
	})
	c.Must(slices.IsSortedFunc(d.begun, compare))
}
