package aggregate

import (
	"slices"
	"strings"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/roster"
)

// electionMetric is a gauge that is 1 at the leader, in the same scrape as the
// value; Kubernetes' components expose it. Its label electionLabel tells
// elections apart: that of a view is the one in which the instances that expose
// its metric take part.
const (
	electionMetric = "leader_election_master_status"
	electionLabel  = "name"
)

// electorate is the view of the gauge that says who leads: like any gauge's, it
// keeps when the value last changed. Views of one selector share it. The fleet's
// lock is held.
func (f *Fleet) electorate(s spec) *view {
	s.By = []string{electionLabel}
	e := f.newView(s, growth.Gauge, electoral)
	for _, v := range f.views {
		if v.key() == e.key() {
			return v
		}
	}
	return e
}

// elect returns who leads, or why nobody does.
func (q *question) elect() (leader string, said []string) {
	name, why := q.election()
	if why != "" {
		return "", []string{why}
	}
	var list []gauge.Candidate
	for x, b := range q.possible(q.v.elects) {
		if since, ok := b.leads(x.in, name, q.m.opening); ok {
			list = append(list, gauge.Candidate{Name: x.in.name, Since: since, Last: x.in.last, Failed: x.silent})
		}
	}
	return gauge.Elect(list)
}

// election returns the name of the election in which the instances that expose
// the view's metric take part, or why there is not exactly one.
func (q *question) election() (name, why string) {
	var names []string
	for x, b := range q.possible(q.v) {
		in := x.in
		if len(b.lines(in)) == 0 {
			continue
		}
		c := in.bindings[q.v.elects.index]
		for _, e := range c.lines(in) {
			names = append(names, c.election(e))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	switch len(names) {
	case 0:
		return "", "nobody says who leads: no " + q.v.elects.Selector.String()
	case 1:
		return names[0], ""
	}
	return "", "several elections, the view selects none: " + strings.Join(names, ", ")
}

// election is that of an electorate's line.
func (b *binding) election(e growth.GaugeLine) string {
	return b.labelsOf(int(e.Col)).Get(electionLabel)
}

// leads reports whether the last scrape of the instance says that it leads the
// election, and since when. An instance that joined after the first round of
// scrapes leads from its first scrape.
func (b *binding) leads(in *instance, name string, opening int64) (since int64, ok bool) {
	for i, e := range b.lines(in) {
		if b.election(e) != name || b.reading(in, i).value != 1 {
			continue
		}
		since, ok = b.lastChange(in, int(e.Col), opening), true
	}
	return since, ok
}

// unheard reports whether the address of the instance failed since its last
// scrape, or another instance answered there. Behind a balancer only a failure
// counts.
func (f *Fleet) unheard(in *instance) bool {
	return slices.ContainsFunc(in.targets, func(name string) bool {
		t, tried := f.targets[name], f.targets[name].tried.Load()
		shared := f.balancers[name] != nil
		switch {
		case t.gone || shared && in.pool == nil:
			return false // it has another address
		case t.failure() != roster.NoFailure:
			return tried >= in.last
		}
		return !shared && tried > in.last
	})
}
