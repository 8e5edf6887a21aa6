package main

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/promfold/promfold/aggregate"
)

// blame compares, inside each server, how long its requests take with how long
// it waits for etcd. Only there do the two belong together: a difference of
// quantiles over all servers could be of two different ones.
type blame struct {
	api, etcd           *aggregate.HistogramView
	part, request, call *aggregate.RatioView // time at etcd of that in requests; means
}

func newBlame(d *declarer) question {
	of := func(family, part string) aggregate.View {
		name, matchers, _ := strings.Cut(family, "{")
		return aggregate.View{Select: name + part + "{" + cmp.Or(matchers, "}")}
	}
	q := &blame{
		api: d.histogram(aggregate.View{Select: latencies}), etcd: d.histogram(aggregate.View{Select: etcdLatencies}),
		part:    d.ratio(of(etcdLatencies, "_sum"), of(latencies, "_sum")),
		request: d.ratio(of(latencies, "_sum"), of(latencies, "_count")),
		call:    d.ratio(of(etcdLatencies, "_sum"), of(etcdLatencies, "_count")),
	}
	d.expose(func(e exposer) error {
		return e.Histogram("controlplane_etcd_request_duration_seconds", "How long the API servers waited for etcd.", q.etcd)
	})
	return q
}

// etcdsPart is the share of the time at etcd above which etcd is to blame.
const etcdsPart = 0.5

func (q *blame) row(m *moment) Row {
	r := Row{ID: "blame", Question: "If it is slow, is it the server or etcd?", About: apiServers}
	s := m.of(apiServers)
	api, behind := first(s.histograms(q.api)), first(s.histograms(q.etcd))
	if api == nil || behind == nil {
		return r
	}
	r.from(api)
	r.from(behind)
	waits := map[string]Amount{}
	for name, d := range behind.Distributions() {
		waits[name] = known(d.Quantile(.99))
	}
	all, parts := s.shares(q.part)
	request, requests := s.shares(q.request)
	call, calls := s.shares(q.call)
	for name := range parts {
		if !calls[name].Known { // it shows no call: 0 would be a guess
			parts[name], all.Hi = Amount{}, math.Inf(1)
		}
	}
	if !call.Known {
		all = Amount{}
	}
	if s.balanced() { // what was met is a part of all
		for _, a := range []*Amount{&all, &request, &call} {
			a.Lo, a.Hi = 0, math.Inf(1)
		}
	}
	p := Panel{ID: "servers", Title: "Time at etcd of the time in requests, by server", Chart: Lines, Key: "server",
		Columns: []Column{{"at etcd", Share}, {"mean request", Seconds}, {"mean etcd call", Seconds}, {"request p99", Seconds}, {"etcd p99", Seconds}}}
	for name, d := range api.Distributions() {
		if d.Count() > 0 {
			cells := []Amount{parts[name], requests[name], calls[name], known(d.Quantile(.99)), waits[name]}
			for i, a := range cells {
				cells[i] = s.loose(name, a)
			}
			p.add(name, s.lost(name), cell(cells[0]), cell(cells[1]), cell(cells[2]), cell(cells[3]), cell(cells[4]))
		}
	}
	p.byKey()
	p.Note = "A server also asks etcd for itself, so its part may exceed 100 %."
	r.Panels = []Panel{p}
	r.figure("Time at etcd", Share, all, "of the time in requests")
	r.figure("Mean request", Seconds, request, "")
	r.figure("Mean etcd call", Seconds, call, "")
	r.figure("etcd p99", Seconds, known(behind.Quantile(.99)), "as the API servers see it")
	q.judge(s, &r, api, all)
	return r
}

// judge says where the time is spent.
func (q *blame) judge(s *scope, r *Row, api *aggregate.HistogramGroup, all Amount) {
	if !all.Known {
		return
	}
	says := fmt.Sprintf("Servers wait for etcd for %s of the time in requests", Share.format(all))
	if s.balanced() {
		r.doubt(says + ", as far as they were met.")
	} else {
		r.raise(Fine, says+".")
	}
	if slow, ok := api.Quantile(.99); ok && slow.Value >= slowAlarm {
		who := "the API servers"
		if all.Value >= etcdsPart {
			who = "etcd"
		}
		r.raise(Notice, fmt.Sprintf("The time is spent at %s: etcd has %s of it.", who, Share.format(all)))
	}
}

// shares returns a ratio of all servers, and of each.
func (s *scope) shares(v *aggregate.RatioView) (all Amount, each map[string]Amount) {
	each = map[string]Amount{}
	if g := first(s.ratios(v)); g != nil {
		all = known(g.Ratio())
		for _, m := range g.Members() {
			each[m.Instance] = known(m.Estimate, true)
		}
	}
	return all, each
}
