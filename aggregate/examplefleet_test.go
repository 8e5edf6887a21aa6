package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/parse"
)

// Observation begins when the program says; what processes that began later
// counted before their first scrape is growth, then.
func ExampleConfig() {
	fleet, err := aggregate.NewFleet(aggregate.Config{
		Since:     began,
		Window:    10 * time.Minute, // the longest window that anything asks for
		Staleness: 2,                // intervals of a target, after which its numbers are too old
		Parse:     parse.Options{MaxBody: 4 << 20},
	})
	check(err)
	jobs, err := fleet.Counter(aggregate.View{Select: "jobs_total", Owner: counter.Process})
	check(err)
	_, err = fleet.Ingest(aggregate.Scrape{
		Target: "a:80", Time: began.Add(2 * time.Minute), Start: began.Add(90 * time.Second), Body: []byte("# TYPE jobs_total counter\njobs_total 12\n"),
	})
	check(err)
	fmt.Println(jobs.One(fleet.Snapshot(began.Add(2 * time.Minute)).SinceStart()))
	// Output:
	// {} increase 12; 1 of 1 expected <nil>
}

// A scrape is taken in whole or not at all, and once.
func ExampleScrape() {
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	sc := aggregate.Scrape{Target: "a:80", Time: began, Body: []byte("# TYPE jobs_total counter\njobs_total 12\n")}
	fmt.Println(fleet.Ingest(sc))
	fmt.Println(fleet.Ingest(sc))
	sc.Body = []byte("jobs_total 13\n")
	_, err = fleet.Ingest(sc)
	fmt.Println(err, errors.Is(err, aggregate.ErrConflict))
	sc.Time, sc.Body = began.Add(time.Minute), []byte("jobs_total 14\n<html>")
	_, err = fleet.Ingest(sc)
	var wrong *parse.Error
	fmt.Println(err, errors.As(err, &wrong))
	// Output:
	// a:80: 1 line, 1 changed, 1 came; new instance <nil>
	// a:80: 1 line, 0 changed; duplicate <nil>
	// scrape of a:80 at 2023-11-14T22:13:20Z: another body was accepted for the same time true
	// scrape of a:80 at 2023-11-14T22:14:20Z: line 2, column 1: expected a valid start token, got "<" ("INVALID"): "<html>" true
}

// Who is expected is said by targets: one that never answers is missing.
func ExampleTarget() {
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	check(fleet.SetTargets(began,
		aggregate.Target{Name: "10.0.0.7:8080", Labels: labels.FromStrings("zone", "east")},
		aggregate.Target{Name: "10.0.0.8:8080", Instance: "shop-1"},    // what it is called here
		aggregate.Target{Name: "lb:443", Balanced: true, Expected: 2})) // two processes answer in turn
	for _, name := range []string{"10.0.0.8:8080", "lb:443"} {
		_, err = fleet.Ingest(aggregate.Scrape{Target: name, Time: began, Body: []byte("# TYPE jobs_total counter\njobs_total 1\n")})
		check(err)
	}
	now := fleet.Snapshot(began)
	for _, in := range now.Instances() {
		fmt.Println(in.Name, "at", in.Targets, in.Labels)
	}
	fmt.Println(now.Coverage())
	// Output:
	// lb:443#1 at [lb:443] {}
	// shop-1 at [10.0.0.8:8080] {}
	// 2 of 4 expected
}

// A view says which series are meant, how they are grouped, and who counts.
func ExampleView() {
	var byCode, byHandler *aggregate.CounterView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		byCode, _ = f.Counter(aggregate.View{Select: `requests_total{handler!="/healthz"}`, By: []string{"code"}, Owner: counter.Process})
		byHandler, _ = f.Counter(aggregate.View{Select: "requests_total", Without: []string{"code"}})
	})
	for i := range 2 {
		ingest(60*i, "a:80", strings.NewReplacer("N", fmt.Sprint(100*i)).Replace(`# TYPE requests_total counter
requests_total{code="200",handler="/"} N
requests_total{code="200",handler="/buy"} N
requests_total{code="500",handler="/buy"} N
requests_total{code="200",handler="/healthz"} N
`))
	}
	for _, v := range []*aggregate.CounterView{byCode, byHandler} {
		groups, err := v.In(fleet.Snapshot(began.Add(time.Minute)).Last(time.Minute))
		check(err)
		for _, g := range groups {
			fmt.Println(g)
		}
	}
	// Output:
	// {code="200"} increase 200; 1 of 1 expected
	// {code="500"} increase 100; 1 of 1 expected
	// {handler="/"} increase 100; 1 of 1 expected
	// {handler="/buy"} increase 200; 1 of 1 expected
	// {handler="/healthz"} increase 100; 1 of 1 expected
}

