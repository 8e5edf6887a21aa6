package aggregate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

var began = time.Unix(1_700_000_000, 0)

// exampleFleet returns a fleet that ingests what the instances expose at so many
// seconds; each started at a time of its own. declare says what is asked.
func exampleFleet(c aggregate.Config, declare func(*aggregate.Fleet)) (ingest func(seconds int, target, body string), f *aggregate.Fleet) {
	f, err := aggregate.NewFleet(c)
	if err != nil {
		panic(err)
	}
	declare(f)
	return func(seconds int, target, body string) {
		_, err := f.Ingest(aggregate.Scrape{
			Target: target, Time: began.Add(time.Duration(seconds) * time.Second), Start: began.Add(-time.Duration(target[0]) * time.Minute), Body: []byte(body)})
		if err != nil {
			panic(err)
		}
	}, f
}

// The share of failed requests is asked as a ratio: both sides rest on the same
// steps of the same instances.
func ExampleFleet_Ratio() {
	var failed *aggregate.RatioView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		failed, _ = f.Ratio(aggregate.View{Select: `requests_total{code="500"}`}, aggregate.View{Select: `requests_total`})
	})
	body := func(ok, bad int) string {
		return fmt.Sprintf("# TYPE requests_total counter\nrequests_total{code=\"200\"} %d\nrequests_total{code=\"500\"} %d\n", ok, bad)
	}
	ingest(0, "a:80", body(1000, 10))
	ingest(0, "b:80", body(2000, 40))
	ingest(60, "a:80", body(1990, 20))
	ingest(60, "b:80", body(2800, 240))

	g, err := failed.One(fleet.Snapshot(began.Add(time.Minute)).Last(time.Minute))
	if err != nil {
		panic(err)
	}
	ratio, _ := g.Ratio()
	bad, _ := g.Numerator().Increase()
	all, _ := g.Denominator().Increase()
	fmt.Printf("%.3f of the requests failed: %v of %v\n", ratio.Value, bad, all)
	worst, _ := g.Max()
	fmt.Printf("worst: %s with %.2f\n", worst.Instance, worst.Estimate.Value)
	for _, m := range g.Members() {
		fmt.Println(m)
	}
	// Output:
	// 0.105 of the requests failed: 210 of 2000
	// worst: b:80 with 0.20
	// a:80: 0.01
	// b:80: 0.2
}

// A quantile is that of all observations of the fleet; the worst instance's is
// another question.
func ExampleFleet_Histogram() {
	var latency *aggregate.HistogramView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		latency, _ = f.Histogram(aggregate.View{Select: "latency_seconds"})
	})
	body := func(fast, all int, sum float64) string {
		return fmt.Sprintf("# TYPE latency_seconds histogram\nlatency_seconds_bucket{le=\"0.1\"} %d\nlatency_seconds_bucket{le=\"1\"} %d\n"+
			"latency_seconds_bucket{le=\"+Inf\"} %d\nlatency_seconds_sum %g\nlatency_seconds_count %d\n", fast, all, all, sum, all)
	}
	ingest(0, "a:80", body(0, 0, 0))
	ingest(0, "b:80", body(0, 0, 0))
	ingest(60, "a:80", body(990, 1000, 50))
	ingest(60, "b:80", body(50, 100, 40))

	g, err := latency.One(fleet.Snapshot(began.Add(time.Minute)).Last(time.Minute))
	if err != nil {
		panic(err)
	}
	p50, _ := g.Quantile(.5)
	worst, _ := g.WorstQuantile(.5)
	slow, _ := g.Over(.1)
	mean, _ := g.Mean()
	fmt.Printf("median %v\n", p50)
	fmt.Printf("%s has the worst: %v\n", worst.Instance, worst.Estimate)
	fmt.Printf("above 0.1 s: %.1f %%; mean %v s\n", 100*slow.Value, mean)
	for name, d := range g.Distributions() {
		fmt.Println(name, "observed", d.Count())
	}
	// Output:
	// median 0.0528846 [0, 0.1]
	// b:80 has the worst: 0.1 [0, 0.1]
	// above 0.1 s: 5.5 %; mean 0.0818182 s
	// a:80 observed 1000
	// b:80 observed 100
}

// A gauge over a window: at each moment the fleet has a sum, and its maximum is
// not the sum of the members' maxima.
func ExampleGaugeView_Over() {
	var queue *aggregate.GaugeView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		queue, _ = f.Gauge(aggregate.View{Select: "queue_length", Combine: aggregate.Sum, Window: 5 * time.Minute})
	})
	for i, n := range [][2]int{{5, 1}, {1, 4}, {2, 2}} {
		ingest(30*i, "a:80", fmt.Sprintf("# TYPE queue_length gauge\nqueue_length %d\n", n[0]))
		ingest(30*i, "b:80", fmt.Sprintf("# TYPE queue_length gauge\nqueue_length %d\n", n[1]))
	}
	now := fleet.Snapshot(began.Add(time.Minute))
	groups, err := queue.Over(now.Last(time.Minute))
	if err != nil {
		panic(err)
	}
	for _, g := range groups {
		greatest, _ := g.Max()
		mean, _ := g.Mean()
		fmt.Printf("at most %v, on average %.1f\n", greatest, mean.Value)
		for _, m := range g.Members() {
			fmt.Printf("%s: %v to %v\n", m.Instance, m.Min, m.Max)
		}
	}
	one, err := queue.One(now)
	if err != nil {
		panic(err)
	}
	least, _ := one.Min()
	fmt.Printf("now: %v, least %v\n", one, least)
	// Output:
	// at most 6, on average 5.5
	// a:80: 1 to 5
	// b:80: 1 to 4
	// now: {} sum 4; 2 of 2 expected, least a:80: 2, 50 %
}

