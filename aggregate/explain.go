package aggregate

import (
	"fmt"
	"strings"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
)

// Explain implements [Group]. The members' increases add up to the group's, and their rates times their weights to its
// rate.
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
	x := explain.Counter{View: a.view.String(), Group: g.labels.String(), Covered: a.coveredText(), Warnings: g.Warnings()}
	g.growth.Explain(&x)
	x.Write(b)
}

// String returns one line.
func (g *CounterGroup) String() string {
	x, ok := g.Increase()
	return summary(g, "increase", x, ok)
}

// Explain implements [Group].
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

// String returns one line.
func (g *RatioGroup) String() string {
	x, ok := g.Ratio()
	return summary(g, "ratio", x, ok)
}

// Explain implements [Group].
func (g *GaugeGroup) Explain() string {
	if g.asked == nil {
		return ""
	}
	a := g.asked
	x := explain.Gauge{
		View: a.view.String(), Group: g.labels.String(), At: a.e, Covered: a.coveredText(), Combine: a.view.Combine.String(), Warnings: g.said,
	}
	g.gauge.Explain(&x)
	var b strings.Builder
	x.Write(&b)
	return b.String()
}

// String returns one line.
func (g *GaugeGroup) String() string {
	if g.asked == nil || g.asked.view.Combine == 0 || g.asked.view.Combine == gauge.Distinct {
		return summary(g, "value", estimate{}, false)
	}
	x, ok := g.Value()
	return summary(g, g.asked.view.Combine.String(), x, ok)
}

// summary returns a group with its number and coverage as one line.
func summary(g Group, what string, x estimate, ok bool) string {
	return explain.Summary(g.Labels().String(), what, explain.Number{Estimate: x, Known: ok}, g.Coverage().String(), len(g.Warnings()))
}

func (a *asked) coveredText() string {
	text := a.covered.String()
	if missing := a.missing(); len(missing) > 0 {
		text += "; missing " + explain.Few(missing)
	}
	return text
}

// Explain implements [Group].
func (g *HistogramGroup) Explain() string { return g.Observations().Explain() }

// String returns one line.
func (g *HistogramGroup) String() string {
	x, ok := g.Observations().Increase()
	return summary(g, "observations", x, ok)
}
