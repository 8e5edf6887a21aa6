package aggregate_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// counters feeds a fleet two instances for a minute; b restarts in it.
func counters(view aggregate.View) (*aggregate.CounterView, aggregate.Snapshot) {
	var v *aggregate.CounterView
	_, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) { v, _ = f.Counter(view) })
	for _, x := range []struct {
		seconds int
		target  string
		started int
		count   int
	}{
		{0, "a:80", -3600, 1000}, {0, "b:80", -3600, 9000},
		{30, "a:80", -3600, 1090}, {30, "b:80", 10, 5},
		{60, "a:80", -3600, 1180}, {60, "b:80", 10, 35},
	} {
		_, err := fleet.Ingest(aggregate.Scrape{
			Target: x.target, Time: began.Add(time.Duration(x.seconds) * time.Second), Start: began.Add(time.Duration(x.started) * time.Second),
			Body: fmt.Appendf(nil, "# TYPE requests_total counter\nrequests_total %d\n", x.count),
		})
		check(err)
	}
	return v, fleet.Snapshot(began.Add(time.Minute))
}

// A counter is asked for its growth; the sum of what instances show is not
// offered.
func ExampleCounterView() {
	requests, now := counters(aggregate.View{Select: "requests_total"})
	groups, err := requests.In(now.Last(time.Minute))
	check(err)
	for _, g := range groups {
		fmt.Println(g)
	}
	for _, total := range requests.Totals(now) {
		fmt.Println("in all:", total.Value)
	}
	// Output:
	// {} increase 215 [215, +Inf]; 2 of 2 expected, 1 restarted; warnings: 1
	// in all: 215
}

// One group's answer: how much, how fast, who, and what to know of it.
func ExampleCounterGroup() {
	requests, now := counters(aggregate.View{Select: "requests_total"})
	g, err := requests.One(now.Last(time.Minute))
	check(err)
	increase, _ := g.Increase()
	rate, _ := g.Rate()
	present, _ := g.RateNow()
	hottest, _ := g.Hottest()
	fmt.Println("grew by", increase)
	fmt.Println("a second:", rate)
	fmt.Println("now:", present)
	fmt.Println("hottest:", hottest)
	fmt.Println(g.Warnings())
	// Output:
	// grew by 215 [215, +Inf]
	// a second: 3.7 [3.58333, 3.75]
	// now: 3.7 [3.58333, 3.75]
	// hottest: a:80: 3, 81.1 % [80, 83.7]
	// [1 series reset by a restart; growth between the last scrape and the restart is unknown: b:80]
}

// A member is an instance with its own number.
func ExampleMember() {
	requests, now := counters(aggregate.View{Select: "requests_total"})
	g, err := requests.One(now.Last(time.Minute))
	check(err)
	for _, m := range g.Increases() {
		fmt.Printf("%s grew by %v in %d steps with %d resets, read %v ago\n", m.Instance, m.Estimate, m.Steps, m.Resets, m.Age)
	}
	for _, m := range g.Rates() {
		fmt.Printf("%s: %.2f a second, %.0f %% of all\n", m.Instance, m.Estimate.Value, 100*m.Share.Value)
	}
	// Output:
	// a:80 grew by 180 in 2 steps with 0 resets, read 0s ago
	// b:80 grew by 35 [35, +Inf] in 2 steps with 1 resets, read 0s ago
	// a:80: 3.00 a second, 81 % of all
	// b:80: 0.70 a second, 19 % of all
}

// What happened in a window besides growth.
func ExampleEvent() {
	requests, now := counters(aggregate.View{Select: "requests_total"})
	g, err := requests.One(now.Last(time.Minute))
	check(err)
	for _, e := range g.Events() {
		fmt.Println(e.Time.UTC().Format(time.TimeOnly), e.Instance, e.Verdict, "of", e.Series, "series, at most", e.Above, "more")
	}
	// Output:
	// 22:13:50 b:80 reset of 1 series, at most +Inf more
}

// Any answer can be shown the same way.
func ExampleGroup() {
	requests, now := counters(aggregate.View{Select: "requests_total"})
	show := func(g aggregate.Group) {
		fmt.Println(g.Labels(), g.Coverage())
		fmt.Print(g.Explain())
	}
	g, err := requests.One(now.Last(time.Minute))
	check(err)
	show(g)
	// Output:
	// {} 2 of 2 expected, 1 restarted
	// requests_total {}
	// 2023-11-14T22:13:20Z to 2023-11-14T22:14:20Z: 2 of 2 expected, 1 restarted
	// increase 215 [215, +Inf], 3.7/s; while it lived a:80 was 1.62 times as fast as the mean of 2 (variation 0.622)
	//   a:80: increase 180, 3/s × 1, 81.1 %
	//     2 steps since 2023-11-14T22:13:20Z, 1m0s observed
	//     at a:80: 3 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:14:20Z
	//   b:80: increase 35 [35, +Inf], 0.7/s × 1, 18.9 %
	//     2 steps since 2023-11-14T22:13:20Z, 50s observed
	//     at b:80: 3 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:14:20Z, process 2
	//     2023-11-14T22:13:50Z restart
	//     2023-11-14T22:13:50Z 1 series: reset (−0 +Inf)
	//   ! 1 series reset by a restart; growth between the last scrape and the restart is unknown: b:80
}

