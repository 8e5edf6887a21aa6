package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// callers is the step after the metrics: they say that lists are slow, not
// whose. What it counts, the audit logs say.
type callers struct {
	audit               *audit
	limits              map[string]float64 // calls a second, by agent
	agents, kinds       *aggregate.HistogramView
	failed, failedKinds *aggregate.RatioView
	long                *aggregate.CounterView
}

const auditRequests = `audit_requests_total`

func newCallers(d *declarer, a *audit, limits map[string]float64) question {
	logs := &declarer{board: &board{fleet: a.fleet}}
	by := []string{"agent", "account"}
	kinds := []string{"agent", "verb", "resource"}
	failed := auditRequests + `{code=~"[45].."}`
	q := &callers{audit: a, limits: limits,
		agents:      logs.histogram(counted(durationFamily.Name, by...)),
		kinds:       logs.histogram(counted(durationFamily.Name, kinds...)),
		failed:      logs.ratio(counted(failed, by...), counted(auditRequests, by...)),
		failedKinds: logs.ratio(counted(failed, kinds...), counted(auditRequests, kinds...)),
		long:        logs.counter(counted("audit_longrunning_total", kinds...)),
	}
	d.err = errors.Join(d.err, logs.err)
	a.exposed = append(a.exposed, func(e exposer) error {
		return errors.Join(
			e.Histogram("controlplane_caller_request_duration_seconds", "How long requests took, by user agent and account, from the audit logs.", q.agents),
			e.Counter("controlplane_caller_longrunning_total", "Long-running requests that ended, from the audit logs.", q.long),
		)
	})
	return q
}

// counted returns a view of what this program counts itself.
func counted(what string, by ...string) aggregate.View {
	return aggregate.View{Select: what, By: by, Owner: counter.Process}
}

const callersShown = 12

func (q *callers) row(m *moment) Row {
	r := Row{ID: "callers", Question: "Who calls, and who gets errors or waits?", About: auditLogs}
	s := m.logs(q.audit)
	columns := []Column{{"requests", PerSecond}, {"errors", Share}, {"mean", Seconds}, {"p99", Seconds}, {"worst server's p99", Seconds}, {"at", ""}}
	agents := Panel{ID: "agents", Title: "Requests by user agent", Chart: Stack, Key: "user agent", Columns: append(columns[:len(columns):len(columns)], Column{"account", ""}, Column{"of its limit", Share})}
	q.fill(s, &r, &agents, q.agents, q.failed, func(l labels.Labels) string { return l.Get("agent") })
	for i := range agents.Entries {
		e := &agents.Entries[i]
		e.Cells = append(e.Cells, words(e.account), cell(q.ofLimit(e.Key, e.Cells[0].Amount)))
	}
	agents.tellApart()
	kinds := Panel{ID: "kinds", Title: "By user agent, verb and resource", Key: "request", Columns: columns}
	q.fill(s, &r, &kinds, q.kinds, q.failedKinds, kindOf)
	long := Panel{ID: "long", Title: "Watches and other long-running requests that ended", Key: "request", Columns: []Column{{"ended", PerSecond}}}
	for _, g := range s.counters(q.long) {
		if rate, ok := g.Rate(); ok && rate.Hi > 0 {
			long.add(kindOf(g.Labels()), false, cell(known(rate, ok)))
		}
	}
	for _, p := range []*Panel{&agents, &kinds, &long} {
		p.byValue()
		p.cut(callersShown)
	}
	r.Panels = []Panel{agents, kinds, long}
	r.Coverage = s.coverage.String()
	r.Warnings = append(r.Warnings, q.audit.warnings()...)
	q.judge(&r, &agents, &kinds)
	return r
}

func kindOf(l labels.Labels) string {
	what := l.Get("resource")
	if what == "" {
		what = "(no resource)"
	}
	return strings.Join([]string{l.Get("agent"), l.Get("verb"), what}, " ")
}

