package aggregate_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// Two monitors watch one server. The second one is started later, and goes on
// when the first one is gone; what the first one told it, it knows.
func ExampleFleet_Join() {
	begin := time.Unix(1_700_000_000, 0)
	config := aggregate.Config{Since: begin, JoinHorizon: 24 * time.Hour}
	view := aggregate.View{Select: "jobs_total"}
	first, _ := aggregate.NewFleet(config)
	second, _ := aggregate.NewFleet(config)
	_, _ = first.Counter(view)
	jobs, _ := second.Counter(view)
	scrape := func(f *aggregate.Fleet, seconds, n int) {
		body := fmt.Sprintf("# TYPE jobs_total counter\njobs_total %d\n", n)
		_, err := f.Ingest(aggregate.Scrape{Target: "server:80", Time: begin.Add(time.Duration(seconds) * time.Second), Body: []byte(body)})
		if err != nil {
			panic(err)
		}
	}
	scrape(first, 10, 1000)
	scrape(first, 80, 1500)
	scrape(second, 70, 1400)
	scrape(second, 90, 1900)

	var state bytes.Buffer // what the first one answers when it is asked
	if err := first.Save(&state); err != nil {
		panic(err)
	}
	peer, err := aggregate.Load(&state, config)
	if err != nil {
		panic(err)
	}
	now := begin.Add(90 * time.Second)
	fmt.Println("alone:", jobs.Totals(second.Snapshot(now))[0].Value)
	if err := second.Join(peer); err != nil {
		panic(err)
	}
	fmt.Println("joined:", jobs.Totals(second.Snapshot(now))[0].Value)
	// Output:
	// alone: 500
	// joined: 900
}
