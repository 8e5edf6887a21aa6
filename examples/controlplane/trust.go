package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promfold/promfold/aggregate"
)

// trust is on what the other numbers rest: who answers, who does not and why,
// and which processes were met behind a balancer.
type trust struct {
	signs map[component]*aggregate.GaugeView
}

func newTrust(d *declarer) question {
	q := &trust{map[component]*aggregate.GaugeView{}}
	for c, names := range signs {
		q.signs[c] = d.gauge(aggregate.View{Select: fmt.Sprintf("{__name__=~%q}", names), Combine: aggregate.Max, Within: aggregate.Max})
	}
	return q
}

// strangers returns the servers of a component that answer, and show nothing that
// only such a server does.
func (q *trust) strangers(s *scope) (names []string) {
	var show []aggregate.Member
	if g := first(s.gauges(q.signs[s.component])); g != nil {
		show = g.Members()
	}
	for _, i := range s.instances {
		if !gone(i) && !slices.ContainsFunc(show, func(m aggregate.Member) bool { return m.Instance == i.Name }) {
			names = append(names, clip(i.Name))
		}
	}
	return names
}

func (q *trust) row(m *moment) Row {
	whole := q.whole(m)
	r := Row{ID: "trust", Question: "Can these numbers be trusted?", Coverage: whole.String()}
	parts := Panel{ID: "components", Title: "Who answers", Chart: Lines, Key: "component",
		Columns: []Column{{"answers", Share}, {"expected", Count}, {"missing", Count}, {"stale", Count}, {"failed", Count}, {"restarted", Count}, {"duplicates", Count}, {"not attributed", Count}}}
	var silent, strangers []string
	full := exactly(0)
	for _, c := range components {
		s, x := m.of(c), m.of(c).covered()
		share, ok := x.Share()
		if !ok {
			continue
		}
		parts.add(c.String(), x.Missing > 0, cell(s.answers(share)), count(x.Expected), count(x.Missing), count(x.Stale), count(x.Failed), count(x.Reset), count(x.Duplicates), count(x.Ambiguous))
		full = full.plus(s.answers(share).times(float64(x.Expected)))
		silent = append(silent, s.silence()...)
		if names := q.strangers(s); len(names) > 0 {
			strangers = append(strangers, fmt.Sprintf("not one metric of %s at %s", c, strings.Join(names, ", ")))
		}
		if s.balanced() {
			r.doubt(fmt.Sprintf("Every server was met, one of them %s ago: whether that answers still is not known.", length(s.longestAgo())))
		}
	}
	if len(parts.Entries) == 0 {
		return r
	}
	r.figure("Answers in full", Share, full.times(1/float64(whole.Expected)), "of all expected")
	if r.Answer == "" {
		r.raise(Fine, "Every server answers.")
	}
	if len(silent) > 0 {
		r.raise(Alarm, "Silent or partial: "+strings.Join(silent, ", ")+". What they do is not in the numbers.")
	}
	if names := q.stuck(m); len(names) > 0 {
		r.raise(Notice, "The same to every digit, as if frozen: "+strings.Join(names, ", ")+".")
	}
	if names := alternating(m); len(names) > 0 {
		r.raise(Notice, "Several processes answer in turn at "+strings.Join(names, ", ")+": is that a balancer's address?")
	}
	if len(strangers) > 0 {
		r.raise(Notice, "There is "+strings.Join(strangers, ", and ")+": are these URLs of something else?")
	}
	list, behind := met(m)
	r.Panels = []Panel{parts, list}
	if behind > 0 {
		r.Warnings = append(r.Warnings, "Behind a balancer a scrape reaches one server at a time: what a server did since it was met last, and all of a server that was never met, is missing, so the numbers are lower bounds.")
	}
	r.Explain = m.all.String() + "\n"
	for _, i := range m.all.Instances() {
		r.Explain += i.String() + "\n"
	}
	return r
}

// silence says who of a component does not answer, or in part.
func (s *scope) silence() (list []string) {
	for _, i := range s.instances {
		if gone(i) {
			list = append(list, i.Name)
		}
	}
	list = append(list, s.partial...)
	x := s.covered()
	if never := x.Expected - len(s.instances); never > 0 {
		how := "that never answered"
		if s.balanced() {
			how = "that were not met lately"
		}
		return append(list, fmt.Sprintf("%d of %d %s %s", never, x.Expected, s.component, how))
	}
	if x.Missing+x.Partial > 0 && len(list) == 0 {
		list = append(list, fmt.Sprintf("%d of %d %s", x.Missing+x.Partial, x.Expected, s.component))
	}
	return list
}

// stuck says which servers answer the same again and again.
func (q *trust) stuck(m *moment) (names []string) {
	for _, c := range components {
		for _, i := range m.of(c).instances {
			if since, ok := m.board.still.stands(i.Name); ok && !gone(i) {
				names = append(names, fmt.Sprintf("%s for %s", clip(i.Name), length(m.at.Sub(since))))
			}
		}
	}
	return names
}

// alternating returns the addresses at which one process and another answer.
func alternating(m *moment) (names []string) {
	for _, i := range m.all.Instances() {
		if i.Alternating {
			names = append(names, clip(i.Name))
		}
	}
	return names
}

// whole returns the coverage of all components, with those that answer in part.
func (q *trust) whole(m *moment) aggregate.Coverage {
	whole, partial := m.all.Coverage(), 0
	for _, c := range components {
		partial += m.of(c).covered().Partial
	}
	whole.Partial = max(whole.Partial, partial)
	return whole
}

// answers returns the share of a component that answers in full. Behind a balancer it
// is sure of those alone that were met a moment ago.
func (s *scope) answers(share float64) Amount {
	a := exactly(share)
	if s.balanced() {
		n := 0
		for _, i := range s.instances {
			n += btoi(s.current(i.Name))
		}
		a.Lo = min(share, float64(n)/float64(max(1, s.coverage.Expected)))
	}
	return a
}

// met lists the instances, and counts those behind balancers.
func met(m *moment) (p Panel, behind int) {
	p = Panel{ID: "instances", Title: "Every process that was met", Key: "process", Columns: []Column{{"last answer", ""}, {"scrapes", Count}, {"state", ""}, {"how it is known", ""}}}
	for _, c := range components {
		for _, i := range m.of(c).instances {
			state := "answers"
			switch {
			case i.Failed != nil:
				state = i.Failed.Error()
			case i.Gone:
				state = "left"
			case i.Stale:
				state = "stale"
			case i.Provisional:
				state = "answers; its growth is provisional"
			}
			how := "its own address"
			if i.By != "" {
				how, behind = "behind a balancer: "+i.By, behind+1
			}
			p.add(i.Name, gone(i), words(length(m.at.Sub(i.Last))+" ago"), count(i.Scrapes), words(state), words(how))
		}
	}
	return p, behind
}

func count(n int) Cell { return cell(exactly(float64(n))) }
