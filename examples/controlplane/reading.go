package main

import (
	"fmt"
	"math"
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// A gauge is what a server showed when it answered last. That is the present where it
// was asked a moment ago; of one that fails, or that a balancer has not shown since, it
// is the past, and does not bound what it would show now.

// current reports whether an instance answered when it was to be asked last, and not with
// what it answered before.
func (s *scope) current(name string) bool {
	i, ok := s.instance(name)
	return ok && !gone(i) && !s.stands(name) && (!behindBalancer(i) || i.Last.Equal(s.latest(i.Labels.Get(targetLabel))))
}

// latest returns the time of the latest answer of a target.
func (s *scope) latest(target string) (at time.Time) {
	for _, i := range s.instances {
		if i.Labels.Get(targetLabel) == target && i.Last.After(at) {
			at = i.Last
		}
	}
	return at
}

// reading returns the value of a member. Nothing that a gauge of this page counts is
// below 0; where a server says so, it is not known.
func (s *scope) reading(m aggregate.Member) Amount {
	switch {
	case m.Estimate.Value < 0:
		return Amount{}
	case s.current(m.Instance):
		return known(m.Estimate, true)
	}
	return Amount{true, promfold.Estimate{Value: m.Estimate.Value, Hi: math.Inf(1)}}
}

// readings returns the members of a gauge as parts of a whole.
func (s *scope) readings(g *aggregate.GaugeGroup) (list []part) {
	for _, m := range g.Members() {
		p := s.part(m.Instance)
		p.rate = s.reading(m)
		if p.seen = p.rate.Known; !p.seen {
			p.rate = nothingKnown()
		}
		list = append(list, p)
	}
	return list
}

// readings adds an entry for each member of a gauge.
func (p *Panel) readings(s *scope, g *aggregate.GaugeGroup) {
	for _, m := range g.Members() {
		p.add(m.Instance, s.lost(m.Instance), cell(s.reading(m)))
	}
}

// sum returns the sum of a gauge.
func (s *scope) sum(g *aggregate.GaugeGroup) Amount {
	a := known(g.Value())
	lo, open := 0.0, s.open()
	for _, m := range g.Members() {
		if m.Estimate.Value < 0 {
			return Amount{}
		}
		x := s.reading(m)
		lo, open = lo+x.Lo, open || math.IsInf(x.Hi, 1)
	}
	if open {
		a.Lo, a.Hi = min(a.Lo, lo), math.Inf(1)
	}
	return a
}

// most returns the greatest value of a gauge, and whose it is.
func (s *scope) most(g *aggregate.GaugeGroup) (Amount, string) {
	m, ok := g.Max()
	if !ok || m.Estimate.Value < 0 {
		return Amount{}, ""
	}
	a, lo, open := known(m.Estimate, true), 0.0, s.open()
	for _, x := range g.Members() {
		v := s.reading(x)
		lo, open = max(lo, v.Lo), open || math.IsInf(v.Hi, 1)
	}
	if open {
		a.Lo, a.Hi = min(a.Lo, lo), math.Inf(1)
	}
	return a, m.Instance
}

// led returns what the leader's gauge reads, and who leads.
func (s *scope) led(g *aggregate.GaugeGroup) (Amount, string) {
	a := known(g.Value())
	m, ok := g.Leader()
	if !a.Known || !ok {
		return Amount{}, ""
	}
	m.Estimate = a.Estimate
	return s.reading(m), m.Instance
}

// below0 says which members show less than there can be.
func below0(g *aggregate.GaugeGroup) (list []string) {
	for _, m := range g.Members() {
		if m.Estimate.Value < 0 {
			list = append(list, fmt.Sprintf("%s says %s, which cannot be, and is not shown", clip(m.Instance), Count.number(m.Estimate.Value)))
		}
	}
	return list
}
