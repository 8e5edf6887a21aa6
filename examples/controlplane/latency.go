package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/histogram"
)

// latencies selects requests for resources. A watch lasts as long as its client
// wants, so it has no latency.
const (
	latencies     = `apiserver_request_duration_seconds{verb!~"WATCH|CONNECT",resource!=""}`
	sliLatencies  = `apiserver_request_sli_duration_seconds{verb!~"WATCH|CONNECT",resource!=""`
	etcdLatencies = `etcd_request_duration_seconds`
)

// latency is how long requests take.
type latency struct{ all *aggregate.HistogramView }

func newLatency(d *declarer) question {
	q := &latency{d.histogram(aggregate.View{Select: latencies})}
	d.expose(func(e exposer) error {
		return e.Histogram("controlplane_request_duration_seconds", "How long requests for resources took, without watches.", q.all)
	})
	return q
}

// slowAlarm is a p99 that no user calls fast.
const slowAlarm = 1.0

func (q *latency) row(m *moment) Row {
	r := Row{ID: "latency", Question: "How long do requests take, and is it one server?", About: apiServers}
	s := m.of(apiServers)
	g := first(s.histograms(q.all))
	if g == nil {
		return r
	}
	r.from(g)
	p99 := known(g.Quantile(.99))
	r.figure("p99 of all servers", Seconds, p99, "")
	worst, ok := g.WorstQuantile(.99)
	if ok {
		r.figure("p99 of the worst server", Seconds, known(worst.Estimate, ok), worst.Instance)
	}
	r.figure("Median", Seconds, known(g.Quantile(.5)), "")
	if p99.Known && ok {
		says := fmt.Sprintf("p99 of all servers: %s; of %s, the slowest: %s", Seconds.says(p99), worst.Instance, Seconds.says(known(worst.Estimate, ok)))
		switch {
		case worst.Estimate.Value >= slowAlarm:
			r.raise(Notice, fmt.Sprintf("The p99 of %s is %s.", worst.Instance, Seconds.says(known(worst.Estimate, ok))))
		case worst.Estimate.Hi >= slowAlarm:
			r.doubt(says + ". Requests that no scrape showed may have taken longer.")
		default:
			r.raise(Fine, says+".")
		}
	}
	lines := Panel{ID: "p99", Title: "p99, all servers and each", Chart: Lines, Key: "server", Columns: []Column{{"p99", Seconds}, {"median", Seconds}, {"share of requests", Share}}}
	lines.add("all servers", false, cell(p99), cell(known(g.Quantile(.5))), cell(exactly(1)))
	spread := newSpread(s.parts(func(s *scope) *aggregate.CounterGroup {
		if g := first(s.histograms(q.all)); g != nil {
			return g.Observations()
		}
		return nil
	}), s.rate(g.Observations()))
	for name, d := range g.Distributions() {
		if d.Count() > 0 {
			lines.add(name, s.lost(name), cell(s.loose(name, known(d.Quantile(.99)))), cell(s.loose(name, known(d.Quantile(.5)))), cell(spread.shares[name]))
		}
	}
	lines.silent(s)
	r.Panels = []Panel{heat(g.Distribution()), lines}
	return r
}

// heat returns the buckets of a distribution, not cumulative, fastest first.
func heat(d *histogram.Distribution) Panel {
	p := Panel{ID: "heat", Title: "Requests by duration", Chart: Heat, Key: "up to", Columns: []Column{{"requests", Count}, {"share", Share}}}
	rows := d.Rows()
	var counts []Amount
	for _, x := range rows {
		counts = append(counts, known(x.Count, true))
	}
	for i, x := range rows {
		key := Seconds.number(x.Upper)
		if i == len(rows)-1 {
			key = "more"
		}
		p.add(key, false, cell(counts[i]), cell(share(i, counts)))
	}
	return p
}

// objective is the share of requests slower than Kubernetes' service level
// objectives allow: 1 s for one object, 5 s for a list in a namespace, 30 s for a
// list of the cluster.
type objective struct {
	one           time.Duration
	writes, reads *aggregate.HistogramView
}

const (
	namespaceSLO = 5 * time.Second
	clusterSLO   = 30 * time.Second
)

func newObjective(d *declarer, one time.Duration) question {
	by := []string{"scope"}
	return &objective{
		one:    one,
		writes: d.histogram(aggregate.View{Select: sliLatencies + `,verb!~"GET|LIST"}`}),
		reads:  d.histogram(aggregate.View{Select: sliLatencies + `,verb=~"GET|LIST"}`, By: by}),
	}
}

// More than 1 % over the threshold misses the objective.
const objectiveMissed = 0.01