// fill adds an entry for each group of durations.
func (q *callers) fill(s *scope, r *Row, p *Panel, v *aggregate.HistogramView, failed *aggregate.RatioView, name func(labels.Labels) string) {
	share := map[string]Amount{}
	for _, g := range s.ratios(failed) {
		share[g.Labels().String()] = known(g.Ratio())
	}
	for _, g := range s.histograms(v) {
		rate, ok := g.Observations().Rate()
		if !ok || rate.Hi <= 0 {
			continue
		}
		worst, some := g.WorstQuantile(.99)
		p.add(name(g.Labels()), false, cell(known(rate, ok)), cell(share[g.Labels().String()]), cell(known(g.Mean())), cell(known(g.Quantile(.99))), cell(known(worst.Estimate, some)), words(worst.Instance))
		p.Entries[len(p.Entries)-1].account = g.Labels().Get("account")
		if r.Explain == "" {
			r.Explain = g.Explain()
		}
	}
}

// ofLimit returns the share of a client's limit that an agent uses.
func (q *callers) ofLimit(agent string, rate Amount) Amount {
	limit, ok := q.limits[agent]
	if !ok || !rate.Known {
		return Amount{}
	}
	return rate.times(1 / limit)
}

// limitNotice is the share of its limit from which on a client is slowed down
// now and then.
const limitNotice = 0.8

func (q *callers) judge(r *Row, agents, kinds *Panel) {
	if len(agents.Entries) == 0 {
		return
	}
	total := Amount{Known: true}
	for _, e := range agents.Entries {
		total.Value += e.Cells[0].Amount.Value
		total.Lo += e.Cells[0].Amount.Lo
		total.Hi += e.Cells[0].Amount.Hi
	}
	top := agents.Entries[0]
	r.figure("Busiest caller", Share, exactly(top.Cells[0].Amount.Value/total.Value), top.Key)
	slow := -1
	for i, e := range kinds.Entries {
		if a := e.Cells[3].Amount; a.Known && (slow < 0 || a.Value > kinds.Entries[slow].Cells[3].Amount.Value) {
			slow = i
		}
	}
	if slow >= 0 {
		r.figure("Waits longest, p99", Seconds, kinds.Entries[slow].Cells[3].Amount, kinds.Entries[slow].Key)
	}
	r.raise(Fine, fmt.Sprintf("%s makes %s of the requests.", top.Key, Share.number(top.Cells[0].Amount.Value/total.Value)))
	for _, e := range agents.Entries {
		if a := e.Cells[len(e.Cells)-1].Amount; a.Known && a.Value >= limitNotice {
			r.raise(Notice, fmt.Sprintf("%s uses %s of its limit: it slows itself down.", e.Key, Share.format(a)))
		}
	}
}

// warnings says what of the logs does not count.
func (a *audit) warnings() (list []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.logs {
		for _, f := range []flaw{cutLine, otherKind, otherStage, noTime, noCode} {
			if n := l.flaws[f]; n > 0 {
				list = append(list, fmt.Sprintf("%s: %d lines %s do not count", l.name, n, f))
			}
		}
		if l.future > 0 {
			list = append(list, fmt.Sprintf("%s: %d events ended after the time of this program: the clocks differ", l.name, l.future))
		}
		if l.folded > 0 {
			list = append(list, fmt.Sprintf("%s: more than %d callers; %d events count as (others)", l.name, callerLimit, l.folded))
		}
		for _, what := range l.file.losses() {
			list = append(list, l.name+": "+what)
		}
		if l.failed != nil {
			list = append(list, l.name+": "+l.failed.Error())
		}
	}
	return list
}

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
	var sums [2]float64
	for _, x := range written.Increases() {
		a, b := known(x.Estimate, true), metrics[x.Instance]
		difference := Amount{}
		if b.Known {
			compared++
			difference = exactly(a.Value - b.Value)
			sums[0], sums[1] = sums[0]+a.Value, sums[1]+b.Value
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
	r.figure("In the logs", Count, exactly(sums[0]), "")
	r.figure("In the metrics", Count, exactly(sums[1]), "")
	says := fmt.Sprintf("The logs have %s requests, the metrics %s.", Count.number(sums[0]), Count.number(sums[1]))
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
