package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
		e.Cells = append(e.Cells, words(e.account), cell(q.ofLimit(e.Key, e.account, e.Cells[0].Amount)))
	}
	r.Warnings = append(r.Warnings, q.unused(agents.Entries)...)
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
	}
	top := newTop(&agents, &kinds, m.board.window)
	for _, p := range []*Panel{&agents, &kinds, &long} {
		p.cut(callersShown)
	}
	r.Panels = []Panel{agents, kinds, long}
	r.Coverage = s.coverage.String()
	r.Warnings = append(r.Warnings, q.audit.warnings()...)
	q.judge(&r, &agents, top)
	if names := q.audit.unread(); len(names) > 0 {
		r.raise(Notice, "Who calls "+strings.Join(names, ", ")+" is not known: the log cannot be read.")
	}
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

// ofLimit returns the share of a client's limit that it uses.
func (q *callers) ofLimit(agent, account string, rate Amount) Amount {
	best, limit := 0, 0.0
	for _, client := range slices.Sorted(maps.Keys(q.limits)) {
		if fit := fits(client, agent, account); fit > best {
			best, limit = fit, q.limits[client]
		}
	}
	if best == 0 || !rate.Known {
		return Amount{}
	}
	return rate.times(1 / limit)
}

// fits returns how well the name of a client in a flag fits a caller; 0: it is another's.
// Best is its user agent, as it is sent or without version and build as the page has it;
// then its account; then its program, each part of which has a client of its own.
func fits(client, agent, account string) int {
	name := client
	if strings.Contains(client, "/") {
		name = agentName(client)
	}
	program, _, _ := strings.Cut(agent, " ")
	switch {
	case client == agent, name == agent:
		return 3
	case client == account:
		return 2
	case name == program:
		return 1
	}
	return 0
}

// unused says which limits are of nobody who called.
func (q *callers) unused(agents []Entry) (list []string) {
	for _, client := range slices.Sorted(maps.Keys(q.limits)) {
		if !slices.ContainsFunc(agents, func(e Entry) bool { return fits(client, e.Key, e.account) > 0 }) {
			list = append(list, fmt.Sprintf("-client-limit %s: nobody of that name called in the window", client))
		}
	}
	return list
}

// limitNotice is the share of its limit from which on a client is slowed down
// now and then.
const limitNotice = 0.8

// top is who stands out of all callers.
type top struct {
	busiest string
	share   Amount // of all requests
	slowest string // of those with enough requests for a quantile
	wait    Amount // its p99
}

// newTop looks through all entries, the greatest rates first.
func newTop(agents, kinds *Panel, window time.Duration) (t top) {
	var rates []Amount
	for _, e := range agents.Entries {
		rates = append(rates, e.Cells[0].Amount)
	}
	if len(rates) > 0 {
		t.busiest, t.share = agents.Entries[0].Key, share(0, rates)
	}
	for _, e := range kinds.Entries {
		wait := e.Cells[3].Amount
		if enough := e.Cells[0].Amount.Value*window.Seconds() >= slowestLeast; enough && wait.Known && (!t.wait.Known || wait.Value > t.wait.Value) {
			t.slowest, t.wait = e.Key, wait
		}
	}
	return t
}

func (q *callers) judge(r *Row, agents *Panel, t top) {
	if t.busiest == "" {
		return
	}
	r.figure("Busiest caller", Share, t.share, t.busiest)
	if t.wait.Known {
		r.figure("Waits longest, p99", Seconds, t.wait, t.slowest)
	}
	r.raise(Fine, fmt.Sprintf("%s makes %s of the requests.", t.busiest, Share.format(t.share)))
	for _, e := range agents.Entries {
		if a := e.Cells[len(e.Cells)-1].Amount; a.Known && a.Value >= limitNotice {
			r.raise(Notice, fmt.Sprintf("%s uses %s of its limit: it slows itself down.", e.Key, Share.format(a)))
		}
	}
}

// unread returns the logs that could not be read when they were asked last.
func (a *audit) unread() (names []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.logs {
		if l.failed != nil {
			names = append(names, clip(l.name))
		}
	}
	return names
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
		if l.otherClock > 0 {
			list = append(list, fmt.Sprintf("%s: %d events ended more than %s before or after they were read: the clocks differ, or the log is written late", l.name, l.otherClock, length(clocksApart)))
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
