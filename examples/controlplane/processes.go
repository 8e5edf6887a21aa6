package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// processes is what each process uses, and when it began.
type processes struct {
	memory, goroutines *aggregate.GaugeView
	cpu                *aggregate.CounterView
}

func newProcesses(d *declarer) question {
	return &processes{
		memory:     d.gauge(aggregate.View{Select: "process_resident_memory_bytes", Combine: aggregate.Max}),
		goroutines: d.gauge(aggregate.View{Select: "go_goroutines", Combine: aggregate.Max}),
		cpu:        d.counter(aggregate.View{Select: "process_cpu_seconds_total"}),
	}
}

// young is an age below which a process is worth a look.
const young = 5 * time.Minute

func (q *processes) row(m *moment) Row {
	r := Row{ID: "processes", Question: "What does each process use, and which restarted?"}
	memory := Panel{ID: "memory", Title: "Memory by process", Chart: Lines, Key: "process", Columns: []Column{{"memory", Bytes}}}
	cpu := Panel{ID: "cpu", Title: "CPU by process", Chart: Lines, Key: "process", Columns: []Column{{"CPU", Cores}}}
	routines := Panel{ID: "goroutines", Title: "Goroutines by process", Chart: Lines, Key: "process", Columns: []Column{{"goroutines", Count}}}
	starts := Panel{ID: "starts", Title: "Starts", Key: "process", Columns: []Column{{"running for", ""}, {"restarts seen", Count}, {"state", ""}}}
	var restarted []string
	for _, c := range components {
		s := m.of(c)
		if g := first(s.gauges(q.memory)); g != nil {
			r.Warnings = append(append(r.Warnings, g.Warnings()...), below0(g)...)
			memory.readings(s, g)
		}
		if g := first(s.gauges(q.goroutines)); g != nil {
			r.Warnings = append(r.Warnings, below0(g)...)
			routines.readings(s, g)
		}
		if g := first(s.counters(q.cpu)); g != nil {
			for _, x := range s.parts(asks(q.cpu)) {
				cpu.add(x.name, x.lost, cell(x.amount()))
			}
			r.Explain += g.Explain()
		}
		for _, i := range s.instances {
			starts.add(i.Name, gone(i), words(running(m, i)), cell(restarts(i)), words(presence(s, i)))
			if again(m, i) {
				restarted = append(restarted, i.Name)
			}
		}
		for _, p := range []*Panel{&memory, &routines, &cpu} {
			p.silent(s)
		}
	}
	cpu.byKey()
	r.Coverage = m.all.Coverage().String()
	r.Panels = []Panel{starts, memory, cpu, routines}
	if len(starts.Entries) == 0 {
		return r
	}
	q.figures(m, &r, restarted)
	return r
}

// figures says how many processes there are, and which restarted. A process that does
// not answer may be back by now; one behind a balancer may have come and gone unseen.
func (q *processes) figures(m *moment, r *Row, restarted []string) {
	up, most, times := 0, 0.0, exactly(float64(len(restarted)))
	for _, c := range components {
		s := m.of(c)
		for _, i := range s.instances {
			up += btoi(s.current(i.Name))
		}
		most += float64(max(s.coverage.Expected, len(s.instances)))
		if s.open() {
			most = math.Inf(1)
		}
		if s.balanced() {
			times.Lo, times.Hi = 0, math.Inf(1)
		}
	}
	answering := 0
	for _, i := range m.all.Instances() {
		answering += btoi(!gone(i))
	}
	r.figure("Processes that answer", Count, Amount{true, promfold.Estimate{Value: float64(answering), Lo: float64(up), Hi: most}}, "")
	r.figure("Restarted lately", Count, times, strings.Join(restarted, ", "))
	switch {
	case len(restarted) > 0:
		r.raise(Notice, fmt.Sprintf("Restarted, or new, in the last %s: %s.", length(young), strings.Join(restarted, ", ")))
	case math.IsInf(times.Hi, 1):
		r.doubt("No process that was met is new; behind a balancer one may have restarted unseen.")
	default:
		r.raise(Fine, "No process restarted lately.")
	}
}

// running returns for how long a process runs, in words.
func running(m *moment, i aggregate.Instance) string {
	if i.Start.IsZero() || gone(i) || i.Start.After(m.at) {
		return unknown
	}
	return length(m.at.Sub(i.Start))
}

// restarts returns how often a place restarted. Behind a balancer each process is a
// place of its own, and may be another's successor.
func restarts(i aggregate.Instance) Amount {
	if behindBalancer(i) {
		return Amount{}
	}
	return exactly(float64(max(0, i.Incarnations-1)))
}

// again reports whether a process began lately in the place of another: behind a
// balancer, whether it began after others were met.
func again(m *moment, i aggregate.Instance) bool {
	lately := !i.Start.IsZero() && m.at.Sub(i.Start) < young
	if behindBalancer(i) {
		return lately && i.Start.After(m.began(i))
	}
	return lately && i.Incarnations > 1
}

// began returns the first scrape of an instance's target.
func (m *moment) began(of aggregate.Instance) time.Time {
	first := of.First
	for _, i := range m.all.Instances() {
		if i.Labels.Get(targetLabel) == of.Labels.Get(targetLabel) && i.First.Before(first) {
			first = i.First
		}
	}
	return first
}

// presence says whether a process answers, if that is in doubt.
func presence(s *scope, i aggregate.Instance) string {
	switch {
	case gone(i):
		return "does not answer"
	case s.stands(i.Name):
		return "shows the same again and again"
	case !s.current(i.Name):
		return "met " + length(s.moment.at.Sub(i.Last)) + " ago"
	}
	return ""
}
