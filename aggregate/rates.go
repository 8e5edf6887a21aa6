package aggregate

import (
	"math"
	"sync"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/rate"
)

// rates are the rates of all groups. Only a second question to the same tally
// adds them up at once: most tallies are asked once.
type rates struct {
	once sync.Once
	list []groupRate
}

// groupRate is the rate of a group; it is not known if no member was observed
// for any time.
type groupRate struct {
	estimate
	known bool
}

// ratesOf returns the rates of the groups: of the instances alive now, or the
// mean over the window.
func (t *tally) ratesOf(now bool) []groupRate {
	r := &t.mean
	if now {
		r = &t.now
	}
	r.once.Do(func() {
		r.list = make([]groupRate, len(t.groups))
		for g := range r.list {
			r.list[g] = t.addRates(g, now)
		}
	})
	return r.list
}

// addRates adds up the rates of a group's members.
func (t *tally) addRates(group int, now bool) groupRate {
	var sum rate.Sum
	for i := t.from[group]; i < t.from[group+1]; i++ {
		m := t.rated(&t.shares[t.owners[i]], &t.parts[i], &t.groups[group])
		if now {
			sum.AddNow(&m)
		} else {
			sum.AddMean(&m)
		}
	}
	x, ok := sum.Estimate()
	return groupRate{x, ok}
}

// rated returns what a part says of the rate of its group.
func (t *tally) rated(sh *shared, p *part, g *final) rate.Member {
	o := sh.observed(g)
	m := rate.Member{Width: t.length, Growth: p.grown, Span: o.span, Pace: p.pace, Times: o.Times, Live: sh.live}
	if sh.older {
		return m
	}
	m.Lo, m.Hi = p.inside, p.most
	if p.odd > 0 {
		t.rateBounds(sh, p, &m)
	}
	return m
}

// rateBounds sets the bounds of a member's growth in the window apart, by the
// events of its part.
func (t *tally) rateBounds(sh *shared, p *part, m *rate.Member) {
	t.happenings(p, func(e *happening) {
		if e.Verdict == judge.First && e.At == sh.from.first {
			return // of before its first scrape, which no scrape saw
		}
		switch {
		case e.At <= sh.edge.Inside.At:
		case e.From != 0 && e.From < sh.start:
			m.Lo -= e.Below.Float64() + e.Early.Float64()
		default:
			m.Lo -= e.Below.Float64()
		}
		m.Hi += e.Above.Float64() + rate.Open(p.pace, e.Open, e.Blind)
	})
	m.Lo = max(0, m.Lo)
	if math.IsNaN(m.Hi) {
		m.Hi = math.Inf(1)
	}
}
