package recipes_test

import (
	"fmt"
	"os"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/expose"
)

// A pod runs several worker processes. A sidecar shows them as one instance,
// whose counters do not fall when a worker is replaced. Since is any moment before
// the first worker began: then what they counted before a scrape is growth.
func Example_sidecar() {
	fleet, err := aggregate.NewFleet(aggregate.Config{Since: at(0)})
	check(err)
	all, err := fleet.Everything(aggregate.View{Combine: aggregate.Sum})
	check(err)
	page := expose.New(fleet, func() time.Time { return at(40) })
	check(page.Everything(all))

	feed(fleet, 10, "worker-1", "# TYPE jobs_total counter", "jobs_total 0", "# TYPE busy gauge", "busy 2")
	feed(fleet, 20, "worker-1", "# TYPE jobs_total counter", "jobs_total 40", "# TYPE busy gauge", "busy 1")
	fleet.Remove(at(25), "worker-1") // it exits
	feed(fleet, 30, "worker-2", "# TYPE jobs_total counter", "jobs_total 0", "# TYPE busy gauge", "busy 3")
	feed(fleet, 40, "worker-2", "# TYPE jobs_total counter", "jobs_total 5", "# TYPE busy gauge", "busy 4")
	check(page.Write(os.Stdout, "text/plain")) // or http.Handle("/metrics", page)
	fmt.Println("# of", fleet.Snapshot(at(40)).Coverage())
	// Output:
	// # TYPE busy gauge
	// busy 4
	// # TYPE jobs_total counter
	// jobs_total 45
	// # of 1 of 1 expected
}
