package tally

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/window"
)

// Answer is a tally as an answer to one question. It is a copy: later scrapes do not change it.
type Answer struct {
	*Tally
	End   int64 // of the question's window
	Again bool  // an earlier question was answered with the same tally
	Unmet []Unmet
	Apart bool // what departed instances counted is not in it

	left []*ledger.Departures // by group
}

// Unmet are expected instances of one target that never answered: what they have
// may be anything, in the groups that its labels allow.
type Unmet struct {
	Labels    labels.Labels // of the target
	Instances int
}

// UnmetIn returns how many of them may be in a group.
func UnmetIn(list []Unmet, s *growth.Selection, group labels.Labels) (n int) {
	for _, x := range list {
		if s.SpeaksFor(group, x.Labels) {
			n += x.Instances
		}
	}
	return n
}

func (a *Answer) window() int64 { return a.asked.window() }

// Growth is what one group of an answer grew by. The zero value is of no answer.
type Growth struct {
	*Answer
	Number int // of the group
}

func (g Growth) unmet() bool { return len(g.Unmet) > 0 && g.unmetHere() } // small enough to be inlined

func (g Growth) unmetHere() bool { return UnmetIn(g.Unmet, g.selection, g.Labels()) > 0 }

// Labels returns the group's labels.
func (g Growth) Labels() labels.Labels { return g.groups[g.Number].Labels }

// Leave adds what departed instances had in the group, or nil.
func (g Growth) Leave(left *ledger.Departures) {
	if g.left == nil {
		g.left = make([]*ledger.Departures, len(g.groups))
	}
	g.left[g.Number] = left
}

// Left returns what departed instances had in the group; nil: nothing, or nobody asked for everything.
func (g Growth) Left() *ledger.Departures {
	if g.Answer == nil || g.left == nil {
		return nil
	}
	return g.left[g.Number]
}

func (g Growth) group() *Group { return &g.groups[g.Number] }

// own returns the parts of the group, and whose they are, by name of the instance.
func (g Growth) own() (owners []int32, parts []part) {
	if g.Answer == nil {
		return nil, nil
	}
	from, to := g.from[g.Number], g.from[g.Number+1]
	return g.owners[from:to], g.parts[from:to]
}

// each calls do for each member, by name.
func (g Growth) each(do func(*Share, *part)) {
	if g.Answer == nil {
		return
	}
	owners, parts := g.own()
	for i := range g.shares {
		switch {
		case len(parts) > 0 && int(owners[0]) == i:
			if sh := &g.shares[i]; !sh.past() && (sh.terms == nil || sh.observed(g.group()).Life > 0) {
				do(&g.shares[i], &parts[0])
			}
			owners, parts = owners[1:], parts[1:]
		case !g.shares[i].past() && g.idle(i, g.group()):
			do(&g.shares[i], &part{})
		}
	}
}

// metOnce yields the members behind a balancer that are alive as far as known and were not met twice, so that none of
// their steps ends in the window. Since the start all that they showed is in the bounds.
func (g Growth) metOnce(yield func(*Share) bool) {
	if g.Answer == nil || g.asked.All {
		return
	}
	owners, _ := g.own()
	for _, i := range owners {
		if sh := &g.shares[i]; sh.Pooled && sh.observed(g.group()).Live && (sh.Older || sh.covers(g.group()) == 0) && !yield(sh) {
			return
		}
	}
}

// unseen reports whether some members' observations may have any value.
func (g Growth) unseen() bool {
	if g.Answer != nil && g.unmet() {
		return true
	}
	for range g.metOnce {
		return true
	}
	return false
}

// someone reports whether any member that was observed for some time satisfies so.
func (g Growth) someone(so func(*Share) bool) bool {
	found := false
	g.each(func(sh *Share, p *part) { found = found || !p.unread && sh.covers(g.group()) > 0 && so(sh) })
	return found
}

// Increase returns the growth of the group: the exact sum of the steps that end in the window; false if no step ended in
// the window. Behind a balancer, which decides what of the window they cover, the upper bound holds the rest of it, too.
func (g Growth) Increase() (estimate, bool) {
	return g.increase(true)
}

