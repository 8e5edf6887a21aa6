package recipes_test

import (
	"fmt"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// A gateway sends the next request to the replica with the shortest queue. One
// whose number is old may have filled since, and one that failed is no choice.
func Example_picker() {
	fleet, err := aggregate.NewFleet(aggregate.Config{Staleness: 4}) // of the target's own intervals
	check(err)
	waiting, err := fleet.Gauge(aggregate.View{Select: "requests_waiting", Combine: aggregate.Sum})
	check(err)
	replica := func(seconds int, target string, n int) {
		feed(fleet, seconds, target, "# TYPE requests_waiting gauge", fmt.Sprint("requests_waiting ", n))
	}
	pick := func(now time.Time, oldest time.Duration) (string, bool) {
		g, err := waiting.One(fleet.Snapshot(now))
		check(err)
		best, found := aggregate.Member{}, false
		for _, m := range g.Members() {
			if m.Age <= oldest && (!found || m.Estimate.Value < best.Estimate.Value) {
				best, found = m, true
			}
		}
		return best.Instance, found
	}
	for i := range 3 {
		replica(i, "a:80", 3)
		replica(i, "b:80", 1)
		replica(i, "c:80", 7)
	}
	fmt.Println(pick(at(2), time.Second))
	check(fleet.ScrapeFailed("b:80", at(3), fmt.Errorf("connection refused")))
	replica(3, "a:80", 4)
	replica(3, "c:80", 2)
	fmt.Println(pick(at(3), time.Second))
	// Output:
	// b:80 true
	// c:80 true
}
