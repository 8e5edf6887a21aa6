package main

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"time"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// A row is some requests, and the total that they are about.
type row struct {
	name   string
	metric string
	truth  float64
	build  func(starts bool, moved time.Duration) []pmetric.Metrics
	events map[int]func(*collector) // what happens to the Collector, by the requests that are left
}

// The Collector ends after a sixth of the time, and may have kept its state 10 s
// before, which is two scrapes of each instance.
var (
	restarts = map[int]func(*collector){110: (*collector).restart}
	killed   = map[int]func(*collector){116: (*collector).save, 110: (*collector).kill}
)

// rows returns what happens to fleets, all of it to the recorded API servers.
func (r *recorded) rows() []row {
	late, left := r.direct.step(0.25), r.direct.step(0.6)
	seen := r.both.of(func(s *scrape) bool { return s.target == balancer })
	through := cumulative("the same through the balancer alone", requests, seen)
	through.truth = r.direct.truth(requests)
	mixed := cumulative("differing buckets: b has every second one", durations, r.direct.withoutBounds("apiserver-b"))
	mixed.truth = r.direct.truth(durations + "_count")
	all := cumulative("the recording: three instances, two restarts", requests, r.direct)
	return []row{
		all,
		through,
		cumulative("restart: the two instances that do", requests, r.direct.of(func(s *scrape) bool { return s.isAny("b", "c") })),
		cumulative("no restart: the one that does not", requests, r.direct.of(func(s *scrape) bool { return s.isAny("a") })),
		cumulative("late member: a comes after a quarter", requests, r.direct.without("apiserver-a", late.After)),
		cumulative("departed member: a leaves after 60 %", requests, r.direct.without("apiserver-a", left.Before)),
		cumulative("histograms: observations", durations, r.direct).counted(durations+"_count", r.direct),
		mixed,
		all.with("the Collector restarts", restarts),
		all.with("the Collector is killed 10 s after its state was saved", killed),
		all.sent("every tenth request is sent twice", twice),
		all.sent("every tenth request comes after the instance's next", swapped),
		r.deltas("delta input, in the order of time"),
		r.deltas("delta input, each round in the other order").ordered(turned),
		r.deltas("").with("delta input, the Collector restarts", restarts),
		r.deltas("").with("delta input, the Collector is killed 10 s after its state was saved", killed),
		r.deltas("delta input, every tenth request is sent twice").ordered(twice),
	}
}

func cumulative(name, metric string, list scrapes) row {
	return row{name: name, metric: metric, truth: list.truth(metric), build: func(starts bool, moved time.Duration) (made []pmetric.Metrics) {
		for i := range list {
			made = append(made, list[i].request(starts, moved))
		}
		return made
	}}
}

// counted compares with the growth of another metric: a histogram has no series
// of its own name.
func (x row) counted(metric string, list scrapes) row {
	x.truth = list.truth(metric)
	return x
}

// with is the row in which something happens to the Collector.
func (x row) with(name string, events map[int]func(*collector)) row {
	x.name, x.events = name, events
	return x
}

// sent is the row with the requests in another order, or some of them again.
func (x row) sent(name string, order func([]pmetric.Metrics) []pmetric.Metrics) row {
	x.name = name
	return x.ordered(order)
}

func (x row) ordered(order func([]pmetric.Metrics) []pmetric.Metrics) row {
	build := x.build
	x.build = func(starts bool, moved time.Duration) []pmetric.Metrics { return order(build(starts, moved)) }
	return x
}

// twice sends every tenth request again, as a client does that did not hear that
// it was taken in.
func twice(list []pmetric.Metrics) (made []pmetric.Metrics) {
	for i, md := range list {
		made = append(made, md)
		if i%10 == 9 {
			again := pmetric.NewMetrics()
			md.CopyTo(again)
			made = append(made, again)
		}
	}
	return made
}

