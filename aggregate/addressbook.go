package aggregate

import (
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/roster"
)

// address is the spelling under which the fleet knows a target.
func (f *Fleet) address(target string) string {
	f.names.Lock()
	defer f.names.Unlock()
	if known, ok := f.spelled[target]; ok {
		return known
	}
	known := identity.Canonical(target)
	if len(f.spelled) < 2*f.cfg.MaxInstances {
		f.spelled[target] = known // spares the next scrape the work
	}
	return known
}

// address is a place, and who is to be found there.
type address struct {
	name     string
	target   *target   // nil: it was never tried
	balancer *balanced // nil: it is none
	given    bool      // the caller expects it

	behind []*instance // whose address it is, and then those that are the same process
	own    int         // how many of them are the former
}

// addressBook has all of them, as of a number of changes made alone.
type addressBook struct {
	list []address
	at   uint64
}

// addresses are those of the fleet: those that were tried, are expected or
// are balancers. They change only with its lock held alone.
func (f *Fleet) addresses() []address {
	if f.book.list == nil || f.book.at != f.mu.alone {
		f.book = addressBook{f.findAddresses(), f.mu.alone}
	}
	return f.book.list
}

func (f *Fleet) findAddresses() []address {
	list, at := make([]address, 0, len(f.targets)), make(map[string]int, len(f.targets))
	of := func(name string) *address {
		i, ok := at[name]
		if !ok {
			i, at[name] = len(list), len(list)
			list = append(list, address{name: name})
		}
		return &list[i]
	}
	for name, t := range f.targets {
		of(name).target = t
	}
	for name, b := range f.balancers {
		of(name).balancer = b
	}
	for name := range f.expected {
		of(name).given = true
	}
	for _, in := range f.ordered {
		for _, name := range in.targets {
			a := of(name)
			a.behind = append(a.behind, in)
			a.own++
		}
	}
	for _, in := range f.ordered {
		if in.Twins != nil {
			for _, name := range in.addresses()[len(in.targets):] {
				a := of(name)
				a.behind = append(a.behind, in)
			}
		}
	}
	return list
}

// expected: what is given, or else what was described or tried lately, did not
// leave, and has no other address that speaks for it.
func (a *address) expected(f *Fleet, e int64) bool {
	if f.expected != nil {
		return a.given
	}
	if x := a.known(); a.target == nil || !x.Expected(false, e) {
		return false
	}
	for _, in := range a.behind[:a.own] {
		if !f.counts(in, e) {
			return false
		}
	}
	return true
}

// failed: the latest scrape did. Of what never answered that counts for as long
// as it is expected to.
func (a *address) failed(e int64) bool {
	x := a.known()
	return x.Failed(e)
}

// known is what is known of the target.
func (a *address) known() roster.Target {
	x := roster.Target{Given: a.given, Balanced: a.balancer != nil, Reached: len(a.behind) > 0}
	if t := a.target; t != nil {
		x.Tried, x.Failure, x.Told, x.Gone = t.tried.Load(), t.failure(), t.told, t.gone
	}
	return x
}
