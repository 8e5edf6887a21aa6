package main

import (
	"context"
	"fmt"
	"math"
	"syscall"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/bench/points"
)

const window = time.Minute

// answer is what is said of a window that ends at a time, and what is true.
type answer struct {
	truth, nowTruth float64
	rate, now       promfold.Estimate
	engine          float64 // PromQL's rate
}

// replay tells a fleet the recording, directly or through its balancer, and asks
// it for the rate after each round, once a window is over. expected is the
// number of instances behind the balancer.
func replay(r *recording, balanced bool, expected int) ([]answer, error) {
	f, err := aggregate.NewFleet(aggregate.Config{})
	if err != nil {
		return nil, err
	}
	v, err := f.Counter(aggregate.View{Select: `apiserver_request_total{verb!="WATCH",resource!=""}`})
	if err != nil {
		return nil, err
	}
	engine := newPeer()
	var list []answer
	var first, last int64
	step := -1
	ask := func() error {
		if last-first < window.Milliseconds() {
			return nil
		}
		g, err := v.One(f.Snapshot(time.UnixMilli(last)).Last(window))
		if err != nil {
			return err
		}
		s := last - window.Milliseconds()
		a := answer{truth: r.truth(s, last), nowTruth: r.now(s, last)}
		a.rate, _ = g.Rate()
		a.now, _ = g.RateNow()
		if a.engine, err = engine.rate(last); err != nil {
			return err
		}
		list = append(list, a)
		return nil
	}
	for _, x := range r.scrapes {
		if x.ThroughLB != balanced {
			continue
		}
		if first == 0 {
			first = x.Time
			if balanced {
				err := f.Describe(x.at(), aggregate.Target{Name: x.Target, Balanced: true, Expected: expected})
				if err != nil {
					return nil, err
				}
			}
		}
		if x.Step != step && step >= 0 {
			if err := ask(); err != nil {
				return nil, err
			}
		}
		step, last = x.Step, x.Time
		engine.add(&x)
		if x.File == "" {
			err = f.ScrapeFailed(x.Target, x.at(), syscall.ECONNREFUSED)
		} else {
			_, err = f.Ingest(aggregate.Scrape{Target: x.Target, Time: x.at(), Body: x.body, Header: x.header()})
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.File, err)
		}
	}
	return list, ask()
}

// peer is PromQL's engine over the points of the selected series.
type peer struct {
	engine   *promql.Engine
	readings map[[2]string][]chunks.Sample
}

func newPeer() *peer {
	return &peer{promql.NewEngine(promql.EngineOpts{MaxSamples: math.MaxInt, Timeout: time.Hour, Parser: parser.NewParser(parser.Options{})}),
		map[[2]string][]chunks.Sample{}}
}

// add stores a scrape as a server would: a series that it lacks gets a stale
// marker.
func (p *peer) add(x *scrape) {
	list, _ := samples(x.body)
	for _, s := range list {
		key := [2]string{x.Target, s.series}
		p.readings[key] = append(p.readings[key], points.Point{Time: x.Time, Value: s.value})
	}
	for key, readings := range p.readings {
		last := readings[len(readings)-1]
		if key[0] == x.Target && last.T() < x.Time && !value.IsStaleNaN(last.F()) {
			p.readings[key] = append(readings, points.Point{Time: x.Time, Value: math.Float64frombits(value.StaleNaN)})
		}
	}
}

// rate returns what the engine answers at a time.
func (p *peer) rate(at int64) (float64, error) {
	q, err := p.engine.NewInstantQuery(context.Background(), points.Storage(p.all), nil, fmt.Sprintf("sum(rate(c[%s]))", window), time.UnixMilli(at))
	if err != nil {
		return 0, err
	}
	defer q.Close()
	result := q.Exec(context.Background())
	if result.Err != nil {
		return 0, result.Err
	}
	vector, err := result.Vector()
	if err != nil || len(vector) == 0 {
		return 0, err
	}
	return vector[0].F, nil
}

// all returns all series, whatever is asked.
func (p *peer) all([]*labels.Matcher) (list []storage.Series) {
	for key, readings := range p.readings {
		list = append(list, storage.NewListSeries(labels.FromStrings("__name__", "c", "instance", key[0], "series", key[1]), readings))
	}
	return list
}
