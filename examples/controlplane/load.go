package main

import (
	"fmt"
	"math"

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
		most, who := s.most(g)
		if r.from(g); !most.Known {
			continue
		}
		sum := exactly(0)
		for _, x := range g.Members() {
			sum = sum.plus(s.reading(x))
		}
		sum.Lo = most.Lo
		if math.IsInf(most.Hi, 1) {
			sum.Hi = most.Hi
		}
		kind := g.Labels().Get("request_kind")
		p.add(kind, false, cell(most), words(who), cell(sum))
		r.figure(kind+", busiest server", Count, most, who)
		if math.IsInf(most.Hi, 1) {
			r.doubt(fmt.Sprintf("%s %s requests at once at %s when it answered; of others it is not known.", Count.number(most.Value), kind, who))
			continue
		}
		r.raise(Fine, fmt.Sprintf("At most %s %s requests at once at one server, %s.", Count.number(most.Value), kind, who))
	}
	long := Panel{ID: "long", Title: "Long-running, without watches", Key: "request", Columns: []Column{{"running", Count}}}
	for _, g := range s.gauges(q.long) {
		if v := s.sum(g); v.Known && v.Value > 0 {
			long.add(g.Labels().Get("verb")+" "+g.Labels().Get("resource"), false, cell(v))
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
		sum, parts := s.sum(g), s.readings(g)
		spread := newSpread(parts, sum)
		r.figure("Open watches", Count, sum, "")
		for _, x := range parts {
			servers.add(x.name, x.lost, cell(x.amount()), cell(spread.shares[x.name]))
		}
		most, who := s.most(g)
		if share := spread.shares[who]; most.Known && sum.Known && sum.Value > 0 {
			r.figure("Most at one server", Count, most, who)
			switch n := float64(max(len(parts), s.coverage.Expected)); {
			case n > 1 && share.Lo*n > hotter:
				r.raise(Notice, fmt.Sprintf("%s holds %s of the %s watches.", who, Share.format(share), Count.format(sum)))
			case !s.open() && (n == 1 || spread.most*n <= hotter):
				r.raise(Fine, fmt.Sprintf("%s watches, %s of them at %s.", Count.format(sum), Share.format(share), who))
			default:
				r.doubt(fmt.Sprintf("%s watches when each server answered last, %s of them at %s; what there is now is not known.", Count.format(sum), Share.format(share), who))
			}
		}
	}
	servers.silent(s)
	kinds := Panel{ID: "resources", Title: "By resource", Key: "resource", Columns: []Column{{"watches", Count}, {"events", PerSecond}}}
	events := map[string]Amount{}
	for _, g := range s.counters(q.events) {
		events[g.Labels().Get("resource")] = s.rate(g)
	}
	for _, g := range s.gauges(q.kinds) {
		if v := s.sum(g); v.Known && (v.Value > 0 || !math.IsInf(v.Hi, 1) && v.Hi > 0) {
			name := g.Labels().Get("resource")
			kinds.add(name, false, cell(v), cell(events[name]))
		}
	}
	kinds.byValue()
	kinds.cut(8)
	r.Panels = []Panel{servers, kinds}
	return r
}
