package main

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// A row is some requests, and the total that they are about.
type row struct {
	name   string
	metric string
	truth  float64
	build  func(starts bool) []pmetric.Metrics
}

// rows returns what happens to fleets, all of it to the recorded API servers.
func (r *recorded) rows() []row {
	late, left := r.direct.step(0.25), r.direct.step(0.6)
	cumulative := func(name, metric string, list scrapes) row {
		return row{name, metric, list.truth(metric), func(starts bool) (made []pmetric.Metrics) {
			for i := range list {
				made = append(made, list[i].request(starts))
			}
			return made
		}}
	}
	seen := r.both.of(func(s *scrape) bool { return s.target == balancer })
	through := cumulative("the same through the balancer alone", requests, seen)
	through.truth = r.direct.truth(requests)
	mixed := cumulative("differing buckets: b has every second one", durations, r.direct.withoutBounds("apiserver-b"))
	mixed.truth = r.direct.truth(durations + "_count")
	return []row{
		cumulative("the recording: three instances, two restarts", requests, r.direct),
		through,
		cumulative("restart: the two instances that do", requests, r.direct.of(func(s *scrape) bool { return s.isAny("b", "c") })),
		cumulative("no restart: the one that does not", requests, r.direct.of(func(s *scrape) bool { return s.isAny("a") })),
		cumulative("late member: a comes after a quarter", requests, r.direct.without("apiserver-a", late.After)),
		cumulative("departed member: a leaves after 60 %", requests, r.direct.without("apiserver-a", left.Before)),
		cumulative("histograms: observations", durations, r.direct).counted(durations+"_count", r.direct),
		mixed,
		r.deltaRow("delta input, in the order of time", false),
		r.deltaRow("delta input, each round in the other order", true),
	}
}

// counted compares with the growth of another metric: a histogram has no series
// of its own name.
func (x row) counted(metric string, list scrapes) row {
	x.truth = list.truth(metric)
	return x
}

// deltaRow sends what the counters of the instances grew by.
func (r *recorded) deltaRow(name string, turned bool) row {
	return row{name, requests, r.direct.truth(requests), func(bool) (made []pmetric.Metrics) {
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
			made = append(made, s.deltas(&g, requests, since))
			before[s.target] = s.at
		}
		if turned {
			for three := range slices.Chunk(made, 3) {
				slices.Reverse(three)
			}
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
			got, fell := x.run(w)
			fmt.Printf(" %s", off(got, x.truth))
			if fell > 0 {
				fmt.Printf(", fell %d times", fell)
			}
			if details {
				fmt.Printf(" (%v of %v)", got, x.truth)
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

// run sends the requests of a row along a way.
func (x row) run(w way) (total float64, fell int) {
	out := &sink{metric: x.metric}
	in, end := w.make(20*time.Millisecond, out)
	for _, md := range x.build(w.starts) {
		check(in.ConsumeMetrics(context.Background(), md))
	}
	end()
	return out.total(), out.fell
}
