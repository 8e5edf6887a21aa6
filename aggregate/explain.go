package aggregate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/identity"
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
	fmt.Fprintf(b, "%s %s\n%s to %s: %s\n", a.view, g.labels, clock(time.UnixMilli(a.s)), clock(time.UnixMilli(a.e)), a.coveredText())
	if increase, ok := g.Increase(); ok {
		fmt.Fprintf(b, "increase %s", increase)
	} else {
		b.WriteString("increase not known")
	}
	if rate, ok := g.Rate(); ok {
		fmt.Fprintf(b, ", %.6g/s", rate.Value)
	}
	if x, ok := g.asymmetry(); ok && x.members > 1 {
		fmt.Fprintf(b, "; %s has %.3g %% of the rate, %.3g times the mean of %d (variation %.3g)", x.hottest, 100*x.share, x.peak, x.members, x.cv)
	}
	b.WriteByte('\n')
	shares := map[string]float64{}
	for _, m := range g.rated() {
		shares[m.Instance] = m.Share
	}
	g.each(func(sh *shared, p *part) { g.explainMember(b, sh, p, shares[sh.name]) })
	writeWarnings(b, g.Warnings())
}

func (g *CounterGroup) explainMember(b *strings.Builder, sh *shared, p *part, share float64) {
	m := g.increased(sh, p)
	rate, rated := g.rateOf(sh, p)
	fmt.Fprintf(b, "  %s: ", m.Instance)
	if rated && !m.Older {
		fmt.Fprintf(b, "increase %s", m.Estimate)
	} else {
		b.WriteString("increase not known")
	}
	if rated {
		fmt.Fprintf(b, ", %.6g/s × %.3g", rate.Value, m.Weight)
	}
	if share > 0 {
		fmt.Fprintf(b, ", %.3g %%", 100*share)
	}
	fmt.Fprintf(b, "\n    %d scrapes since %s, %s observed", m.Steps, clock(time.UnixMilli(sh.since)), m.Covers)
	if m.Older {
		b.WriteString(": none in the window, the rate is that of the latest step")
	}
	b.WriteByte('\n')
	sh.from.write(b, m.Live)
	for _, r := range sh.restarts {
		if r.at > g.answer.s && r.at <= g.answer.e {
			fmt.Fprintf(b, "    %s %s\n", clock(time.UnixMilli(r.at)), r.how)
		}
	}
	for _, e := range g.eventsOf(sh, p) {
		fmt.Fprintf(b, "    %s %s\n", clock(e.Time), e.text())
	}
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
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n%s: %s\n", g.asked.view, g.labels, clock(time.UnixMilli(g.asked.e)), g.asked.coveredText())
	if value, who, ok := g.answer(); ok {
		fmt.Fprintf(&b, "%s: %s", g.asked.view.Combine, value)
		if who != "" {
			fmt.Fprintf(&b, ", of %s", who)
		}
		b.WriteByte('\n')
	}
	for i := range g.members {
		m := &g.members[i]
		fmt.Fprintf(&b, "  %s: %v of %d series, read %s before", m.instance, m.value, m.series, m.age)
		if m.changed != 0 {
			fmt.Fprintf(&b, ", changed %s", clock(time.UnixMilli(m.changed)))
		}
		b.WriteByte('\n')
		m.from.write(&b, true)
	}
	for _, v := range g.variants {
		fmt.Fprintf(&b, "  %s\n", v)
	}
	writeWarnings(&b, g.said)
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
	text := fmt.Sprintf("%s %s not known", g.Labels(), what)
	if ok {
		text = fmt.Sprintf("%s %s %s", g.Labels(), what, x)
	}
	text += "; " + g.Coverage().String()
	if n := len(g.Warnings()); n > 0 {
		text += fmt.Sprintf("; warnings: %d", n)
	}
	return text
}

// provenance is where the data of an instance comes from, and on what evidence.
type provenance struct {
	targets      []string // also those of its duplicates
	first, last  int64    // accepted scrapes
	scrapes      int      // accepted in all
	incarnations int
	by           identity.Evidence // behind a balancer: why its latest scrape was attributed to it
	provisional  bool              // what the latest one grew by may be another process'
	alternating  bool              // its address reaches several processes
}

// provenance returns that of an instance, made once for all groups.
func (q *question) provenance(in *instance) *provenance {
	p, ok := q.provenances[in]
	if !ok {
		p = new(provenance)
		in.tell(p)
		if q.provenances == nil {
			q.provenances = map[*instance]*provenance{}
		}
		q.provenances[in] = p
	}
	return p
}

// write writes where the data of an instance comes from.
func (in *instance) tell(p *provenance) {
	p.targets = in.targets[:len(in.targets):len(in.targets)]
	p.first, p.last, p.scrapes, p.incarnations = in.first, in.last, in.version, in.incarnation
	p.by, p.provisional, p.alternating = in.by, in.provisional, in.alternates
	if in.Twins != nil {
		p.targets = in.addresses()
	}
}

func (p *provenance) write(b *strings.Builder, live bool) {
	fmt.Fprintf(b, "    at %s: %d scrapes from %s to %s", strings.Join(p.targets, ", "), p.scrapes,
		clock(time.UnixMilli(p.first)), clock(time.UnixMilli(p.last)))
	if p.incarnations > 1 {
		fmt.Fprintf(b, ", process %d", p.incarnations)
	}
	if p.by != 0 {
		fmt.Fprintf(b, ", told by its %s", p.by)
	}
	if p.provisional {
		b.WriteString(", the latest growth may be another process'")
	}
	if p.alternating {
		b.WriteString(", other processes answer there, too")
	}
	if !live {
		b.WriteString(", not live")
	}
	b.WriteByte('\n')
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
		text += "; missing " + few(missing)
	}
	return text
}

// few lists the first names and the number of the others.
func few(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func writeWarnings(b *strings.Builder, list []string) {
	for _, w := range list {
		fmt.Fprintf(b, "  ! %s\n", w)
	}
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z") }

// withoutName returns the labels of a series without the metric's name.
func withoutName(l labels.Labels) labels.Labels {
	return labels.NewBuilder(l).Del(model.MetricNameLabel).Labels()
}
