package aggregate_test

import (
	"fmt"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// What the number of a fleet is depends on what the instances' numbers are.
func ExampleCombine() {
	combines := []aggregate.Combine{aggregate.Sum, aggregate.Max, aggregate.Min, aggregate.Mean, aggregate.Consensus}
	var views []*aggregate.GaugeView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		for _, c := range combines {
			v, _ := f.Gauge(aggregate.View{Select: "things", Combine: c})
			views = append(views, v)
		}
	})
	for i, list := range [][]int{{30, 30, 30}, {30, 30, 33}} {
		for k, n := range list {
			ingest(60*i, fmt.Sprintf("%c:80", 'a'+k), fmt.Sprintf("# TYPE things gauge\nthings %d\n", n))
		}
	}
	for i, v := range views {
		g, err := v.One(fleet.Snapshot(began.Add(time.Minute)))
		check(err)
		value, _ := g.Value()
		fmt.Println(combines[i], value)
	}
	// Output:
	// sum 93
	// max 33
	// min 30
	// mean 31
	// consensus 33 [30, 33]
}

// A gauge is asked about a moment.
func ExampleGaugeView() {
	var queue *aggregate.GaugeView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		queue, _ = f.Gauge(aggregate.View{Select: "queue_length", By: []string{"queue"}, Combine: aggregate.Sum})
	})
	for i, target := range []string{"a:80", "b:80"} {
		ingest(0, target, fmt.Sprintf("# TYPE queue_length gauge\nqueue_length{queue=\"mail\"} %d\nqueue_length{queue=\"bills\"} %d\n", 5+i, 2*i))
	}
	groups, err := queue.At(fleet.Snapshot(began))
	check(err)
	for _, g := range groups {
		fmt.Println(g)
	}
	// Output:
	// {queue="bills"} sum 2; 2 of 2 expected
	// {queue="mail"} sum 11; 2 of 2 expected
}

// queues feeds a fleet two instances for a minute, every 30 s.
func queues() *aggregate.GaugeRange {
	var queue *aggregate.GaugeView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		queue, _ = f.Gauge(aggregate.View{Select: "queue_length", Combine: aggregate.Sum, Window: 5 * time.Minute})
	})
	for i, n := range [][2]int{{5, 1}, {1, 4}, {2, 2}} {
		ingest(30*i, "a:80", fmt.Sprintf("# TYPE queue_length gauge\nqueue_length %d\n", n[0]))
		ingest(30*i, "b:80", fmt.Sprintf("# TYPE queue_length gauge\nqueue_length %d\n", n[1]))
	}
	groups, err := queue.Over(fleet.Snapshot(began.Add(time.Minute)).Last(time.Minute))
	check(err)
	return groups[0]
}

// At each moment of a window the fleet has a sum; these are its extremes.
func ExampleGaugeRange() {
	g := queues()
	greatest, _ := g.Max()
	least, _ := g.Min()
	mean, _ := g.Mean()
	fmt.Printf("between %v and %v, on average %.1f\n", least, greatest, mean.Value)
	// Output:
	// between 4 and 6, on average 5.5
}

// Each instance's own extremes; their maxima were not at the same moment.
func ExampleGaugeMember() {
	for _, m := range queues().Members() {
		fmt.Printf("%s: at most %v, known for %v\n", m.Instance, m.Max, m.Covers)
	}
	// Output:
	// a:80: at most 5, known for 1m0s
	// b:80: at most 4, known for 1m0s
}

// Which versions run, and where.
func ExampleVariant() {
	var info *aggregate.GaugeView
	ingest, fleet := exampleFleet(aggregate.Config{}, func(f *aggregate.Fleet) {
		info, _ = f.Gauge(aggregate.View{Select: "build_info", Combine: aggregate.Distinct})
	})
	for target, version := range map[string]string{"a:80": "1.2", "b:80": "1.3", "c:80": "1.2"} {
		ingest(0, target, fmt.Sprintf("# TYPE build_info gauge\nbuild_info{version=%q} 1\n", version))
	}
	g, err := info.One(fleet.Snapshot(began))
	check(err)
	for _, v := range g.Variants() {
		fmt.Println(v.Labels.Get("version"), "at", v.Instances)
	}
	// Output:
	// 1.2 at [a:80 c:80]
	// 1.3 at [b:80]
}
