package cases

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// Answer is what a fleet answers to an Ask.
type Answer struct {
	promfold.Estimate
	OK         bool      // there is an answer
	Start, End time.Time // of the window asked: (Start, End]
	Covers     [2]time.Time
	Who        string // who is the hottest
	Warnings   []string
}

// doubled matches a warning that an answer may count one process twice.
var doubled = regexp.MustCompile(`possible duplicate|may be one process|may be doubled`)

// Doubled reports whether the answer warns that it may count one process twice.
func (a *Answer) Doubled() bool { return doubled.MatchString(strings.Join(a.Warnings, "\n")) }

// Ask asks the fleet. Groups are added up; consensus, mean, stddev, over, quantile
// and share are asked of one group.
func (f *Fleet) Ask(a *Ask) (Answer, error) {
	s := f.fleet.Snapshot(Epoch.Add(a.At))
	w := s.SinceStart()
	if a.Window != 0 {
		w = s.Last(a.Window)
	}
	answer := Answer{Start: w.Start(), End: w.End()}
	groups, err := f.views[a.View].in(s, w)
	if err != nil {
		return answer, err
	}
	for _, g := range groups {
		answer.Warnings = append(answer.Warnings, g.Warnings()...)
		if c := countsOf(g); c != nil {
			answer.Covers[0], answer.Covers[1] = c.Covers()
		}
	}
	switch a.Question.Word {
	case "groups":
		answer.set(float64(len(groups)))
		return answer, nil
	case "reporting":
		answer.set(float64(s.Coverage().Reporting))
		return answer, nil
	}
	ask, summed := sums[a.Question.Word]
	if !summed {
		ask = a.Question.one
		if len(groups) > 1 {
			return answer, fmt.Errorf("%s is asked of one group, there are %d", a.Question.Word, len(groups))
		}
	}
	for _, g := range groups {
		e, ok, err := ask(g)
		if err != nil {
			return answer, err
		}
		if c := countsOf(g); c != nil {
			hot, _ := c.Hottest()
			answer.Who = hot.Instance
		}
		if ok {
			answer.OK = true
			answer.Value, answer.Lo, answer.Hi = answer.Value+e.Value, answer.Lo+e.Lo, answer.Hi+e.Hi
		}
	}
	return answer, nil
}

func (a *Answer) set(x float64) { a.Estimate, a.OK = promfold.Estimate{Value: x, Lo: x, Hi: x}, true }

// in returns the groups of a view in a window, or at its end.
func (v view) in(s aggregate.Snapshot, w aggregate.Window) (groups []aggregate.Group, err error) {
	switch {
	case v.counter != nil:
		list, err := v.counter.In(w)
		for _, g := range list {
			groups = append(groups, g)
		}
		return groups, err
	case v.gauge != nil:
		list, err := v.gauge.At(s)
		for _, g := range list {
			groups = append(groups, g)
		}
		return groups, err
	case v.histogram != nil:
		list, err := v.histogram.In(w)
		for _, g := range list {
			groups = append(groups, g)
		}
		return groups, err
	}
	return nil, errors.New("no such view")
}

// countsOf returns a group as a counter's, of a histogram that of its
// observations, and nil for a gauge.
func countsOf(g aggregate.Group) *aggregate.CounterGroup {
	switch g := g.(type) {
	case *aggregate.CounterGroup:
		return g
	case *aggregate.HistogramGroup:
		return g.Observations()
	}
	return nil
}

type asker = func(aggregate.Group) (promfold.Estimate, bool, error)

// sums are the questions whose answers add up over groups.
var sums = map[string]asker{
	"increase": counting((*aggregate.CounterGroup).Increase),
	"count":    counting((*aggregate.CounterGroup).Increase),
	"rate":     counting((*aggregate.CounterGroup).Rate),
	"ratenow":  counting((*aggregate.CounterGroup).RateNow),
	"lo": counting(func(g *aggregate.CounterGroup) (promfold.Estimate, bool) {
		e, ok := g.Increase()
		return promfold.Estimate{Value: e.Lo, Lo: e.Lo, Hi: e.Lo}, ok
	}),
}

