package recipes_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// Two programs watch the same servers, so that one may die. Each takes in what the other knows.
func Example_pair() {
	config := aggregate.Config{Since: at(0), JoinHorizon: 24 * time.Hour}
	start := func() (*aggregate.Fleet, *aggregate.CounterView) {
		fleet, err := aggregate.NewFleet(config)
		check(err)
		orders, err := fleet.Counter(aggregate.View{Select: "orders_total", TotalsOnly: true})
		check(err)
		return fleet, orders
	}
	left, a := start()
	right, b := start()
	shop := func(seconds, sold int, watchers ...*aggregate.Fleet) {
		for _, w := range watchers {
			feed(w, seconds, "shop:80", "# TYPE orders_total counter", fmt.Sprint("orders_total ", sold),
				"# TYPE process_start_time_seconds gauge", fmt.Sprint("process_start_time_seconds ", began.Unix()+5))
		}
	}
	shop(10, 100, left, right)
	shop(20, 180, left) // right was away
	tell := func(when string) {
		fmt.Println(when, a.Totals(left.Snapshot(at(20)))[0].Value, b.Totals(right.Snapshot(at(20)))[0].Value)
	}
	tell("alone: ")
	var state bytes.Buffer // what left answers when right asks, over HTTP
	check(left.Save(&state))
	peer, err := aggregate.Load(&state, config)
	check(err)
	check(right.Join(peer))
	tell("joined:")
	// Output:
	// alone:  180 100
	// joined: 180 180
}
