package main

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// part is what one server has of a counter.
type part struct {
	name string
	lost bool
	last time.Duration // since its latest answer
	seen bool          // a step of it ends in the window; else its rate is only bounded
	rate Amount        // a second of the window, not of the time in which it was observed
}

// amount returns the rate if it is known.
func (p part) amount() Amount {
	if !p.seen {
		return Amount{}
	}
	return p.rate
}

// asked is a question about a counter to some servers.
type asked func(*scope) *aggregate.CounterGroup

// asks returns the question about a view.
func asks(v *aggregate.CounterView) asked {
	return func(s *scope) *aggregate.CounterGroup { return first(s.counters(v)) }
}

// parts returns what each server has, by name. A server with an address of its own is
// asked alone: that answer is about the whole window and bounds what no scrape saw. Of
// servers behind a balancer the members of the answer have such bounds.
func (s *scope) parts(ask asked) (list []part) {
	for target, all := range s.targets() {
		alone := s.alone(target)
		g := ask(alone)
		if g == nil {
			continue
		}
		if behindBalancer(all[0]) {
			for _, m := range g.Rates() {
				list = append(list, s.member(m))
			}
			continue
		}
		p := s.part(all[0].Name)
		p.rate = alone.rate(g)
		if !p.rate.Known {
			p.rate = nothingKnown()
		}
		for _, m := range g.Rates() {
			p.seen = !m.Older && !s.stands(m.Instance)
		}
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b part) int { return cmp.Compare(a.name, b.name) })
	return list
}

// member returns the part of a server that was met behind a balancer. One that shows the
// same again and again has no upper bound.
func (s *scope) member(m aggregate.Member) part {
	p := s.part(m.Instance)
	p.rate, p.seen = known(m.Estimate, true), !m.Older
	if s.stands(m.Instance) {
		p.rate.Hi, p.seen = math.Inf(1), false
	}
	return p
}

// part returns the part of a server, without its rate.
func (s *scope) part(name string) part {
	i, _ := s.instance(name)
	return part{name: name, lost: gone(i), last: max(0, s.moment.at.Sub(i.Last))}
}

// rate returns the rate of a group. Where nobody knows how many servers there are, or
// one shows the same again and again, it has no upper bound.
func (s *scope) rate(g *aggregate.CounterGroup) Amount {
	a := known(g.Rate())
	if s.open() || slices.ContainsFunc(s.instances, func(i aggregate.Instance) bool { return s.stands(i.Name) }) {
		a.Hi = math.Inf(1)
	}
	return a
}

func nothingKnown() Amount { return Amount{true, promfold.Estimate{Hi: math.Inf(1)}} }

// spread is how a whole is spread over servers.
type spread struct {
	shares map[string]Amount // of each part that is known
	most   float64           // that any server may have, also one that is not known
}

// newSpread returns how all of something is spread over its parts. All may be more than
// the parts, if some servers show none, and never less.
func newSpread(list []part, all Amount) spread {
	var sum promfold.Estimate
	for _, p := range list {
		sum.Value, sum.Lo, sum.Hi = sum.Value+p.rate.Value, sum.Lo+p.rate.Lo, sum.Hi+p.rate.Hi
	}
	s := spread{map[string]Amount{}, 1}
	if !math.IsInf(all.Hi, 1) {
		s.most = ratio(max(0, all.Hi-sum.Hi), sum.Lo, 1)
	}
	for _, p := range list {
		a := p.rate
		most := ratio(a.Hi, sum.Lo-a.Lo, 1)
		s.most = max(s.most, most)
		if !p.seen || sum.Value <= 0 || math.IsInf(sum.Value, 1) {
			continue
		}
		others := all.Hi - a.Lo
		if rest := max(all.Hi, sum.Hi) - a.Hi; rest < others {
			others = rest
		}
		others = max(others, sum.Value-a.Value)
		value := a.Value / sum.Value
		s.shares[p.name] = Amount{true, promfold.Estimate{Value: value, Lo: max(0, min(value, ratio(a.Lo, others, 0))), Hi: min(1, max(value, most))}}
	}
	return s
}

