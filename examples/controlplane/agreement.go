package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/promfold/promfold/aggregate"
)

// agreement compares what the logs and the metrics count for the same time: a
// check of both, and of the coverage.
type agreement struct {
	audit         *audit
	metrics, logs *aggregate.CounterView
}

func newAgreement(d *declarer, a *audit) question {
	logs := &declarer{board: &board{fleet: a.fleet}}
	q := &agreement{
		audit:   a,
		metrics: d.counter(aggregate.View{Select: requestTotal + `,resource!=""}`}),
		logs:    logs.counter(counted(auditRequests + `{resource!=""}`)),
	}
	d.err = errors.Join(d.err, logs.err)
	return q
}

// apart is the share by which two counts may differ: what is under way when one
// is read is in one of them alone.
const apart = 0.02

func (q *agreement) row(m *moment) Row {
	r := Row{ID: "agreement", Question: "Do the logs and the metrics count the same?", About: auditLogs}
	logs, api := m.logs(q.audit), m.of(apiServers)
	p := Panel{ID: "servers", Title: "Requests for resources in the window, without watches", Key: "server",
		Columns: []Column{{"in the log", Count}, {"in the metrics", Count}, {"difference", Count}}}
	written, shown := first(logs.counters(q.logs)), first(api.counters(q.metrics))
	if written == nil || shown == nil {
		return r
	}
	r.from(shown)
	r.Explain += written.Explain()
	metrics := map[string]Amount{}
	for _, x := range shown.Increases() {
		metrics[x.Instance] = known(x.Estimate, true)
	}
	if servers := q.servers(api); len(servers) > 0 {
		r.raise(Notice, "No log has the name of a server: write -audit SERVER=FILE, where SERVER is one of "+strings.Join(servers, ", ")+".")
		return r
	}
	differ, compared := 0.0, 0
	inLogs, inMetrics := exactly(0), exactly(0)
	for _, x := range written.Increases() {
		a, b := known(x.Estimate, true), metrics[x.Instance]
		difference := a.minus(b)
		if b.Known {
			compared++
			inLogs, inMetrics = inLogs.plus(a), inMetrics.plus(b)
			if a.Value < b.Lo || a.Value > b.Hi {
				differ = max(differ, math.Abs(difference.Value)/max(1, a.Value))
			}
		}
		p.add(x.Instance, logs.lost(x.Instance), cell(a), cell(b), cell(difference))
	}
	p.Note = "A log counts what a server did between the last scrape and its end, too. The metrics cannot."
	r.Panels = []Panel{p}
	if compared == 0 {
		return r
	}
	r.figure("In the logs", Count, inLogs, "")
	r.figure("In the metrics", Count, inMetrics, "")
	says := fmt.Sprintf("The logs have %s requests, the metrics %s.", Count.format(inLogs), Count.format(inMetrics))
	r.raise(Fine, says)
	if differ > apart {
		r.raise(Notice, fmt.Sprintf("%s One server's counts differ by %s.", says, Share.number(differ)))
	}
	return r
}

// servers returns the names of the servers if no log has one of them.
func (q *agreement) servers(api *scope) (names []string) {
	for _, i := range api.instances {
		if slices.ContainsFunc(q.audit.logs, func(l *auditLog) bool { return l.name == i.Name }) {
			return nil
		}
		names = append(names, clip(i.Name))
	}
	return names
}
