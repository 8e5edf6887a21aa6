package main

import (
	"errors"
	"fmt"
	"math"

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
	rate := s.rate(all)
	r.figure("All servers", PerSecond, rate, "")
	servers := s.parts(asks(q.total))
	spread := newSpread(servers, rate)
	q.judge(s, &r, rate, servers, spread)
	r.Panels = []Panel{
		s.rates("verbs", "By verb", "verb", s.counters(q.verbs)),
		s.rates("codes", "By code", "code", s.counters(q.codes)),
		rateByServer(s, servers, spread.shares),
	}
	return r
}

// judge says how the load is spread: fine only if no server can be hot, and hot only if
// one surely is.
func (q *requests) judge(s *scope, r *Row, rate Amount, servers []part, spread spread) {
	hot, share := spread.hottest(servers)
	if hot == "" {
		if rate.Known { // which a control plane that works never shows
			r.doubt("No request was counted.")
		}
		return
	}
	r.figure("Hottest server", Share, share, hot)
	n := float64(max(len(servers), s.coverage.Expected))
	switch {
	case !s.open() && (n == 1 || spread.most*n <= hotter):
		r.raise(Fine, fmt.Sprintf("%s, %s of them at %s.", PerSecond.format(rate), Share.format(share), hot))
	case share.Lo*n > hotter:
		r.raise(Notice, fmt.Sprintf("%s serves %s of %s, %s times its part.", hot, Share.format(share), PerSecond.format(rate), digits(share.Value*n)))
	case math.IsInf(rate.Hi, 1):
		r.doubt(fmt.Sprintf("At least %s; how much of them is at one server is not known.", PerSecond.number(rate.Lo)))
	case share.Value*n > hotter:
		r.raise(Notice, fmt.Sprintf("%s serves about %s (%s) of %s.", hot, Share.format(share), Share.bounds(share), PerSecond.format(rate)))
	default:
		r.doubt(fmt.Sprintf("%s; about %s (%s) of them at %s.", PerSecond.format(rate), Share.format(share), Share.bounds(share), hot))
	}
}

// rates returns the groups of a counter as parts of a whole.
func (s *scope) rates(id, title, label string, groups []*aggregate.CounterGroup) Panel {
	p := Panel{ID: id, Title: title, Chart: Stack, Key: label, Columns: []Column{{"requests", PerSecond}}}
	for _, g := range groups {
		if rate := s.rate(g); rate.Known && (rate.Value > 0 || rate.Hi > 0 && !math.IsInf(rate.Hi, 1)) {
			p.add(g.Labels().Get(label), false, cell(rate))
		}
	}
	p.byKey()
	return p
}

// rateByServer returns the parts of a counter and their shares.
func rateByServer(s *scope, servers []part, shares map[string]Amount) Panel {
	p := Panel{ID: "servers", Title: "By server", Chart: Lines, Key: "server", Columns: []Column{{"requests", PerSecond}, {"share", Share}, {"last answer", ""}}}
	for _, x := range servers {
		p.add(x.name, x.lost, cell(x.amount()), cell(shares[x.name]), words(length(x.last)+" ago"))
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
	share := s.failing(g)
	r.figure("Failed (5xx and 429)", Share, share, "")
	servers := q.byServer(s, g)
	if worst, ok := servers.greatest(); ok {
		r.figure("Worst server", Share, worst.Cells[0].Amount, worst.Key)
	}
	for _, x := range []struct {
		name string
		view *aggregate.CounterView
	}{{"Terminated", q.terminated}, {"Aborted", q.aborted}} {
		if c := first(s.counters(x.view)); c != nil {
			if rate := s.rate(c); rate.Known {
				r.figure(x.name, PerSecond, rate, "")
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
		case share.Hi == 1:
			r.doubt("No failed request was seen, and too little was seen to say that none fails.")
		case share.Hi >= failingAlarm && s.balanced(): // between two meetings much is unseen
			r.doubt(fmt.Sprintf("No failed request was seen; unseen ones may be up to %s of the requests.", Share.number(share.Hi)))
		case share.Hi >= failingAlarm:
			r.raise(Notice, fmt.Sprintf("Up to %s of the requests may have failed unseen.", Share.number(share.Hi)))
		case share.Value > 0:
			r.raise(Fine, says)
		default:
			r.raise(Fine, "No request fails.")
		}
	}
	r.Panels = []Panel{s.rates("codes", "Answers 4xx and 5xx", "code", s.counters(q.failed)), servers}
	return r
}

// byServer returns the share of each server's requests that failed.
func (q *errorShare) byServer(s *scope, all *aggregate.RatioGroup) Panel {
	p := Panel{ID: "servers", Title: "Failed, by server", Chart: Lines, Key: "server", Columns: []Column{{"failed", Share}}}
	for _, x := range all.Members() {
		share := s.loose(x.Instance, known(x.Estimate, true))
		i, _ := s.instance(x.Instance)
		if alone := s.alone(i.Labels.Get(targetLabel)); !behindBalancer(i) {
			if g := first(alone.ratios(q.ratio)); g != nil {
				share = alone.failing(g)
			}
		}
		share.Lo, share.Hi = max(0, share.Lo), min(1, share.Hi)
		p.add(x.Instance, gone(i), cell(share))
	}
	p.silent(s)
	p.byKey()
	return p
}
