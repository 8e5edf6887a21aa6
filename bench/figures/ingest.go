package main

import (
	"bytes"
	"fmt"
	"log"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/bench"
)

const (
	counterName   = "apiserver_request_total"
	histogramName = "apiserver_request_duration_seconds"
	askedWindow   = time.Minute
	kept          = 5 * time.Minute
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
	f.Fleet, err = aggregate.NewFleet(aggregate.Config{Window: kept})
	must(err)
	f.requests, err = f.Counter(aggregate.View{Select: counterName, By: counterBy})
	must(err)
	f.latency, err = f.Histogram(aggregate.View{Select: histogramName, By: histogramBy})
	must(err)
	return &f
}

func (f *fleet) observe(target string, s scrape) int {
	sc := aggregate.Scrape{Target: target, Time: time.UnixMilli(s.time), Body: s.body}
	if s.start != "" {
		sc.Header = http.Header{"Process-Start-Time-Unix": {s.start}}
	}
	report, err := f.Ingest(sc)
	must(err)
	return report.Lines
}

func (f *fleet) rates(now int64, window time.Duration) (groups int) {
	gs, err := f.requests.In(f.Snapshot(time.UnixMilli(now)).Last(window))
	must(err)
	for _, g := range gs {
		if rate, ok := g.Rate(); ok {
			sink += rate.Value
		}
	}
	return len(gs)
}

func (f *fleet) quantiles(now int64, window time.Duration) (groups int) {
	gs, err := f.latency.In(f.Snapshot(time.UnixMilli(now)).Last(window))
	must(err)
	for _, g := range gs {
		if q, ok := g.Quantile(0.99); ok {
			sink += q.Value
		}
	}
	return len(gs)
}

// ingestFigures compare what comes after reading: state, and answers.
func ingestFigures(d *data, rounds int) []figure {
	held := countLines(d)
	return []figure{
		cacheColumns(d, rounds, held),
		expfmtMerge(d, min(rounds, 7), held),
		promqlRate(d, rounds),
		promqlRateMany(d, rounds),
		promqlQuantile(d, rounds),
		parallel(d, rounds),
		parallelMachine(rounds),
	}
}

// standing is a fleet that has watched instances for longer than its window:
// all it keeps has reached its size. Each began with its first scrape and then
// stood still at its second.
func standing(instances ...[]scrape) *fleet {
	f := newFleet()
	for ago := 2 * kept; ago >= 0; ago -= kept / 16 {
		for _, of := range instances {
			first, second := of[0], of[1]
			if ago == 2*kept {
				first.time = second.time - ago.Milliseconds() - 5000
				f.observe(first.target, first)
			}
			second.time -= ago.Milliseconds()
			f.observe(second.target, second)
		}
	}
	return f
}

// cacheColumns goes from bytes to state to grouped rates, after each of the
// scrapes but the first two.
func cacheColumns(d *data, rounds int, held map[*byte]int) figure {
	var f *fleet
	var loop *bench.Loop
	warm, rest := d.steady[:2], d.steady[2:]
	ours := each(rest, func(s scrape) int {
		n := f.observe(s.target, s)
		f.rates(s.time, askedWindow)
		return n
	})
	ours.prepare = func() {
		f = standing(warm)
		f.rates(warm[1].time, askedWindow)
	}
	peer := peerOver(rest, held, func(s scrape) error {
		err := loop.Observe(s.target, s.time, s.body)
		loop.Rates(askedWindow.Milliseconds(), func(_ string, rate float64) { sink += rate })
		return err
	})
	peer.prepare = func() {
		loop = bench.NewLoop(counterName, counterBy, histogramName, histogramBy)
		for _, s := range warm {
			must(loop.Observe(s.target, s.time, s.body))
		}
	}
	return compare("ingest/cache-columns", rounds, len(rest), false, ours, peer)
}

func expfmtMerge(d *data, rounds int, held map[*byte]int) figure {
	var f *fleet
	var gateway *bench.Gateway
	warm, rest := d.steady[:2], d.steady[2:]
	ours := each(rest, func(s scrape) int { return f.observe(s.target, s) })
	ours.prepare = func() { f = standing(warm) }
	few := rest[:min(3, len(rest))] // it is slow
	peer := peerOver(few, held, func(s scrape) error { return gateway.Push(s.body) })
	peer.prepare = func() {
		gateway = bench.NewGateway()
		must(gateway.Push(warm[0].body))
	}
	return compare("ingest/expfmt-merge", rounds, len(rest), false, ours, peer)
}

// asked is a fleet and an engine with the same scrapes.
func asked(scrapes []scrape) (f *fleet, e *bench.Engine, now int64) {
	f, e = newFleet(), bench.NewEngine()
	for _, s := range scrapes {
		f.observe(s.target, s)
		must(e.Append(s.target, s.time, s.body))
		now = max(now, s.time)
	}
	return f, e, now
}

const rateQuery = `sum by (verb, code) (rate(` + counterName + `[1m]))`

func promqlRate(d *data, rounds int) figure {
	f, e, now := asked(d.fleet)
	return question("query/promql-rate", rounds, 100, now, func(now int64) { f.rates(now, askedWindow) }, asks(e, rateQuery))
}

// asks the engine.
func asks(e *bench.Engine, query string) func(now int64) (groups int) {
	return func(now int64) int {
		n, err := e.Query(query, now)
		must(err)
		return n
	}
}

