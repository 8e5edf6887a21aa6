package watch

import "slices"

// Fold keeps of the processes that ended before a time, Unix ms, only what they counted together, and makes all
// accounts of such processes one. No total falls by it.
//
// A process that is not known to have ended is kept, however long nobody saw it. Only of a name that some watcher knows
// without start times all is folded together, and what lives goes on from where it was. What a watcher tells of a process only
// after another one folded it, or folded apart from others, is an alternative to that account, and of alternatives Fold
// keeps the greatest: Total.Lost says how much the others may have held.
func (s *State) Fold(before int64) {
	v := s.survey()
	folds := map[*process]bool{}
	for _, u := range v.units {
		u.leave(before, folds)
	}
	if len(folds) == 0 && len(s.accounts) <= 1 {
		return
	}
	leaves := func(p *process) (int64, bool) { return 0, folds[p] }
	var all sums
	gaveUp := 0
	for _, u := range v.units {
		if !u.covered() {
			u.add(&all, v.Clocks, leaves)
			gaveUp += u.gaps(leaves)
		}
	}
	for _, c := range v.conflicts() {
		best, lost := c.best(leaves)
		all.addSums(best)
		gaveUp += lost
	}
	a := &account{lines: v.lines(folds), totals: all.totals(), gaveUp: gaveUp}
	s.entries = v.rest(folds)
	s.accounts = []*account{a}
}

// leave notes which processes of a unit are not known by themselves any more: those that ended, and those that an
// account covers. Of several processes all leave if one does, as their value is not the sum of theirs.
func (u *unit) leave(before int64, folds map[*process]bool) {
	leaves := false
	for i, p := range u.processes {
		leaves = leaves || p.gone() && p.ended <= before || u.by != nil && len(u.by[i]) > 0
	}
	for _, p := range u.processes {
		if leaves {
			folds[p] = true
		}
	}
}

// lines lists those of all accounts, and what is folded now.
func (v *survey) lines(folds map[*process]bool) []line {
	var list, now []line
	for _, a := range v.accounts {
		list = mergeLines(list, a.lines)
	}
	for _, u := range v.units {
		for _, p := range u.processes {
			if folds[p] {
				now = append(now, linesOf(p, v.Clocks)...)
			}
		}
	}
	slices.SortFunc(now, line.compareAll)
	return mergeLines(list, now)
}

// rest lists what is known by itself after folding. A process that left and lives nevertheless is known from then on by
// where it was seen last.
func (v *survey) rest(folds map[*process]bool) []entry {
	anew := map[*process]*process{}
	for _, u := range v.units {
		for _, p := range u.processes {
			if !folds[p] || p.gone() {
				continue
			}
			var known line
			for _, a := range v.accounts {
				if m, ok := a.line(p.keys, v.Tolerance); ok {
					known.merge(&m)
				}
			}
			if known.last < p.last || !known.ended {
				anew[p] = p.begun(v.Clocks)
			}
		}
	}
	kept := make([]entry, 0, len(v.entries))
	for _, e := range v.entries {
		if q := anew[e.process]; q != nil {
			kept = append(kept, entry{e.Key, q})
		} else if !folds[e.process] {
			kept = append(kept, e)
		}
	}
	return kept
}