// What the labels of a gauge say: which versions run, and where.
func ExampleGaugeGroup_Variants() {
	var info *aggregate.GaugeView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		info, _ = f.Gauge(aggregate.View{Select: "build_info", Combine: aggregate.Distinct})
	})
	for target, version := range map[string]string{"a:80": "1.2", "b:80": "1.3", "c:80": "1.2"} {
		ingest(0, target, fmt.Sprintf("# TYPE build_info gauge\nbuild_info{version=%q} 1\n", version))
	}
	g, err := info.One(fleet.Snapshot(began))
	if err != nil {
		panic(err)
	}
	for _, v := range g.Variants() {
		fmt.Println(v)
	}
	// Output:
	// {version="1.2"} 1: a:80, c:80
	// {version="1.3"} 1: b:80
}

// An answer that rests on too little of the fleet is refused; of a part of it,
// it may rest on all.
func ExampleSnapshot_AtLeast() {
	var requests *aggregate.CounterView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		requests, _ = f.Counter(aggregate.View{Select: "requests_total"})
		_ = f.SetTargets(began,
			aggregate.Target{Name: "a:80", Labels: labels.FromStrings("zone", "east")},
			aggregate.Target{Name: "b:80", Labels: labels.FromStrings("zone", "west")},
			aggregate.Target{Name: "c:80", Labels: labels.FromStrings("zone", "west")})
	})
	for i := range 3 {
		ingest(30*i, "a:80", fmt.Sprintf("# TYPE requests_total counter\nrequests_total %d\n", 100*i))
		ingest(30*i, "b:80", fmt.Sprintf("# TYPE requests_total counter\nrequests_total %d\n", 10*i))
	}
	_ = fleet.ScrapeFailed("c:80", began.Add(time.Minute), context.DeadlineExceeded)

	s := fleet.Snapshot(began.Add(time.Minute)).AtLeast(.9)
	_, err := requests.One(s.Last(time.Minute))
	var too *aggregate.CoverageError
	if errors.As(err, &too) {
		fmt.Println("refused:", too)
		fmt.Println("missing:", too.Missing)
	}
	east := s.Only(labels.MustNewMatcher(labels.MatchEqual, "zone", "east"))
	g, err := requests.One(east.Last(time.Minute))
	if err != nil {
		panic(err)
	}
	fmt.Println(g)
	fmt.Print(g.Explain())
	// Output:
	// refused: covers 66.7 % of the fleet, less than the 90 % required: 2 of 3 expected, 1 failed; missing c:80
	// missing: [c:80]
	// {} increase 200; 1 of 1 expected
	// requests_total {}
	// 2023-11-14T22:13:20Z to 2023-11-14T22:14:20Z: 1 of 1 expected
	// increase 200, 3.33333/s
	//   a:80: increase 200, 3.33333/s × 1, 100 %
	//     2 steps since 2023-11-14T22:13:20Z, 1m0s observed
	//     at a:80: 3 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:14:20Z
}

// Two fleets that watch different instances are merged; the result is as if one
// had watched all.
func ExampleFleet_Merge() {
	c := aggregate.Config{Since: began}
	view := aggregate.View{Select: "requests_total"}
	var requests *aggregate.CounterView
	east, fleet := exampleFleet(c, func(f *aggregate.Fleet) { requests, _ = f.Counter(view) })
	west, other := exampleFleet(c, func(f *aggregate.Fleet) { _, _ = f.Counter(view) })
	for i := range 2 {
		east(60*i, "a:80", fmt.Sprintf("# TYPE requests_total counter\nrequests_total %d\n", 100*i))
		west(60*i, "b:80", fmt.Sprintf("# TYPE requests_total counter\nrequests_total %d\n", 10*i))
	}
	if err := fleet.Merge(other); err != nil {
		panic(err)
	}
	g, err := requests.One(fleet.Snapshot(began.Add(time.Minute)).Last(time.Minute))
	if err != nil {
		panic(err)
	}
	fmt.Println(g)
	for _, m := range g.Increases() {
		fmt.Println(m)
	}
	// Output:
	// {} increase 110; 2 of 2 expected
	// a:80: 100, 90.9 %
	// b:80: 10, 9.09 %
}

