package aggregate

import (
	"slices"
	"time"

	"github.com/promfold/promfold/internal/exact"
)

// answer is what the groups of one answer share. It is a copy: scrapes that
// come later do not show in it.
type answer struct {
	asked
	*plan
	shares   []shared
	parts    []part
	totals   []exact.Sum // by group; nil: what its parts add up to
	events   []happening // of each part a list, by time
	common   []string    // what is to be said of every group
	partials partials
}

// shared is what is the same for an instance in all groups.
type shared struct {
	weight              float64 // the part of the window in which the instance lived
	seconds, wall       float64 // observed; wall: of what outlives processes
	older               bool
	live                bool
	exposes             bool
	b                   *binding // for what does not change: route and target
	name                string
	since               int64 // from when its growth is counted
	alive               int64
	span, spanOfOutlive time.Duration
	steps               int
	from                Provenance
}

// part is what one instance has in one group, in the window.
type part struct {
	grown float64 // rounded
	odd   int32   // its first event, plus 1; 0: all is plain growth
}

// happening is an event of the window.
type happening struct {
	*event
	next    int32 // of the part, plus 1
	opening bool  // what was counted before it is no part of the answer
}

// happenings calls do for each event of a part.
func (a *answer) happenings(p *part, do func(*happening)) {
	for i := p.odd; i > 0; i = a.events[i-1].next {
		do(&a.events[i-1])
	}
}

// around is a part's growth with its bounds.
func (a *answer) around(p *part) Answer {
	if p.odd == 0 {
		return Answer{p.grown, p.grown, p.grown}
	}
	var grown exact.Sum
	var x bounds
	grown.Add(p.grown)
	a.happenings(p, x.add)
	return x.around(&grown)
}

func (a *answer) window() int64 { return a.e - a.s }

// covers is the time that the steps of the instance span.
func (sh *shared) covers(g *final) time.Duration {
	if g.outlives {
		return sh.spanOfOutlive
	}
	return sh.span
}

// observed is the same in seconds.
func (sh *shared) observed(g *final) float64 {
	if g.outlives {
		return sh.wall
	}
	return sh.seconds
}

// counts: how much of the instance's rate is the group's.
func (sh *shared) counts(now bool) float64 {
	switch {
	case !now:
		return sh.weight
	case sh.live:
		return 1
	}
	return 0
}

// idle: the instance exposes the metric, and could have a series in the group.
func (a *answer) idle(share int, g *final) bool {
	sh := &a.shares[share]
	return sh.exposes && !a.lacks(share, g) && sh.b.route.speaksFor(g.labels, sh.b.target)
}

func (q *question) newAnswer(shares []share) *answer {
	a := &answer{asked: q.asked(), plan: q.v.planFor(shares), shares: make([]shared, len(shares))}
	window := float64(a.window())
	for i := range shares {
		sh, to := &shares[i], &a.shares[i]
		to.span, to.spanOfOutlive = time.Duration(sh.span)*time.Millisecond, time.Duration(sh.wall)*time.Millisecond
		to.weight, to.seconds, to.wall = float64(sh.alive)/window, to.span.Seconds(), to.spanOfOutlive.Seconds()
		to.name, to.since, to.steps, to.alive = sh.in.name, sh.beginning(), sh.scrapes, sh.alive
		to.older, to.live, to.exposes, to.b = sh.older, sh.live, sh.b.exposes, sh.b
		q.tell(sh.in, &to.from)
	}
	return a
}

// counters gathers the groups of an answer.
func (q *question) counters(shares []share) []*CounterGroup {
	a := q.newAnswer(shares)
	a.parts = make([]part, len(a.owners))
	if !a.addIntegers(shares) {
		a.addSums(shares)
	}
	q.addEvents(a, shares)
	a.common, a.partials = q.remarks(shares), q.partials()
	groups, list := make([]CounterGroup, len(a.groups)), make([]*CounterGroup, len(a.groups))
	for i := range groups {
		g := &groups[i]
		g.Labels, g.about, g.answer, g.number = a.groups[i].labels, g, a, i
		list[i] = g
	}
	return list
}

// addIntegers adds up what the instances have, where it consists of integers
// that add up without rounding; else it returns false.
func (a *answer) addIntegers(shares []share) bool {
	columns, all := a.columns, 0.0
	for i := range shares {
		live, ok := shares[i].b.live.counts.Integers()
		base, too := shares[i].row.counts.Integers()
		if !ok || !too {
			return false
		}
		own := columns[:len(a.of[i])]
		columns = columns[len(own):]
		for _, c := range own {
			n := live[c.count]
			if int(c.count) < len(base) {
				n -= base[c.count]
			}
			x := float64(n)
			a.parts[c.part].grown += x
			all += max(x, -x)
		}
	}
	return all < 1<<53
}

// addSums adds up anything.
func (a *answer) addSums(shares []share) {
	clear(a.parts)
	a.totals = make([]exact.Sum, len(a.groups))
	columns := a.columns
	var grown exact.Sum
	for i := range shares {
		sh := &shares[i]
		for _, c := range columns[:len(a.of[i])] {
			grown.Reset()
			sh.b.live.counts.SumDiff(&grown, int(c.count), &sh.row.counts)
			a.parts[c.part].grown += grown.Float64()
			if !sh.older {
				a.totals[a.group[c.part]].Merge(&grown)
			}
		}
		columns = columns[len(a.of[i]):]
	}
}

// addEvents notes what was out of the ordinary. An event never changes once
// its scrape is over, so it is enough to know where it is.
func (q *question) addEvents(a *answer, shares []share) {
	n := 0
	for i := range shares {
		n += len(shares[i].events)
	}
	if n == 0 {
		return
	}
	a.events = make([]happening, 0, n)
	opening, columns := q.f.opening(), a.columns
	for i := range shares {
		sh := &shares[i]
		for j := len(sh.events) - 1; j >= 0; j-- {
			e := &sh.events[j]
			p := &a.parts[columns[e.col].part]
			a.events = append(a.events, happening{e, p.odd, e.at == sh.in.first && e.at < opening})
			p.odd = int32(len(a.events))
		}
		columns = columns[len(a.of[i]):]
	}
}

// remarks are what a reader of any group should know.
func (q *question) remarks(shares []share) []string {
	var refused exclusions
	for i := range shares {
		if b := shares[i].b; b.mistyped() {
			if refused == nil {
				refused = exclusions{}
			}
			refused.add(ofAnotherType, shares[i].in.name, b.refused)
		}
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
		g.answer.happenings(&parts[i], func(e *happening) { said.add(name, e.event) })
	}
	words := said.words()
	if g.left != nil {
		words = append(words, "what departed instances counted is in it, they are no members any more")
	}
	return slices.Concat(words, g.answer.common, g.answer.partials.words(g.answer.view, g.Labels))
}
