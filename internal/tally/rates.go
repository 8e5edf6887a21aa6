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
	g, from := &t.groups[group], t.from[group]
	for i, owner := range t.owners[from:t.from[group+1]] {
		sh, i := &t.shares[owner], from+int32(i)
		p := &t.parts[i]
		if p.unread {
			continue
		}
		c := rate.Counted{Growth: p.grown, Lo: p.inside, Hi: p.most, Pace: p.pace}
		if !p.plain || p.grown < 0 || p.inside < 0 {
			c = t.paced(sh, i)
		}
		if p.spare {
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
	var inside *exact.Sum
	if t.inside != nil {
		inside = &t.inside[i]
	}
	c, began, negative := t.counted(sh, p, inside)
	if sh.begun() && c.Lo > 0 {
		c.Lo = max(0, c.Lo-t.early(sh, i, c.Lo, began))
	}
	if p.grown < 0 || p.inside < 0 || negative {
		t.signed(sh, p, sh.observed(&t.groups[t.group[i]]), &c)
	}
	return c
}

// early returns how much of what a part grew by since its first reading, at least, may have been counted before it. Where
// readings are known to lag, that is what its fastest pace makes in the time. began says that a process of it did in a
// step.
func (t *Tally) early(sh *Share, i int32, lo float64, began bool) float64 {
	pace := t.parts[i].pace
	switch {
	case sh.Edge.Older > 0:
		return pace * float64(sh.Edge.Older)
	case began || sh.Born || sh.Edge.Inside.Number > sh.Edge.Most.Number:
		return 0
	}
	return rate.Early(lo, pace, sh.observed(&t.groups[t.group[i]]).Span, sh.Interval)
}

// signed sets the bounds of a sum of which some is negative: what was not seen may be anything.
func (t *Tally) signed(sh *Share, p *part, w *Observed, c *rate.Counted) {
	if !sh.Older && p.least == p.most && sh.Edge.Part == 0 && sh.Edge.Inside.At == sh.Edge.Most.At && w.Unseen == 0 && !w.Open {
		c.Lo, c.Hi = p.grown, p.grown
		return
	}
	c.Lo, c.Hi = math.Inf(-1), math.Inf(1)
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

// counted returns what a part counted, by its events: at least, in steps wholly inside the window, and at most, while it
// was observed in the window and if nothing was faster than its pace. What it counted in a time that no scrape saw is not
// in it. inside is what the steps grew by, if the part's own number is not exact: the least is rounded once, and does not
// show which steps share an event. began says that a process began in a step, negative that values may be.
func (t *Tally) counted(sh *Share, p *part, inside *exact.Sum) (c rate.Counted, began, negative bool) {
	c = rate.Counted{Growth: p.grown - p.older, Pace: p.pace}
	if sh.Older {
		return c, false, false
	}
	if c.Lo, c.Hi = p.inside, p.most; p.eventful || inside != nil && p.odd > 0 {
		began, negative = t.reckon(sh, p, inside, &c)
	}
	if p.open || math.IsNaN(c.Hi) {
		c.Hi = math.Inf(1)
	}
	return c, began, negative
}

// reckon is what the events of a part say in [Tally.counted].
func (t *Tally) reckon(sh *Share, p *part, inside *exact.Sum, c *rate.Counted) (began, negative bool) {
	var lo exact.Sum
	if inside != nil {
		lo.Set(inside)
	} else {
		lo.Add(p.inside)
	}
	hi := exact.TotalOf(p.most) // the order of events must not show
	for at := p.odd; at > 0; {
		e := &t.events[at-1]
		at = e.next
		negative = negative || e.Quirk == growth.Negative
		if e.before(sh) {
			continue
		}
		began = began || e.Verdict == judge.Reset || e.Verdict == judge.Born
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
		if !e.Above.Untouched() {
			hi.Add(e.Above.Float64())
		}
		if e.Open > 0 {
			hi.Add(rate.Open(p.pace, e.Open, e.Blind))
		}
	}
	c.Lo = max(0, lo.Near())
	c.Hi = hi.Float64()
	return began, negative
}

// before reports whether an event is of before the first scrape of its instance, which no scrape saw.
func (e *happening) before(sh *Share) bool {
	return e.Verdict == judge.First && e.At == sh.Source.First
}
