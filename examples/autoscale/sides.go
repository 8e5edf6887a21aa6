package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/autoscale/internal/scaling"
)

// scaledHere is scaled by this program's numbers.
type scaledHere struct {
	fleet
	watch *aggregate.Fleet
	set   *scaling.Set
}

// demoMetrics is what the fleet of the demo is scaled by.
const demoMetrics = "metrics: [{name: requests, select: http_requests_total, scaleBy: rate, window: %s, target: 100}]"

func newScaledHere(s stage) *scaledHere { return &scaledHere{fleet: fleet{stage: s}} }

// watchFrom declares what the fleet is scaled by.
func (s *scaledHere) watchFrom() error {
	config, err := scaling.Read(strings.NewReader(fmt.Sprintf(demoMetrics, s.stage.interval())))
	if err != nil {
		return err
	}
	if s.watch, err = aggregate.NewFleet(aggregate.Config{Window: 8 * s.stage.interval(), Since: s.stage.now()}); err != nil {
		return err
	}
	s.set, err = scaling.New(s.watch, config)
	return err
}

// decide scrapes, and resizes the fleet by what is known of it now.
func (s *scaledHere) decide(ctx context.Context, load float64) (side, error) {
	if s.watch == nil {
		if err := s.watchFrom(); err != nil {
			return side{}, err
		}
	}
	var targets []aggregate.Target
	for _, r := range s.replicas {
		targets = append(targets, aggregate.Target{Name: r.name})
	}
	if err := s.watch.SetTargets(s.stage.now(), targets...); err != nil {
		return side{}, err
	}
	for _, r := range s.read(ctx) {
		err := r.err
		if err != nil {
			err = s.watch.ScrapeFailed(r.name, r.at, err)
		} else {
			_, err = s.watch.Ingest(aggregate.Scrape{Target: r.name, Time: r.at, Body: r.body})
		}
		if err != nil {
			return side{}, err
		}
	}
	x := side{Load: load / float64(len(s.replicas)), Replicas: len(s.replicas)}
	number, err := s.set.One(s.stage.now(), "requests")
	if err != nil {
		x.Why = err.Error()
		return x, nil
	}
	x.Seen, x.Replicas = &number.Value, hpa(len(s.replicas), number.Value)
	return x, s.resize(x.Replicas)
}

// scaledNaively is scaled by an adapter that adds what grew, and takes a failed
// scrape, and a counter that fell, for 0.
type scaledNaively struct {
	fleet
	last map[string]float64
}

func newScaledNaively(s stage) *scaledNaively {
	return &scaledNaively{fleet: fleet{stage: s}, last: map[string]float64{}}
}

func (s *scaledNaively) decide(ctx context.Context, load float64) (side, error) {
	x := side{Load: load / float64(len(s.replicas)), Replicas: len(s.replicas)}
	first := len(s.last) == 0
	var total float64
	for _, r := range s.read(ctx) {
		if r.err != nil {
			continue
		}
		count, err := requests(r.body)
		if err != nil {
			return x, err
		}
		total += max(0, count-s.last[r.name]) / s.stage.interval().Seconds() // a new replica began at 0
		s.last[r.name] = count
	}
	if first {
		return x, nil
	}
	x.Seen, x.Replicas = &total, hpa(len(s.replicas), total)
	return x, s.resize(x.Replicas)
}

// requests returns the count in the body of a replica.
func requests(body []byte) (float64, error) {
	_, rest, _ := strings.Cut(string(body), "\nhttp_requests_total ")
	number, _, _ := strings.Cut(rest, "\n")
	return strconv.ParseFloat(number, 64)
}
