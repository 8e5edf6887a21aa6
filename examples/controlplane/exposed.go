package main

import (
	"errors"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/expose"
)

// exposer takes the views that /metrics shows.
type exposer interface {
	Counter(name, help string, v *aggregate.CounterView) error
	Gauge(name, help string, v *aggregate.GaugeView) error
	Histogram(name, help string, v *aggregate.HistogramView) error
}

// exposed adds a view to an exposition.
type exposed func(exposer) error

// expose notes what /metrics shows of a row.
func (d *declarer) expose(e exposed) { d.exposed = append(d.exposed, e) }

// exposition returns the page's views, and the fleet's coverage, as metrics.
func (b *board) exposition(now func() time.Time) (*expose.Exposition, error) {
	e := expose.New(b.fleet, now)
	err := e.Self()
	for _, add := range b.exposed {
		err = errors.Join(err, add(e))
	}
	return e, err
}
