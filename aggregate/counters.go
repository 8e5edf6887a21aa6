package aggregate

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/roster"
)

// asked is what the groups of an answer keep of its question.
type asked struct {
	view    *view
	m       *moment
	scope   scope
	covered Coverage
	s, e    int64
	unmet   int // expected instances that never answered: what they have may be anything
}

func (q *question) asked() asked {
	a := asked{view: q.v, m: q.m, scope: q.scope, covered: q.coverage, s: q.s, e: q.e}
	q.aims(func(x *roster.Aim) { a.unmet += x.Unmet })
	return a
}

func (a *asked) window() int64 { return a.e - a.s }

// open returns a sum or an extreme of the members that answered with the upper
// bound that it has: none, if some never did.
func (a *asked) open(x estimate) estimate {
	if a.unmet > 0 {
		x.Hi = math.Inf(1)
	}
	return x
}

// missing lists the expected targets that do not answer.
func (a *asked) missing() []string {
	return (&question{m: a.m, scope: a.scope}).named((*roster.Aim).Lacks)
}

// answer is what the groups of one answer share. It is a copy: later scrapes do
// not change it.
type answer struct {
	asked
	*tally
	again    bool                 // an earlier question was answered with the same tally
	left     []*ledger.Departures // by group
	apart    bool                 // what departed instances counted is not in it, see question.leftApart
	common   []string             // warnings of every group
	partials partials
}

// counters returns the groups of an answer.
func (q *question) counters(shares []share) []*CounterGroup {
	a := &answer{asked: q.asked(), common: q.remarks(shares), partials: q.partials()}
	if a.tally, a.again = q.latest(shares); len(a.groups) == 0 && q.v.single() {
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

// single reports whether the view always has exactly one group.
func (v *view) single() bool { return len(v.By) == 0 && len(v.Without) == 0 && !v.every() }

// empty is a tally of one group without members.
func (t *tally) empty(v *view) *tally {
	none := labels.EmptyLabels()
	p := &plan{groups: []final{{none, v.selection.Outlives(none)}}, from: make([]int32, 2), width: make([]int32, 1), names: t.names}
	return &tally{plan: p, shares: t.shares}
}

// nothing returns the answer for a group without members.
func (q *question) nothing(ls labels.Labels) *CounterGroup {
	p := &plan{groups: []final{{labels: ls}}, from: make([]int32, 2)}
	return &CounterGroup{labels: ls, answer: &answer{asked: q.asked(), tally: &tally{plan: p}}}
}

// remarks returns the warnings that concern every group.
func (q *question) remarks(shares []share) []string {
	var refused explain.Exclusions
	for i := range shares {
		if n := shares[i].in.refused(q.v); n > 0 {
			if refused == nil {
				refused = explain.Exclusions{}
			}
			refused.Add(explain.AnotherType, shares[i].in.name, n)
		}
	}
	return slices.Concat(refused.Words(), q.notes())
}
