package aggregate

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/window"
)

// CounterGroup is one group's answer.
type CounterGroup struct {
	labels labels.Labels
	answer *answer // nil: of no question
	number int     // in it
}

// Labels implements [Group].
func (g *CounterGroup) Labels() labels.Labels { return g.labels }

// Coverage implements [Group].
func (g *CounterGroup) Coverage() Coverage {
	if g.answer == nil {
		return Coverage{}
	}
	return g.answer.covered
}

// Warnings implements [Group].
func (g *CounterGroup) Warnings() []string {
	if g.answer == nil {
		return nil
	}
	return g.words()
}

// Increase returns the growth of the group; false if no step ended in the
// window.
func (g *CounterGroup) Increase() (promfold.Estimate, bool) {
	var total exact.Sum
	var x window.Bounds
	g.addTotal(&total)
	_, parts := g.parts()
	for i := range parts {
		g.answer.bound(&parts[i], &x)
	}
	if g.answer != nil && (g.answer.apart || g.answer.unmet > 0) {
		x.Open++
	}
	if left := g.left(); left != nil {
		x.Merge(&left.Bounds)
		if left.Stepped {
			return x.Around(&total), true
		}
	}
	return x.Around(&total), g.someone(func(sh *shared) bool { return !sh.older })
}

// Rate returns the mean rate per second over the window.
func (g *CounterGroup) Rate() (promfold.Estimate, bool) {
	a, ok := g.sumRates(false)
	if g.answer != nil && (g.answer.apart || g.answer.unmet > 0) {
		a.Hi = math.Inf(1)
	}
	left := g.left()
	if left == nil || !left.Stepped || g.answer.window() <= 0 {
		return a, ok
	}
	b := left.Rate(g.answer.window())
	return estimate{Value: a.Value + b.Value, Lo: a.Lo + b.Lo, Hi: a.Hi + b.Hi}, true
}

// RateNow returns the rate per second of the instances live at the end of the
// window; [Fleet.ScrapeFailed] has the bounds.
func (g *CounterGroup) RateNow() (promfold.Estimate, bool) {
	x, ok := g.sumRates(true)
	if ok {
		x = g.answer.open(x)
	}
	return x, ok
}

// Hottest returns the member with the highest rate; ties go to the first name.
func (g *CounterGroup) Hottest() (Member, bool) {
	return greatest(g.rated(), Member.value)
}

// MaxIncrease returns the member that saw most, for events that every instance
// counts: a lower bound.
func (g *CounterGroup) MaxIncrease() (Member, bool) {
	var seen []Member
	g.each(func(sh *shared, p *part) {
		if !sh.older && !p.unread && sh.covers(g.final()) > 0 {
			seen = append(seen, g.increased(sh, p))
		}
	})
	m, ok := greatest(g.shared(seen), Member.value)
	if ok {
		m.Estimate = g.answer.open(m.Estimate)
	}
	return m, ok
}

// Rates returns the members with a rate, highest first.
func (g *CounterGroup) Rates() []Member {
	list := g.rated()
	slices.SortStableFunc(list, func(a, b Member) int { return cmp.Compare(b.value(), a.value()) })
	return list
}

// Increases returns the members by name; one without a series of the group has
// 0.
func (g *CounterGroup) Increases() []Member {
	var list []Member
	g.each(func(sh *shared, p *part) { list = append(list, g.increased(sh, p)) })
	return g.shared(list)
}

// Covers returns the time that the steps in the window span.
func (g *CounterGroup) Covers() (from, to time.Time) {
	first, last := farFuture, int64(0)
	g.each(func(sh *shared, _ *part) {
		if !sh.older && sh.covers(g.final()) > 0 {
			first, last = min(first, sh.since), max(last, sh.last)
		}
	})
	if last == 0 {
		return time.Time{}, time.Time{}
	}
	return time.UnixMilli(first), time.UnixMilli(last)
}

