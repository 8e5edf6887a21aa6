package recipes_test

import (
	"fmt"

	"github.com/promfold/promfold/aggregate"
)

// Three servers stand behind one address, and each scrape meets another one.
// Their start times tell them apart.
func Example_balancer() {
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	requests, err := fleet.Counter(aggregate.View{Select: "http_requests_total"})
	check(err)
	check(fleet.SetTargets(at(0), aggregate.Target{Name: "lb:443", Balanced: true, Expected: 3}))

	counts, last, naive := []int{1000, 500, 90}, 0, 0
	for i := range 21 {
		server := i * 7 % 3 // which one answers
		for k := range counts {
			counts[k] += 10 * (k + 1)
		}
		feed(fleet, 5*i, "lb:443",
			"# TYPE http_requests_total counter", fmt.Sprint("http_requests_total ", counts[server]),
			"# TYPE process_start_time_seconds gauge", fmt.Sprint("process_start_time_seconds ", began.Unix()-3600*int64(server+1)))
		if n := counts[server]; n < last {
			naive += n // what a rule for resets makes of it
		} else if last > 0 {
			naive += n - last
		}
		last = counts[server]
	}
	g, err := requests.One(fleet.Snapshot(at(100)).SinceStart())
	check(err)
	grown, _ := g.Increase()
	fmt.Println("as one counter with resets:", naive, "of", 20*60, "requests")
	fmt.Println("told apart:", grown, "of", g.Coverage())
	// Output:
	// as one counter with resets: 12450 of 1200 requests
	// told apart: 1080 [1080, 1200] of 3 of 3 expected
}
