package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/promfold/promfold/aggregate"
)

// seats is priority and fairness: whether requests wait for a seat, and whether
// the queues are set right. Executing over limit is asked inside each server,
// and then the worst is taken: a server is full while its neighbour is idle.
type seats struct {
	used                      *aggregate.GaugeView
	nominal, current, waiting *aggregate.GaugeView
	rejected, dispatched      *aggregate.CounterView
	wait                      *aggregate.HistogramView
}

func newSeats(d *declarer) question {
	by := []string{"priority_level"}
	q := &seats{
		used:       d.gauge(aggregate.View{Select: `apiserver_flowcontrol_current_executing_seats{priority_level!="exempt"}`, By: by, Combine: aggregate.Max, Within: aggregate.Sum, Limit: "apiserver_flowcontrol_nominal_limit_seats"}),
		nominal:    d.gauge(aggregate.View{Select: "apiserver_flowcontrol_nominal_limit_seats", By: by, Combine: aggregate.Min}),
		current:    d.gauge(aggregate.View{Select: "apiserver_flowcontrol_current_limit_seats", By: by, Combine: aggregate.Min}),
		waiting:    d.gauge(aggregate.View{Select: "apiserver_flowcontrol_current_inqueue_requests", By: by, Combine: aggregate.Sum, Within: aggregate.Sum}),
		rejected:   d.counter(aggregate.View{Select: "apiserver_flowcontrol_rejected_requests_total", By: by}),
		dispatched: d.counter(aggregate.View{Select: "apiserver_flowcontrol_dispatched_requests_total", By: by}),
		wait:       d.histogram(aggregate.View{Select: "apiserver_flowcontrol_request_wait_duration_seconds", By: by}),
	}
	d.expose(func(e exposer) error {
		return errors.Join(
			e.Gauge("controlplane_seats_used_ratio", "Seats in use of the nominal limit, at the worst server, by priority level.", q.used),
			e.Gauge("controlplane_waiting_requests", "Requests that wait for a seat, by priority level.", q.waiting),
			e.Counter("controlplane_rejected_requests_total", "Requests that got no seat, by priority level.", q.rejected),
			e.Histogram("controlplane_request_wait_duration_seconds", "How long requests waited for a seat, by priority level.", q.wait),
		)
	})
	return q
}

// Shares of seats in use above which a level needs attention.
const (
	seatsNotice = 0.7
	seatsAlarm  = 0.9
)

func (q *seats) row(m *moment) Row {
	r := Row{ID: "seats", Question: "Do requests wait for a seat, and are the queues set right?", About: apiServers}
	s := m.of(apiServers)
	levels := q.levels(s, &r)
	p := Panel{ID: "levels", Title: "Seats in use by priority level, at the worst server", Chart: Lines, Key: "priority level",
		Columns: []Column{{"in use", Share}, {"at", ""}, {"waiting", Count}, {"rejected", PerSecond}, {"dispatched", PerSecond}, {"p99 of the wait", Seconds}, {"seats of a server", Count}, {"with borrowed", Count}}}
	var worst *level
	rejected, waiting := exactly(0), exactly(0)
	for _, l := range levels {
		p.add(l.name, false, cell(l.used), words(l.server), cell(l.waiting), cell(l.rejected), cell(l.dispatched), cell(l.wait), cell(l.nominal), cell(l.current))
		if l.used.Known && (worst == nil || l.used.Value > worst.used.Value) {
			worst = l
		}
		rejected = rejected.plus(or0(l.rejected))
		waiting = waiting.plus(or0(l.waiting))
	}
	exempt, queued := dispatched(levels)
	if exempt > 0 && queued == 0 {
		p.Note = "All requests in the window are exempt, as those of system:masters: they take no seat and wait for none."
	}
	r.Panels = []Panel{p}
	if len(levels) == 0 {
		return r
	}
	r.Coverage = s.coverage.String()
	q.judge(&r, worst, exempt, queued)
	if waiting.Value > 0 {
		r.figure("Waiting", Count, waiting, "")
		r.raise(Notice, fmt.Sprintf("%s requests wait for a seat.", Count.format(waiting)))
	}
	if rejected.Value > 0 {
		r.figure("Rejected", PerSecond, rejected, "")
		r.raise(Alarm, fmt.Sprintf("%s are rejected.", PerSecond.format(rejected)))
	}
	return r
}

