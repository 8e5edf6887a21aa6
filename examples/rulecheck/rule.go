package main

import (
	"fmt"
	"io"
	"math"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// rule finds one kind of wrong expression.
type rule struct {
	name string
	what string // the expression, in words
	why  string // it is wrong, in a sentence
	// find returns what is wrong with the node at the end of path; nil if nothing.
	find func(k *knowledge, n parser.Expr, path []parser.Node) *match
}

// rules are all rules, in the order in which they are asked; the first that
// finds something in a node is believed.
var rules = []rule{
	rateOfSum, sumOfCounters, meanOfQuantiles, quantileOfQuantiles, maxByLE, maxOverMax, sumOfFacts, rateOfGauge, leaderMax, noMatch, goneMetric,
}

func printRules(w io.Writer) {
	for _, r := range rules {
		fmt.Fprintf(w, "%-21s %s\n%-21s %s\n", r.name, r.what, "", r.why)
	}
}

// match is a suspicion: a part of an expression, and an input on which it is
// to be wrong.
type match struct {
	part  parser.Expr
	input *input
	asked string // what both numbers are, in words
	// read takes the number out of the engine's answer; nil takes the only value.
	read func(promql.Vector) (float64, bool)
	// ours declares a view and returns what asks it.
	ours   func(f *aggregate.Fleet) (ask, error)
	promql string // what to ask instead, empty where PromQL cannot
	view   string // what to ask instead, of the library
	note   string // what else to know; may be empty
	// meant says that somebody may want the number as it is, and know its limits:
	// the finding is a note, which does not change the exit status.
	meant bool
	// empty says that the expression is wrong as it has no result.
	empty bool
}

// ask asks a view about the window of an input.
type ask func(s aggregate.Snapshot, w aggregate.Window) (promfold.Estimate, bool, error)

// proof is what both answered.
type proof struct {
	theirs     float64
	answered   bool // by the engine
	ours       promfold.Estimate
	oursExists bool
}

// difference is how far apart two numbers are when one of them is wrong, as a
// part of the larger one.
const difference = 0.1

// wrong reports whether the engine's number is not the library's. That it has none
// is wrong where the rule is about that.
func (p proof) wrong(empty bool) bool {
	if !p.oursExists || p.answered == empty {
		return false
	}
	o := p.ours.Value
	return !p.answered || math.IsNaN(p.theirs) || math.Abs(p.theirs-o) > difference*max(math.Abs(o), math.Abs(p.theirs))
}

// prove asks both. The error is that of an expression which cannot be asked.
func (m *match) prove() (p proof, err error) {
	v, err := m.input.ask(m.part)
	if err != nil {
		return p, err
	}
	switch {
	case m.read != nil:
		p.theirs, p.answered = m.read(v)
	case len(v) == 1:
		p.theirs, p.answered = v[0].F, true
	case len(v) > 1:
		return p, fmt.Errorf("%d values", len(v))
	}
	f, err := aggregate.NewFleet(aggregate.Config{Window: m.input.window})
	if err != nil {
		return p, err
	}
	question, err := m.ours(f)
	if err != nil {
		return p, err
	}
	if err := m.input.ingest(f); err != nil {
		return p, err
	}
	s := f.Snapshot(end)
	p.ours, p.oursExists, err = question(s, s.Last(m.input.window))
	return p, err
}

// The questions that rules ask.

// single returns the answer of the only group.
func single[G any](groups []G, err error, read func(G) (promfold.Estimate, bool)) (promfold.Estimate, bool, error) {
	if err != nil || len(groups) != 1 {
		return promfold.Estimate{}, false, err
	}
	e, ok := read(groups[0])
	return e, ok, nil
}

func askCounter(v aggregate.View, read func(*aggregate.CounterGroup) (promfold.Estimate, bool)) func(*aggregate.Fleet) (ask, error) {
	return func(f *aggregate.Fleet) (ask, error) {
		view, err := f.Counter(v)
		return func(_ aggregate.Snapshot, w aggregate.Window) (promfold.Estimate, bool, error) {
			groups, err := view.In(w)
			return single(groups, err, read)
		}, err
	}
}

func askHistogram(v aggregate.View, read func(*aggregate.HistogramGroup) (promfold.Estimate, bool)) func(*aggregate.Fleet) (ask, error) {
	return func(f *aggregate.Fleet) (ask, error) {
		view, err := f.Histogram(v)
		return func(_ aggregate.Snapshot, w aggregate.Window) (promfold.Estimate, bool, error) {
			groups, err := view.In(w)
			return single(groups, err, read)
		}, err
	}
}

func askGauge(v aggregate.View, read func(*aggregate.GaugeGroup) (promfold.Estimate, bool)) func(*aggregate.Fleet) (ask, error) {
	return func(f *aggregate.Fleet) (ask, error) {
		view, err := f.Gauge(v)
		return func(s aggregate.Snapshot, _ aggregate.Window) (promfold.Estimate, bool, error) {
			groups, err := view.At(s)
			return single(groups, err, read)
		}, err
	}
}
