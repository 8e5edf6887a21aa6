package aggregate

import (
	"cmp"
	"time"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/window"
)

// CounterView answers how much a counter grew, and how fast. There is no way
// to the sum of raw values: it falls when an instance restarts.
type CounterView struct{ *view }

// CounterGroup is one group's answer.
type CounterGroup struct {
	Group
	answer *answer // nil: of no question
	number int     // in it
}

// CounterMember is one instance's part in a group, its incarnations added.
type CounterMember struct {
	Instance string
	Increase Answer
	Rate     float64       // per second, over the time it was observed
	HasRate  bool          // false: observed at one moment only
	Covers   time.Duration // the time its steps in the window span
	Older    bool          // no step in the window: the rate is that of its latest
	Live     bool
	Resets   int // of series

	alive int64
}

// At answers for the window that ends at now: a group for each set of labels,
// sorted. [ErrWindow]: longer than kept. [ErrPast]: before the last scrape.
// *[CoverageError]: a condition is not met.
func (v *CounterView) At(now time.Time, window time.Duration, conditions ...Condition) ([]*CounterGroup, error) {
	v.fleet.mu.ask()
	defer v.fleet.mu.Unlock()
	q, err := v.fleet.ask(v.view, now, window, conditions)
	if err != nil {
		return nil, err
	}
	defer q.done()
	q.departs = q.all
	return q.addDepartures(q.counters(q.shares())), nil
}

// parts of the group, and whose they are, by name of the instance.
func (g *CounterGroup) parts() (owners []int32, parts []part) {
	a := g.answer
	if a == nil {
		return nil, nil
	}
	from, to := a.from[g.number], a.from[g.number+1]
	return a.owners[from:to], a.parts[from:to]
}

// left is what departed instances had in the group; nil: nothing, or nobody
// asked for everything.
func (g *CounterGroup) left() *departures {
	if g.answer == nil || g.answer.left == nil {
		return nil
	}
	return g.answer.left[g.number]
}

// final tells of the group what is the same in all answers.
func (g *CounterGroup) final() *final { return &g.answer.groups[g.number] }

// addTotal adds what the group grew in the window.
func (g *CounterGroup) addTotal(sum *exact.Sum) {
	if left := g.left(); left != nil {
		left.addTotal(sum)
	}
	owners, parts := g.parts()
	switch {
	case len(parts) == 0:
	case g.answer.totals != nil:
		sum.Merge(&g.answer.totals[g.number])
	default:
		for i := range parts {
			if !g.answer.shares[owners[i]].older {
				sum.Add(parts[i].grown)
			}
		}
	}
}

// Increase is by how much the group grew: the exact sum of the steps that end
// in the window; false where there is no step.
func (g *CounterGroup) Increase() (Answer, bool) {
	var total exact.Sum
	var x window.Bounds
	g.addTotal(&total)
	_, parts := g.parts()
	for i := range parts {
		g.answer.happenings(&parts[i], func(e *happening) { e.bound(&x) })
	}
	if left := g.left(); left != nil {
		x.Merge(&left.bounds)
		if left.stepped {
			return Answer(x.Around(&total)), true
		}
	}
	return Answer(x.Around(&total)), g.someone(func(sh *shared) bool { return !sh.older })
}

// someone: the group has a member with a rate of which that is so.
func (g *CounterGroup) someone(so func(*shared) bool) bool {
	found := false
	g.each(func(sh *shared, _ *part) { found = found || sh.covers(g.final()) > 0 && so(sh) })
	return found
}

// Rate is the fleet's mean rate over the window, per second: of each member its
// rate over the time it was observed, weighted by the part of the window in
// which it lived.
func (g *CounterGroup) Rate() (Answer, bool) {
	a, ok := g.sumRates(false)
	left := g.left()
	if left == nil || !left.stepped || g.answer.window() <= 0 {
		return a, ok
	}
	b := left.rate(g.answer.window())
	return Answer{a.Value + b.Value, a.Lo + b.Lo, a.Hi + b.Hi}, true
}

// RateNow is the rate of the members that are alive now: what scaling goes by.
func (g *CounterGroup) RateNow() (Answer, bool) { return g.sumRates(true) }

// sumRates is the rate of the members: of those alive now, or the mean.
func (g *CounterGroup) sumRates(now bool) (Answer, bool) {
	a := g.answer
	if a == nil || a.window() <= 0 {
		return Answer{}, false
	}
	var r rate
	if a.again {
		r = a.ratesOf(now)[g.number]
	} else {
		r = a.addRates(g.number, now)
	}
	if r.known {
		return r.Answer, true
	}
	return Answer{}, g.someone(func(sh *shared) bool { return sh.counts(now) != 0 })
}

// MaxRate is the member with the highest rate, and which share of the group's
// growth is its own (0 where there was none).
func (g *CounterGroup) MaxRate() (m CounterMember, share float64, ok bool) {
	members := g.Members()
	i := hottest(members,
		func(a, b CounterMember) int { return cmp.Compare(a.Rate, b.Rate) },
		func(m CounterMember) bool { return m.HasRate })
	if i < 0 {
		return CounterMember{}, 0, false
	}
	m = members[i]
	var sum exact.Sum
	g.addTotal(&sum)
	if total := sum.Float64(); total > 0 {
		share = m.Increase.Value / total
	}
	return m, share, true
}

// Members are the instances behind the answer, by name: those that have a
// series of the group, and with 0 those that expose the metric without one.
func (g *CounterGroup) Members() []CounterMember {
	var list []CounterMember
	g.each(func(sh *shared, p *part) { list = append(list, g.member(sh, p)) })
	return list
}

// each calls do for each member, by name.
func (g *CounterGroup) each(do func(*shared, *part)) {
	a := g.answer
	if a == nil {
		return
	}
	owners, parts := g.parts()
	for i := range a.shares {
		switch {
		case len(parts) > 0 && int(owners[0]) == i:
			do(&a.shares[i], &parts[0])
			owners, parts = owners[1:], parts[1:]
		case a.idle(i, g.final()):
			do(&a.shares[i], &part{})
		}
	}
}

// member: where all its steps are older than the window, what it grew in the
// window is 0, and its rate that of the latest step.
func (g *CounterGroup) member(sh *shared, p *part) CounterMember {
	m := CounterMember{Instance: sh.name, Covers: sh.covers(g.final()), Older: sh.older, Live: sh.live, alive: sh.alive}
	if m.Covers > 0 {
		m.Rate, m.HasRate = p.grown/sh.observed(g.final()), true
	}
	if !sh.older {
		m.Increase = g.answer.around(p)
	}
	g.answer.happenings(p, func(e *happening) { m.Resets += e.Resets() })
	return m
}