// hottest returns the server with the greatest share; none has one if all is 0.
func (s spread) hottest(list []part) (name string, share Amount) {
	for _, p := range list {
		if x := s.shares[p.name]; x.Known && (name == "" || x.Value > share.Value) {
			name, share = p.name, x
		}
	}
	return name, share
}

// portion returns the share that a part has of all that a group observed. What was
// lost, or is of servers that were never met, may all be of the part, or none of it.
func (s *scope) portion(share Amount, least float64, whole *aggregate.CounterGroup) Amount {
	n, ok := whole.Increase()
	if !share.Known || !ok {
		return Amount{}
	}
	if s.incomplete(whole) || math.IsInf(share.Hi, 1) {
		all := s.rate(whole).Hi * s.moment.board.window.Seconds()
		lost := max(0, all-n.Lo)
		share.Lo = min(share.Value, ratio(least, max(0, n.Lo+lost-least), 0))
		share.Hi = max(share.Value, ratio(share.Value*n.Value+lost, max(0, n.Lo-share.Value*n.Value), 1))
	}
	share.Lo, share.Hi = max(0, share.Lo), min(1, share.Hi)
	return share
}

// incomplete reports whether observations were lost, or are of servers that were not
// asked of late.
func (s *scope) incomplete(g *aggregate.CounterGroup) bool {
	n, _ := g.Increase()
	return math.IsInf(n.Hi, 1) || s.balanced() || slices.ContainsFunc(s.instances, func(i aggregate.Instance) bool { return gone(i) || s.stands(i.Name) })
}

// failing returns the share that a ratio's numerator has in its denominator.
func (s *scope) failing(g *aggregate.RatioGroup) Amount {
	least, _ := g.Numerator().Increase()
	return s.portion(known(g.Ratio()), least.Lo, g.Denominator())
}

// loose returns a quantile or a ratio of what was observed of a server. Behind a balancer
// that is a part of what it did, which does not bound the whole.
func (s *scope) loose(name string, a Amount) Amount {
	if i, _ := s.instance(name); behindBalancer(i) && a.Known {
		a.Lo, a.Hi = 0, math.Inf(1)
	}
	return a
}

// targetLabel is the label of a target that names it: its instances are asked alone.
const targetLabel = "controlplane_target"

// targets returns the instances by target.
func (s *scope) targets() map[string][]aggregate.Instance {
	out := map[string][]aggregate.Instance{}
	for _, i := range s.instances {
		t := i.Labels.Get(targetLabel)
		out[t] = append(out[t], i)
	}
	return out
}

// alone returns the part of the scope that is of one target.
func (s *scope) alone(target string) *scope {
	x := &scope{moment: s.moment, component: s.component, coverage: s.coverage}
	x.Snapshot = s.Only(labels.MustNewMatcher(labels.MatchEqual, targetLabel, target))
	x.window = x.Last(s.moment.board.window)
	x.instances = s.targets()[target]
	return x
}

// behindBalancer reports whether an instance is met now and then, and not asked.
func behindBalancer(i aggregate.Instance) bool { return i.By != "" }

// balanced reports whether some servers of the scope are behind a balancer.
func (s *scope) balanced() bool { return slices.ContainsFunc(s.instances, behindBalancer) }

// open reports whether there may be servers that nobody expects: behind a balancer, if
// it is not said how many there are.
func (s *scope) open() bool {
	return s.balanced() && (s.component != apiServers || s.moment.board.expected == 0)
}

// stands reports whether a server shows the same again and again: nothing that it says is
// of now.
func (s *scope) stands(name string) bool {
	_, ok := s.moment.board.still.stands(name)
	return ok
}

// instance returns what is known of an instance.
func (s *scope) instance(name string) (aggregate.Instance, bool) {
	i := slices.IndexFunc(s.instances, func(i aggregate.Instance) bool { return i.Name == name })
	if i < 0 {
		return aggregate.Instance{}, false
	}
	return s.instances[i], true
}
