package recipes_test

import (
	"fmt"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// Does the fleet burn its error budget too fast? 99.9 % of requests are to
// succeed; a page goes out when the last hour and the last five minutes burn at
// more than 14.4 times the allowed rate. The value decides. Lo is 0 as long as a
// restart is in the window, for who died may have answered more without a word.
func Example_burn() {
	const allowed, fast = 0.001, 14.4
	fleet, err := aggregate.NewFleet(aggregate.Config{Window: time.Hour})
	check(err)
	failed, err := fleet.Ratio(aggregate.View{Select: `http_requests_total{code=~"5.."}`}, aggregate.View{Select: "http_requests_total"})
	check(err)
	ok, bad := 0, 0
	for i := 0; i <= 120; i++ { // an hour, every 30 s; it goes wrong after 50 minutes
		ok += 1000
		if i > 100 {
			bad += 200
		}
		feed(fleet, 30*i, "a:80",
			"# TYPE process_start_time_seconds gauge", fmt.Sprint("process_start_time_seconds ", began.Unix()-3600),
			"# TYPE http_requests_total counter",
			fmt.Sprintf(`http_requests_total{code="200"} %d`, ok), fmt.Sprintf(`http_requests_total{code="503"} %d`, bad))
	}
	now := fleet.Snapshot(at(3600))
	page := true
	for _, window := range []time.Duration{time.Hour, 5 * time.Minute} {
		g, err := failed.One(now.Last(window))
		check(err)
		ratio, answered := g.Ratio()
		fmt.Printf("%v: %.1f times the budget, surely %.1f\n", window, ratio.Value/allowed, ratio.Lo/allowed)
		page = page && answered && ratio.Value/allowed > fast
	}
	fmt.Println("page:", page)
	// Output:
	// 1h0m0s: 32.3 times the budget, surely 32.3
	// 5m0s: 166.7 times the budget, surely 166.7
	// page: true
}
