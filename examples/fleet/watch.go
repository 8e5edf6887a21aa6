package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/example"
)

// watch is a fleet, its views, and the targets that fail.
type watch struct {
	o        options
	fleet    *aggregate.Fleet
	views    []view
	screen   *example.Screen
	answered bool
	shown    bool              // a document was
	failing  map[string]string // the reason, by target
}

// view is a declared spec; the field of its kind is set.
type view struct {
	spec
	counter   *aggregate.CounterView
	gauge     *aggregate.GaugeView
	histogram *aggregate.HistogramView
}

func newWatch(o options, s *example.Screen) (*watch, error) {
	config := aggregate.Config{Window: o.window}
	if len(o.endpoints) == 0 && o.Dir == "" {
		config.ClockSkew = time.Second // the recording inside was made on the machine of the servers
	}
	fleet, err := aggregate.NewFleet(config)
	if err != nil {
		return nil, err
	}
	w := &watch{o: o, fleet: fleet, screen: s, failing: map[string]string{}}
	return w, w.declare(o.specs)
}

func (w *watch) declare(specs []spec) (err error) {
	for _, s := range specs {
		d, v := view{spec: s}, s.view(w.o.window == sinceStart)
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
	for _, b := range w.o.balancers {
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
		w.say(target, at, example.Reason(err, target, at)) // the target is fine: another scrape of it was accepted
	case err != nil:
		if w.failing[target] = example.Reason(err, target, at); w.failing[target] != before {
			w.say(target, at, w.failing[target])
		}
	default:
		w.answered = true
		if delete(w.failing, target); before != "" {
			w.say(target, at, "answers again")
		}
	}
}

// show prints the answers. In JSON a misspelt metric looks like a quiet one, so
// once it is said why a view has no groups.
func (w *watch) show(at time.Time, last bool) error {
	d, err := w.document(at)
	if err != nil {
		return err
	}
	if w.o.JSON && !w.shown {
		for _, v := range d.Views {
			if v.status != "" {
				w.screen.Say(fmt.Sprintf("-%s %s: %s", v.Kind, v.Spec, v.status))
			}
		}
	}
	w.shown = true
	return w.screen.Show(d, func() []example.Line { return render(d, w.failing) }, last)
}

func (w *watch) say(target string, at time.Time, what string) {
	w.screen.Say(fmt.Sprintf("%s  %s: %s", at.UTC().Format(time.TimeOnly), target, what))
}
