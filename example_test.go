package promfold_test

import (
	"fmt"
	"log"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// The smallest real program: two API servers, one of which restarts between
// two scrapes. Its counter reads less than before; the fleet's does not.
func Example() {
	fleet, err := aggregate.NewFleet(aggregate.Config{Window: 5 * time.Minute})
	if err != nil {
		log.Fatal(err)
	}
	requests, err := fleet.Counter(aggregate.View{Select: "http_requests_total"})
	if err != nil {
		log.Fatal(err)
	}

	start := time.Unix(1_700_000_000, 0)
	for _, s := range []struct {
		target  string
		seconds int
		body    string
	}{
		{"10.0.0.7:8080", 0, body(1000, -500)},
		{"10.0.0.8:8080", 0, body(200, -500)},
		{"10.0.0.7:8080", 60, body(1600, -500)},
		{"10.0.0.8:8080", 60, body(45, 30)}, // began anew 30 s ago
	} {
		_, err := fleet.Ingest(aggregate.Scrape{
			Target: s.target,
			Time:   start.Add(time.Duration(s.seconds) * time.Second),
			Body:   []byte(s.body),
		})
		if err != nil {
			log.Print(err) // the fleet is as it was
		}
	}

	groups, err := requests.In(fleet.Snapshot(start.Add(time.Minute)).Last(time.Minute))
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range groups {
		if increase, ok := g.Increase(); ok {
			fmt.Printf("%.0f requests, at least %.0f, of %d of %d instances\n",
				increase.Value, increase.Lo, g.Coverage().Reporting, g.Coverage().Expected)
		}
		if now, ok := g.RateNow(); ok {
			fmt.Printf("%.1f a second now\n", now.Value)
		}
		if hot, ok := g.Hottest(); ok {
			fmt.Printf("%s has %.0f %% of them\n", hot.Instance, 100*hot.Share.Value)
		}
		for _, w := range g.Warnings() {
			fmt.Println("note:", w)
		}
	}
	// Output:
	// 645 requests, at least 645, of 2 of 2 instances
	// 11.5 a second now
	// 10.0.0.7:8080 has 87 % of them
	// note: 1 series reset by a restart; growth between the last scrape and the restart is unknown: 10.0.0.8:8080
}

// body is what a server exposes that has answered so many requests and started
// so many seconds after the beginning of the example.
func body(requests, started int) string {
	return fmt.Sprintf(`# TYPE http_requests_total counter
http_requests_total %d
# TYPE process_start_time_seconds gauge
process_start_time_seconds %d
`, requests, 1_700_000_000+started)
}
