package recipes_test

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// How many replicas does the traffic need? RateNow is of the replicas that live
// now, so neither a restart nor a scale-down shows in it. An answer that rests
// on too few replicas, or is not known yet, scales nothing.
func Example_autoscaler() {
	fleet, err := aggregate.NewFleet(aggregate.Config{Window: 2 * time.Minute}) // few intervals: traffic changes fast
	check(err)
	requests, err := fleet.Counter(aggregate.View{Select: "http_requests_total"})
	check(err)
	check(fleet.SetTargets(at(0), aggregate.Target{Name: "a:80"}, aggregate.Target{Name: "b:80"}, aggregate.Target{Name: "c:80"}))
	const perReplica = 150 // requests a second that one replica can do
	scale := func(now time.Time) {
		if g, err := requests.One(fleet.Snapshot(now).AtLeast(.9).Last(time.Minute)); err != nil {
			fmt.Println("stays as it is:", err)
		} else if rate, ok := g.RateNow(); !ok {
			fmt.Println("stays as it is: no rate is known yet, which is not 0")
		} else {
			fmt.Printf("%.0f requests a second: %.0f replicas\n", rate.Value, math.Ceil(rate.Value/perReplica))
		}
	}
	for i := range 5 {
		for k, target := range []string{"a:80", "b:80", "c:80"} {
			feed(fleet, 15*i, target, "# TYPE http_requests_total counter", fmt.Sprint("http_requests_total ", 1500*i*(k+1)))
		}
		if i == 0 || i == 4 {
			scale(at(15 * i))
		}
	}
	check(fleet.ScrapeFailed("c:80", at(75), context.DeadlineExceeded))
	scale(at(75))
	// Output:
	// stays as it is: no rate is known yet, which is not 0
	// 600 requests a second: 4 replicas
	// stays as it is: covers 66.7 % of the fleet, less than the 90 % required: 2 of 3 expected, 1 failed; missing c:80
}
