package main

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// views are what the fleet is asked.
type views struct {
	requests *aggregate.CounterView
	seconds  *aggregate.HistogramView
	queue    *aggregate.GaugeView
}

func declare(f *aggregate.Fleet) (v views, err error) {
	var errs [3]error
	v.requests, errs[0] = f.Counter(aggregate.View{Select: "http_requests_total", By: []string{"code"}, Owner: counter.Process})
	v.seconds, errs[1] = f.Histogram(aggregate.View{Select: "seconds", Owner: counter.Process})
	v.queue, errs[2] = f.Gauge(aggregate.View{Select: "queue_length", Combine: aggregate.Sum})
	return v, errors.Join(errs[:]...)
}

// askMeanwhile asks a few times, as of the round before; ended waits for the answers.
func (w *watcher) askMeanwhile() (ended func() error) {
	answered := make(chan error)
	go func() {
		var err error
		for range 3 {
			err = errors.Join(err, w.answers(w.now.Add(-w.interval), nil))
		}
		answered <- err
	}()
	return func() error { return <-answered }
}

// ask asks everything, and remembers the totals.
func (w *watcher) ask(now time.Time) error {
	return w.answers(now.Add(w.interval/2), w.total)
}

// answers asks at a time and checks each answer by itself: a value lies in its bounds,
// and no total is less than one that is remembered.
func (w *watcher) answers(now time.Time, totals map[string]float64) error {
	s := w.fleet.Snapshot(now)
	for _, window := range []aggregate.Window{s.Last(time.Minute), s.Last(5 * time.Minute), s.SinceStart()} {
		groups, err := w.requests.In(window)
		if err != nil && !errors.Is(err, aggregate.ErrWindow) {
			return err
		}
		for _, g := range groups {
			if err := inBounds(g.String(), g.Increase, g.Rate, g.RateNow); err != nil {
				return err
			}
		}
		latency, err := w.seconds.One(window)
		if errors.Is(err, aggregate.ErrWindow) {
			continue // it changed since the snapshot was taken
		}
		if err != nil {
			return err
		}
		err = inBounds(latency.String(), latency.Mean, func() (promfold.Estimate, bool) { return latency.Quantile(0.99) })
		if err != nil {
			return err
		}
		w.questions.Add(2)
	}
	if totals == nil {
		return nil
	}
	list := append(w.requests.Totals(s), w.seconds.Totals(s)...)
	for _, x := range list {
		key := x.Labels.String()
		if x.Value < totals[key] {
			return fmt.Errorf("the total of %s fell from %v to %v", key, totals[key], x.Value)
		}
		totals[key] = x.Value
	}
	return nil
}

func inBounds(what string, asks ...func() (promfold.Estimate, bool)) error {
	for i, ask := range asks {
		x, ok := ask()
		if ok && (math.IsNaN(x.Value) || !(x.Lo <= x.Value && x.Value <= x.Hi)) {
			return fmt.Errorf("answer %d of %s: %v", i, what, x)
		}
	}
	return nil
}

// check compares the fleet with the model, and its bounds with the truth. It returns
// how many requests were counted.
func (w *watcher) check() (counted uint64, err error) {
	want, truth := w.ended, w.truth
	queue := uint64(0)
	for _, p := range w.places {
		p.known.addTo(&want)
		for i := range truth {
			truth[i] += p.count[i] - p.met[i]
		}
		if p.queued {
			queue += p.queue
		}
	}
	s := w.fleet.Snapshot(w.now.Add(w.interval / 2))
	for i, x := range w.requests.Totals(s) {
		counted += want[requests+i]
		if x.Value != float64(want[requests+i]) {
			return 0, fmt.Errorf("total %s is %v, of the model %d", x.Labels, x.Value, want[requests+i])
		}
	}
	h := w.seconds.Totals(s)[0]
	for i := range bounds {
		if h.Histogram.Counts[i] != float64(want[buckets+i]) {
			return 0, fmt.Errorf("bucket %s is %v, of the model %d", bounds[i], h.Histogram.Counts[i], want[buckets+i])
		}
	}
	if h.Value != float64(want[observed]) {
		return 0, fmt.Errorf("the count is %v, of the model %d", h.Value, want[observed])
	}
	groups, err := w.requests.In(s.SinceStart())
	if err != nil {
		return 0, err
	}
	for i, g := range groups {
		x, _ := g.Increase()
		if t := float64(truth[requests+i]); x.Lo > t || x.Hi < t {
			return 0, fmt.Errorf("%s: %v does not hold what was counted, %v", g.Labels(), x, t)
		}
	}
	g, err := w.queue.One(s)
	if err != nil {
		return 0, err
	}
	if x, ok := g.Value(); !ok || x.Lo > float64(queue) || x.Hi < float64(queue) {
		return 0, fmt.Errorf("the queues: %v, of the model %d", x, queue)
	}
	return counted, nil
}
