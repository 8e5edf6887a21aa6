// Command scale measures how one process holds ever more instances:
//
//	go -C bench run ./scale [-instances 100,1000,10000] [-series 10000] [-rounds 4] [-workers 2]
//
// Each instance is a process of one service. Its values are its own, a quarter of
// them change from one scrape to the next, and of its label sets 5 % are found
// nowhere else. Bodies are made one by one, which is not measured. All are scraped
// in rounds 15 s apart, into a fleet with a view of a counter and one of a
// histogram, both grouped.
//
// A row has the heap after the last round and a collection, what a sample costs the
// thread that takes it in, in the first round and in the median of the others, how
// many samples a second as many cores as there are workers take in, how long the
// rate and the p99 of all instances take that are asked first after a round, and
// then again, and how large the saved state is. The collector's own work is not in
// the cost of a sample.
package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/promfold/promfold/aggregate"
)

const interval = 15 * time.Second

func main() {
	sizes := flag.String("instances", "100,1000,10000", "how many instances, one row each")
	series := flag.Int("series", 10_000, "series of an instance")
	rounds := flag.Int("rounds", 4, "scrapes of each instance, at least 2")
	workers := flag.Int("workers", runtime.NumCPU(), "how many scrapes are taken in at a time")
	flag.Parse()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "instances\tseries\tlines held\theap MB\tkB/instance\tfirst ns/sample\tns/sample\tsamples/s\trate ms\tagain\tp99 ms\tagain\tstate MB\t")
	for size := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(size)
		must(err)
		fmt.Fprintln(w, measure(n, *series, max(2, *rounds), *workers))
		must(w.Flush())
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// measure returns the row of a fleet of so many instances.
func measure(instances, series, rounds, workers int) string {
	before := heap()
	f := newFleet()
	service := newService(series)
	var steady []float64
	var first, perSecond float64
	samples := 0
	for round := range rounds {
		cost, n := f.scrape(service, instances, round, workers)
		samples = n
		if round == 0 {
			first = cost
			continue
		}
		steady = append(steady, cost)
	}
	slices.Sort(steady)
	median := steady[len(steady)/2]
	perSecond = float64(workers) * 1e9 / median
	held := heap() - before
	now := at(rounds - 1)
	rate, again := f.ask(now, f.rate)
	p99, once := f.ask(now, f.p99)
	var state counter
	must(f.Save(&state))
	return fmt.Sprintf("%d\t%d\t%d\t%.0f\t%.1f\t%.0f\t%.1f\t%.3g\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t", instances, samples, service.distinct(instances),
		held/1e6, held/1e3/float64(instances), first, median, perSecond, rate, again, p99, once, float64(state)/1e6)
}

// counter counts the bytes that are written to it.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func at(round int) time.Time { return time.Unix(1_750_000_000, 0).Add(time.Duration(round) * interval) }

type fleet struct {
	*aggregate.Fleet
	requests *aggregate.CounterView
	latency  *aggregate.HistogramView
}

func newFleet() *fleet {
	f := &fleet{}
	var err error
	f.Fleet, err = aggregate.NewFleet(aggregate.Config{Window: 5 * time.Minute, MaxBytes: math.MaxInt64 / 2})
	must(err)
	f.requests, err = f.Counter(aggregate.View{Select: "http_requests_total", By: []string{"method", "code"}})
	must(err)
	f.latency, err = f.Histogram(aggregate.View{Select: "http_request_duration_seconds", By: []string{"method"}})
	must(err)
	return f
}

// scrape takes in a scrape of each instance. It returns what a sample cost, in
// nanoseconds of the thread, and how many samples an instance has.
func (f *fleet) scrape(s *service, instances, round, workers int) (cost float64, samples int) {
	var mu sync.Mutex
	var spent time.Duration
	total := 0
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			var body []byte
			var mine time.Duration
			taken := 0
			for i := w; i < instances; i += workers {
				body = s.body(body[:0], i, round)
				scrape := aggregate.Scrape{Target: "instance-" + strconv.Itoa(i), Time: at(round), Body: body}
				start := threadTime()
				r, err := f.Ingest(scrape)
				mine += threadTime() - start
				must(err)
				taken += r.Lines
			}
			mu.Lock()
			defer mu.Unlock()
			spent, total = spent+mine, total+taken
		})
	}
	wg.Wait()
	return float64(spent.Nanoseconds()) / float64(total), total / instances
}

// ask returns how many milliseconds an answer takes, the first time and after.
func (f *fleet) ask(now time.Time, answer func(now time.Time)) (first, again float64) {
	for i := range 2 {
		first = again
		start := time.Now()
		answer(now.Add(time.Duration(i) * time.Millisecond))
		again = time.Since(start).Seconds() * 1e3
	}
	return first, again
}

func (f *fleet) rate(now time.Time) {
	groups, err := f.requests.In(f.Snapshot(now).Last(30 * time.Second))
	must(err)
	for _, g := range groups {
		if rate, ok := g.Rate(); !ok || rate.Value < 0 {
			log.Fatalf("%v has no rate", g.Labels())
		}
	}
}

func (f *fleet) p99(now time.Time) {
	groups, err := f.latency.In(f.Snapshot(now).Last(30 * time.Second))
	must(err)
	for _, g := range groups {
		if q, ok := g.Quantile(0.99); !ok || q.Value <= 0 {
			log.Fatalf("%v has no quantile", g.Labels())
		}
	}
}