// increase is [Growth.Increase]; once says that members that may be one process are one in its lower bound.
func (g Growth) increase(once bool) (estimate, bool) {
	e, ok := g.covered(once)
	owners, parts := g.own()
	for i := range parts {
		sh, hi := &g.shares[owners[i]], g.around(&parts[i]).Hi
		if sh.Older {
			hi -= parts[i].grown
		}
		e.Hi += g.uncovered(sh, &parts[i], hi)
	}
	return e, ok
}

// uncovered returns by how much a part may have grown by more than hi, in the time of the window that no step covers, of
// who is behind a balancer.
func (g Growth) uncovered(sh *Share, p *part, hi float64) float64 {
	if !sh.Pooled || p.unread || g.window() <= 0 || math.IsInf(hi, 1) {
		return 0
	}
	c, _, _ := g.counted(sh, p, nil)
	c.Lo = 0 // it is about the upper bound
	return max(0, g.meanOf(sh, &c).Hi*float64(g.window())/1000-hi)
}

// covered returns what the steps that end in the window make.
func (g Growth) covered(once bool) (estimate, bool) {
	var total exact.Sum
	var x window.Bounds
	if g.Answer == nil {
		return estimate{}, false
	}
	owners, parts := g.own()
	for i := range parts {
		g.bound(&parts[i], &x)
		if parts[i].spare && once {
			x.Below.Add(g.least(g.from[g.Number] + int32(i)))
		}
		if g.totals == nil && !g.shares[owners[i]].Older {
			total.Add(parts[i].grown)
		}
	}
	if g.totals != nil && len(parts) > 0 {
		total.Merge(&g.totals[g.Number])
	}
	if g.Apart || g.unmet() || len(g.losing()) > 0 {
		x.Open++
	}
	if left := g.Left(); left != nil {
		left.AddTotal(&total)
		x.Merge(&left.Bounds)
		if left.Stepped {
			return x.Around(&total), true
		}
	}
	return x.Around(&total), g.someone(func(sh *Share) bool { return !sh.Older })
}

// Rate returns the mean rate per second over the window.
func (g Growth) Rate() (estimate, bool) {
	a, ok := g.sumRates(false)
	if g.Answer == nil || g.left == nil && !g.Apart && !g.unmet() {
		return a, ok
	}
	a = open(a, g.Apart || g.unmet())
	left := g.Left()
	if left == nil || !left.Stepped || g.window() <= 0 {
		return a, ok
	}
	b := left.Rate(g.window())
	return estimate{Value: exact.Finite(a.Value + b.Value), Lo: exact.NotAbove(a.Lo + b.Lo), Hi: a.Hi + b.Hi}, true
}

// RateNow returns the rate per second of the instances live at the end of the window.
func (g Growth) RateNow() (estimate, bool) {
	x, ok := g.sumRates(true)
	return open(x, ok && g.unmet()), ok
}

// sumRates returns the rate of the members: of those live now, or the mean.
func (g Growth) sumRates(now bool) (estimate, bool) {
	if g.Answer == nil || g.window() <= 0 {
		return estimate{}, false
	}
	if x, ok := g.rateOf(g.Number, now, g.Again, g.End); ok {
		return x, true
	}
	return estimate{}, g.someone(func(sh *Share) bool {
		return now && sh.Standing.Counts() && sh.observed(g.group()).Live || !now && sh.observed(g.group()).Life > 0
	})
}

// Covers returns the time that the steps in the window span, in Unix ms; 0 if there is none.
func (g Growth) Covers() (first, last int64) {
	first = farFuture
	g.each(func(sh *Share, _ *part) {
		if !sh.Older && sh.covers(g.group()) > 0 {
			from, to := sh.within(g.group(), sh.Begin, sh.Last)
			first, last = min(first, from), max(last, to)
		}
	})
	return first, last
}

