package aggregate

import (
	"cmp"

	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
)

// elect returns who leads, or why nobody does. One that joined after the first round leads from its first scrape.
func elect(q *question) (leader string, said []string) {
	var e gauge.Elections
	for x, b := range q.possible(q.v) {
		if len(b.Lines(x.in.Plan)) == 0 {
			continue
		}
		c := x.in.bindings[q.v.elects.index]
		for _, l := range c.Lines(x.in.Plan) {
			e.Held(c.labelsOf(int(l.Col)).Get(declare.Election))
		}
	}
	for x, b := range q.possible(q.v.elects) {
		for i, l := range b.Lines(x.in.Plan) {
			if b.reading(x.in, i).Value == 1 {
				e.Claim(b.labelsOf(int(l.Col)).Get(declare.Election), gauge.Candidate{
					Name: x.in.name, Since: b.LastChange(int(l.Col), x.in.First, q.m.opening), Last: x.in.Last, Failed: x.silent,
				})
			}
		}
	}
	return e.Leader(q.v.elects.Selector.String())
}

// readShares gathers the shares of the limit; the groups are those of the limit. Where an instance has several in a
// group, View.Within says what they make; else its value is the highest, or with Min the lowest.
func (a *gaugeAnswer) readShares() {
	q := a.q
	within := cmp.Or(q.v.Within, gauge.Max)
	if q.v.Within == 0 && q.v.Combine == gauge.Min {
		within = gauge.Min
	}
	for x, den := range q.possible(q.v.limit) {
		in, num := x.in, x.in.bindings[q.v.index]
		limits := gauge.Limits{Sentinels: q.v.Sentinels}
		for i, e := range den.Lines(in.Plan) {
			r := den.reading(in, i)
			limits.Add(int(e.Col), r.Line.Labels(), r.Value)
		}
		for i := range num.Lines(in.Plan) {
			r := num.reading(in, i)
			if !limits.Use(r.Line.Labels(), r.Value) && x.live() { // of those in doubt nothing is said
				a.common.Add(explain.NoLimit, in.name, 1)
			}
		}
		cols := make([]gauge.Body, len(den.Cols))
		for c, s := range limits.Shares() {
			g := a.group(den.labelsOf(c))
			if s.Refusal == "" {
				cols[c].Within = within
				cols[c].Add(s.Value, in.Last, false)
			} else if x.live() {
				g.gauge.Excluded.Add(s.Refusal, in.name, 1)
			}
		}
		for c := range cols {
			if cols[c].Lines > 0 {
				a.group(den.labelsOf(c)).add(q, x, &cols[c], 0)
			}
		}
	}
}
