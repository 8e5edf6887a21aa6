package aggregate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/window"
)

func (c *codec) ledger(l *ledger) {
	c.Int64(&l.created)
	keys := slices.Sorted(maps.Keys(l.accounts))
	saved.List(&c.Codec, &keys, 6, func(key *string) {
		if c.Reading() {
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
	c.Ascending(len(keys), func(i int) string { return keys[i] })
	c.known(l)
}

func (c *codec) account(a *account) {
	c.Labels(&a.labels)
	window.CodeClasses(&c.Codec, c.set(), &a.retired)
	c.departures(&a.left)
	saved.List(&c.Codec, &a.bounds, 1, c.Float)
	saved.List(&c.Codec, &a.shown, 1, c.Float)
	c.Float(&a.sum)
	saved.List(&c.Codec, &a.natives, 9, func(n **layout.Native) { growth.CodeNative(&c.Codec, n) })
	c.Must(len(a.bounds) == len(a.shown))
	c.Must(slices.IsSorted(a.bounds))
}

func (c *codec) departures(d *departures) {
	if c.Natural(&d.n); d.n == 0 {
		return
	}
	window.CodeClasses(&c.Codec, c.set(), &d.classes)
	for _, x := range []*exact.Sum{&d.bounds.Below, &d.bounds.Above, &d.weighted, &d.lowest, &d.highest} {
		c.Sum(x)
	}
	c.Natural(&d.bounds.Open)
	c.Bool(&d.stepped)
	slices.SortFunc(d.begun, func(a, b opened) int {
		return cmp.Or(cmp.Compare(a.at, b.at), a.above.Cmp(&b.above), a.highest.Cmp(&b.highest))
	})
	saved.List(&c.Codec, &d.begun, 3, func(x *opened) {
		c.Int64(&x.at)
		c.Sum(&x.above)
		c.Sum(&x.highest)
	})
}
