package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/bench/points"
	"github.com/promfold/promfold/internal/recording"
	"github.com/promfold/promfold/parse"
)

// recorded is the recording under load: what a Prometheus would have stored of
// it, and its scrapes. The servers have the job apiserver there, and the
// balancer the job lb.
type recorded struct {
	scrapes []one
	first   time.Time
	last    time.Time
	series  []*stored
}

// one is a scrape with its body, or the error it ended with.
type one struct {
	recording.Scrape
	body []byte
	err  error
}

type stored struct {
	labels  labels.Labels
	samples []chunks.Sample
}

func read() (*recorded, error) {
	manifest, err := recording.Manifest(recording.FS)
	if err != nil {
		return nil, err
	}
	r := &recorded{}
	index := map[uint64]*stored{}
	live := map[string][]*stored{} // by target: what its latest scrape had
	for _, m := range manifest {
		if m.Scenario != "apiserver-ha" {
			continue
		}
		body, err := m.Body(recording.FS)
		r.scrapes = append(r.scrapes, one{m, body, err})
		r.last = m.At()
		if r.first.IsZero() {
			r.first = m.At()
		}
		var now []*stored
		if err == nil {
			if now, err = r.store(index, m, body); err != nil {
				return nil, err
			}
		}
		seen := map[*stored]bool{}
		for _, s := range now {
			seen[s] = true
		}
		for _, s := range live[m.Target] { // a stale marker ends what is gone
			if !seen[s] {
				s.samples = append(s.samples, points.Point{Time: m.Time, Value: math.Float64frombits(value.StaleNaN)})
			}
		}
		live[m.Target] = now
	}
	return r, nil
}

func (r *recorded) store(index map[uint64]*stored, m recording.Scrape, body []byte) (now []*stored, err error) {
	list, err := parse.Samples(m.Header(), body)
	if err != nil {
		return nil, err
	}
	job := "apiserver"
	if m.ThroughLB {
		job = "lb"
	}
	for _, p := range list {
		ls := labels.NewBuilder(p.Labels).Set("instance", m.Target).Set("job", job).Labels()
		s := index[ls.Hash()]
		if s == nil {
			s = &stored{labels: ls}
			index[ls.Hash()] = s
			r.series = append(r.series, s)
		}
		s.samples = append(s.samples, points.Point{Time: m.Time, Value: p.Value})
		now = append(now, s)
	}
	return now, nil
}

// replay tells a fleet what each target answered up to a time; report is called
// after each scrape.
func (r *recorded) replay(f *aggregate.Fleet, lb bool, report func(one, aggregate.Report) error) error {
	if lb {
		err := f.SetTargets(r.first, aggregate.Target{Name: "lb", Balanced: true, Expected: 3})
		if err != nil {
			return err
		}
	}
	for _, s := range r.scrapes {
		if s.ThroughLB != lb {
			continue
		}
		var told aggregate.Report
		var err error
		if s.err != nil {
			err = f.ScrapeFailed(s.Target, s.At(), s.err)
		} else {
			told, err = f.Ingest(aggregate.Scrape{Target: s.Target, Time: s.At(), Header: s.Header(), Body: s.body})
		}
		if err != nil {
			return fmt.Errorf("%s %d: %w", s.Target, s.Step, err)
		}
		if report != nil {
			if err := report(s, told); err != nil {
				return err
			}
		}
	}
	return nil
}

// ask returns the engine's only value; false if there is none.
func (r *recorded) ask(query string, at time.Time) (float64, bool, error) {
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 50_000_000, Timeout: time.Minute, Parser: parser.NewParser(parser.Options{})})
	q, err := engine.NewInstantQuery(context.Background(), points.Storage(r.matching), nil, query, at)
	if err != nil {
		return 0, false, fmt.Errorf("%s: %w", query, err)
	}
	defer q.Close()
	vector, err := q.Exec(context.Background()).Vector()
	switch {
	case err != nil:
		return 0, false, fmt.Errorf("%s: %w", query, err)
	case len(vector) == 0:
		return 0, false, nil
	case len(vector) > 1:
		return 0, false, fmt.Errorf("%s: %d values", query, len(vector))
	}
	return vector[0].F, true, nil
}

// matching returns the series that the engine asks for.
func (r *recorded) matching(matchers []*labels.Matcher) (list []storage.Series) {
	for _, s := range r.series {
		fits := true
		for _, m := range matchers {
			fits = fits && m.Matches(s.labels.Get(m.Name))
		}
		if fits {
			list = append(list, storage.NewListSeries(s.labels, s.samples))
		}
	}
	return list
}