func (q *objective) row(m *moment) Row {
	r := Row{ID: "slo", Question: "Which share of requests is slower than promised?", About: apiServers}
	s := m.of(apiServers)
	p := Panel{ID: "classes", Title: "Slower than the objective", Chart: Lines, Key: "requests", Columns: []Column{{"slower", Share}, {"worst server", Share}, {"at", ""}, {"requests", PerSecond}}}
	ask := func(name string, g *aggregate.HistogramGroup, limit time.Duration) {
		over := s.over(g, limit)
		if !over.Known {
			return
		}
		r.from(g)
		worst, who := worstOver(g, limit.Seconds())
		if s.incomplete(g.Observations()) {
			worst.Hi = 1
		}
		p.add(fmt.Sprintf("%s, %s", name, length(limit)), false, cell(over), cell(worst), words(who), cell(s.rate(g.Observations())))
	}
	if g := first(s.histograms(q.writes)); g != nil {
		ask("writes", g, q.one)
	}
	reads := s.histograms(q.reads)
	for _, c := range []struct {
		scope, name string
		limit       time.Duration
	}{{"resource", "reads of one object", q.one}, {"namespace", "lists of a namespace", namespaceSLO}, {"cluster", "lists of the cluster", clusterSLO}} {
		i := slices.IndexFunc(reads, func(g *aggregate.HistogramGroup) bool { return g.Labels().Get("scope") == c.scope })
		if i >= 0 {
			ask(c.name, reads[i], c.limit)
		}
	}
	r.Panels = []Panel{p}
	if len(p.Entries) == 0 {
		return r
	}
	worst := slices.MaxFunc(p.Entries, func(a, b Entry) int { return cmp.Compare(a.Cells[0].Amount.Value, b.Cells[0].Amount.Value) })
	share := worst.Cells[0].Amount
	r.figure("Slower than promised", Share, share, worst.Key)
	if !slices.ContainsFunc(p.Entries, func(e Entry) bool { return e.Cells[0].Amount.Hi > 0 }) {
		r.raise(Fine, "No request is slower than promised.")
	}
	loosest := slices.MaxFunc(p.Entries, func(a, b Entry) int { return cmp.Compare(a.Cells[0].Amount.Hi, b.Cells[0].Amount.Hi) })
	switch most := loosest.Cells[0].Amount.Hi; {
	case share.Value > objectiveMissed:
		r.raise(Alarm, fmt.Sprintf("%s of %s are slower.", Share.format(share), worst.Key))
	case most == 1:
		r.doubt(fmt.Sprintf("None was seen that misses its objective, and too little of %s was seen to say more.", loosest.Key))
	case most > objectiveMissed && s.balanced(): // between two meetings much is unseen
		r.doubt(fmt.Sprintf("None was seen that misses its objective; unseen ones may be up to %s of %s.", Share.number(most), loosest.Key))
	case most > objectiveMissed:
		r.raise(Notice, fmt.Sprintf("Up to %s of %s may be slower.", Share.number(most), loosest.Key))
	default:
		r.raise(Fine, fmt.Sprintf("Every class of requests keeps its objective; the worst is %s with %s.", worst.Key, Share.format(share)))
	}
	return r
}

// over returns the share of observations that took longer than a limit.
func (s *scope) over(g *aggregate.HistogramGroup, limit time.Duration) Amount {
	share := known(g.Over(limit.Seconds()))
	n, _ := g.Observations().Increase()
	return s.portion(share, share.Lo*n.Lo, g.Observations())
}

// worstOver returns the greatest share of one server's observations above x.
func worstOver(g *aggregate.HistogramGroup, x float64) (worst Amount, who string) {
	for name, d := range g.Distributions() {
		if over, ok := d.Over(x); ok && (!worst.Known || over.Value > worst.Value) {
			worst, who = known(over, ok), name
		}
	}
	return worst, who
}

// slowest is the latency by resource and verb.
type slowest struct{ kinds *aggregate.HistogramView }

func newSlowest(d *declarer) question {
	return &slowest{d.histogram(aggregate.View{Select: latencies, By: []string{"resource", "verb"}})}
}

const (
	slowestShown = 10
	slowestLeast = 5 // requests in the window; below, a quantile is one request
)

func (q *slowest) row(m *moment) Row {
	r := Row{ID: "slowest", Question: "Which requests are slowest?", About: apiServers}
	s := m.of(apiServers)
	p := Panel{ID: "kinds", Title: "By verb and resource", Chart: Lines, Key: "request", Columns: []Column{{"p99", Seconds}, {"median", Seconds}, {"worst server's p99", Seconds}, {"at", ""}, {"requests", PerSecond}}}
	rare := 0
	groups := s.histograms(q.kinds)
	for _, g := range groups {
		if n, ok := g.Observations().Increase(); !ok || n.Value < slowestLeast {
			rare += btoi(ok && n.Value > 0)
			continue
		}
		worst, ok := g.WorstQuantile(.99)
		p.add(strings.TrimSpace(g.Labels().Get("verb")+" "+g.Labels().Get("resource")), false, cell(known(g.Quantile(.99))), cell(known(g.Quantile(.5))),
			cell(known(worst.Estimate, ok)), words(worst.Instance), cell(s.rate(g.Observations())))
		r.Warnings = append(r.Warnings, g.Warnings()...)
	}
	r.Coverage = s.coverage.String()
	if rare > 0 {
		p.Note = fmt.Sprintf("%d more kinds had fewer than %d requests in the window.", rare, slowestLeast)
	}
	p.byValue()
	p.cut(slowestShown)
	r.Panels = []Panel{p}
	if len(p.Entries) > 0 && p.Entries[0].Cells[0].Amount.Known {
		top := p.Entries[0]
		r.figure(top.Key, Seconds, top.Cells[0].Amount, "p99")
		switch says := Seconds.says(top.Cells[0].Amount); {
		case top.Cells[0].Amount.Value >= slowAlarm:
			r.raise(Notice, fmt.Sprintf("%s has a p99 of %s.", top.Key, says))
		case math.IsInf(top.Cells[0].Amount.Hi, 1):
			r.doubt(fmt.Sprintf("%s: p99 %s. Requests that no scrape showed may have taken longer.", top.Key, says))
		default:
			r.raise(Fine, fmt.Sprintf("%s: p99 %s.", top.Key, says))
		}
		for _, g := range groups {
			if g.Labels().Get("verb")+" "+g.Labels().Get("resource") == top.Key {
				r.Explain = g.Explain()
			}
		}
	}
	return r
}
