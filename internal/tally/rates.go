package tally

import (
	"math"
	"sync"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
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
	for i := from; i < to; i++ {
		sh := &t.shares[t.owners[i]]
		if t.parts[i].unread {
			continue
		}
		c := t.paced(sh, i)
		if t.parts[i].spare {
			c.Lo = 0
		}
		switch x := sh.observed(g); {
		case !now:
			sum.AddMean(&x.mean, &c)
		case !sh.past() || sh.Unsure:
			w := x.Watched
			w.Tail = e - sh.Last
			sum.AddNow(&w, &c)
		}
	}
}

// paced returns what a part counted, for its member's rate.
func (t *Tally) paced(sh *Share, i int32) rate.Counted {
	p := &t.parts[i]
	c := t.fast(sh, p)
	switch {
	case sh.Older:
	case p.odd > 0:
		c.Lo = t.certain(sh, i)
	default:
		c.Lo = p.inside
	}
	if (sh.Edge.Most.Number < 0 || sh.Edge.Most.Scrapes == 1) && c.Lo > 0 {
		c.Lo = max(0, c.Lo-t.early(sh, i, c.Lo))
	}
	if p.grown < 0 || p.inside < 0 || p.odd > 0 && t.has(p, growth.Negative) {
		t.signed(sh, p, sh.observed(&t.groups[t.group[i]]), &c)
	}
	return c
}

// early returns how much of what a part grew by since its first reading, at least, may have been counted before it. Where
// readings are known to lag, that is what its fastest pace makes in the time.
func (t *Tally) early(sh *Share, i int32, lo float64) float64 {
	p := &t.parts[i]
	began := sh.Born || sh.Edge.Inside.Number > sh.Edge.Most.Number
	t.happenings(p, func(e *happening) { began = began || e.Verdict == judge.Reset || e.Verdict == judge.Born })
	switch {
	case sh.Edge.Older > 0:
		return p.pace * float64(sh.Edge.Older)
	case began:
		return 0
	}
	return rate.Early(lo, p.pace, sh.observed(&t.groups[t.group[i]]).Span, sh.Interval)
}

// signed sets the bounds of a sum of which some is negative: what was not seen may be anything.
func (t *Tally) signed(sh *Share, p *part, w *Observed, c *rate.Counted) {
	if !sh.Older && p.least == p.most && sh.Edge.Part == 0 && sh.Edge.Inside.At == sh.Edge.Most.At && w.Unseen == 0 && !w.Open {
		c.Lo, c.Hi = p.grown, p.grown
		return
	}
	c.Lo, c.Hi = math.Inf(-1), math.Inf(1)
}

// fast is [Tally.paced] without a lower bound.
func (t *Tally) fast(sh *Share, p *part) rate.Counted {
	c := rate.Counted{Growth: p.grown - p.older, Pace: p.pace}
	if !sh.Older {
		c.Hi = t.fastest(sh, p)
	}
	return c
}

// means returns what each member has of the group's mean rate, by name, and the whole of it. What may have been counted
// by those of whom no rate is known is a part of it, too.
func (g Growth) means() (map[string]estimate, *whole) {
	list, all := map[string]estimate{}, &whole{}
	if g.Answer == nil || g.window() <= 0 {
		return list, all
	}
	for i := g.from[g.Number]; i < g.from[g.Number+1]; i++ {
		sh := &g.shares[g.owners[i]]
		if g.parts[i].unread {
			continue
		}
		c := g.paced(sh, i)
		e := g.meanOf(sh, &c)
		list[sh.Name] = e
		if sh.Double != 0 {
			e.Lo = 0 // it may be counted once more
		}
		all.add(e)
	}
	if left := g.Left(); left != nil && left.Stepped {
		all.add(left.Rate(g.window()))
	}
	if g.Apart || g.unmet() {
		all.open++
	}
	return list, all
}

// meanOf returns what a member has of the group's mean rate. Of one without a rate an upper bound is known at most.
func (g Growth) meanOf(sh *Share, c *rate.Counted) estimate {
	var sum rate.Sum
	sum.AddMean(&sh.observed(g.group()).mean, c)
	r := sum.Round()
	e, known := r.Estimate(g.End - g.newest)
	if !known {
		e = estimate{Hi: r.Most(g.End - g.newest)}
	}
	return e
}

// counts returns the whole of what the group grew by, of which the increase of each member is a part.
func (g Growth) counts() *whole {
	all := &whole{}
	owners, parts := g.own()
	for i := range parts {
		e := g.around(&parts[i])
		switch sh := &g.shares[owners[i]]; {
		case sh.Older:
			e = estimate{Hi: max(0, e.Hi-e.Value)}
		case sh.Double != 0:
			e.Lo = 0 // it may be counted once more
		}
		all.add(e)
	}
	if left := g.Left(); left != nil {
		var total exact.Sum
		left.AddTotal(&total)
		all.add(left.Bounds.Around(&total))
	}
	if g.Apart || g.unseen() {
		all.open++
	}
	return all
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
	return max(0, lo.Near())
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
