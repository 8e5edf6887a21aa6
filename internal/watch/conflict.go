package watch

import (
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// conflict is accounts that may count a process twice, and the units that some of them cover.
type conflict struct {
	*survey
	parts []*account
	units []*unit
}

// conflicts groups all accounts, so that no two of different conflicts count one process. Nearly always there is one
// account, and it covers nothing that is known by itself.
func (v *survey) conflicts() (list []*conflict) {
	of := map[*account]*conflict{}
	for _, a := range v.accounts {
		of[a] = &conflict{survey: v, parts: []*account{a}}
	}
	unite := func(a, b *account) {
		x, y := of[a], of[b]
		if x == y {
			return
		}
		x.parts = append(x.parts, y.parts...)
		for _, c := range y.parts {
			of[c] = x
		}
	}
	for i, a := range v.accounts {
		for _, b := range v.accounts[:i] {
			if of[a] != of[b] && a.clashes(b, v.Clocks) {
				unite(a, b)
			}
		}
	}
	for _, u := range v.units {
		if all := slices.Concat(u.by...); len(all) > 0 {
			for _, a := range all {
				unite(all[0], a)
			}
			of[all[0]].units = append(of[all[0]].units, u)
		}
	}
	for _, a := range v.accounts {
		if c := of[a]; !slices.Contains(list, c) {
			slices.SortFunc(c.parts, (*account).compare)
			list = append(list, c)
		}
	}
	return list
}

// maxChoices bounds how many ways to choose accounts are tried.
const maxChoices = 1 << 10

// best returns the greatest total of accounts without a common process, and of the processes that these do not cover.
// It also returns of how many processes something is lost that another choice has.
func (c *conflict) best(of share) (all *sums, gaveUp int) {
	var list []*sums
	c.choices(func(chosen []*account) {
		x, lost := c.sum(chosen, of)
		if len(list) == 0 || lost < gaveUp {
			gaveUp = lost
		}
		list = append(list, x)
	})
	return greatest(list), gaveUp
}

// givesUp returns of how many processes something is lost.
func (c *conflict) givesUp() int {
	if len(c.parts) == 1 && len(c.units) == 0 {
		return c.parts[0].gaveUp
	}
	_, n := c.best(everything)
	return n
}

// choices calls do with accounts that have no process in common, for each choice that may be the best: an account is
// left out only for others, or for processes that it covers.
func (c *conflict) choices(do func(chosen []*account)) {
	clash := map[[2]*account]bool{}
	for i, a := range c.parts {
		for _, b := range c.parts[:i] {
			if a.clashes(b, c.Clocks) || c.together(a, b) {
				clash[[2]*account{a, b}], clash[[2]*account{b, a}] = true, true
			}
		}
	}
	tried := 0
	var choose func(rest, chosen []*account)
	choose = func(rest, chosen []*account) {
		if len(rest) == 0 {
			if tried++; tried <= maxChoices {
				do(chosen)
			}
			return
		}
		a, rest := rest[0], rest[1:]
		clashes := func(b *account) bool { return clash[[2]*account{a, b}] }
		free := !slices.ContainsFunc(chosen, clashes)
		if free {
			choose(rest, append(slices.Clone(chosen), a))
		}
		if tried < maxChoices && (!free || slices.ContainsFunc(rest, clashes) || c.covers(a)) {
			choose(rest, chosen)
		}
	}
	choose(c.parts, nil)
}

// covers reports whether an account covers a process that is known by itself.
func (c *conflict) covers(a *account) bool {
	return slices.ContainsFunc(c.units, func(u *unit) bool { return slices.Contains(slices.Concat(u.by...), a) })
}

// together reports whether one process is covered by both accounts.
func (c *conflict) together(a, b *account) bool {
	return slices.ContainsFunc(c.units, func(u *unit) bool {
		return slices.ContainsFunc(u.by, func(by []*account) bool { return slices.Contains(by, a) && slices.Contains(by, b) })
	})
}

// sum adds up chosen accounts, and what these do not hold of processes that are known by themselves. What only the
// others hold is added to what is lost.
func (c *conflict) sum(chosen []*account, of share) (all *sums, gaveUp int) {
	all = &sums{}
	for _, a := range chosen {
		all.addAccount(a)
		gaveUp += a.gaveUp
	}
	held := map[*process]int64{} // until when
	for _, u := range c.units {
		for i, p := range u.processes {
			for _, a := range u.by[i] {
				if slices.Contains(chosen, a) {
					m, _ := a.covering(p.keys, c.Clocks)
					held[p] = max(held[p], c.until(&m))
				}
			}
		}
		u.add(all, c.Clocks, func(p *process) (int64, bool) {
			_, counts := of(p)
			return held[p], counts
		})
		for i, p := range u.processes {
			if _, counts := of(p); counts && held[p] > 0 && !u.void[i] && !c.holds(chosen, p) {
				gaveUp++
				all.lose(p, held[p], c.Clocks)
			}
		}
	}
	for _, a := range c.parts {
		if !slices.Contains(chosen, a) {
			gaveUp += c.missing(a, chosen, held, all)
		}
	}
	return all, gaveUp
}

// lose adds to what is lost what a process grew by until a time, at most.
func (s *sums) lose(p *process, until int64, c Clocks) {
	var whole, rest sums
	whole.addProcess(p, 0, c)
	rest.addProcess(p, until, c)
	for i, group := range whole.index.names {
		lost := &s.at(i, group).lost
		lost.Merge(&whole.list[i].count)
		if t := rest.get(group); t != nil {
			lost.Sub(&t.count)
		}
	}
}

// holds reports whether chosen accounts hold all that is known of a process.
func (c *conflict) holds(chosen []*account, p *process) bool {
	first, amount := p.first(), p.amount(c.Clocks)
	return slices.ContainsFunc(chosen, func(a *account) bool {
		m, ok := a.covering(p.keys, c.Clocks)
		return ok && m.holds(first, p.last, &amount)
	})
}

// missing adds to what is lost what an account that was not chosen may hold alone, and returns of how many processes.
func (c *conflict) missing(a *account, chosen []*account, held map[*process]int64, all *sums) (n int) {
	var amount exact.Sum
	for i := range a.lines {
		if m := &a.lines[i]; !c.known(m, chosen, held) {
			n++
			amount.Merge(&m.amount)
		}
	}
	for i := range a.totals {
		t := &a.totals[i]
		lost := &all.at(i, t.Group).lost
		lost.Merge(&t.Lost)
		if t.Count.Cmp(&amount) < 0 {
			lost.Merge(&t.Count)
		} else {
			lost.Merge(&amount)
		}
	}
	return n
}

// known reports whether a choice holds all that a line of another account does.
func (c *conflict) known(m *line, chosen []*account, held map[*process]int64) bool {
	key := []Key{m.Key}
	for _, a := range chosen {
		if x, ok := a.covering(key, c.Clocks); ok && x.holds(m.first, m.last, &m.amount) {
			return true
		}
	}
	from, to := nearby(c.entries, keyOfEntry, m.Key, c.Tolerance)
	return slices.ContainsFunc(c.entries[from:to], func(e entry) bool {
		p := e.process
		if held[p] > 0 || p.last < m.last || p.first() > m.first {
			return false
		}
		amount := p.amount(c.Clocks)
		return amount.Cmp(&m.amount) >= 0
	})
}
