package aggregate

import "slices"

// answer is what the groups of one answer share. It is a copy: scrapes that
// come later do not show in it.
type answer struct {
	asked
	*tally
	again    bool          // the question before was answered with the tally, too
	left     []*departures // by group, nil for none; nil: there is none at all
	common   []string      // what is to be said of every group
	partials partials
}

func (a *answer) window() int64 { return a.e - a.s }

// counters gathers the groups of an answer.
func (q *question) counters(shares []share) []*CounterGroup {
	a := &answer{asked: q.asked(), common: q.remarks(shares), partials: q.partials()}
	a.tally, a.again = q.latest(shares)
	groups, list := make([]CounterGroup, len(a.groups)), make([]*CounterGroup, len(a.groups))
	for i := range groups {
		g := &groups[i]
		g.Labels, g.about, g.answer, g.number = a.groups[i].labels, g, a, i
		list[i] = g
	}
	return list
}

// remarks are what a reader of any group should know.
func (q *question) remarks(shares []share) []string {
	var refused exclusions
	for i := range shares {
		if n := shares[i].in.refused(q.v); n > 0 {
			if refused == nil {
				refused = exclusions{}
			}
			refused.add(ofAnotherType, shares[i].in.name, n)
		}
	}
	if refused == nil {
		return q.identities()
	}
	return slices.Concat(refused.words(), q.identities())
}

func (g *CounterGroup) coverage() Coverage { return g.answer.covered }

// words are of the events of the group, and of what it has in common with others.
func (g *CounterGroup) words() []string {
	said := eventWords{}
	owners, parts := g.parts()
	for i := range parts {
		name := g.answer.shares[owners[i]].name
		g.answer.happenings(&parts[i], func(e *happening) { said.add(name, e.Event) })
	}
	words := said.words()
	if g.left() != nil {
		words = append(words, "what departed instances counted is in it, they are no members any more")
	}
	return slices.Concat(words, g.answer.common, g.answer.partials.words(g.answer.view, g.Labels))
}
