package main

import (
	"fmt"

	"github.com/promfold/promfold/aggregate"
)

// inflight is what the servers do at the moment.
type inflight struct{ current, long *aggregate.GaugeView }

func newInflight(d *declarer) question {
	q := &inflight{
		current: d.gauge(aggregate.View{Select: "apiserver_current_inflight_requests", By: []string{"request_kind"}, Combine: aggregate.Max}),
		long:    d.gauge(aggregate.View{Select: `apiserver_longrunning_requests{verb!="WATCH"}`, By: []string{"verb", "resource"}, Combine: aggregate.Sum, Within: aggregate.Sum}),
	}
	d.expose(func(e exposer) error {
		return e.Gauge("controlplane_inflight_requests", "Requests in flight at the busiest server, by kind.", q.current)
	})
	return q
}

func (q *inflight) row(m *moment) Row {
	r := Row{ID: "inflight", Question: "What do the servers work on at this moment?", About: apiServers}
	s := m.of(apiServers)
	p := Panel{ID: "kinds", Title: "Requests in flight, the busiest server", Chart: Lines, Key: "kind", Columns: []Column{{"busiest server", Count}, {"at", ""}, {"all, at most", Count}},
		Note: "Each server says the most of a second, and not of the same second: their sum is only an upper bound."}
	for _, g := range s.gauges(q.current) {
		most, ok := g.Max()
		sum := 0.0
		for _, x := range g.Members() {
			sum += x.Estimate.Value
		}
		if !ok {
			continue
		}
		kind := g.Labels().Get("request_kind")
		p.add(kind, false, cell(known(most.Estimate, ok)), words(most.Instance), cell(exactly(sum)))
		r.from(g)
		r.figure(kind+", busiest server", Count, known(most.Estimate, ok), most.Instance)
		r.raise(Fine, fmt.Sprintf("At most %s %s requests at once at one server, %s.", Count.number(most.Estimate.Value), kind, most.Instance))
	}
	long := Panel{ID: "long", Title: "Long-running, without watches", Key: "request", Columns: []Column{{"running", Count}}}
	for _, g := range s.gauges(q.long) {
		if v, ok := g.Value(); ok && v.Value > 0 {
			long.add(g.Labels().Get("verb")+" "+g.Labels().Get("resource"), false, cell(known(v, ok)))
		}
	}
	long.byValue()
	long.cut(10)
	if len(long.Entries) == 0 {
		long.Note = "None."
	}
	r.Panels = []Panel{p, long}
	return r
}

// watches is who holds the watches, and what they are told.
type watches struct {
	all, kinds *aggregate.GaugeView
	events     *aggregate.CounterView
}

const watching = `apiserver_longrunning_requests{verb="WATCH"}`

func newWatches(d *declarer) question {
	sum := aggregate.View{Select: watching, Combine: aggregate.Sum, Within: aggregate.Sum}
	q := &watches{all: d.gauge(sum), events: d.counter(aggregate.View{Select: "apiserver_watch_events_total", By: []string{"resource"}})}
	sum.By = []string{"resource"}
	q.kinds = d.gauge(sum)
	d.expose(func(e exposer) error {
		return e.Gauge("controlplane_watches", "Watches that are open at all API servers.", q.all)
	})
	return q
}

func (q *watches) row(m *moment) Row {
	r := Row{ID: "watches", Question: "Where do the watches hang?", About: apiServers}
	s := m.of(apiServers)
	servers := Panel{ID: "servers", Title: "Open watches by server", Chart: Stack, Key: "server", Columns: []Column{{"watches", Count}, {"share", Share}}}
	if g := first(s.gauges(q.all)); g != nil {
		r.from(g)
		sum := known(g.Value())
		r.figure("Open watches", Count, sum, "")
		parts := memberShares(g.Members())
		for _, x := range g.Members() {
			servers.add(x.Instance, s.lost(x.Instance), cell(known(x.Estimate, true)), cell(parts[x.Instance]))
		}
		if most, ok := g.Max(); ok && sum.Known && sum.Value > 0 {
			r.figure("Most at one server", Count, known(most.Estimate, ok), most.Instance)
			r.raise(Fine, fmt.Sprintf("%s watches, %s of them at %s.", Count.format(sum), Share.number(most.Share), most.Instance))
			if n := float64(len(g.Members())); n > 1 && most.Share*n > hotter {
				r.raise(Notice, fmt.Sprintf("%s holds %s of the %s watches.", most.Instance, Share.number(most.Share), Count.format(sum)))
			}
		}
	}
	servers.silent(s)
	kinds := Panel{ID: "resources", Title: "By resource", Key: "resource", Columns: []Column{{"watches", Count}, {"events", PerSecond}}}
	events := map[string]Amount{}
	for _, g := range s.counters(q.events) {
		events[g.Labels().Get("resource")] = known(g.Rate())
	}
	for _, g := range s.gauges(q.kinds) {
		if v, ok := g.Value(); ok && v.Hi > 0 {
			name := g.Labels().Get("resource")
			kinds.add(name, false, cell(known(v, ok)), cell(events[name]))
		}
	}
	kinds.byValue()
	kinds.cut(8)
	r.Panels = []Panel{servers, kinds}
	return r
}
