package watch

import (
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// Totals returns what was counted in each group, sorted by group: of every process once, whoever saw it, and never
// more than there was.
func (s *State) Totals() []Total {
	v := s.survey()
	var all sums
	for _, u := range v.units {
		if !u.covered() {
			u.add(&all, s.Clocks, everything)
		}
	}
	for _, c := range v.conflicts() {
		best, _ := c.best(everything)
		all.addSums(best)
	}
	return all.totals()
}

// share says how a process counts: not at all, or with what it grew by after a time until when it is counted elsewhere.
type share func(*process) (after int64, counts bool)

func everything(*process) (int64, bool) { return 0, true }

// survey is a State made ready to be added up.
type survey struct {
	*State
	units []*unit
}

// unit is processes whose values cannot be added up one by one: those of a name that one watcher knows with start times
// and another one without. Every other process is a unit by itself.
type unit struct {
	processes []*process
	by        [][]*account // which cover each, see account.covering
	void      []bool       // a higher version of it was folded
	gap       []bool       // it was folded, and all that is known of it here is later: what it grew by in between is lost
}

func (u *unit) covered() bool {
	return slices.ContainsFunc(u.by, func(by []*account) bool { return len(by) > 0 })
}

func (s *State) survey() *survey {
	v := &survey{State: s}
	blind := s.blind()
	for p := range s.processes {
		u := blind[p]
		if u == nil {
			u = &unit{processes: []*process{p}}
		} else if u.processes[0] != p {
			continue
		}
		if len(s.accounts) > 0 {
			u.cover(s)
		}
		v.units = append(v.units, u)
	}
	return v
}

// blind returns the units of names that some watcher knows without start times.
func (s *State) blind() map[*process]*unit {
	var of map[*process]*unit
	for i := range s.entries {
		if s.entries[i].Start != Unknown {
			continue
		}
		if of == nil {
			of = map[*process]*unit{}
		}
		u := &unit{}
		add := func(p *process) {
			if of[p] != u {
				u.processes = append(u.processes, p)
				of[p] = u
			}
		}
		from, to := named(s.entries, keyOfEntry, s.entries[i].Name)
		for _, e := range s.entries[from:to] {
			if e.Start == External {
				continue
			}
			if other := of[e.process]; other != nil && other != u { // it has two names
				for _, p := range other.processes {
					add(p)
				}
			}
			add(e.process)
		}
		slices.SortFunc(u.processes, func(a, b *process) int { return a.keys[0].compare(b.keys[0]) })
	}
	return of
}

// cover notes which accounts may count some of what is known of each process.
func (u *unit) cover(s *State) {
	n := len(u.processes)
	u.by, u.void, u.gap = make([][]*account, n), make([]bool, n), make([]bool, n)
	for i, p := range u.processes {
		for _, a := range s.accounts {
			if m, ok := a.covering(p.keys, s.Clocks); ok && p.grewBy(s.until(&m), s.Clocks) {
				u.by[i] = append(u.by[i], a)
				u.void[i] = u.void[i] || m.version > p.version
			} else if m, ok := a.line(p.keys, s.Tolerance); ok && len(p.records) > 0 && m.last < p.first() {
				u.gap[i] = true
			}
		}
	}
}

// gaps returns the number of processes that count and have a gap.
func (u *unit) gaps(of share) (n int) {
	for i, p := range u.processes {
		if _, counts := of(p); counts && u.gap != nil && u.gap[i] {
			n++
		}
	}
	return n
}

// add adds the value of the unit: the greatest of what is known without start times and of what is known with them.
func (u *unit) add(to *sums, c Clocks, of share) {
	var told sums
	list := []*sums{&told}
	for i, p := range u.processes {
		after, counts := of(p)
		switch {
		case !counts || u.void != nil && u.void[i]:
		case len(u.processes) == 1:
			to.addProcess(p, after, c)
		case p.keys[0].Start == Unknown:
			var blind sums
			blind.addProcess(p, after, c)
			list = append(list, &blind)
		default:
			told.addProcess(p, after, c)
		}
	}
	if len(u.processes) > 1 {
		to.addSums(greatest(list))
	}
}

// greatest returns the greatest of several versions of each total. Where the loss of each is bounded, that of the
// greatest is, too: there is no more than the least of what a version and its loss come to.
func greatest(list []*sums) *sums {
	if len(list) == 1 {
		return list[0]
	}
	var all sums
	for _, x := range list {
		for i, group := range x.index.names {
			if all.get(group) == nil {
				*all.at(i, group) = *greatestOf(list, group)
			}
		}
	}
	return &all
}

func greatestOf(list []*sums, group string) *tally {
	var best tally
	var bound exact.Sum
	for i, x := range list {
		t := x.get(group)
		if t == nil {
			t = &tally{}
		}
		var most exact.Sum
		most.Merge(&t.count)
		most.Merge(&t.lost)
		if i == 0 || most.Cmp(&bound) < 0 {
			bound.Set(&most)
		}
		if v, w := t.value(), best.value(); i == 0 || v.compare(&w) > 0 {
			best = *t
		}
	}
	bound.Sub(&best.count)
	best.lost = exact.Sum{}
	if bound.Sign() > 0 {
		best.lost.Set(&bound)
	}
	return &best
}
