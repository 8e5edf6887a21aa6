package aggregate

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/tally"
)

// CounterGroup is one group's answer.
type CounterGroup struct {
	labels labels.Labels
	answer *answer // nil: of no question
	growth tally.Growth
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
	return slices.Concat(g.growth.Remarks(), g.answer.common, g.answer.partials.Words(g.answer.view.Every(), g.labels))
}

// Increase returns the growth of the group; false if no step ended in the window.
func (g *CounterGroup) Increase() (promfold.Estimate, bool) { return g.growth.Increase() }

// Rate returns the mean rate per second over the window.
func (g *CounterGroup) Rate() (promfold.Estimate, bool) { return g.growth.Rate() }

// RateNow returns the rate per second of the instances live at the end of the window; [Fleet.ScrapeFailed] has the
// bounds.
func (g *CounterGroup) RateNow() (promfold.Estimate, bool) { return g.growth.RateNow() }

// Hottest returns the member with the highest rate; ties go to the first name.
func (g *CounterGroup) Hottest() (Member, bool) { return memberOf(g.growth.Hottest()) }

// MaxIncrease returns the member that saw most, for events that every instance counts: a lower bound.
func (g *CounterGroup) MaxIncrease() (Member, bool) { return memberOf(g.growth.MaxIncrease()) }

// Rates returns the members with a rate, highest first.
func (g *CounterGroup) Rates() []Member { return membersOf(g.growth.Rates()) }

// Increases returns the members by name; one without a series of the group has 0.
func (g *CounterGroup) Increases() []Member { return membersOf(g.growth.Increases()) }

// Covers returns the time that the steps in the window span.
func (g *CounterGroup) Covers() (from, to time.Time) {
	first, last := g.growth.Covers()
	if last == 0 {
		return time.Time{}, time.Time{}
	}
	return time.UnixMilli(first), time.UnixMilli(last)
}

// Events returns what happened in the window, by time.
func (g *CounterGroup) Events() []Event {
	return converted(g.growth.Events(), func(e explain.Event) Event { return Event(e) })
}

// countersOf returns the groups of an answer.
func countersOf(q *question, shares []tally.Share) []*CounterGroup {
	t, again := q.tally(shares)
	return tallied(q, t, shares, again)
}

// tallied returns the groups of an answer that is counted.
func tallied(q *question, t *tally.Tally, shares []tally.Share, again bool) []*CounterGroup {
	a := &answer{asked: q.asked(), common: q.remarks(shares), partials: q.partials()}
	a.End, a.Unmet = q.e, a.unmet
	if a.Tally, a.Again = t, again; a.Groups() == 0 && q.v.Single() {
		a.Tally, a.Again = a.None(&q.v.groups, labels.EmptyLabels()), false
	}
	groups, list := make([]CounterGroup, a.Groups()), make([]*CounterGroup, 0, a.Groups())
	for i := range groups {
		if groups[i] = a.group(i); groups[i].growth.Inhabited() {
			list = append(list, &groups[i])
		}
	}
	return list
}

func (a *answer) group(i int) CounterGroup {
	g := tally.Growth{Answer: &a.Answer, Number: i}
	return CounterGroup{g.Labels(), a, g}
}

// nothingOf returns the answer for a group without members.
func nothingOf(q *question, ls labels.Labels) *CounterGroup {
	a := &answer{asked: q.asked()}
	a.Tally, a.End, a.Unmet = tally.Nobody(q.window(), &q.v.selection, ls), q.e, a.unmet
	g := a.group(0)
	return &g
}

func orNone(g *CounterGroup) *CounterGroup {
	if g == nil {
		return &CounterGroup{}
	}
	return g
}

// CounterView answers how much a counter grew, and how fast.
type CounterView struct{ v *view }

// In returns the groups in a window.
func (v *CounterView) In(w Window) ([]*CounterGroup, error) {
	q, err := w.ask(behind(v))
	if err != nil {
		return nil, err
	}
	defer q.close()
	return grownOf(q)
}

// One returns the only group.
func (v *CounterView) One(w Window) (*CounterGroup, error) {
	return only(behind(v), w, v.In)
}

// grownOf returns the groups of a counter or a histogram.
func grownOf(q *question) ([]*CounterGroup, error) {
	q.departs = q.all
	if t := q.v.latest.Steady(q.window()); t != nil {
		return addDepartures(q, tallied(q, t, t.Shares(), true)), nil
	}
	shares, err := q.shares()
	if err != nil {
		return nil, err
	}
	return addDepartures(q, countersOf(q, shares)), nil
}

// departures returns the departures of the groups by their labels, for a question since the start.
func departuresOf(q *question) ledger.Departed {
	list := ledger.Departed{}
	for a := range q.v.ledger.Accounts() {
		switch {
		case a.Left.None():
		case len(q.scope.only) > 0: // the labels of their targets are not kept
			q.apart = true
		default:
			list.Of(a.Labels).Merge(a.Left)
		}
	}
	for i := range q.states {
		if x := &q.states[i]; x.departed {
			x.in.depart(q.f, x.in.bindings[q.v.index], q.m.first, list.Of)
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
		g.answer.Apart = q.apart
		key := string(g.labels.Bytes(nil))
		g.growth.Leave(left[key])
		delete(left, key)
	}
	if len(left) == 0 {
		return groups
	}
	for _, d := range left {
		g := nothingOf(q, d.Labels)
		g.growth.Leave(d)
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *CounterGroup) int { return labels.Compare(a.labels, b.labels) })
	return groups
}
