package recipes_test

import (
	"fmt"

	"github.com/promfold/promfold/aggregate"
)

// Which server is fullest? Its use is divided by its own limit, and then the
// greatest counts. A maximum divided by a maximum mixes two servers.
func Example_saturation() {
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	full, err := fleet.Gauge(aggregate.View{
		Select: "seats_in_use", Within: aggregate.Sum, Limit: "seats_limit", Combine: aggregate.Max, By: []string{"level"},
	})
	check(err)
	server := func(target string, used, limit int) {
		feed(fleet, 0, target,
			"# TYPE seats_in_use gauge", fmt.Sprintf(`seats_in_use{level="workload",kind="read"} %d`, used), `seats_in_use{level="workload",kind="write"} 10`,
			"# TYPE seats_limit gauge", fmt.Sprintf(`seats_limit{level="workload"} %d`, limit))
	}
	server("a:80", 230, 245) // two kinds, 240 together
	server("b:80", 100, 980)
	groups, err := full.At(fleet.Snapshot(at(0)))
	check(err)
	for _, g := range groups {
		worst, ok := g.Max()
		if !ok {
			continue // no server shows both
		}
		fmt.Printf("%v: %.0f %% at %s\n", g.Labels(), 100*worst.Estimate.Value, worst.Instance)
		for _, m := range g.Members() {
			fmt.Printf("  %s %.2f\n", m.Instance, m.Estimate.Value)
		}
	}
	fmt.Printf("max/max would say %.0f %%\n", 100*240./980)
	// Output:
	// {level="workload"}: 98 % at a:80
	//   a:80 0.98
	//   b:80 0.11
	// max/max would say 24 %
}
