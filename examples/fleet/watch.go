package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/lines"
)

// watch is a fleet, what is asked of it, and what went wrong with its targets.
type watch struct {
	fleet  *aggregate.Fleet
	views  []view
	levels []float64
	window time.Duration // or aggregate.All
	screen *screen

	balanced []string // globs of load balancers

	first, last time.Time         // accepted scrapes
	failing     map[string]string // targets that fail now, and why
}

// view is a declared spec; the one of its kind is set.
type view struct {
	spec
	counter   *aggregate.CounterView
	gauge     *aggregate.GaugeView
	histogram *aggregate.HistogramView
}

// unknownFact is what API servers say of a resource that they could not count.
const unknownFact = -1

// maxReason is how long a line about a failure may get, in characters.
const maxReason = 160

// bodyLimit bounds a body, decompressed.
const bodyLimit = 64 << 20

func newWatch(o options, s *screen) (*watch, error) {
	c := aggregate.Config{Limits: lines.Limits{Body: bodyLimit}}
	if o.window != aggregate.All {
		c.Window, c.Checkpoints = o.window, o.checkpoints()
	}
	fleet, err := aggregate.NewFleet(c)
	if err != nil {
		return nil, err
	}
	w := &watch{fleet: fleet, levels: o.levels, window: o.window, balanced: o.balanced, screen: s, failing: map[string]string{}}
	return w, w.declare(o.specs)
}

// checkpoints are so many that no two steps are kept as one: answers then are
// about their window to the millisecond.
func (o *options) checkpoints() int {
	const most = 1024
	if len(o.endpoints) == 0 {
		return most // who knows how often was scraped
	}
	return int(min(most, max(16, 2*(o.window/o.interval))))
}

func (w *watch) declare(specs []spec) (err error) {
	for _, s := range specs {
		v := aggregate.View{Metric: s.metric, Where: s.where, By: s.by, Without: s.without}
		if w.window == aggregate.All {
			v.Window = aggregate.LedgerOnly
		}
		if s.operation == "fact" {
			v.Sentinels = []float64{unknownFact}
		}
		d := view{spec: s}
		switch s.kind {
		case counterKind:
			d.counter, err = w.fleet.Counter(v)
		case gaugeKind:
			d.gauge, err = w.fleet.Gauge(v)
		case histogramKind:
			d.histogram, err = w.fleet.Histogram(v)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.text, err)
		}
		w.views = append(w.views, d)
	}
	return nil
}

// observe takes a scrape in. It may be called for several targets at once;
// what comes of it is then told to note, one by one.
func (w *watch) observe(target string, at time.Time, header http.Header, body []byte) error {
	_, err := w.fleet.Observe(aggregate.Scrape{Target: target, Time: at, Header: header, Body: body})
	return err
}

// note remembers what came of a scrape. A target that begins to fail, fails in
// another way, or answers again has a line said about it.
func (w *watch) note(target string, at time.Time, err error) {
	if err == nil {
		if w.first.IsZero() {
			w.first = at
		}
		if at.After(w.last) {
			w.last = at
		}
		if _, failed := w.failing[target]; failed {
			delete(w.failing, target)
			w.say(target, at, "answers again")
		}
		return
	}
	reason := err.Error()
	var refused *aggregate.ScrapeError
	if errors.As(err, &refused) {
		reason = refused.Err.Error() // without target and time, which the line has anyway
	}
	if errors.Is(err, aggregate.ErrLate) || errors.Is(err, aggregate.ErrConflict) {
		w.say(target, at, reason) // the target is fine, another scrape of it stands
		return
	}
	w.fleet.Fail(target, at, err)
	if r := []rune(reason); len(r) > maxReason {
		reason = string(r[:maxReason]) + "…" // it may quote the body
	}
	if w.failing[target] != reason {
		w.failing[target] = reason
		w.say(target, at, reason)
	}
}

func (w *watch) say(target string, at time.Time, what string) {
	w.screen.say(fmt.Sprintf("%s  %s: %s", at.UTC().Format(time.TimeOnly), target, what))
}

func (w *watch) answered() bool { return !w.first.IsZero() }

// expect says what the fleet consists of.
func (w *watch) expect(targets []string) {
	w.fleet.Expect(targets...)
	for _, t := range targets {
		if matches(w.balanced, t) {
			w.fleet.Balanced(t, 0) // nobody said how many are behind it
		}
	}
}

// back is the window to ask for, and how much of it was observed.
func (w *watch) back(now time.Time) (ask, length time.Duration) {
	if !w.answered() {
		return aggregate.All, 0
	}
	if seen := now.Sub(w.first); w.window == aggregate.All || seen < w.window {
		return w.window, seen
	}
	return w.window, w.window
}

// status tells why a view has no groups: a typo, another type, no such series.
func (v *view) status() string {
	switch v.kind {
	case gaugeKind:
		return v.gauge.Status().String()
	case histogramKind:
		return v.histogram.Status().String()
	}
	return v.counter.Status().String()
}
