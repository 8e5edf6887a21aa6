package main

import (
	"context"
	"fmt"
	"math"
	"syscall"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
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
	engine *promql.Engine
	points map[[2]string][]point
}

func newPeer() *peer {
	return &peer{promql.NewEngine(promql.EngineOpts{MaxSamples: math.MaxInt, Timeout: time.Hour, Parser: parser.NewParser(parser.Options{})}),
		map[[2]string][]point{}}
}

// add stores a scrape as a server would: a series that it lacks gets a stale
// marker.
func (p *peer) add(x *scrape) {
	list, _ := samples(x.body)
	for _, s := range list {
		key := [2]string{x.Target, s.series}
		p.points[key] = append(p.points[key], point{x.Time, s.value})
	}
	for key, points := range p.points {
		last := points[len(points)-1]
		if key[0] == x.Target && last.t < x.Time && !value.IsStaleNaN(last.v) {
			p.points[key] = append(points, point{x.Time, math.Float64frombits(value.StaleNaN)})
		}
	}
}

// rate returns what the engine answers at a time.
func (p *peer) rate(at int64) (float64, error) {
	q, err := p.engine.NewInstantQuery(context.Background(), p, nil, fmt.Sprintf("sum(rate(c[%s]))", window), time.UnixMilli(at))
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

// Querier returns a querier of all series, whatever is asked.
func (p *peer) Querier(int64, int64) (storage.Querier, error) { return querier{peer: p}, nil }

type querier struct {
	storage.LabelQuerier
	peer *peer
}

func (querier) Close() error { return nil }

func (q querier) Select(context.Context, bool, *storage.SelectHints, ...*labels.Matcher) storage.SeriesSet {
	set := &seriesSet{}
	for key, points := range q.peer.points {
		list := make([]chunks.Sample, len(points))
		for i, x := range points {
			list[i] = x
		}
		set.series = append(set.series, storage.NewListSeries(labels.FromStrings("__name__", "c", "instance", key[0], "series", key[1]), list))
	}
	return set
}

type seriesSet struct {
	series []storage.Series
	next   int
}

func (s *seriesSet) Next() bool                      { s.next++; return s.next <= len(s.series) }
func (s *seriesSet) At() storage.Series              { return s.series[s.next-1] }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }

type point struct {
	t int64
	v float64
}

func (x point) T() int64                    { return x.t }
func (x point) ST() int64                   { return 0 }
func (x point) F() float64                  { return x.v }
func (point) H() *histogram.Histogram       { return nil }
func (point) FH() *histogram.FloatHistogram { return nil }
func (point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (x point) Copy() chunks.Sample         { return x }
