package recipes_test

import (
	"fmt"

	"github.com/promfold/promfold/aggregate"
)

// Only the elected controller works off its queue. A sum or a maximum over all
// of them shows the standbys' queues, which nobody works off.
func Example_leader() {
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	depth, err := fleet.Gauge(aggregate.View{
		Select: "workqueue_depth", By: []string{"name"}, Combine: aggregate.Leader, Within: aggregate.Sum,
		Leader: `leader_election_master_status{name="controller"}`, // this is the default without a name
	})
	check(err)
	controller := func(seconds int, target string, leads, waiting int) {
		feed(fleet, seconds, target,
			"# TYPE leader_election_master_status gauge", fmt.Sprintf(`leader_election_master_status{name="controller"} %d`, leads),
			"# TYPE workqueue_depth gauge", fmt.Sprintf(`workqueue_depth{name="nodes"} %d`, waiting))
	}
	tell := func(seconds int) {
		groups, err := depth.At(fleet.Snapshot(at(seconds)))
		check(err)
		for _, g := range groups {
			leader, _ := g.Leader()
			value, known := g.Value() // without a leader there is none, which is not 0
			fmt.Println(g.Labels(), value, known, leader.Instance, g.Warnings())
		}
	}
	controller(0, "a:80", 1, 2)
	controller(0, "b:80", 0, 70)
	tell(0)
	controller(15, "a:80", 0, 0) // it steps down, and nobody leads yet
	controller(15, "b:80", 0, 72)
	tell(15)
	// Output:
	// {name="nodes"} 2 true a:80 []
	// {name="nodes"} 0 false  [nobody leads]
}
