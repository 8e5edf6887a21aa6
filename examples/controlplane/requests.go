package main

import (
	"errors"
	"fmt"

	"github.com/promfold/promfold/aggregate"
)

// requestTotal selects what is asked of API servers. A watch is counted when it
// ends, and all watches of a server end with it: they say nothing of the load.
const requestTotal = `apiserver_request_total{verb!~"WATCH|CONNECT"`

// requests is how much is asked, of what, and of whom.
type requests struct{ total, verbs, codes *aggregate.CounterView }

func newRequests(d *declarer) question {
	q := &requests{
		total: d.counter(aggregate.View{Select: requestTotal + `}`}),
		verbs: d.counter(aggregate.View{Select: requestTotal + `}`, By: []string{"verb"}}),
		codes: d.counter(aggregate.View{Select: requestTotal + `}`, By: []string{"code"}}),
	}
	d.expose(func(e exposer) error {
		return e.Counter("controlplane_requests_total", "Requests that the API servers served, without watches, by code.", q.codes)
	})
	return q
}

// A server is hot if it has more than so many times its part of the load.
const hotter = 2.0

func (q *requests) row(m *moment) Row {
	r := Row{ID: "requests", Question: "How much is asked, and is the load on one server?", About: apiServers}
	s := m.of(apiServers)
	all := first(s.counters(q.total))
	if all == nil {
		return r
	}
	r.from(all)
	rate := known(all.Rate())
	r.figure("All servers", PerSecond, rate, "")
	if hot, ok := all.Hottest(); ok && rate.Known {
		r.figure("Hottest server", Share, memberShares(all.Rates())[hot.Instance], hot.Instance)
		r.raise(Fine, fmt.Sprintf("%s, %s of them at %s.", PerSecond.format(rate), Share.number(hot.Share), hot.Instance))
		if n := len(all.Rates()); n > 1 && hot.Share*float64(n) > hotter {
			r.raise(Notice, fmt.Sprintf("%s serves %s of %s, %s times its part.", hot.Instance, Share.number(hot.Share), PerSecond.format(rate), digits(hot.Share*float64(n))))
		}
	}
	r.Panels = []Panel{
		rates("verbs", "By verb", "verb", s.counters(q.verbs)),
		rates("codes", "By code", "code", s.counters(q.codes)),
		rateByServer(s, all),
	}
	return r
}

// rates returns the groups of a counter as parts of a whole.
func rates(id, title, label string, groups []*aggregate.CounterGroup) Panel {
	p := Panel{ID: id, Title: title, Chart: Stack, Key: label, Columns: []Column{{"requests", PerSecond}}}
	for _, g := range groups {
		if rate, ok := g.Rate(); ok && (rate.Value > 0 || rate.Hi > 0) {
			p.add(g.Labels().Get(label), false, cell(known(rate, ok)))
		}
	}
	p.byKey()
	return p
}

// rateByServer returns the members of a counter and their shares.
func rateByServer(s *scope, g *aggregate.CounterGroup) Panel {
	p := Panel{ID: "servers", Title: "By server", Chart: Lines, Key: "server", Columns: []Column{{"requests", PerSecond}, {"share", Share}}}
	parts := memberShares(g.Rates())
	for _, x := range g.Rates() {
		p.add(x.Instance, s.lost(x.Instance), cell(known(x.Estimate, true)), cell(parts[x.Instance]))
	}
	p.silent(s)
	p.byKey()
	return p
}

// errorShare is the share of requests that the servers could not serve.
type errorShare struct {
	ratio               *aggregate.RatioView
	failed              *aggregate.CounterView
	terminated, aborted *aggregate.CounterView
}

func newErrors(d *declarer) question {
	q := &errorShare{
		ratio:      d.ratio(aggregate.View{Select: requestTotal + `,code=~"5..|429"}`}, aggregate.View{Select: requestTotal + `}`}),
		failed:     d.counter(aggregate.View{Select: requestTotal + `,code=~"[45].."}`, By: []string{"code"}}),
		terminated: d.counter(aggregate.View{Select: "apiserver_request_terminations_total"}),
		aborted:    d.counter(aggregate.View{Select: "apiserver_request_aborts_total"}),
	}
	d.expose(func(e exposer) error {
		return errors.Join(
			e.Counter("controlplane_terminated_requests_total", "Requests that the API servers ended to protect themselves.", q.terminated),
			e.Counter("controlplane_aborted_requests_total", "Requests that were aborted.", q.aborted),
		)
	})
	return q
}

// Shares of failed requests above which a row needs attention.
const (
	failingNotice = 0.001
	failingAlarm  = 0.01
)

func (q *errorShare) row(m *moment) Row {
	r := Row{ID: "errors", Question: "Do requests fail?", About: apiServers}
	s := m.of(apiServers)
	g := first(s.ratios(q.ratio))
	if g == nil {
		return r
	}
	r.from(g)
	share := known(g.Ratio())
	r.figure("Failed (5xx and 429)", Share, share, "")
	if worst, ok := g.Max(); ok {
		r.figure("Worst server", Share, known(worst.Estimate, true), worst.Instance)
	}
	for _, x := range []struct {
		name string
		view *aggregate.CounterView
	}{{"Terminated", q.terminated}, {"Aborted", q.aborted}} {
		if c := first(s.counters(x.view)); c != nil {
			if rate, ok := c.Rate(); ok {
				r.figure(x.name, PerSecond, known(rate, ok), "")
			}
		}
	}
	if share.Known {
		says := Share.format(share) + " of the requests fail."
		switch {
		case share.Value >= failingAlarm:
			r.raise(Alarm, says)
		case share.Value >= failingNotice:
			r.raise(Notice, says)
		case share.Value > 0:
			r.raise(Fine, says)
		default:
			r.raise(Fine, "No request fails.")
		}
	}
	codes := rates("codes", "Answers 4xx and 5xx", "code", s.counters(q.failed))
	servers := Panel{ID: "servers", Title: "Failed, by server", Chart: Lines, Key: "server", Columns: []Column{{"failed", Share}}}
	for _, x := range g.Members() {
		servers.add(x.Instance, s.lost(x.Instance), cell(known(x.Estimate, true)))
	}
	servers.silent(s)
	r.Panels = []Panel{codes, servers}
	return r
}
