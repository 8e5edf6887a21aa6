package main

import (
	"fmt"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/histogram"
)

// blame compares, inside each server, how long its requests take with how long
// it waits for etcd. Only there do the two belong together: a difference of
// quantiles over all servers could be of two different ones.
type blame struct{ api, etcd *aggregate.HistogramView }

func newBlame(d *declarer) question {
	return &blame{d.histogram(aggregate.View{Select: latencies}), d.histogram(aggregate.View{Select: etcdLatencies})}
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
	waits := map[string]*histogram.Distribution{}
	for name, d := range behind.Distributions() {
		waits[name] = d
	}
	p := Panel{ID: "servers", Title: "Time at etcd of the time in requests, by server", Chart: Lines, Key: "server",
		Columns: []Column{{"at etcd", Share}, {"mean request", Seconds}, {"mean etcd call", Seconds}, {"request p99", Seconds}, {"etcd p99", Seconds}}}
	for name, d := range api.Distributions() {
		if d.Count() == 0 {
			continue
		}
		wait := waits[name]
		if wait == nil {
			wait = &histogram.Distribution{}
		}
		p.add(name, s.lost(name), cell(part(wait, d)), cell(mean(d)), cell(mean(wait)), cell(known(d.Quantile(.99))), cell(known(wait.Quantile(.99))))
	}
	p.byKey()
	p.Note = "A server also asks etcd for itself, so its part may exceed 100 %."
	r.Panels = []Panel{p}
	all := part(behind.Distribution(), api.Distribution())
	r.figure("Time at etcd", Share, all, "of the time in requests")
	r.figure("Mean request", Seconds, known(api.Mean()), "")
	r.figure("Mean etcd call", Seconds, known(behind.Mean()), "")
	r.figure("etcd p99", Seconds, known(behind.Quantile(.99)), "as the API servers see it")
	if all.Known {
		r.raise(Fine, fmt.Sprintf("Servers wait for etcd for %s of the time in requests.", Share.format(all)))
		slow, ok := api.Quantile(.99)
		if ok && slow.Value >= slowAlarm {
			who := "the API servers"
			if all.Value >= etcdsPart {
				who = "etcd"
			}
			r.raise(Notice, fmt.Sprintf("The time is spent at %s: etcd has %s of it.", who, Share.format(all)))
		}
	}
	return r
}

// part returns how much of the time that one distribution sums up another does.
func part(of, all *histogram.Distribution) Amount {
	a, ok := of.Sum()
	b, known := all.Sum()
	if !ok || !known || b <= 0 || of.Count() == 0 {
		return Amount{}
	}
	return exactly(a / b)
}

func mean(d *histogram.Distribution) Amount {
	if x, ok := d.Mean(); ok {
		return exactly(x)
	}
	return Amount{}
}
