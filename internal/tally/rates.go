package tally

import (
	"math"
	"sync"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/rate"
)

// rates are the rates of all groups. Only a second question to the same tally adds them up at once: most tallies are
// asked once.
type rates struct {
	once sync.Once
	list []rate.Rounded
}

// rateOf returns the rate of a group in a window that ends at e: of the instances live now, or the mean; false if no
// member was observed for any time. again says that it was not the first question.
func (t *Tally) rateOf(group int, now, again bool, e int64) (estimate, bool) {
	if !again || now && e != t.newest {
		until := t.newest
		if now {
			until = e
		}
		var sum rate.Sum
		t.addRates(&sum, group, now, until)
		r := sum.Round()
		return r.Estimate(e - until)
	}
	r := &t.mean
	if now {
		r = &t.now
	}
	r.once.Do(func() { t.addAllRates(r, now) })
	return r.list[group].Estimate(e - t.newest)
}

// addAllRates adds up the rates of all groups.
func (t *Tally) addAllRates(r *rates, now bool) {
	r.list = make([]rate.Rounded, len(t.groups))
	for g := range r.list {
		var sum rate.Sum
		t.addRates(&sum, g, now, t.newest)
		r.list[g] = sum.Round()
	}
}

// addRates adds up the rates of a group's members until e: of those live then, or the means, which are until t.newest.
func (t *Tally) addRates(sum *rate.Sum, group int, now bool, e int64) {
	g, from, to := &t.groups[group], t.from[group], t.from[group+1]
	parts, owners, shares := t.parts[from:to], t.owners[from:to], t.shares
	for i := range parts {
		p, sh := &parts[i], &shares[owners[i]]
		if p.unread {
			continue
		}
		c := rate.Counted{Growth: p.grown - p.older, Pace: p.pace}
		if !sh.Older {
			c.Lo, c.Hi = p.inside, t.fastest(sh, p)
			if p.odd > 0 {
				c.Lo = t.certain(sh, from+int32(i))
			}
		}
		switch x := sh.observed(g); {
		case !now:
			sum.AddMean(&x.mean, &c)
		case !sh.past():
			w := x.Watched
			w.Tail = e - sh.Last
			sum.AddNow(&w, &c)
		}
	}
}

// certain returns the least that a member grew by in steps wholly inside the window, by the events of its part. It is
// rounded once: it does not show which steps share an event.
func (t *Tally) certain(sh *Share, i int32) float64 {
	var lo exact.Sum
	if t.inside != nil {
		lo.Set(&t.inside[i])
	} else {
		lo.Add(t.parts[i].inside)
	}
	t.happenings(&t.parts[i], func(e *happening) {
		if e.before(sh) {
			return
		}
		if e.At > sh.Edge.Inside.At {
			if e.Reach != 0 && e.Reach < t.asked.Start && !e.Early.Untouched() {
				lo.Sub(&e.Early)
			}
			if !e.Below.Untouched() {
				lo.Sub(&e.Below)
			}
		}
		if e.TakesBack(t.asked.Start) {
			lo.Sub(&e.Back)
		}
	})
	return max(0, lo.Float64())
}

// fastest returns the most that a member grew by while it was observed in the window, if nothing was faster than its
// pace. What it counted in a time that no scrape saw is not in it.
func (t *Tally) fastest(sh *Share, p *part) float64 {
	switch {
	case p.open:
		return math.Inf(1)
	case p.odd == 0:
		return p.most
	}
	var hi exact.Total // the order of events must not show
	hi.Add(p.most)
	t.happenings(p, func(e *happening) {
		if e.before(sh) {
			return
		}
		if !e.Above.Untouched() {
			hi.Add(e.Above.Float64())
		}
		hi.Add(rate.Open(p.pace, e.Open, e.Blind))
	})
	if x := hi.Float64(); !math.IsNaN(x) {
		return x
	}
	return math.Inf(1)
}

// before reports whether an event is of before the first scrape of its instance, which no scrape saw.
func (e *happening) before(sh *Share) bool {
	return e.Verdict == judge.First && e.At == sh.Source.First
}
