package tally

import (
	"math"

	"github.com/promfold/promfold/internal/rate"
)

// Ratio returns what a numerator, over the same steps, is to g's growth; false if that is 0. Of a part of it the bounds
// allow for all that may have been counted unseen, where nothing was faster than the fastest that was seen: all of it or
// nothing may be the numerator's. Of members that may be one process both count: they have one ratio.
func (g Growth) Ratio(numerator Growth, isPart bool) (estimate, bool) {
	n, _ := numerator.increase(!isPart)
	d, ok := g.increase(!isPart)
	switch {
	case !ok:
		return estimate{}, false
	case !isPart:
		return Quotient(n, d)
	}
	return partOf(n, d, numerator.reach(), g.reach())
}

// partOf returns which share of d its part n is. What each may have reached may be less than its upper bound is.
func partOf(n, d estimate, part, all reach) (estimate, bool) {
	if !(d.Value > 0) {
		return estimate{}, false
	}
	most := max(n.Value, part.seen) + all.unseen // also of what has no series yet
	x := estimate{Value: min(1, n.Value/d.Value), Lo: share(n.Lo, max(d.Value, all.seen)+all.unseen-n.Lo), Hi: share(most, d.Lo-n.Lo)}
	x.Lo, x.Hi = min(x.Lo, x.Value), max(x.Hi, x.Value)
	return x, true
}

// reach is how far a count may have grown in a window: in steps that were seen, and unseen at its fastest pace.
type reach struct{ seen, unseen float64 }

func (g Growth) reach() (all reach) {
	owners, parts := g.own()
	for i := range parts {
		x := g.reachOf(&g.shares[owners[i]], &parts[i])
		all.seen, all.unseen = all.seen+x.seen, all.unseen+x.unseen
	}
	if g.Answer != nil && (g.Apart || g.unmet()) {
		all.unseen = math.Inf(1)
	}
	return all
}

// reachOf is the reach of a member: what a process counted after its last scrape is lost with it.
func (g Growth) reachOf(sh *Share, p *part) (x reach) {
	x.seen = g.around(p).Hi
	if math.IsInf(x.seen, 1) {
		x.seen, x.unseen = p.most, rate.Open(p.pace, 1, sh.observed(g.group()).Between)
		g.happenings(p, func(e *happening) {
			if e.ours() {
				x.seen += e.Above.Float64()
				x.unseen += rate.Open(p.pace, e.Open, e.Blind)
			}
		})
	}
	if sh.Older {
		x.seen -= p.grown
	}
	if p.open {
		x.unseen = math.Inf(1)
	}
	x.unseen += g.uncovered(sh, p, x.seen+x.unseen)
	return x
}
