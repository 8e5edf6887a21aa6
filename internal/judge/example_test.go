package judge_test

import (
	"fmt"
	"math"

	"github.com/promfold/promfold/internal/judge"
)

// observe feeds values read every 15 s, from a process that started at a time given in seconds.
func observe(t *judge.Tracker, at *int64, process int64, values ...float64) {
	for _, v := range values {
		*at += 15
		step, err := t.ObserveProcess(judge.Point{Time: *at * 1000, Value: v}, process*1000)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%v: %v %v\n", v, step.Verdict, step.Value())
	}
}

// A restart: the counter begins again at 0.
func Example_restart() {
	var t judge.Tracker
	var now int64
	observe(&t, &now, 0, 100, 130, 20)
	w, _ := t.Window(0, now*1000)
	g, _ := w.Increase()
	fmt.Println(g.Value, "at least", g.Lo, "at most", g.Hi, "because", g.Flags)
	// Output:
	// 100: first 0
	// 130: grew 30
	// 20: reset, dropped 20
	// 50 at least 30 at most +Inf because unproven
}

// A masked restart: the new process has already counted past the old one. Only its start time tells.
func Example_maskedRestart() {
	requests := judge.Tracker{Rules: judge.Rules{Owner: judge.OwnerProcess}}
	now := int64(1000)
	observe(&requests, &now, 900, 100)
	observe(&requests, &now, 1020, 130)

	// What the process only shows goes on.
	bytes := judge.Tracker{Rules: judge.Rules{Owner: judge.OwnerExternal}}
	now = 1000
	observe(&bytes, &now, 900, 2311950201)
	observe(&bytes, &now, 1020, 2457692378)
	// Output:
	// 100: first 0
	// 130: reset, proven 130
	// 2.311950201e+09: first 0
	// 2.457692378e+09: grew 1.45742177e+08
}

// Summing first turns the restart of one instance into growth of all. Members are rated first, and added then.
func Example_sumThenRate() {
	instances := [][]float64{{1000, 1010, 1020}, {1000, 1010, 2}}
	var sum judge.Tracker
	members := make([]judge.Tracker, len(instances))
	for i := range 3 {
		at, total := int64(1+i)*10_000, 0.0
		for j := range instances {
			total += instances[j][i]
			members[j].Observe(judge.Point{Time: at, Value: instances[j][i]})
		}
		sum.Observe(judge.Point{Time: at, Value: total})
	}
	fmt.Println("growth of the sum:", sum.Total())
	fmt.Println("sum of the growth:", members[0].Total()+members[1].Total())

	a, _ := members[0].Window(10_000, 30_000)
	b, _ := members[1].Window(10_000, 30_000)
	rate, _ := judge.MeanRate(a, b)
	fmt.Println("per second:", rate.Value)
	// Output:
	// growth of the sum: 1042
	// sum of the growth: 32
	// per second: 1.6
}

// Two instances answer in turn behind one address. Their start times tell them apart.
func Example_balancer() {
	values := []float64{1000, 500, 1010, 505, 1020, 510, 1030}
	starts := []int64{7200, 3600}

	var one judge.Tracker
	each := make(map[int64]*judge.Tracker)
	for i, v := range values {
		p := judge.Point{Time: 36_000_000 + int64(i)*60_000, Value: v}
		one.Observe(p)
		start := starts[i%2] * 1000
		if each[start] == nil {
			each[start] = new(judge.Tracker)
		}
		each[start].ObserveProcess(p, start)
	}
	fmt.Println("as one:", one.Total())
	fmt.Println("as two:", each[7200_000].Total()+each[3600_000].Total())
	// Output:
	// as one: 3060
	// as two: 40
}

// A series that begins while we watch is counted from 0.
func Example_bornSeries() {
	const since = 60_000
	old := judge.Tracker{Since: since}
	step, _ := old.Observe(judge.Point{Time: 75_000, Value: 7, Start: 30_000})
	fmt.Println(step.Verdict, step.Value(), "of", step.Hi)

	young := judge.Tracker{Since: since}
	step, _ = young.Observe(judge.Point{Time: 75_000, Value: 7, Start: 70_000})
	fmt.Println(step.Verdict, step.Value(), "in", step.To-step.From, "ms")

	// Without a start time: the scrape before, of the same process, did not hold it.
	var rules judge.Rules
	step = rules.Appear(judge.Point{Time: 75_000, Value: 7}, judge.Appearance{Since: since, Start: 30_000, Previous: 60_000})
	fmt.Println(step.Verdict, step.Value(), "at least", step.Lo)
	// Output:
	// first 0 of 7
	// born, proven 7 in 5000 ms
	// born, by absence 7 at least 0
}

// A decrease too small for a restart.
func Example_tinyDecrease() {
	var t judge.Tracker
	var now int64
	observe(&t, &now, 0, 5_000_000, 4_999_999, 5_000_002)
	fmt.Println(t.Total())
	// Output:
	// 5e+06: first 0
	// 4.999999e+06: jitter 0
	// 5.000002e+06: grew 2
	// 2
}

// A NaN is no reading: neither a value nor a reason to forget the one before.
func Example_nanGap() {
	t := judge.Tracker{Rules: judge.Rules{Owner: judge.OwnerProcess}}
	now := int64(1000)
	observe(&t, &now, 900, 100)
	observe(&t, &now, 1020, math.NaN(), 130)
	w, _ := t.Window(1_000_000, now*1000)
	g, _ := w.Increase()
	fmt.Println(g.Value, g.Flags, "unobserved ms:", g.Lost)
	// Output:
	// 100: first 0
	// NaN: gap 0
	// 130: reset, proven 130
	// 130 gapped unobserved ms: 5000
}

// The same points, as PromQL would answer.
func ExampleRange() {
	points := []judge.Point{{Time: 35_000, Value: 50}, {Time: 50_000, Value: 60}}
	for _, mode := range []judge.Mode{judge.Extrapolated, judge.Anchored} {
		x, ok := judge.Range{Start: 0, End: 60_000, Mode: mode}.Increase(points)
		fmt.Printf("%.2f %v\n", x, ok)
	}
	// Output:
	// 21.67 true
	// 10.00 true
}

// Late and conflicting points are refused, repeated ones answered as before.
func ExampleTracker_Observe() {
	var t judge.Tracker
	for _, p := range []judge.Point{{Time: 1000, Value: 1}, {Time: 2000, Value: 3}, {Time: 2000, Value: 3}, {Time: 2000, Value: 4}, {Time: 1500, Value: 2}} {
		step, err := t.Observe(p)
		fmt.Println(step.Verdict, step.Value(), err)
	}
	// Output:
	// first 0 <nil>
	// grew 2 <nil>
	// grew 2 <nil>
	// first 0 counter: conflict at 2000: have 3, got 4
	// first 0 counter: late point: 1500 is before 2000
}
