package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/show"
)

// watch is a fleet, its views, and the targets that fail.
type watch struct {
	fleet     *aggregate.Fleet
	views     []view
	levels    []float64
	window    time.Duration // or sinceStart
	balancers []balancer
	screen    *screen
	answered  bool
	failing   map[string]string // the reason, by target
}

// view is a declared spec; the field of its kind is set.
type view struct {
	spec
	counter   *aggregate.CounterView
	gauge     *aggregate.GaugeView
	histogram *aggregate.HistogramView
}

func newWatch(o options, s *screen) (*watch, error) {
	fleet, err := aggregate.NewFleet(aggregate.Config{Window: o.window})
	if err != nil {
		return nil, err
	}
	w := &watch{fleet: fleet, levels: o.levels, window: o.window, balancers: o.balancers, screen: s, failing: map[string]string{}}
	return w, w.declare(o.specs)
}

func (w *watch) declare(specs []spec) (err error) {
	for _, s := range specs {
		d, v := view{spec: s}, s.view(w.window == sinceStart)
		switch s.kind {
		case counterKind:
			d.counter, err = w.fleet.Counter(v)
		case gaugeKind:
			d.gauge, err = w.fleet.Gauge(v)
		case histogramKind:
			d.histogram, err = w.fleet.Histogram(v)
		}
		if err != nil {
			return fmt.Errorf("-%s %s: %w", s.kind, s.text, err)
		}
		w.views = append(w.views, d)
	}
	return nil
}

// target describes a target to the fleet.
func (w *watch) target(name string) aggregate.Target {
	instances, balanced := w.balanced(name)
	return aggregate.Target{Name: name, Balanced: balanced, Expected: instances}
}

// balanced reports whether a target is a load balancer, and how many instances
// are behind it.
func (w *watch) balanced(target string) (instances int, ok bool) {
	for _, b := range w.balancers {
		if matches(b.glob, target) {
			return b.instances, true
		}
	}
	return 0, false
}

// note records the result of a scrape. It prints a line when a target starts to
// fail, fails for another reason, or answers again.
func (w *watch) note(target string, at time.Time, err error) {
	before := w.failing[target]
	switch {
	case errors.Is(err, aggregate.ErrLate), errors.Is(err, aggregate.ErrConflict):
		w.say(target, at, show.Reason(err, target, at)) // the target is fine: another scrape of it was accepted
	case err != nil:
		if w.failing[target] = show.Reason(err, target, at); w.failing[target] != before {
			w.say(target, at, w.failing[target])
		}
	default:
		w.answered = true
		if delete(w.failing, target); before != "" {
			w.say(target, at, "answers again")
		}
	}
}

func (w *watch) say(target string, at time.Time, what string) {
	w.screen.say(fmt.Sprintf("%s  %s: %s", at.UTC().Format(time.TimeOnly), target, what))
}
