package aggregate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/judge"
)

// Explain tells how the answer came about, member by member, as text with times
// in UTC. The members' increases add up to the group's, and their rates times
// their weights to its rate.
func (g *CounterGroup) Explain() string {
	var b strings.Builder
	g.explain(&b)
	return b.String()
}

func (g *CounterGroup) explain(b *strings.Builder) {
	a := g.answer
	if a == nil {
		return
	}
	x := explain.Counter{View: a.view.String(), Group: g.labels.String(), From: a.s, To: a.e, Covered: a.coveredText(), Warnings: g.Warnings()}
	x.Increase.Estimate, x.Increase.Known = g.Increase()
	x.Rate.Estimate, x.Rate.Known = g.Rate()
	x.Uneven, _ = g.asymmetry()
	shares := map[string]float64{}
	for _, m := range g.rated() {
		shares[m.Instance] = m.Share
	}
	g.each(func(sh *shared, p *part) {
		m := g.explained(sh, p)
		m.Share = shares[sh.name]
		x.Members = append(x.Members, m)
	})
	x.Write(b)
}

// explained returns what is said of a member.
func (g *CounterGroup) explained(sh *shared, p *part) explain.Member {
	m := g.increased(sh, p)
	x := explain.Member{
		Name: m.Instance, Weight: m.Weight, Steps: m.Steps, Since: sh.since, Covers: m.Covers, Older: m.Older, Live: m.Live, Source: &sh.from,
	}
	x.Rate.Estimate, x.Rate.Known = g.rateOf(sh, p)
	x.Increase = explain.Number{Estimate: m.Estimate, Known: x.Rate.Known && !m.Older}
	for _, r := range sh.restarts {
		x.Restarts = append(x.Restarts, explain.Restart{At: r.at, What: r.how.String()})
	}
	for _, e := range g.eventsOf(sh, p) {
		x.Events = append(x.Events, explain.Event(e))
	}
	return x
}

// Event is what one scrape did to series of a member, other than growth.
type Event struct {
	Time         time.Time // the first of them, where several were merged as no window reaches them any more
	Instance     string
	Verdict      counter.Verdict
	Doubt        counter.Doubt
	Series       int
	Below, Above float64 // by how much it widens the member's increase; Above may be +Inf
	Note         string  // what the verdict does not say
}

// String returns the event as one line.
func (e Event) String() string {
	x := explain.Event(e)
	return x.String()
}

// eventsOf are the events of a member.
func (g *CounterGroup) eventsOf(sh *shared, p *part) []Event {
	var list []explain.Event
	g.answer.happenings(p, func(h *happening) { list = append(list, h.told(sh)) })
	var events []Event
	for _, e := range explain.Together(list) {
		events = append(events, Event(e))
	}
	return events
}

// told returns a happening as an event. At the opening, what was counted before
// the first scrape is no part of the answer.
func (e *happening) told(sh *shared) explain.Event {
	x := explain.EventOf(e.Event, sh.name, !e.opening || e.Verdict != judge.First)
	if x.Verdict == counter.Reset && slices.Contains(sh.restarts, restarted{e.At, restartGuessed}) {
		x.Doubt |= counter.Guessed
	}
	return x
}

// String returns the group as one line.
func (g *CounterGroup) String() string {
	x, ok := g.Increase()
	return summary(g, "increase", x, ok)
}

// Explain tells how both sides of the ratio came about, over the same steps.
func (g *RatioGroup) Explain() string {
	if g.den == nil {
		return ""
	}
	var b strings.Builder
	if x, ok := g.Ratio(); ok {
		fmt.Fprintf(&b, "ratio %s of\n", x)
	} else {
		b.WriteString("ratio not known of\n")
	}
	g.num.explain(&b)
	b.WriteString("to\n")
	g.den.explain(&b)
	return b.String()
}

// String returns the group as one line.
func (g *RatioGroup) String() string {
	x, ok := g.Ratio()
	return summary(g, "ratio", x, ok)
}

// Explain tells how the answer came about, member by member, as text with times
// in UTC.
func (g *GaugeGroup) Explain() string {
	if g.asked == nil {
		return ""
	}
	a := g.asked
	x := explain.Gauge{
		View: a.view.String(), Group: g.labels.String(), At: a.e, Covered: a.coveredText(), Combine: a.view.Combine.String(), Warnings: g.said,
	}
	x.Value.Estimate, x.Who, x.Value.Known = g.answer()
	for i := range g.members {
		m := &g.members[i]
		x.Members = append(x.Members, explain.Reading{Name: m.Name, Value: m.Value, Series: m.series, Age: m.age, Changed: m.Changed, Source: m.from})
	}
	for _, v := range g.variants {
		x.Variants = append(x.Variants, v.String())
	}
	var b strings.Builder
	x.Write(&b)
	return b.String()
}

// String returns the group as one line.
func (g *GaugeGroup) String() string {
	if g.asked == nil || g.asked.view.Combine == 0 || g.asked.view.Combine == Distinct {
		return summary(g, "value", estimate{}, false)
	}
	x, ok := g.Value()
	return summary(g, g.asked.view.Combine.String(), x, ok)
}

// summary returns a group with its number and coverage as one line.
func summary(g Group, what string, x estimate, ok bool) string {
	return explain.Summary(g.Labels().String(), what, explain.Number{Estimate: x, Known: ok}, g.Coverage().String(), len(g.Warnings()))
}

// source returns where the data of an instance comes from, made once for all
// groups.
func (q *question) source(in *instance) *explain.Source {
	p, ok := q.sources[in]
	if !ok {
		p = new(explain.Source)
		in.tell(p)
		if q.sources == nil {
			q.sources = map[*instance]*explain.Source{}
		}
		q.sources[in] = p
	}
	return p
}

// tell says where the data of an instance comes from.
func (in *instance) tell(p *explain.Source) {
	p.Targets = in.targets[:len(in.targets):len(in.targets)]
	p.First, p.Last, p.Scrapes, p.Incarnations = in.first, in.last, in.version, in.incarnation
	p.By, p.Provisional, p.Alternating = in.by.String(), in.provisional, in.alternates
	if in.Twins != nil {
		p.Targets = in.addresses()
	}
}

// addresses returns the targets of an instance and of its twins, its own first.
func (in *instance) addresses() []string {
	list := slices.Clone(in.targets)
	if in.Twins != nil {
		for _, m := range in.Twins.Members {
			for _, t := range m.targets {
				if !slices.Contains(list, t) {
					list = append(list, t)
				}
			}
		}
		slices.Sort(list[len(in.targets):])
	}
	return list
}

func (a *asked) coveredText() string {
	text := a.covered.String()
	if missing := a.missing(); len(missing) > 0 {
		text += "; missing " + explain.Few(missing)
	}
	return text
}

// withoutName returns the labels of a series without the metric's name.
func withoutName(l labels.Labels) labels.Labels {
	return labels.NewBuilder(l).Del(model.MetricNameLabel).Labels()
}