// A window ends at the snapshot; where it begins between two scrapes, Covers
// says what its steps span.
func ExampleWindow() {
	var jobs *aggregate.CounterView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		jobs, _ = f.Counter(aggregate.View{Select: "jobs_total"})
	})
	for i := range 9 {
		ingest(15*i, "a:80", fmt.Sprintf("# TYPE jobs_total counter\njobs_total %d\n", 30*i))
	}
	now := fleet.Snapshot(began.Add(2 * time.Minute))
	for _, w := range []aggregate.Window{now.Last(time.Minute), now.Last(50 * time.Second), now.SinceStart()} {
		g, err := jobs.One(w)
		check(err)
		increase, _ := g.Increase()
		from, to := g.Covers()
		fmt.Println(increase, "in", to.Sub(from))
	}
	_, err := jobs.One(now.Last(time.Hour))
	fmt.Println(err)
	// Output:
	// 120 in 1m0s
	// 120 in 1m0s
	// 240 in 2m0s
	// that much of the past is not kept: 1h0m0s, the view keeps 5m0s
}

// On how much of the fleet an answer rests.
func ExampleCoverage() {
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	check(fleet.SetTargets(began, aggregate.Target{Name: "a:80"}, aggregate.Target{Name: "b:80"}, aggregate.Target{Name: "c:80"}))
	_, err = fleet.Ingest(aggregate.Scrape{Target: "a:80", Time: began, Body: []byte("up 1\n")})
	check(err)
	check(fleet.ScrapeFailed("b:80", began, context.DeadlineExceeded))
	c := fleet.Snapshot(began).Coverage()
	share, _ := c.Share()
	fmt.Println(c)
	fmt.Printf("%d of %d, %.0f %%\n", c.Reporting, c.Expected, 100*share)
	// Output:
	// 1 of 3 expected, 1 failed
	// 1 of 3, 33 %
}

// An answer that would rest on too little is an error that says what is missing.
func ExampleCoverageError() {
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	queue, err := fleet.Gauge(aggregate.View{Select: "queue_length", Combine: aggregate.Sum})
	check(err)
	check(fleet.SetTargets(began, aggregate.Target{Name: "a:80"}, aggregate.Target{Name: "b:80"}))
	_, err = fleet.Ingest(aggregate.Scrape{Target: "a:80", Time: began, Body: []byte("# TYPE queue_length gauge\nqueue_length 7\n")})
	check(err)
	_, err = queue.One(fleet.Snapshot(began).AtLeast(1))
	var few *aggregate.CoverageError
	if errors.As(err, &few) {
		fmt.Println("ask", few.Missing, "again:", few.Coverage)
	}
	// Output:
	// ask [b:80] again: 1 of 2 expected
}

// What a fleet holds, what it refused, and what each view costs.
func ExampleHealth() {
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		_, _ = f.Counter(aggregate.View{Select: "jobs_total"})
	})
	ingest(60, "a:80", "# TYPE jobs_total counter\njobs_total 12\n# TYPE queue_length gauge\nqueue_length 7\n")
	_, err := fleet.Ingest(aggregate.Scrape{Target: "a:80", Time: began})
	fmt.Println(errors.Is(err, aggregate.ErrLate))
	h := fleet.Snapshot(began.Add(time.Minute)).Health()
	fmt.Println(h.Instances, "instance,", h.Lines, "lines;", h.Accepted, "scrape taken in,", h.Refused, "refused, late:", h.Refusals["late"])
	for _, v := range h.Views {
		fmt.Println(v)
	}
	// Output:
	// true
	// 1 instance, 2 lines; 1 scrape taken in, 1 refused, late: 1
	// 1 series in 1 group, of 1 instance
}

// What is known of each instance.
func ExampleInstance() {
	ingest, fleet := exampleFleet(aggregate.Config{}, func(*aggregate.Fleet) {})
	ingest(0, "a:80", "up 1\n")
	ingest(60, "a:80", "up 1\n")
	check(fleet.ScrapeFailed("a:80", began.Add(2*time.Minute), errors.New("connection refused")))
	for _, in := range fleet.Snapshot(began.Add(2 * time.Minute)).Instances() {
		fmt.Println(in.Name, in.Scrapes, "scrapes, last", in.Last.UTC().Format(time.TimeOnly), "failed:", in.Failed)
	}
	// Output:
	// a:80 2 scrapes, last 22:14:20 failed: connection refused
}

// A view that selects nothing says so: a misspelt name is seen at once.
func ExampleStatus() {
	var right, wrong *aggregate.CounterView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		right, _ = f.Counter(aggregate.View{Select: "jobs_total"})
		wrong, _ = f.Counter(aggregate.View{Select: "job_total"})
	})
	ingest(0, "a:80", "# TYPE jobs_total counter\njobs_total{kind=\"mail\"} 12\njobs_total{kind=\"bill\"} 3\n")
	now := fleet.Snapshot(began)
	fmt.Println(right.Status(now))
	fmt.Println(wrong.Status(now))
	// Output:
	// 2 series in 1 group, of 1 instance
	// no instance exposes the metric
}
