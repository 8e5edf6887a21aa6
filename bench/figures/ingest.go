package main

import (
	"sync"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/bench"
)

const (
	counterName   = "apiserver_request_total"
	histogramName = "apiserver_request_duration_seconds"
	askedWindow   = time.Minute
)

var (
	counterBy   = []string{"verb", "code"}
	histogramBy = []string{"verb"}
)

// fleet is a fleet with the two views that the figures ask.
type fleet struct {
	*aggregate.Fleet
	requests *aggregate.CounterView
	latency  *aggregate.HistogramView
}

func newFleet() *fleet {
	var f fleet
	var err error
	f.Fleet, err = aggregate.NewFleet(aggregate.Config{Window: 5 * time.Minute})
	must(err)
	f.requests, err = f.Counter(aggregate.View{Metric: counterName, By: counterBy})
	must(err)
	f.latency, err = f.Histogram(aggregate.View{Metric: histogramName, By: histogramBy})
	must(err)
	return &f
}

func (f *fleet) observe(target string, s scrape) int {
	report, err := f.Observe(aggregate.Scrape{Target: target, Time: time.UnixMilli(s.time), Body: s.body})
	must(err)
	return report.Lines
}

func (f *fleet) rates(now int64) (groups int) {
	gs, err := f.requests.At(time.UnixMilli(now), askedWindow)
	must(err)
	for _, g := range gs {
		if rate, ok := g.Rate(); ok {
			sink += rate.Value
		}
	}
	return len(gs)
}

func (f *fleet) quantiles(now int64) (groups int) {
	gs, err := f.latency.At(time.UnixMilli(now), askedWindow)
	must(err)
	for _, g := range gs {
		if q, ok, err := g.Quantile(0.99); ok && err == nil {
			sink += q.Value
		}
	}
	return len(gs)
}

// ingestFigures compare what comes after reading: state, and answers.
func ingestFigures(d *data, rounds int) []figure {
	lines := countLines(d)
	return []figure{
		cacheColumns(d, rounds, lines),
		expfmtMerge(d, min(rounds, 7), lines),
		promqlRate(d, rounds),
		promqlQuantile(d, rounds),
		parallel(d, rounds, lines),
	}
}

// cacheColumns goes from bytes to state to grouped rates, after each of the
// scrapes but the first.
func cacheColumns(d *data, rounds int, lines map[*byte]int) figure {
	var f *fleet
	var loop *bench.Loop
	first, rest := d.steady[0], d.steady[1:]
	ours := each(rest, func(s scrape) int {
		n := f.observe(s.target, s)
		f.rates(s.time)
		return n
	})
	ours.prepare = func() {
		f = newFleet()
		f.observe(first.target, first)
		f.rates(first.time)
	}
	peer := peerOver(rest, lines, func(s scrape) error {
		err := loop.Observe(s.target, s.time, s.body)
		loop.Rates(askedWindow.Milliseconds(), func(_ string, rate float64) { sink += rate })
		return err
	})
	peer.prepare = func() {
		loop = bench.NewLoop(counterName, counterBy, histogramName, histogramBy)
		must(loop.Observe(first.target, first.time, first.body))
	}
	return compare("ingest/cache-columns", rounds, len(rest), false, ours, peer)
}

func expfmtMerge(d *data, rounds int, lines map[*byte]int) figure {
	var f *fleet
	var gateway *bench.Gateway
	first, rest := d.steady[0], d.steady[1:4]
	ours := each(rest, func(s scrape) int { return f.observe(s.target, s) })
	ours.prepare = func() {
		f = newFleet()
		f.observe(first.target, first)
	}
	peer := peerOver(rest, lines, func(s scrape) error { return gateway.Push(s.body) })
	peer.prepare = func() {
		gateway = bench.NewGateway()
		must(gateway.Push(first.body))
	}
	return compare("ingest/expfmt-merge", rounds, len(rest), false, ours, peer)
}

// asked is a fleet and an engine with the same scrapes of all instances.
func asked(d *data) (f *fleet, e *bench.Engine, now int64) {
	f, e = newFleet(), bench.NewEngine()
	for _, s := range d.fleet {
		f.observe(s.target, s)
		must(e.Append(s.target, s.time, s.body))
		now = max(now, s.time)
	}
	return f, e, now
}

func promqlRate(d *data, rounds int) figure {
	f, e, now := asked(d)
	return question("query/promql-rate", rounds, func() { f.rates(now) }, func() {
		_, err := e.Query(`sum by (verb, code) (rate(`+counterName+`[1m]))`, now)
		must(err)
	})
}

func promqlQuantile(d *data, rounds int) figure {
	f, e, now := asked(d)
	return question("query/promql-quantile", rounds, func() { f.quantiles(now) }, func() {
		_, err := e.Query(`histogram_quantile(0.99, sum by (verb, le) (rate(`+histogramName+`_bucket[1m])))`, now)
		must(err)
	})
}

// question compares two answers to one question. Ours is asked often enough to
// be measured.
func question(name string, rounds int, ours, peer func()) figure {
	const often = 100
	f := compare(name, rounds, often, false,
		way{run: func() int {
			for range often {
				ours()
			}
			return often
		}},
		way{run: func() int { peer(); return 1 }})
	f.Unit = "ns/question"
	return f
}

// parallel takes in the scrapes of two targets, in turn and both at once. Either
// way a body comes from memory once and from a cache the second time.
func parallel(d *data, rounds int, lines map[*byte]int) figure {
	var f *fleet
	targets := []string{"one", "two"}
	prepare := func() {
		f = newFleet()
		for _, t := range targets {
			f.observe(t, d.steady[0])
		}
	}
	rest := d.steady[1:]
	one := way{prepare: prepare, wall: true, run: func() (n int) {
		for _, s := range rest {
			for _, t := range targets {
				n += f.observe(t, s)
			}
		}
		return n
	}}
	two := way{prepare: prepare, wall: true, run: func() (n int) {
		var wg sync.WaitGroup
		counts := make([]int, len(targets))
		for i, t := range targets {
			wg.Go(func() {
				for _, s := range rest {
					counts[i] += f.observe(t, s)
				}
			})
		}
		wg.Wait()
		return counts[0] + counts[1]
	}}
	return compare("parallel/2-cores", rounds, 2*len(rest), false, two, one)
}
