package tally

import (
	"math"
	"sync"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/roster"
)

// rates are the rates of all groups. Only a second question to the same tally adds them up at once: most tallies are
// asked once.
type rates struct {
	once sync.Once
	list []rate.Sum
}

// rateOf returns the rate of a group in a window that ends at e: of the instances live now, or the mean; false if no
// member was observed for any time. again says that it was not the first question.
func (t *Tally) rateOf(group int, now, again bool, e int64) (estimate, bool) {
	switch {
	case now && (!again || e != t.newest):
		sum := t.addRates(group, now, e)
		return sum.Estimate(0)
	case !again:
		sum := t.addRates(group, now, t.newest)
		return sum.Estimate(e - t.newest)
	}
	r := &t.mean
	if now {
		r = &t.now
	}
	r.once.Do(func() {
		r.list = make([]rate.Sum, len(t.groups))
		for g := range r.list {
			r.list[g] = t.addRates(g, now, t.newest)
		}
	})
	return r.list[group].Estimate(e - t.newest)
}

// addRates adds up the rates of a group's members.
func (t *Tally) addRates(group int, now bool, e int64) (sum rate.Sum) {
	for i := t.from[group]; i < t.from[group+1]; i++ {
		if t.parts[i].unread {
			continue
		}
		m := t.rated(&t.shares[t.owners[i]], i, &t.groups[group], e)
		if now {
			sum.AddNow(&m)
		} else {
			sum.AddMean(&m)
		}
	}
	return sum
}

// rated returns what a part says of the rate of its group until e.
func (t *Tally) rated(sh *Share, i int32, g *Group, e int64) rate.Member {
	o, p := sh.observed(g), &t.parts[i]
	m := rate.Member{
		Width: t.asked.window(), Growth: p.grown - p.older, Span: o.Span, Pace: p.pace, Times: o.Times, Tail: e - sh.Last,
		Live: sh.Standing.Possible(), Slow: sh.Standing == roster.Likely, Lost: sh.Standing == roster.Doubtful,
	}
	if sh.past() {
		m.Growth, m.Span, m.Life = 0, 0, 0
	}
	if sh.Older {
		return m
	}
	m.Lo, m.Hi = p.inside, p.most
	if p.odd > 0 {
		t.rateBounds(sh, i, &m)
	}
	if p.open {
		m.Hi = math.Inf(1)
	}
	return m
}

// rateBounds sets the bounds of a member's growth in the window apart, by the events of its part. The lower one is rounded
// once: it does not show which steps share an event.
func (t *Tally) rateBounds(sh *Share, i int32, m *rate.Member) {
	var lo exact.Sum
	var hi exact.Total // the order of events must not show
	if t.inside != nil {
		lo.Set(&t.inside[i])
	} else {
		lo.Add(m.Lo)
	}
	hi.Add(m.Hi)
	pace := t.parts[i].pace
	t.happenings(&t.parts[i], func(e *happening) {
		if e.Verdict == judge.First && e.At == sh.Source.First {
			return // of before its first scrape, which no scrape saw
		}
		switch {
		case e.At <= sh.Edge.Inside.At:
		case e.From != 0 && e.From < t.asked.Start:
			lo.Sub(&e.Early)
			fallthrough
		default:
			lo.Sub(&e.Below)
		}
		if e.TakesBack(t.asked.Start) {
			lo.Sub(&e.Back)
		}
		hi.Add(e.Above.Float64())
		hi.Add(rate.Open(pace, e.Open, e.Blind))
	})
	m.Lo, m.Hi = max(0, lo.Float64()), hi.Float64()
	if math.IsNaN(m.Hi) {
		m.Hi = math.Inf(1)
	}
}