// Remarks returns warnings about the events of the group.
func (g Growth) Remarks() []string {
	said := explain.Remarks{}
	owners, parts := g.own()
	for i := range parts {
		name := g.shares[owners[i]].Name
		g.happenings(&parts[i], func(e *happening) { said.Add(name, e.Event) })
	}
	words := said.Words()
	if names := g.untold(); len(names) > 0 {
		words = append(words, explain.LostWords+": "+explain.Few(names))
	}
	switch {
	case g.Apart:
		words = append(words, "what departed instances counted is not in it: of which part of the fleet they were is not known")
	case g.Left() != nil:
		words = append(words, "what departed instances counted is in it; they are no members any more")
	}
	return words
}

// Events returns what happened in the window, by time.
func (g Growth) Events() []explain.Event {
	var list []explain.Event
	g.each(func(sh *Share, p *part) { list = append(list, g.eventsOf(sh, p)...) })
	slices.SortStableFunc(list, func(a, b explain.Event) int { return a.Time.Compare(b.Time) })
	return list
}

// eventsOf returns the events of a member.
func (g Growth) eventsOf(sh *Share, p *part) []explain.Event {
	var list []explain.Event
	g.happenings(p, func(h *happening) { list = append(list, h.told(sh)) })
	if g.loses(sh) && !g.tells(sh, p) {
		list = append(list, explain.Lost(sh.end(), sh.Name))
	}
	return explain.Together(list)
}

// Explain fills in what the group rests on, member by member.
func (g Growth) Explain(x *explain.Counter) {
	x.From, x.To = g.End-g.window(), g.End
	x.Increase.Estimate, x.Increase.Known = g.Increase()
	x.Rate.Estimate, x.Rate.Known = g.Rate()
	x.Uneven, _ = g.Asymmetry()
	shares := map[string]float64{}
	for _, m := range g.rated() {
		shares[m.Instance] = m.Share.Value
	}
	var rates exact.Sum
	g.each(func(sh *Share, p *part) {
		m := g.explained(sh, p)
		m.Share = shares[sh.Name]
		rates.Add(m.Rate.Value * m.Weight)
		x.Members = append(x.Members, m)
	})
	if x.Mean = rates.Near(); g.Left() != nil {
		x.Mean = x.Rate.Value // departed instances, which are no members, are in it
	}
}

// explained returns what is said of a member.
func (g Growth) explained(sh *Share, p *part) explain.Member {
	m := g.increased(sh, p)
	x := explain.Member{
		Name: m.Instance, Weight: m.Weight, Steps: m.Steps, Since: sh.Begin, Covers: m.Covers, Older: m.Older, Live: m.Live,
		Source: &sh.Source, Restarts: sh.Restarts, Events: g.eventsOf(sh, p),
	}
	x.Rate.Value, x.Rate.Known = g.speed(sh, p)
	x.Increase = explain.Number{Estimate: m.Estimate, Known: x.Rate.Known && !m.Older}
	return x
}

// Asymmetry returns how unevenly the members were loaded while they lived.
func (g Growth) Asymmetry() (explain.Asymmetry, bool) {
	var list []explain.Load
	g.each(func(sh *Share, p *part) {
		if x, ok := g.speed(sh, p); ok && !sh.Older {
			list = append(list, explain.Load{Name: sh.Name, Value: x})
		}
	})
	return explain.AsymmetryOf(list)
}

// ms returns a number of milliseconds as a duration.
func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// Quotient returns the quotient of two intervals, each of which may be anywhere inside its own; false unless d is above 0.
// d is nowhere below 0, n may be.
func Quotient(n, d estimate) (estimate, bool) {
	if !(d.Value > 0) {
		return estimate{}, false
	}
	d.Lo = max(0, d.Lo) // it may be below by rounding
	a := estimate{Value: exact.Finite(n.Value / d.Value), Lo: exact.NotAbove(n.Lo / d.Hi), Hi: n.Hi / d.Lo}
	switch {
	case n.Lo < 0:
		a.Lo = n.Lo / d.Lo
	case math.IsNaN(a.Lo):
		a.Lo = 0
	}
	switch {
	case n.Hi < 0:
		a.Hi = n.Hi / d.Hi
	case math.IsNaN(a.Hi) || d.Lo == 0:
		a.Hi = math.Inf(1)
	}
	return a, true
}
