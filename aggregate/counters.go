package aggregate

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/exact"
)

// answer is what the groups of one answer share. It is a copy: scrapes that
// come later do not show in it.
type answer struct {
	asked
	shares   []shared
	oddities []oddity
	events   []happening // of all oddities, each a list by next
}

// shared is what is the same for an instance in all groups.
type shared struct {
	name       string
	from       Provenance
	since      int64 // from when its growth is counted
	span, wall time.Duration
	alive      int64
	steps      int
	older      bool
	live       bool

	b       *binding // for what does not change: route and target
	exposes bool
	names   map[string]bool // of a view of every family: those it has
}

// part is what one instance has in one group, in the window.
type part struct {
	share int32
	odd   int32 // index of the answer's oddities, plus 1; 0: plain growth
	grown float64
}

// oddity is what was out of the ordinary with a part.
type oddity struct {
	bounds
	first, last int32 // of its events
}

// happening is an event of the window.
type happening struct {
	*event
	next    int32 // the next one of the oddity; −1: none
	opening bool  // what was counted before it is no part of the answer
}

// happenings calls do for each event of a part.
func (a *answer) happenings(p *part, do func(*happening)) {
	if p.odd == 0 {
		return
	}
	for i := a.oddities[p.odd-1].first; i >= 0; i = a.events[i].next {
		do(&a.events[i])
	}
}

func (a *answer) window() int64 { return a.e - a.s }

// weight is the part of the window in which the instance lived.
func (a *answer) weight(sh *shared) float64 { return float64(sh.alive) / float64(a.window()) }

func (a *answer) present(sh *shared) float64 {
	if sh.live {
		return 1
	}
	return 0
}

func (a *answer) oddity(p *part) *oddity {
	if p.odd == 0 {
		return nil
	}
	return &a.oddities[p.odd-1]
}

// around is a part's growth with its bounds.
func (x *oddity) around(grown *exact.Sum) Answer {
	if x == nil {
		return (*bounds)(nil).around(grown)
	}
	return x.bounds.around(grown)
}

// covers is the time that the steps of the instance span.
func (sh *shared) covers(g *final) time.Duration {
	if g.outlives {
		return sh.wall
	}
	return sh.span
}

// idle: the instance exposes the metric, and could have a series in the group.
func (sh *shared) idle(g *final) bool {
	if sh.names != nil && !sh.names[g.labels.Get(model.MetricNameLabel)] {
		return false
	}
	return sh.exposes && sh.b.route.speaksFor(g.labels, sh.b.target)
}

func (q *question) newAnswer(shares []share) *answer {
	a := &answer{asked: q.asked(), shares: make([]shared, len(shares))}
	for i := range shares {
		sh := &shares[i]
		a.shares[i] = shared{
			name: sh.in.name, from: q.tell(sh.in), since: sh.beginning(), steps: sh.scrapes,
			span: time.Duration(sh.span) * time.Millisecond, wall: time.Duration(sh.wall) * time.Millisecond,
			alive: sh.alive, older: sh.older, live: sh.live, b: sh.b, exposes: sh.b.exposes, names: sh.names(),
		}
	}
	return a
}

// counters gathers the groups of an answer. The columns know their group, so
// that this is two walks over them: one counts, one adds.
func (q *question) counters(shares []share) []*CounterGroup {
	a := q.newAnswer(shares)
	found, parts := q.countParts(shares)
	finals := &q.v.finals
	finals.inOrder(found)
	groups, list := make([]CounterGroup, len(found)), make([]*CounterGroup, len(found))
	for i, f := range found {
		g := &groups[i]
		g.answer, g.final, g.number, g.Labels, g.Coverage = a, finals.list[f], f, finals.list[f].labels, q.coverage
		list[i], finals.slots[f] = g, int32(i)+1
	}
	all := make([]part, len(found)*len(shares))
	if parts < len(all)/2 { // of many groups each instance has a few: no room for all in all
		all = nil
	}
	for i := range groups {
		if all != nil {
			groups[i].parts = all[i*len(shares) : i*len(shares) : (i+1)*len(shares)]
		}
	}
	opening := q.f.opening()
	for i := range shares {
		q.addShare(groups, int32(i), &shares[i], opening)
	}
	for _, f := range found {
		finals.slots[f] = 0
	}
	q.remark(list, shares)
	return list
}

// countParts finds the groups that the instances have something in.
func (q *question) countParts(shares []share) (found []int32, parts int) {
	finals := &q.v.finals
	finals.ready()
	found = make([]int32, 0, len(finals.list))
	for i := range shares {
		for c := range shares[i].b.cols {
			f := shares[i].b.cols[c].final
			if finals.slots[f] == 0 {
				finals.slots[f] = 1
				found = append(found, f)
			}
			parts++
		}
	}
	return found, parts
}

// addShare adds what one instance has to the groups.
func (q *question) addShare(groups []CounterGroup, n int32, sh *share, opening int64) {
	slots := q.v.finals.slots
	var grown exact.Sum
	for c := range sh.b.cols {
		col := &sh.b.cols[c]
		g := &groups[slots[col.final]-1]
		if k := len(g.parts); k == 0 || g.parts[k-1].share != n {
			g.parts = append(g.parts, part{share: n})
		}
		grown.Reset()
		sh.b.live.counts.SumDiff(&grown, col.count(), &sh.row.counts)
		g.parts[len(g.parts)-1].grown += grown.Float64()
		if !sh.older {
			g.total.Merge(&grown)
		}
	}
	if !q.all && !sh.older && len(groups) > 0 {
		groups[0].answer.expect(len(sh.b.events) - sh.b.eventsUntil(sh.since))
	}
	q.events(sh, func(e *event) {
		g := &groups[slots[sh.b.cols[e.col].final]-1]
		g.oddly(&g.parts[len(g.parts)-1], e, e.at == sh.in.first && e.at < opening)
	})
}

// expect makes room for so many events.
func (a *answer) expect(n int) {
	a.events, a.oddities = slices.Grow(a.events, n), slices.Grow(a.oddities, n)
}

// oddly adds an event to the part of an instance, and to the group.
func (g *CounterGroup) oddly(p *part, e *event, opening bool) {
	a, i := g.answer, int32(len(g.answer.events))
	a.events = append(a.events, happening{e, -1, opening})
	if p.odd == 0 {
		a.oddities = append(a.oddities, oddity{first: i, last: i})
		p.odd = int32(len(a.oddities))
	} else {
		x := &a.oddities[p.odd-1]
		a.events[x.last].next, x.last = i, i
	}
	a.oddities[p.odd-1].bounds.add(e, opening)
	g.bounds.add(e, opening)
	g.odd = true
}

// remark notes what a reader of the groups should know.
func (q *question) remark(groups []*CounterGroup, shares []share) {
	refused := exclusions{}
	for i := range shares {
		refused.mistyped(shares[i].in, shares[i].b)
	}
	common := slices.Concat(refused.words(), q.identities())
	for _, g := range groups {
		g.warnings = common
		if own := q.partials(g.Labels); own != nil {
			g.warnings = slices.Concat(common, own)
		}
		if g.odd {
			g.own = g
		}
	}
}

// words are of the events of the group.
func (g *CounterGroup) words() []string {
	said := remarks{}
	for i := range g.parts {
		name := g.answer.shares[g.parts[i].share].name
		g.answer.happenings(&g.parts[i], func(e *happening) { said.add(name, e.event) })
	}
	return said.words()
}