// All families of a fleet as one instance would expose them.
func ExampleFleet_Everything() {
	var all *aggregate.EverythingView
	ingest, fleet := exampleFleet(aggregate.Config{Since: began}, func(f *aggregate.Fleet) {
		var err error
		if all, err = f.Everything(aggregate.View{Combine: aggregate.Sum}); err != nil {
			panic(err)
		}
	})
	for i := range 2 {
		for k, target := range []string{"a:80", "b:80"} {
			ingest(60*i, target, fmt.Sprintf("# TYPE requests_total counter\nrequests_total{code=\"200\"} %d\n# TYPE queue_length gauge\nqueue_length %d\n", 100*i+k, i+k))
		}
	}
	now := fleet.Snapshot(began.Add(time.Minute))
	for _, f := range all.Families(now) {
		for _, s := range f.Series {
			fmt.Println(f.Type, f.Name, s.Labels, s.Value)
		}
	}
	h := now.Health()
	fmt.Println(h.Instances, "instances,", h.Lines, "lines,", h.Accepted, "scrapes")
	fmt.Println(now.Instances()[0])
	// Output:
	// gauge queue_length {} 3
	// counter requests_total {code="200"} 200
	// 2 instances, 2 lines, 4 scrapes
	// a:80: 2 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:14:20Z, started 2023-11-14T20:36:20Z
}

// What grew since the last time, for a store that takes deltas.
func ExampleEverythingView_Deltas() {
	var all *aggregate.EverythingView
	ingest, fleet := exampleFleet(aggregate.Config{Since: began}, func(f *aggregate.Fleet) {
		all, _ = f.Everything(aggregate.View{})
	})
	for i, requests := range []int{100, 130, 130} {
		ingest(60*i, "a:80", fmt.Sprintf("# TYPE requests_total counter\nrequests_total %d\n", requests))
		for _, f := range all.Deltas(fleet.Snapshot(began.Add(time.Duration(i) * time.Minute))) {
			for _, s := range f.Series {
				fmt.Println(f.Name, s.Value, "since", s.Start.UTC().Format(time.TimeOnly))
			}
		}
	}
	// Output:
	// requests_total 30 since 22:13:20
}

// Samples that were read elsewhere are taken in like a body.
func ExampleFleet_IngestSamples() {
	var requests *aggregate.CounterView
	_, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		requests, _ = f.Counter(aggregate.View{Select: "requests_total"})
	})
	family := &parse.Family{Name: "requests", Type: model.MetricTypeCounter}
	for i := range 2 {
		report, err := fleet.IngestSamples(
			aggregate.Scrape{Target: "a:80", Time: began.Add(time.Duration(i) * time.Minute), Start: began.Add(-time.Hour)},
			[]parse.Sample{{Labels: labels.FromStrings("__name__", "requests_total"), Family: family, Value: float64(100 * i)}})
		if err != nil {
			panic(err)
		}
		fmt.Println(report)
	}
	now := fleet.Snapshot(began.Add(time.Minute))
	g, err := requests.One(now.Last(time.Minute))
	if err != nil {
		panic(err)
	}
	increase, _ := g.Increase()
	fmt.Println(increase)
	fmt.Println(requests.Status(now))
	// Output:
	// a:80: 1 line, 1 changed, 1 came; new instance
	// a:80: 1 line, 1 changed, 1 grown
	// 100
	// 1 series in 1 group, of 1 instance
}

// A root stands above two leaves, each of which scrapes a part of the fleet and
// sends its state now and then. A server moves from one leaf to the other.
func ExampleFleet_SetPart() {
	begin := time.Unix(1_700_000_000, 0)
	config := aggregate.Config{Since: begin, JoinHorizon: time.Hour}
	newFleet := func() (*aggregate.Fleet, *aggregate.CounterView) {
		f, _ := aggregate.NewFleet(config)
		jobs, _ := f.Counter(aggregate.View{Select: "jobs_total"})
		return f, jobs
	}
	root, jobs := newFleet()
	left, _ := newFleet()
	right, _ := newFleet()
	scrape := func(leaf *aggregate.Fleet, target string, seconds, n int) {
		_, err := leaf.Ingest(aggregate.Scrape{
			Target: target, Start: begin.Add(5 * time.Second), Time: begin.Add(time.Duration(seconds) * time.Second),
			Body: fmt.Appendf(nil, "# TYPE jobs_total counter\njobs_total %d\n", n),
		})
		if err != nil {
			panic(err)
		}
	}
	send := func(name string, leaf *aggregate.Fleet, seconds int) {
		var state bytes.Buffer // what a leaf sends
		if err := leaf.Save(&state); err != nil {
			panic(err)
		}
		now := begin.Add(time.Duration(seconds) * time.Second)
		if err := root.SetPart(name, now, &state); err != nil {
			panic(err)
		}
		s := root.Snapshot(now)
		fmt.Println("jobs:", jobs.Totals(s)[0].Value, "of", s.Coverage())
	}
	scrape(left, "a:80", 10, 100)
	scrape(left, "b:80", 10, 50)
	send("left", left, 11)
	left.Remove(begin.Add(20*time.Second), "b:80")
	scrape(right, "b:80", 30, 60)
	send("right", right, 31)
	send("left", left, 32)
	// Output:
	// jobs: 150 of 2 of 2 expected
	// jobs: 160 of 2 of 2 expected
	// jobs: 160 of 2 of 2 expected
}
