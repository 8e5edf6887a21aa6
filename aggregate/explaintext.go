package aggregate

import (
	"fmt"
	"strings"
	"time"

	"github.com/promfold/promfold/internal/judge"
)

// String is the explanation as text, with times in UTC: what was asked, what
// the group has, then each member with its growth, the time it covers, and what
// happened to it.
func (x Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n%s to %s: %s\n", x.Question, x.Labels, clock(x.From), clock(x.To), x.covered(x.Missing))
	if x.HasIncrease {
		fmt.Fprintf(&b, "increase %s", x.Increase)
	} else {
		b.WriteString("increase not known")
	}
	if x.HasRate {
		fmt.Fprintf(&b, ", %.6g/s", x.Rate.Value)
	}
	if a := x.Asymmetry; x.HasAsymmetry && a.Members > 1 {
		fmt.Fprintf(&b, "; %s has %.3g %% of the rate, %.3g times the mean of %d (variation %.3g)", a.Hottest, 100*a.Share, a.Peak, a.Members, a.CV)
	}
	b.WriteByte('\n')
	for i := range x.Members {
		x.Members[i].write(&b)
	}
	writeWarnings(&b, x.Warnings())
	return b.String()
}

func (m *MemberExplanation) write(b *strings.Builder) {
	fmt.Fprintf(b, "  %s: ", m.Instance)
	if m.HasRate && !m.Older {
		fmt.Fprintf(b, "increase %s", m.Increase)
	} else {
		b.WriteString("increase not known")
	}
	if m.HasRate {
		fmt.Fprintf(b, ", %.6g/s × %.3g", m.Rate, m.Weight)
	}
	if m.Share > 0 {
		fmt.Fprintf(b, ", %.3g %%", 100*m.Share)
	}
	fmt.Fprintf(b, "\n    %d scrapes since %s, %s observed", m.Steps, clock(m.Since), m.Covers)
	if m.Older {
		b.WriteString(": none in the window, the rate is that of the latest step")
	}
	b.WriteByte('\n')
	m.Provenance.write(b, m.Live)
	for _, e := range m.Events {
		fmt.Fprintf(b, "    %s\n", e)
	}
}

func (p *Provenance) write(b *strings.Builder, live bool) {
	fmt.Fprintf(b, "    at %s: %d scrapes from %s to %s", strings.Join(p.Targets, ", "), p.Scrapes, clock(p.First), clock(p.Last))
	if p.Incarnations > 1 {
		fmt.Fprintf(b, ", process %d", p.Incarnations)
	}
	if p.Attributed != 0 {
		fmt.Fprintf(b, ", told by its %s", p.Attributed)
	}
	if p.Provisional {
		b.WriteString(", the latest not confirmed yet")
	}
	if p.Alternating {
		b.WriteString(", other processes answer there, too")
	}
	if !live {
		b.WriteString(", not live")
	}
	b.WriteByte('\n')
	for _, r := range p.Restarts {
		fmt.Fprintf(b, "    %s %s\n", clock(r.Time), r.Evidence)
	}
}

// String is the event as a line of text.
func (e Event) String() string {
	text := fmt.Sprintf("%s %d series: %s", clock(e.Time), e.Series, e.Verdict)
	if e.Verdict == judge.Gap && e.Note != "" {
		text = fmt.Sprintf("%s %d histograms: not read", clock(e.Time), e.Series)
	}
	for _, s := range []string{e.Flags.String(), e.Note} {
		if s != "" {
			text += ", " + s
		}
	}
	if e.Below != 0 || e.Above != 0 {
		text += fmt.Sprintf(" (−%.6g %+.6g)", e.Below, e.Above)
	}
	return text
}

// String is the explanation as text, with times in UTC.
func (x GaugeExplanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n%s: %s\n", x.Question, x.Labels, clock(x.Time), x.covered(x.Missing))
	if x.HasValue {
		fmt.Fprintf(&b, "%s: %v", x.Meaning, x.Value)
		if x.Instance != "" {
			fmt.Fprintf(&b, ", of %s", x.Instance)
		}
		b.WriteByte('\n')
	}
	for i := range x.Members {
		m := &x.Members[i]
		fmt.Fprintf(&b, "  %s: %v of %d series, read %s before", m.Instance, m.Value, m.Series, m.Age)
		if !m.Changed.IsZero() {
			fmt.Fprintf(&b, ", changed %s", clock(m.Changed))
		}
		b.WriteByte('\n')
		m.Provenance.write(&b, true)
	}
	writeWarnings(&b, x.Warnings())
	return b.String()
}

func (g *Group) covered(missing []string) string {
	text := g.Coverage().String()
	if len(missing) > 0 {
		text += "; missing " + few(missing)
	}
	return text
}

// few lists names, but not more than can be read at a glance.
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

// String is the value, with the interval where it is not a point.
func (a Answer) String() string {
	if a.Lo == a.Value && a.Hi == a.Value {
		return fmt.Sprintf("%.6g", a.Value)
	}
	return fmt.Sprintf("%.6g [%.6g, %.6g]", a.Value, a.Lo, a.Hi)
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z") }