// promqlRateMany asks of 100 instances, each of which is one of the three
// recorded ones with a start time of its own. Both sides get the lines that the
// question is about: the engine would hold a gigabyte of the others.
func promqlRateMany(d *data, rounds int) figure {
	var many []scrape
	for _, s := range d.fleet {
		s.body = only(s.body, counterName)
		for i := range 100 / 3 {
			s := s
			s.target = fmt.Sprintf("%s-%d", s.target, i)
			s.start = strconv.Itoa(1e9 + 60*i)
			many = append(many, s)
		}
	}
	f, e, now := asked(many)
	return question("query/promql-rate-99", rounds, 10, now, func(now int64) { f.rates(now, askedWindow) }, asks(e, rateQuery))
}

// only keeps the lines of one metric.
func only(body []byte, name string) (kept []byte) {
	for line := range bytes.Lines(body) {
		if bytes.HasPrefix(line, []byte(name)) || bytes.HasPrefix(line, []byte("# TYPE "+name+" ")) {
			kept = append(kept, line...)
		}
	}
	return append(kept, '\n')[:len(kept)]
}

const quantileQuery = `histogram_quantile(0.99, sum by (verb, le) (rate(` + histogramName + `_bucket[1m])))`

func promqlQuantile(d *data, rounds int) figure {
	f, e, now := asked(d.fleet)
	return question("query/promql-quantile", rounds, 10, now, func(now int64) { f.quantiles(now, askedWindow) }, asks(e, quantileQuery))
}

// question compares two answers to one question, each asked often in a run, a
// millisecond after the time before: what it needs is in the caches of both.
// (Until it was asked as often as ours, the engine was measured with cold ones,
// two to three times slower.) As no scrape comes in between, ours finds what it
// counted the time before; the answer is another one each time.
func question(name string, rounds, peerOften int, now int64, ours func(now int64), peer func(now int64) (groups int)) figure {
	often := 10_000
	if alone > 0 {
		often = 1000
	}
	if peer(now) == 0 {
		log.Fatal(name + ": the engine finds nothing")
	}
	f := compare(name, rounds, often, false,
		way{run: func() int {
			for i := range int64(often) {
				ours(now + i)
			}
			return often
		}},
		way{run: func() int {
			for i := range int64(peerOften) {
				peer(now + i)
			}
			return peerOften
		}})
	f.Unit = "ns/question"
	return f
}

// parallel takes in the scrapes of two instances, in turn and both at once.
// Each has bodies of its own, as another process: of two with one start time it
// would be watched whether they are the same, under the fleet's lock.
func parallel(d *data, rounds int) figure {
	var f *fleet
	halves := [2][]scrape{d.steady, anotherProcess(d.steady, "another")}
	steps := len(d.steady) - 2
	observe := func(half, i int) int { s := halves[half][i]; return f.observe(s.target, s) }
	prepare := func() {
		f = standing(halves[0], halves[1])
		both(func(half int) { // so that there are two readers, too
			for range 8 {
				observe(half, 1)
			}
		})
	}
	return twoCores("parallel/2-cores", rounds, 2*steps, prepare, func(half, step int) int { return observe(half, step+2) }, steps)
}

// anotherProcess exposes the same, but began years before.
func anotherProcess(scrapes []scrape, target string) []scrape {
	list := slices.Clone(scrapes)
	for i := range list {
		s := &list[i]
		s.target, s.body = target, append(bytes.Clone(s.body), '\n')[:len(s.body)]
		start := []byte("\nprocess_start_time_seconds 1.7")
		at := bytes.Index(s.body, start)
		if at < 0 {
			log.Fatal("no start time")
		}
		s.body[at+len(start)-1] = '6'
	}
	return list
}

// parallelMachine is what the machine gives to two that share nothing, not even
// memory: what else runs on it, and how real its cores are. Four numbers at a
// time keep a core as busy as reading does; one would leave room for another
// thread of it.
func parallelMachine(rounds int) figure {
	const steps, numbers = 16, 800_000
	f := twoCores("parallel/machine", rounds, 2*steps, nil, func(half, _ int) int {
		a, b, c, d := uint64(half)+1, uint64(half)+2, uint64(half)+3, uint64(half)+4
		for range numbers / 4 {
			a, b, c, d = a^a<<13, b^b<<13, c^c<<13, d^d<<13
			a, b, c, d = a^a>>7, b^b>>7, c^c>>7, d^d>>7
			a, b, c, d = a^a<<17, b^b<<17, c^c<<17, d^d<<17
		}
		return numbers + int((a^b^c^d)&1) // they must not be left out
	}, steps)
	f.Unit = "ns/number"
	return f
}

// twoCores compares two halves of some steps, one step of each in turn and
// both at once.
func twoCores(name string, rounds, calls int, prepare func(), do func(half, step int) int, steps int) figure {
	inTurn := way{prepare: prepare, wall: true, run: func() (n int) {
		for step := range steps {
			n += do(0, step) + do(1, step)
		}
		return n
	}}
	atOnce := way{prepare: prepare, wall: true, run: func() int {
		var counts [2]int
		both(func(half int) {
			n := 0 // counted apart: the halves share no line of the cache
			for step := range steps {
				n += do(half, step)
			}
			counts[half] = n
		})
		return counts[0] + counts[1]
	}}
	return compare(name, rounds, calls, false, atOnce, inTurn)
}

// both does two halves at once.
func both(do func(half int)) {
	var wg sync.WaitGroup
	for half := range 2 {
		wg.Go(func() { do(half) })
	}
	wg.Wait()
}
