package main

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

var rateOfGauge = rule{
	name: "rate-of-gauge",
	what: "a rate of a gauge",
	why:  "A gauge falls. The rate takes each fall for a reset, and counts the whole value after it as growth.",
	find: func(k *knowledge, n parser.Expr, _ []parser.Node) *match {
		c, ok := call(n, "rate", "increase", "irate")
		if !ok || n != strip(n) {
			return nil
		}
		s, ok := ranged(c.Args[0])
		if !ok || !k.isGauge(s.Name) {
			return nil
		}
		in := newInput(c, nil)
		in.say("a holds 100 and 80 in turn")
		in.add("a", s, "gauge", func(i int) float64 { return 100 - 20*float64(i%2) })
		view := aggregate.View{Select: selector(s, s.Name), Combine: aggregate.Sum, Window: in.window}
		seconds, asked := in.window.Seconds(), "per second; the library: the range of the value, over the window"
		if c.Func.Name == "increase" {
			seconds, asked = 1, "increase; the library: the range of the value, which it cannot exceed"
		}
		m := &match{
			part: c, input: in, asked: asked, ours: askRange(view, seconds),
			promql: fmt.Sprintf("delta(%s[%s])", s, rangeOf(c)),
			view:   "fleet.Gauge(" + viewOf(view) + ").Over",
			note:   fmt.Sprintf("for the value itself: avg_over_time(%s[%s])", s, rangeOf(c)),
		}
		if s.Name == "workqueue_unfinished_work_seconds" {
			m.meant = true // its HELP: “the rate at which this increases” is the number of stuck threads
			m.note = fmt.Sprintf("the rate at which it increases, of which its HELP speaks, is deriv(%s[%s]) as long as nothing is finished", s, rangeOf(c))
		}
		return m
	},
}

// askRange asks how far a gauge moved in the window, divided by seconds.
func askRange(v aggregate.View, seconds float64) func(*aggregate.Fleet) (ask, error) {
	return func(f *aggregate.Fleet) (ask, error) {
		view, err := f.Gauge(v)
		return func(_ aggregate.Snapshot, w aggregate.Window) (promfold.Estimate, bool, error) {
			groups, err := view.Over(w)
			if err != nil || len(groups) != 1 {
				return promfold.Estimate{}, false, err
			}
			most, ok1 := groups[0].Max()
			least, ok2 := groups[0].Min()
			d := (most.Value - least.Value) / seconds
			return promfold.Estimate{Value: d, Lo: d, Hi: d}, ok1 && ok2, nil
		}, err
	}
}