// judge says how full the fullest level is.
func (q *seats) judge(r *Row, worst *level, exempt, queued float64) {
	switch {
	case exempt > 0 && queued == 0 && (worst == nil || worst.used.Value == 0):
		r.raise(Fine, fmt.Sprintf("All requests, %s, are exempt: none takes a seat or waits.", PerSecond.number(exempt)))
	case worst == nil:
		r.raise(Fine, "No level executes a request.")
	case worst.used.Value < seatsNotice && (math.IsInf(worst.used.Hi, 1) || worst.used.Hi >= seatsAlarm):
		r.doubt(fmt.Sprintf("The fullest level was %s: %s of its seats when %s answered; of others it is not known.", worst.name, Share.format(worst.used), worst.server))
	case worst.used.Value >= seatsAlarm:
		r.raise(Alarm, fmt.Sprintf("%s uses %s of its seats at %s.", worst.name, Share.format(worst.used), worst.server))
	case worst.used.Value >= seatsNotice:
		r.raise(Notice, fmt.Sprintf("%s uses %s of its seats at %s.", worst.name, Share.format(worst.used), worst.server))
	case worst.used.Value == 0:
		r.raise(Fine, "No level uses a seat at this moment.")
	default:
		r.raise(Fine, fmt.Sprintf("The fullest level is %s: %s of its seats at %s.", worst.name, Share.format(worst.used), worst.server))
	}
	if worst != nil {
		r.figure("Fullest level", Share, worst.used, worst.name+" at "+worst.server)
	}
}

// dispatched returns how many requests a second were exempt, and how many were not.
func dispatched(levels []*level) (exempt, queued float64) {
	for _, l := range levels {
		if l.name == "exempt" {
			exempt += l.dispatched.Value
		} else {
			queued += l.dispatched.Value
		}
	}
	return exempt, queued
}

// or0 returns the amount, or 0 where a level shows none.
func or0(a Amount) Amount {
	if !a.Known {
		return exactly(0)
	}
	return a
}

// level is a priority level.
type level struct {
	name, server               string
	used                       Amount
	nominal, current, waiting  Amount
	rejected, dispatched, wait Amount
}

// levels asks all views, and joins their groups by priority level.
func (q *seats) levels(s *scope, r *Row) []*level {
	by := map[string]*level{}
	at := func(g aggregate.Group) *level {
		name := g.Labels().Get("priority_level")
		if by[name] == nil {
			by[name] = &level{name: name}
		}
		r.Warnings = append(r.Warnings, g.Warnings()...)
		return by[name]
	}
	for _, g := range s.gauges(q.nominal) {
		low, ok := g.Min()
		high, _ := g.Max()
		at(g).nominal = known(low.Estimate, ok)
		if ok && high.Estimate.Value > low.Estimate.Value {
			r.raise(Notice, fmt.Sprintf("Servers differ in the seats of %s: %s at %s, %s at %s.", at(g).name,
				Count.number(low.Estimate.Value), low.Instance, Count.number(high.Estimate.Value), high.Instance))
		}
	}
	for _, g := range s.gauges(q.current) {
		low, ok := g.Min()
		at(g).current = known(low.Estimate, ok)
	}
	for _, g := range s.gauges(q.used) {
		if most, who := s.most(g); most.Known && !math.IsInf(most.Value, 0) {
			l := at(g)
			l.used, l.server = most, who
			r.Explain += g.Explain()
		}
	}
	for _, g := range s.gauges(q.waiting) {
		at(g).waiting = s.sum(g)
	}
	for _, g := range s.counters(q.rejected) {
		at(g).rejected = s.rate(g)
	}
	for _, g := range s.counters(q.dispatched) {
		at(g).dispatched = s.rate(g)
	}
	for _, g := range s.histograms(q.wait) {
		at(g).wait = known(g.Quantile(.99))
	}
	list := make([]*level, 0, len(by))
	for _, l := range by {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b *level) int { return cmp.Compare(a.name, b.name) })
	return list
}
