package tally

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
)

// Member is an instance and its number. Package aggregate shows it, and documents its fields.
type Member struct {
	Instance string
	Estimate estimate
	Share    estimate
	Weight   float64
	Age      time.Duration
	Covers   time.Duration
	Older    bool
	Live     bool
	Steps    int
	Resets   int
}

// Greatest returns the member with the greatest value; ties go to the first name.
func Greatest(list []Member) (x Member, ok bool) {
	for i, m := range list {
		if i == 0 || m.Estimate.Value > x.Estimate.Value {
			x = m
		}
	}
	return x, len(list) > 0
}

// Hottest returns the member with the highest rate; ties go to the first name.
func (g Growth) Hottest() (Member, bool) { return Greatest(g.rated()) }

// MaxIncrease returns the member that saw most.
func (g Growth) MaxIncrease() (Member, bool) {
	var seen []Member
	g.each(func(sh *Share, p *part) {
		if !sh.Older && !p.unread && sh.covers(g.group()) > 0 {
			seen = append(seen, g.increased(sh, p))
		}
	})
	m, ok := Greatest(g.shared(seen))
	m.Estimate = open(m.Estimate, ok && g.unmet())
	return m, ok
}

// Rates returns the members with a rate, highest first.
func (g Growth) Rates() []Member {
	list := g.rated()
	slices.SortStableFunc(list, func(a, b Member) int { return cmp.Compare(b.Estimate.Value, a.Estimate.Value) })
	return list
}

// Increases returns the members by name; one without a series of the group has 0. One whose histograms cannot be such, so
// that nothing was counted in the window, is no member.
func (g Growth) Increases() []Member {
	var list []Member
	g.each(func(sh *Share, p *part) {
		m := g.increased(sh, p)
		if m.Estimate != (estimate{}) || !g.has(p, growth.Malformed) {
			list = append(list, m)
		}
	})
	return g.shared(list)
}

// Ratios returns the members and what a numerator, over the same steps, is to their own growth, by name: of those that
// grew.
func (g Growth) Ratios(numerator Growth, isPart bool) []Member {
	type grown struct {
		estimate
		reach
	}
	nums := map[string]grown{}
	numerator.each(func(sh *Share, p *part) {
		nums[sh.Name] = grown{numerator.increased(sh, p).Estimate, numerator.reachOf(sh, p)}
	})
	var list []Member
	g.each(func(sh *Share, p *part) {
		m, n := g.increased(sh, p), nums[sh.Name]
		own, ok := estimate{}, false
		if isPart {
			own, ok = partOf(n.estimate, m.Estimate, n.reach, g.reachOf(sh, p))
		} else {
			own, ok = Quotient(n.estimate, m.Estimate)
		}
		if ok {
			m.Estimate = own
			list = append(list, m)
		}
	})
	return list
}

// member returns a member without the number that is asked for.
func (g Growth) member(sh *Share, p *part) Member {
	m := Member{
		Instance: sh.Name, Covers: sh.covers(g.group()), Older: sh.Older, Live: sh.Standing.Counts() && (sh.terms == nil || sh.observed(g.group()).Live), Steps: sh.Steps, Age: ms(g.End - sh.Last),
	}
	if w := g.window(); w > 0 {
		m.Weight = float64(sh.observed(g.group()).Life) / float64(w)
	}
	g.happenings(p, func(e *happening) { m.Resets += e.Resets() })
	return m
}

// increased returns a member with its increase, 0 if all its steps are older than the window.
func (g Growth) increased(sh *Share, p *part) Member {
	m := g.member(sh, p)
	if !sh.Older {
		m.Estimate = g.around(p)
		if m.Estimate.Hi += g.uncovered(sh, p, m.Estimate.Hi); g.loses(sh) {
			m.Estimate.Hi = math.Inf(1)
		}
	}
	return m
}

// speed returns the rate of a member over the time it was observed; false if that is a single moment. It tells how fast a
// member is, and not what the fleet has of it. What was counted when no scrape saw it is not in it.
func (g Growth) speed(sh *Share, p *part) (float64, bool) {
	if p.unread || sh.covers(g.group()) <= 0 {
		return 0, false
	}
	return exact.Finite((p.grown - p.older) / sh.covers(g.group()).Seconds()), true
}

// rated returns the members with a rate, by name, each with its part of the group's mean rate.
func (g Growth) rated() []Member {
	var list []Member
	means, all := g.means()
	share := all.shares()
	g.each(func(sh *Share, p *part) {
		if _, ok := g.speed(sh, p); ok && g.window() > 0 {
			m := g.member(sh, p)
			m.Estimate = means[sh.Name]
			m.Share = share(m.Estimate)
			list = append(list, m)
		}
	})
	return list
}

// shared sets the share of each member in the group's mean rate.
func (g Growth) shared(list []Member) []Member {
	means, all := g.means()
	share := all.shares()
	for i := range list {
		list[i].Share = share(means[list[i].Instance])
	}
	return list
}