// Events returns what happened in the window, by time.
func (g *CounterGroup) Events() []Event {
	var list []Event
	g.each(func(sh *shared, p *part) { list = append(list, g.eventsOf(sh, p)...) })
	slices.SortStableFunc(list, func(a, b Event) int { return a.Time.Compare(b.Time) })
	return list
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
func (g *CounterGroup) left() *ledger.Departures {
	if g.answer == nil || g.answer.left == nil {
		return nil
	}
	return g.answer.left[g.number]
}

// leave adds what departed instances had in the group, or nil.
func (g *CounterGroup) leave(left *ledger.Departures) {
	if g.answer.left == nil {
		g.answer.left = make([]*ledger.Departures, len(g.answer.groups))
	}
	g.answer.left[g.number] = left
}

// final tells of the group what is the same in all answers.
func (g *CounterGroup) final() *final { return &g.answer.groups[g.number] }

// addTotal adds what the group grew in the window.
func (g *CounterGroup) addTotal(sum *exact.Sum) {
	if left := g.left(); left != nil {
		left.AddTotal(sum)
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

// someone reports whether any member that was observed for some time satisfies so.
func (g *CounterGroup) someone(so func(*shared) bool) bool {
	found := false
	g.each(func(sh *shared, p *part) { found = found || !p.unread && sh.covers(g.final()) > 0 && so(sh) })
	return found
}

// sumRates is the rate of the members: of those live now, or the mean.
func (g *CounterGroup) sumRates(now bool) (estimate, bool) {
	a := g.answer
	if a == nil || a.window() <= 0 {
		return estimate{}, false
	}
	if x, ok := a.rateOf(g.number, now, a.again, a.e); ok {
		return x, true
	}
	return estimate{}, g.someone(func(sh *shared) bool { return now && sh.standing.Counts() || !now && sh.observed(g.final()).Life > 0 })
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

// words are of the events of the group, and of what it has in common with others.
func (g *CounterGroup) words() []string {
	said := explain.Remarks{}
	owners, parts := g.parts()
	for i := range parts {
		name := g.answer.shares[owners[i]].name
		g.answer.happenings(&parts[i], func(e *happening) { said.Add(name, e.Event) })
	}
	words := said.Words()
	switch {
	case g.answer.apart:
		words = append(words, "what departed instances counted is not in it: of which part of the fleet they were is not known")
	case g.left() != nil:
		words = append(words, "what departed instances counted is in it; they are no members any more")
	}
	return slices.Concat(words, g.answer.common, g.answer.partials.words(g.answer.view, g.labels))
}

// counters returns the groups of an answer.
func countersOf(q *question, shares []share) []*CounterGroup {
	a := &answer{asked: q.asked(), common: q.remarks(shares), partials: partialsOf(q)}
	if a.tally, a.again = latestTally(q, shares); len(a.groups) == 0 && q.v.single() {
		a.tally, a.again = a.tally.empty(q.v), false
	}
	groups, list := make([]CounterGroup, len(a.groups)), make([]*CounterGroup, len(a.groups))
	for i := range groups {
		g := &groups[i]
		g.labels, g.answer, g.number = a.groups[i].labels, a, i
		list[i] = g
	}
	return list
}

// nothing returns the answer for a group without members.
func nothingOf(q *question, ls labels.Labels) *CounterGroup {
	p := &plan{groups: []final{{labels: ls}}, from: make([]int32, 2)}
	return &CounterGroup{labels: ls, answer: &answer{asked: q.asked(), tally: &tally{plan: p}}}
}

// eventsOf are the events of a member.
func (g *CounterGroup) eventsOf(sh *shared, p *part) []Event {
	var list []explain.Event
	g.answer.happenings(p, func(h *happening) { list = append(list, h.told(sh)) })
	var events []Event
	for _, e := range explain.Together(list) {
		events = append(events, Event(e))
	}
	return events
}

// member returns a member without the number that is asked for.
func (g *CounterGroup) member(sh *shared, p *part) Member {
	m := Member{
		Instance: sh.name, Covers: sh.covers(g.final()), Older: sh.older, Live: sh.standing.Counts(), Steps: sh.steps,
		Age: time.Duration(g.answer.e-sh.last) * time.Millisecond,
	}
	if w := g.answer.window(); w > 0 {
		m.Weight = float64(sh.observed(g.final()).Life) / float64(w)
	}
	g.answer.happenings(p, func(e *happening) { m.Resets += e.Resets() })
	return m
}

// increased returns a member with its increase, 0 if all its steps are older
// than the window.
func (g *CounterGroup) increased(sh *shared, p *part) Member {
	m := g.member(sh, p)
	if !sh.older {
		m.Estimate = g.answer.around(p)
	}
	return m
}

// rateOf returns the rate of a member over the time it was observed; false if
// that is a single moment.
func (g *CounterGroup) rateOf(sh *shared, p *part) (estimate, bool) {
	if p.unread || sh.covers(g.final()) <= 0 {
		return estimate{}, false
	}
	x, seconds := exactly(p.grown), sh.covers(g.final()).Seconds()
	if !sh.older {
		x = g.answer.around(p)
	}
	value := p.grown - p.older
	return estimate{Value: value / seconds, Lo: min(x.Lo, value) / seconds, Hi: x.Hi / seconds}, true
}

// rated returns the members with a rate, by name.
func (g *CounterGroup) rated() []Member {
	var list []Member
	g.each(func(sh *shared, p *part) {
		if r, ok := g.rateOf(sh, p); ok {
			m := g.member(sh, p)
			m.Estimate = r
			list = append(list, m)
		}
	})
	return g.shared(list)
}

// shared sets the share of each member in the sum of rates. Rates of older
// steps have none: they are of another time.
func (g *CounterGroup) shared(list []Member) []Member {
	rates := map[string]float64{}
	var sum exact.Sum
	g.each(func(sh *shared, p *part) {
		if r, ok := g.rateOf(sh, p); ok && !sh.older {
			rates[sh.name] = r.Value
			sum.Add(r.Value)
		}
	})
	if total := sum.Float64(); total > 0 {
		for i := range list {
			list[i].Share = rates[list[i].Instance] / total
		}
	}
	return list
}

// asymmetry returns how unevenly the members share the group's rate.
func (g *CounterGroup) asymmetry() (explain.Asymmetry, bool) {
	var list []explain.Load
	for _, m := range g.rated() {
		if !m.Older {
			list = append(list, explain.Load{Name: m.Instance, Value: m.value()})
		}
	}
	return explain.AsymmetryOf(list)
}

func orNone(g *CounterGroup) *CounterGroup {
	if g == nil {
		return &CounterGroup{}
	}
	return g
}

// CounterView answers how much a counter grew, and how fast.
type CounterView struct{ v *view }

// kept is the view behind a handle; nil for the zero handle.
func (v *CounterView) kept() *view {
	if v == nil {
		return nil
	}
	return v.v
}

// In returns the groups in a window.
func (v *CounterView) In(w Window) ([]*CounterGroup, error) {
	q, err := w.ask(v.kept())
	if err != nil {
		return nil, err
	}
	defer q.close()
	groups, _, err := grownOf(q)
	return groups, err
}

// One returns the only group.
func (v *CounterView) One(w Window) (*CounterGroup, error) {
	if err := v.kept().checkSingle(); err != nil {
		return nil, err
	}
	return only(v.In(w))
}

// grown are the groups of a counter or a histogram, and the shares behind them.
func grownOf(q *question) ([]*CounterGroup, []share, error) {
	q.departs = q.all
	shares, err := q.shares()
	if err != nil {
		return nil, nil, err
	}
	return addDepartures(q, countersOf(q, shares)), shares, nil
}

// departures returns the departures of the groups by their labels, for a
// question since the start.
func departuresOf(q *question) map[string]*ledger.Departures {
	list := map[string]*ledger.Departures{}
	of := func(ls labels.Labels) *ledger.Departures {
		key := string(ls.Bytes(nil))
		d, ok := list[key]
		if !ok {
			d = &ledger.Departures{Labels: ls}
			list[key] = d
		}
		return d
	}
	for a := range q.v.ledger.Accounts() {
		switch {
		case a.Left.None():
		case len(q.scope.only) > 0: // the labels of their targets are not kept
			q.apart = true
		default:
			of(a.Labels).Merge(&a.Left)
		}
	}
	for i := range q.states {
		if x := &q.states[i]; x.departed {
			x.in.depart(q.f, x.in.bindings[q.v.index], of)
		}
	}
	for _, d := range list {
		d.Open(q.m.opening)
	}
	return list
}

// addDepartures adds departures to the groups of an answer since the start.
func addDepartures(q *question, groups []*CounterGroup) []*CounterGroup {
	if !q.departs {
		return groups
	}
	left := departuresOf(q)
	for _, g := range groups {
		g.answer.apart = q.apart
		key := string(g.labels.Bytes(nil))
		g.leave(left[key])
		delete(left, key)
	}
	if len(left) == 0 {
		return groups
	}
	for _, d := range left {
		g := nothingOf(q, d.Labels)
		g.leave(d)
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *CounterGroup) int { return labels.Compare(a.labels, b.labels) })
	return groups
}