var errKind = errors.New("the view is of another kind")

func counting(ask func(*aggregate.CounterGroup) (promfold.Estimate, bool)) asker {
	return func(g aggregate.Group) (promfold.Estimate, bool, error) {
		c := countsOf(g)
		if c == nil {
			return promfold.Estimate{}, false, errKind
		}
		e, ok := ask(c)
		return e, ok, nil
	}
}

// one answers the questions that are asked of one group.
func (q Question) one(g aggregate.Group) (e promfold.Estimate, ok bool, err error) {
	exactly := func(x float64, ok bool) (promfold.Estimate, bool, error) {
		return promfold.Estimate{Value: x, Lo: x, Hi: x}, ok, nil
	}
	h, isHistogram := g.(*aggregate.HistogramGroup)
	gauge, isGauge := g.(*aggregate.GaugeGroup)
	switch {
	case q.Word == "share" && !isGauge:
		m, ok := countsOf(g).Hottest()
		return m.Share, ok, nil
	case q.Word == "hottest" && !isGauge:
		m, ok := countsOf(g).Hottest()
		return m.Estimate, ok, nil
	case q.Word == "over" && isHistogram:
		e, ok = h.Over(q.Param)
	case q.Word == "quantile" && isHistogram:
		e, ok = h.Quantile(q.Param)
	case q.Word == "mean" && isHistogram:
		e, ok = h.Mean()
	case q.Word == "sum" && isHistogram:
		e, ok = h.Sum()
	case q.Word == "consensus" && isGauge:
		e, ok = gauge.Value()
	case q.Word == "mean" && isGauge:
		return exactly(gauge.Mean())
	case q.Word == "stddev" && isGauge:
		return exactly(gauge.Stddev())
	default:
		return e, false, errKind
	}
	return e, ok, nil
}

// rounding is how far, relatively, a number may be off that was computed in
// floating point.
const rounding = 1e-9

// Holds reports whether x lies in the answer's interval. An absent answer holds
// anything.
func (a *Answer) Holds(x float64) bool {
	slack := rounding * math.Abs(x)
	return !a.OK || a.Lo <= x+slack && x-slack <= a.Hi
}

// meets returns what is wrong with an answer, or nothing.
func (e Expectation) meets(a *Answer) string {
	near := a.OK && math.Abs(a.Value-e.X) <= max(e.Percent/100, rounding)*math.Abs(e.X)
	good := false
	switch e.Word {
	case "holds":
		good = a.Holds(e.X)
	case "value":
		good = near
	case "warns-or-value":
		good = near || a.OK && a.Doubled()
	case "atmost":
		good = !a.OK || a.Value <= e.X*(1+rounding)
	case "none":
		good = !a.OK
	}
	switch {
	case good:
		return ""
	case !a.OK:
		return "no answer"
	}
	return a.Estimate.String()
}

// Run carries out the case and returns what does not hold, each with its line.
func (c *Case) Run() (wrong []error) {
	f, err := NewFleet(c)
	if err != nil {
		return []error{fmt.Errorf("%s:%d: %w", c.file, c.line, err)}
	}
	for i, s := range c.Steps {
		if err := f.check(s); err != nil {
			line := c.line
			if i < len(c.lines) {
				line = c.lines[i]
			}
			wrong = append(wrong, fmt.Errorf("%s:%d: %w", c.file, line, err))
		}
	}
	return wrong
}

// check carries out one step and returns what is wrong with it.
func (f *Fleet) check(s Step) error {
	a, ok := s.(*Ask)
	if !ok {
		return f.Tell(s)
	}
	answer, err := f.Ask(a)
	if err != nil {
		return err
	}
	if text := a.Expect.meets(&answer); text != "" {
		return fmt.Errorf("%s %s %s: %s", a.View, a.Question, a.Expect, text)
	}
	return nil
}
