package main

import (
	"fmt"
	"strings"
	"time"

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
			r.Warnings = append(r.Warnings, g.Warnings()...)
			members(s, &memory, g.Members())
		}
		if g := first(s.gauges(q.goroutines)); g != nil {
			members(s, &routines, g.Members())
		}
		if g := first(s.counters(q.cpu)); g != nil {
			members(s, &cpu, g.Rates())
			r.Explain += g.Explain()
		}
		for _, i := range s.instances {
			again := max(0, i.Incarnations-1)
			age, state := unknown, ""
			if !i.Start.IsZero() {
				age = length(m.at.Sub(i.Start))
			}
			if gone(i) {
				age, state = unknown, "does not answer"
			}
			starts.add(i.Name, gone(i), words(age), cell(exactly(float64(again))), words(state))
			if again > 0 && m.at.Sub(i.Start) < young {
				restarted = append(restarted, i.Name)
			}
		}
	}
	cpu.byKey()
	r.Coverage = m.all.Coverage().String()
	r.Panels = []Panel{starts, memory, cpu, routines}
	if len(starts.Entries) == 0 {
		return r
	}
	r.figure("Processes", Count, exactly(float64(len(starts.Entries))), "")
	r.figure("Restarted lately", Count, exactly(float64(len(restarted))), strings.Join(restarted, ", "))
	r.raise(Fine, "No process restarted lately.")
	if len(restarted) > 0 {
		r.raise(Notice, fmt.Sprintf("Restarted in the last %s: %s.", length(young), strings.Join(restarted, ", ")))
	}
	return r
}

// members adds an entry for each member.
func members(s *scope, p *Panel, list []aggregate.Member) {
	for _, x := range list {
		p.add(x.Instance, s.lost(x.Instance), cell(known(x.Estimate, true)))
	}
	p.silent(s)
}
