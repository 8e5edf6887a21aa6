package aggregate

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
)

// CounterView answers how much a counter grew, and how fast. There is no way
// to the sum of raw values: it falls when an instance restarts.
type CounterView struct{ *view }

// CounterGroup is one group's answer.
type CounterGroup struct {
	Group
	window  int64 // ms
	total   exact.Sum
	bounds  bounds
	said    remarks
	asked   *asked
	members []CounterMember
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

	alive     int64
	explained explained
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
	return q.counters(), nil
}

func (q *question) counters() []*CounterGroup { return q.countersOf(q.shares()) }

func (q *question) countersOf(shares []share) []*CounterGroup {
	byKey := map[string]*CounterGroup{}
	asked := q.asked()
	opening := q.f.opening()
	refused := exclusions{}
	for i := range shares {
		refused.mistyped(shares[i].in, shares[i].b)
		for _, p := range q.parts(&shares[i], opening) {
			g, ok := byKey[p.key]
			if !ok {
				g = &CounterGroup{Group: Group{Labels: p.labels, Coverage: q.coverage}, window: q.e - q.s, said: remarks{}, asked: asked}
				byKey[p.key] = g
			}
			g.add(q.counterMember(&shares[i], p), p)
		}
	}
	list := sortGroups(byKey, func(g *CounterGroup) *Group { return &g.Group })
	identities := q.identities()
	for _, g := range list {
		g.Warnings = slices.Concat(g.said.words(), refused.words(), identities, q.partials(g.Labels))
		q.addIdle(g, shares)
	}
	return list
}

// part is what one instance has in one group: for a histogram, all layouts.
type part struct {
	key      string
	labels   labels.Labels
	outlives bool // what it counts goes on when a process ends
	cols     []int32
	grown    exact.Sum
	bounds   bounds
	said     remarks
	events   []Event
}

// parts gathers a share by group, in the order of the columns.
func (q *question) parts(sh *share, opening int64) []*part {
	var list []*part
	byGroup := map[int32]*part{}
	for c := range sh.b.cols {
		col := &sh.b.cols[c]
		p, ok := byGroup[col.group]
		if !ok {
			ls := sh.b.route.labelsOf(col.group, sh.in.labels)
			p = &part{key: string(ls.Bytes(nil)), labels: ls, outlives: q.v.outlives(ls), said: remarks{}}
			byGroup[col.group] = p
			list = append(list, p)
		}
		p.cols = append(p.cols, int32(c))
		sh.b.live.counts.SumDiff(&p.grown, col.count(), &sh.row.counts)
	}
	q.events(sh, func(e *event) {
		p := byGroup[sh.b.cols[e.col].group]
		first := e.at == sh.in.first && e.at < opening
		p.bounds.add(e, first)
		p.note(e, first)
		p.said.add(sh.in.name, e)
	})
	return list
}

func (g *CounterGroup) add(m CounterMember, p *part) {
	g.members = append(g.members, m)
	if !m.Older {
		g.total.Merge(&p.grown)
		g.bounds.merge(&p.bounds)
	}
	g.said.join(p.said)
}

// counterMember: where all its steps are older than the window, what it grew
// in the window is 0, and its rate that of the latest step.
func (q *question) counterMember(sh *share, p *part) CounterMember {
	span := sh.span
	if p.outlives {
		span = sh.wall
	}
	m := CounterMember{
		Instance: sh.in.name, Covers: time.Duration(span) * time.Millisecond,
		Older: sh.older, Live: sh.live, Resets: p.bounds.resets, alive: sh.alive, explained: q.explain(sh, p),
	}
	if span > 0 {
		m.Rate, m.HasRate = p.grown.Float64()/m.Covers.Seconds(), true
	}
	if !sh.older {
		m.Increase = p.bounds.around(&p.grown)
	}
	return m
}

// addIdle adds the members that expose the metric but have nothing in the
// group: theirs is a known 0. Both lists stand by name.
func (q *question) addIdle(g *CounterGroup, shares []share) {
	have := g.members
	g.members = make([]CounterMember, 0, len(shares))
	for i := range shares {
		switch sh := &shares[i]; {
		case len(have) > 0 && have[0].Instance == sh.in.name:
			g.members, have = append(g.members, have[0]), have[1:]
		case sh.exposes(g.Labels) && sh.b.route.speaksFor(g.Labels, sh.in.labels):
			g.members = append(g.members, q.counterMember(sh, &part{outlives: q.v.outlives(g.Labels)}))
		}
	}
}

// Increase is by how much the group grew: the exact sum of the steps that end
// in the window; false where there is no step.
func (g *CounterGroup) Increase() (Answer, bool) {
	ok := slices.ContainsFunc(g.members, func(m CounterMember) bool { return m.HasRate && !m.Older })
	return g.bounds.around(&g.total), ok
}

// Rate is the fleet's mean rate over the window, per second: of each member its
// rate over the time it was observed, weighted by the part of the window in
// which it lived.
func (g *CounterGroup) Rate() (Answer, bool) {
	return g.sumRates(func(m *CounterMember) float64 { return float64(m.alive) / float64(g.window) })
}

// RateNow is the rate of the members that are alive now: what scaling goes by.
func (g *CounterGroup) RateNow() (Answer, bool) {
	return g.sumRates(func(m *CounterMember) float64 {
		if m.Live {
			return 1
		}
		return 0
	})
}

// sumRates is exact in its additions, so that no order of members shows.
func (g *CounterGroup) sumRates(weight func(*CounterMember) float64) (Answer, bool) {
	var value, lo, hi exact.Sum
	ok, open := false, false
	for i := range g.members {
		m := &g.members[i]
		w := weight(m)
		if !m.HasRate || w == 0 {
			continue
		}
		ok = true
		value.Add(m.Rate * w)
		if m.Older {
			lo.Add(m.Rate * w)
			hi.Add(m.Rate * w)
			continue
		}
		s := m.Covers.Seconds()
		lo.Add(m.Increase.Lo / s * w)
		if math.IsInf(m.Increase.Hi, 1) {
			open = true
		} else {
			hi.Add(m.Increase.Hi / s * w)
		}
	}
	a := Answer{value.Float64(), lo.Float64(), hi.Float64()}
	if open {
		a.Hi = math.Inf(1)
	}
	return a, ok && g.window > 0
}

// MaxRate is the member with the highest rate, and which share of the group's
// growth is its own (0 where there was none).
func (g *CounterGroup) MaxRate() (m CounterMember, share float64, ok bool) {
	i := hottest(g.members,
		func(a, b CounterMember) int { return cmp.Compare(a.Rate, b.Rate) },
		func(m CounterMember) bool { return m.HasRate })
	if i < 0 {
		return CounterMember{}, 0, false
	}
	m = g.members[i]
	if total := g.total.Float64(); total > 0 {
		share = m.Increase.Value / total
	}
	return m, share, true
}

// Members are the instances behind the answer, by name: those that have a
// series of the group, and with 0 those that expose the metric without one.
func (g *CounterGroup) Members() []CounterMember { return g.members }
