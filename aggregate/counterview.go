package aggregate

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/exact"
)

// CounterView answers how much a counter grew, and how fast. There is no way
// to the sum of raw values: it falls when an instance restarts.
type CounterView struct{ *view }

// CounterGroup is one group's answer.
type CounterGroup struct {
	Group
	answer *answer // nil: of no question
	final  final
	number int32 // of the final
	total  exact.Sum
	bounds bounds
	odd    bool   // something was out of the ordinary
	parts  []part // by name of the instance
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
	v.fleet.mu.Lock()
	defer v.fleet.mu.Unlock()
	q, err := v.fleet.ask(v.view, now, window, conditions)
	if err != nil {
		return nil, err
	}
	return q.counters(q.shares()), nil
}

// Increase is by how much the group grew: the exact sum of the steps that end
// in the window; false where there is no step.
func (g *CounterGroup) Increase() (Answer, bool) {
	return g.bounds.around(&g.total), g.someone(func(sh *shared) bool { return !sh.older })
}

// someone: the group has a member with a rate of which that is so.
func (g *CounterGroup) someone(so func(*shared) bool) bool {
	if g.answer == nil {
		return false
	}
	for i := range g.answer.shares {
		sh := &g.answer.shares[i]
		if sh.covers(&g.final) > 0 && so(sh) && (g.has(i) || sh.idle(&g.final)) {
			return true
		}
	}
	return false
}

func (g *CounterGroup) has(share int) bool {
	return slices.ContainsFunc(g.parts, func(p part) bool { return int(p.share) == share })
}

// Rate is the fleet's mean rate over the window, per second: of each member its
// rate over the time it was observed, weighted by the part of the window in
// which it lived.
func (g *CounterGroup) Rate() (Answer, bool) { return g.sumRates((*answer).weight) }

// RateNow is the rate of the members that are alive now: what scaling goes by.
func (g *CounterGroup) RateNow() (Answer, bool) { return g.sumRates((*answer).present) }

// sumRates is exact in its additions, so that no order of members shows.
func (g *CounterGroup) sumRates(weight func(*answer, *shared) float64) (Answer, bool) {
	if g.answer == nil || g.answer.window() <= 0 {
		return Answer{}, false
	}
	var some [8]float64 // enough for most fleets, without an allocation
	rates := some[:0]
	ok := false
	for i := range g.parts {
		p := &g.parts[i]
		sh := &g.answer.shares[p.share]
		w, span := weight(g.answer, sh), sh.covers(&g.final)
		if w == 0 || span <= 0 {
			continue
		}
		ok = true
		rates = append(rates, p.grown/span.Seconds()*w)
	}
	if !ok {
		return Answer{}, g.someone(func(sh *shared) bool { return weight(g.answer, sh) != 0 })
	}
	rate := exact.RoundedSum(rates)
	if !g.odd {
		return Answer{rate, rate, rate}, true
	}
	return g.boundRates(rate, weight), true
}

// boundRates puts the bounds of the members' increases around a rate.
func (g *CounterGroup) boundRates(rate float64, weight func(*answer, *shared) float64) Answer {
	var some [2][8]float64
	lo, hi, open := some[0][:0], some[1][:0], false
	for i := range g.parts {
		p := &g.parts[i]
		sh := &g.answer.shares[p.share]
		w, span := weight(g.answer, sh), sh.covers(&g.final).Seconds()
		switch x := g.answer.oddity(p); {
		case w == 0 || span <= 0:
		case x == nil || sh.older:
			r := p.grown / span * w
			lo, hi = append(lo, r), append(hi, r)
		default:
			var grown exact.Sum
			grown.Add(p.grown)
			a := x.around(&grown)
			lo, hi, open = append(lo, a.Lo/span*w), append(hi, a.Hi/span*w), open || math.IsInf(a.Hi, 1)
		}
	}
	a := Answer{rate, exact.RoundedSum(lo), math.Inf(1)}
	if !open {
		a.Hi = exact.RoundedSum(hi)
	}
	return a
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
	if total := g.total.Float64(); total > 0 {
		share = m.Increase.Value / total
	}
	return m, share, true
}

// Members are the instances behind the answer, by name: those that have a
// series of the group, and with 0 those that expose the metric without one.
func (g *CounterGroup) Members() []CounterMember {
	var list []CounterMember
	g.each(func(_ *shared, p *part) { list = append(list, g.member(p)) })
	return list
}

// each calls do for each member, by name.
func (g *CounterGroup) each(do func(*shared, *part)) {
	if g.answer == nil {
		return
	}
	parts := g.parts
	for i := range g.answer.shares {
		switch sh := &g.answer.shares[i]; {
		case len(parts) > 0 && int(parts[0].share) == i:
			do(sh, &parts[0])
			parts = parts[1:]
		case sh.idle(&g.final):
			do(sh, &part{share: int32(i)})
		}
	}
}

// member: where all its steps are older than the window, what it grew in the
// window is 0, and its rate that of the latest step.
func (g *CounterGroup) member(p *part) CounterMember {
	sh := &g.answer.shares[p.share]
	m := CounterMember{Instance: sh.name, Covers: sh.covers(&g.final), Older: sh.older, Live: sh.live, alive: sh.alive}
	if m.Covers > 0 {
		m.Rate, m.HasRate = p.grown/m.Covers.Seconds(), true
	}
	x := g.answer.oddity(p)
	if x != nil {
		m.Resets = x.bounds.resets
	}
	if !sh.older {
		var grown exact.Sum
		grown.Add(p.grown)
		m.Increase = x.around(&grown)
	}
	return m
}
