package tally

import (
	"cmp"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
)

// Member is an instance and its number. Package aggregate shows it, and documents its fields.
type Member struct {
	Instance string
	Estimate estimate
	Share    float64
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
func (g Growth) Ratios(numerator Growth) []Member {
	var list []Member
	nums := numerator.Increases()
	for _, m := range g.Increases() {
		for len(nums) > 0 && nums[0].Instance < m.Instance {
			nums = nums[1:]
		}
		n := estimate{}
		if len(nums) > 0 && nums[0].Instance == m.Instance {
			n = nums[0].Estimate
		}
		own, ok := Quotient(n, m.Estimate)
		if m.Estimate, m.Share = own, 0; ok {
			list = append(list, m)
		}
	}
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
	}
	return m
}

// memberRate returns the rate of a member over the time it was observed; false if that is a single moment. What it counted
// when no scrape saw it, such as between its last one and a restart, is not in it, as in the bounds of the group's rate.
func (g Growth) memberRate(sh *Share, p *part) (estimate, bool) {
	if p.unread || sh.covers(g.group()) <= 0 {
		return estimate{}, false
	}
	x, seconds := exactly(p.grown), sh.covers(g.group()).Seconds()
	if !sh.Older {
		x = g.around(p)
		x.Hi = min(x.Hi, max(x.Value, g.fastest(sh, p)))
	}
	value := p.grown - p.older
	return estimate{Value: value / seconds, Lo: min(x.Lo, value) / seconds, Hi: max(x.Hi, value) / seconds}, true
}

// rated returns the members with a rate, by name.
func (g Growth) rated() []Member {
	var list []Member
	g.each(func(sh *Share, p *part) {
		if r, ok := g.memberRate(sh, p); ok {
			m := g.member(sh, p)
			m.Estimate = r
			list = append(list, m)
		}
	})
	return g.shared(list)
}

// shared sets the share of each member in the sum of rates. Rates of older steps have none: they are of another time.
func (g Growth) shared(list []Member) []Member {
	rates := map[string]float64{}
	var sum exact.Sum
	g.each(func(sh *Share, p *part) {
		if r, ok := g.memberRate(sh, p); ok && !sh.Older {
			rates[sh.Name] = r.Value
			sum.Add(r.Value)
		}
	})
	if total := sum.Float64(); total > 0 {
		for i := range list {
			list[i].Share = rates[list[i].Instance] / total
		}
	}
	return list
}