// A total never falls, also where instances restart and leave.
func ExampleSeries() {
	requests, now := counters(aggregate.View{Select: "requests_total"})
	for _, s := range requests.Totals(now) {
		fmt.Println(s.Labels, s.Value, "since", s.Start.UTC().Format(time.TimeOnly))
	}
	// Output:
	// {} 215 since 22:13:20
}

// A family as one instance would expose it, with what has no value for a fleet.
func ExampleFamily() {
	var all *aggregate.EverythingView
	ingest, fleet := exampleFleet(aggregate.Config{Since: began}, func(f *aggregate.Fleet) {
		all, _ = f.Everything(aggregate.View{}) // without Combine
	})
	for _, target := range []string{"a:80", "b:80"} {
		ingest(10, target, "# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\njobs_total 12\n# TYPE queue_length gauge\nqueue_length 7\n")
	}
	for _, f := range all.Families(fleet.Snapshot(began.Add(10 * time.Second))) {
		fmt.Printf("%s (%s) of %d instances: %d series, left out: %q\n", f.Name, f.Type, f.Instances, len(f.Series), f.Why)
	}
	// Output:
	// jobs_total (counter) of 2 instances: 1 series, left out: ""
	// queue_length (gauge) of 2 instances: 0 series, left out: "1: several instances have the gauge, and the view does not say how to combine them"
}

// latency feeds a fleet two instances, of which one is slow.
func latency() (*aggregate.HistogramView, aggregate.Snapshot) {
	var v *aggregate.HistogramView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) { v, _ = f.Histogram(aggregate.View{Select: "latency_seconds"}) })
	for i := range 2 {
		for target, fast := range map[string]int{"a:80": 990, "b:80": 50} {
			ingest(60*i, target, strings.NewReplacer("FAST", fmt.Sprint(i*fast), "ALL", fmt.Sprint(i*(fast+10))).Replace(`# TYPE latency_seconds histogram
latency_seconds_bucket{le="0.1"} FAST
latency_seconds_bucket{le="1"} ALL
latency_seconds_bucket{le="+Inf"} ALL
latency_seconds_sum ALL
latency_seconds_count ALL
`))
		}
	}
	return v, fleet.Snapshot(began.Add(time.Minute))
}

// A histogram is asked for quantiles of all observations, or of the worst
// instance; a mean of quantiles is not offered.
func ExampleHistogramView() {
	slow, now := latency()
	g, err := slow.One(now.Last(time.Minute))
	check(err)
	p99, _ := g.Quantile(.99)
	worst, _ := g.WorstQuantile(.99)
	fmt.Println("of all:", p99)
	fmt.Println("of the worst:", worst)
	fmt.Println(slow.Status(now))
	// Output:
	// of all: 0.523 [0.1, 1]
	// of the worst: b:80: 0.946 [0.1, 1], 5.66 %
	// 2 series in 1 group, of 2 instances
}

// One group's distribution, and what follows from it.
func ExampleHistogramGroup() {
	slow, now := latency()
	g, err := slow.One(now.Last(time.Minute))
	check(err)
	share, _ := g.Over(.1)
	observed, _ := g.Observations().Increase()
	fmt.Printf("%.2f %% of %v requests took longer than 0.1 s\n", 100*share.Value, observed)
	for _, row := range g.Distribution().Rows() {
		fmt.Println(row)
	}
	// Output:
	// 1.89 % of 1060 requests took longer than 0.1 s
	// {0 0.1 1040}
	// {0.1 1 20}
	// {1 +Inf 0}
}

// failures feeds a fleet two instances, of which one fails often.
func failures() (*aggregate.RatioView, aggregate.Snapshot) {
	var v *aggregate.RatioView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		v, _ = f.Ratio(aggregate.View{Select: `requests_total{code="500"}`}, aggregate.View{Select: "requests_total"})
	})
	for i := range 2 {
		ingest(60*i, "a:80", fmt.Sprintf("# TYPE requests_total counter\nrequests_total{code=\"200\"} %d\nrequests_total{code=\"500\"} %d\n", 990*i, 10*i))
		ingest(60*i, "b:80", fmt.Sprintf("# TYPE requests_total counter\nrequests_total{code=\"200\"} %d\nrequests_total{code=\"500\"} %d\n", 80*i, 20*i))
	}
	return v, fleet.Snapshot(began.Add(time.Minute))
}

// A ratio rests on the same steps of the same instances above and below.
func ExampleRatioView() {
	failed, now := failures()
	groups, err := failed.In(now.Last(time.Minute))
	check(err)
	for _, g := range groups {
		fmt.Println(g)
	}
	// Output:
	// {} ratio 0.0272727; 2 of 2 expected
}

// All of the one to all of the other; no mean of the instances' ratios.
func ExampleRatioGroup() {
	failed, now := failures()
	g, err := failed.One(now.Last(time.Minute))
	check(err)
	ratio, _ := g.Ratio()
	worst, _ := g.Max()
	fmt.Printf("%.4f of all failed; at %s %.2f\n", ratio.Value, worst.Instance, worst.Estimate.Value)
	// Output:
	// 0.0273 of all failed; at b:80 0.20
}
