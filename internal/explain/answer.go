package explain

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/promfold/promfold"
)

// Number is an estimate, if it is known.
type Number struct {
	promfold.Estimate
	Known bool
}

// Counter is the answer for one group of a counter.
type Counter struct {
	View, Group string
	From, To    int64 // Unix ms
	Covered     string
	Increase    Number
	Rate        Number
	Uneven      Asymmetry // of no members if it is not known
	Members     []Member
	Mean        float64 // what the members' rates times their weights make
	Warnings    []string
}

// Member is an instance in a Counter. Its increase times its weight is what it
// gave to the group's.
type Member struct {
	Name     string
	Increase Number
	Rate     Number
	Weight   float64
	Share    float64 // of the rates; 0: none
	Steps    int
	Since    int64 // Unix ms
	Covers   time.Duration
	Older    bool // no step in the window
	Live     bool
	Source   *Source
	Restarts []Restart
	Events   []Event
}

// Restart is a scrape that found another process, in words.
type Restart struct {
	At      int64
	What    string
	Guessed bool // from falling counters alone
}

// Source is where the data of an instance comes from, and on what evidence.
type Source struct {
	Targets      []string // also those of its duplicates
	First, Last  int64    // accepted scrapes
	Scrapes      int      // accepted in all
	Incarnations int
	By           string // behind a balancer: why its latest scrape was attributed to it
	Provisional  bool   // what the latest one grew by may be another process'
	Alternating  bool   // its address reaches several processes
}

// Write writes the answer, member by member.
func (c *Counter) Write(b *strings.Builder) {
	fmt.Fprintf(b, "%s %s\n%s to %s: %s\n", c.View, c.Group, clock(c.From), clock(c.To), c.Covered)
	c.Increase.write(b)
	if c.Rate.Known {
		fmt.Fprintf(b, ", %.6g/s", c.Rate.Value)
		c.writeMoved(b)
	}
	if x := c.Uneven; x.Members > 1 {
		fmt.Fprintf(b, "; while it lived %s was %.3g times as fast as the mean of %d (variation %.3g)", x.Hottest, x.Peak, x.Members, x.CV)
	}
	b.WriteByte('\n')
	for i := range c.Members {
		c.Members[i].write(b, c.From, c.To)
	}
	writeWarnings(b, c.Warnings)
}

// writeMoved says where the rate is not what the members' make but the nearer one of its bounds: not all that a member grew
// by was in the window, or the part of it that certainly was is more than its rate makes of it.
func (c *Counter) writeMoved(b *strings.Builder) {
	which := ""
	switch x := c.Rate; {
	case math.Abs(x.Value-c.Mean) <= 1e-9*math.Abs(x.Value):
		return
	case x.Value == x.Lo:
		which = "lower"
	case x.Value == x.Hi:
		which = "upper"
	default:
		return
	}
	fmt.Fprintf(b, " (the %s bound: the members' rates make %.6g/s)", which, c.Mean)
}

func (n *Number) write(b *strings.Builder) {
	if n.Known {
		fmt.Fprintf(b, "increase %s", n.Estimate)
	} else {
		b.WriteString("increase not known")
	}
}

func (m *Member) write(b *strings.Builder, from, to int64) {
	fmt.Fprintf(b, "  %s: ", m.Name)
	m.Increase.write(b)
	if m.Rate.Known {
		fmt.Fprintf(b, ", %.6g/s × %.3g", m.Rate.Value, m.Weight)
	}
	if m.Share > 0 {
		fmt.Fprintf(b, ", %.3g %%", 100*m.Share)
	}
	fmt.Fprintf(b, "\n    %s since %s, %s observed", Count(m.Steps, "step"), clock(m.Since), m.Covers)
	if m.Older {
		b.WriteString(": none in the window, the rate is that of the latest step")
	}
	b.WriteByte('\n')
	m.Source.write(b, m.Live)
	for _, r := range m.Restarts {
		if r.At > from && r.At <= to {
			fmt.Fprintf(b, "    %s %s\n", clock(r.At), r.What)
		}
	}
	for i := range m.Events {
		fmt.Fprintf(b, "    %s %s\n", Clock(m.Events[i].Time), m.Events[i].text())
	}
}

func (s *Source) write(b *strings.Builder, live bool) {
	fmt.Fprintf(b, "    at %s: %s from %s to %s", strings.Join(s.Targets, ", "), Count(s.Scrapes, "scrape"), clock(s.First), clock(s.Last))
	if s.Incarnations > 1 {
		fmt.Fprintf(b, ", process %d", s.Incarnations)
	}
	if s.By != "" {
		fmt.Fprintf(b, ", told by its %s", s.By)
	}
	if s.Provisional {
		b.WriteString(", the latest growth may be another process'")
	}
	if s.Alternating {
		b.WriteString(", other processes answer there, too")
	}
	if !live {
		b.WriteString(", not live")
	}
	b.WriteByte('\n')
}

// Gauge is the answer for one group of a gauge.
type Gauge struct {
	View, Group string
	At          int64 // Unix ms
	Covered     string
	Combine     string
	Value       Number
	Who         string // whose value it is; empty: of all
	Members     []Reading
	Variants    []string
	Warnings    []string
}

// Span returns the answer about a gauge from s to e, in Unix ms; members writes who
// is in it.
func Span(view, group string, s, e int64, covered string, members func(*strings.Builder), warnings []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n%s to %s: %s\n", view, group, clock(s), clock(e), covered)
	members(&b)
	writeWarnings(&b, warnings)
	return b.String()
}

// Reading is an instance in a Gauge.
type Reading struct {
	Name    string
	Value   float64
	Series  int
	Age     time.Duration
	Changed int64 // Unix ms; 0: it was not seen to
	Source  *Source
}

// Write writes the answer, member by member.
func (g *Gauge) Write(b *strings.Builder) {
	fmt.Fprintf(b, "%s %s\n%s: %s\n", g.View, g.Group, clock(g.At), g.Covered)
	if g.Value.Known {
		fmt.Fprintf(b, "%s: %s", g.Combine, g.Value.Estimate)
		if g.Who != "" {
			fmt.Fprintf(b, ", of %s", g.Who)
		}
		b.WriteByte('\n')
	}
	for i := range g.Members {
		m := &g.Members[i]
		fmt.Fprintf(b, "  %s: %v of %d series, read %s before", m.Name, m.Value, m.Series, m.Age)
		if m.Changed != 0 {
			fmt.Fprintf(b, ", changed %s", clock(m.Changed))
		}
		b.WriteByte('\n')
		m.Source.write(b, true)
	}
	for _, v := range g.Variants {
		fmt.Fprintf(b, "  %s\n", v)
	}
	writeWarnings(b, g.Warnings)
}

// Summary returns a group with its number, coverage and how many warnings there
// are, as one line.
func Summary(group, what string, x Number, covered string, warnings int) string {
	text := fmt.Sprintf("%s %s not known", group, what)
	if x.Known {
		text = fmt.Sprintf("%s %s %s", group, what, x.Estimate)
	}
	text += "; " + covered
	if warnings > 0 {
		text += fmt.Sprintf("; warnings: %d", warnings)
	}
	return text
}