// swapped sends every tenth request after the next one of its instance: those of
// the instances follow each other.
func swapped(list []pmetric.Metrics) []pmetric.Metrics {
	for i := 9; i < len(list); i += 10 {
		for j := i + 1; j < len(list); j++ {
			if instanceOf(list[j]) == instanceOf(list[i]) {
				md := list[i]
				copy(list[i:j], list[i+1:j+1])
				list[j] = md
				break
			}
		}
	}
	return list
}

func instanceOf(md pmetric.Metrics) string {
	v, _ := md.ResourceMetrics().At(0).Resource().Attributes().Get(instanceKey)
	return v.AsString()
}

// turned sends the last request of three first.
func turned(list []pmetric.Metrics) []pmetric.Metrics {
	for three := range slices.Chunk(list, 3) {
		slices.Reverse(three)
	}
	return list
}

// deltas sends what the counters of the instances grew by.
func (r *recorded) deltas(name string) row {
	return row{name: name, metric: requests, truth: r.direct.truth(requests), build: func(_ bool, moved time.Duration) (made []pmetric.Metrics) {
		var g growths
		before := map[string]time.Time{}
		for i := range r.direct {
			s := &r.direct[i]
			if s.samples == nil {
				continue
			}
			since, ok := before[s.target]
			if !ok {
				since = s.at.Add(-5 * time.Second)
			}
			made = append(made, s.deltas(&g, requests, since, moved))
			before[s.target] = s.at
		}
		return made
	}}
}

func printTotals(r *recorded, wanted *regexp.Regexp, details bool) {
	fmt.Print("| total over the whole time, in % of the truth |")
	for _, w := range ways {
		fmt.Printf(" %s |", w.name)
	}
	fmt.Print("\n| --- |")
	for range ways {
		fmt.Print(" --- |")
	}
	fmt.Println()
	for _, x := range r.rows() {
		if !wanted.MatchString(x.name) {
			continue
		}
		fmt.Printf("| %s |", x.name)
		for _, w := range ways {
			out := r.run(x, w)
			fmt.Printf(" %s", off(out.total(), x.truth))
			if out.fell > 0 {
				fmt.Printf(", fell %d times; read with resets %s", out.fell, off(out.read, x.truth))
			}
			if details {
				fmt.Printf(" (%v of %v)", out.total(), x.truth)
			}
			fmt.Print(" |")
		}
		fmt.Println()
	}
	fmt.Println()
}

// off returns how much a total is off.
func off(got, truth float64) string {
	if got == truth {
		return "exact"
	}
	return fmt.Sprintf("%+.*f %%", max(0, min(3, 1-int(math.Floor(math.Log10(math.Abs(got-truth)/truth*100))))), (got-truth)/truth*100)
}

// A collector is a Collector with one way in it.
type collector struct {
	way      way
	interval time.Duration
	kept     *disk
	out      *sink
	in       consumer.Metrics
	end      func()
}

func (c *collector) start() { c.in, c.end = c.way.make(c.interval, c.kept, c.out) }

// restart ends it in order, and starts it again.
func (c *collector) restart() {
	c.end()
	c.start()
}

// save lets those that have a state keep it: at no time but this one.
func (c *collector) save() {
	if c.interval = time.Hour; c.way.keeps {
		c.restart()
	}
}

// kill leaves nothing of it but what it kept.
func (c *collector) kill() {
	c.out.close(true)
	kept := c.kept.clone()
	c.end()
	c.kept = kept
	c.out.close(false)
	c.start()
}

// run sends the requests of a row along a way. The recording begins a second from
// now, and what happens to the Collector does so before any process restarts:
// contrib's processors compare the start times of processes with their own, and
// the recording passes faster than time.
func (r *recorded) run(x row, w way) *sink {
	c := &collector{way: w, interval: 20 * time.Millisecond, kept: newDisk(), out: &sink{metric: x.metric}}
	c.start()
	all := x.build(w.starts, time.Since(r.began))
	for i, md := range all {
		if do := x.events[len(all)-i]; do != nil {
			do(c)
		}
		check(c.in.ConsumeMetrics(context.Background(), md))
	}
	c.end()
	return c.out
}
