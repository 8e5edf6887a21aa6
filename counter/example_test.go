package counter_test

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/promfold/promfold/counter"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// sec is a time so many seconds after noon.
func sec(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }

// observe feeds values read every 15 s from a time on, and prints what happened.
func observe(t *counter.Tracker, from int, process time.Time, values ...float64) {
	for i, v := range values {
		step, err := t.Observe(counter.Point{Time: sec(from + 15*i), Value: v, Process: process})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%.0f: %v %.0f\n", v, step.Verdict, step.Growth.Value)
	}
}

// A restart: the counter begins again at 0.
func Example_restart() {
	var t counter.Tracker
	observe(&t, 0, sec(-900), 100, 130)
	observe(&t, 30, sec(20), 20)
	w, _ := t.Window(sec(0), sec(30))
	grown, _ := w.Increase()
	fmt.Println(grown)
	for _, s := range w.Steps() {
		if s.Verdict == counter.Reset && s.Doubt&counter.Unproven == 0 {
			fmt.Println("not observed:", s.Lost)
		}
	}
	// Output:
	// 100: first 0
	// 130: grew 30
	// 20: reset 20
	// 50 [50, +Inf]
	// not observed: 5s
}

// A masked restart: the new process has already counted past the old one. Only its start time tells.
func Example_maskedRestart() {
	requests := counter.Tracker{Rules: counter.Rules{Owner: counter.Process}}
	observe(&requests, 0, sec(-900), 100)
	observe(&requests, 15, sec(5), 130)

	// What the process merely displays goes on.
	bytes := counter.Tracker{Rules: counter.Rules{Owner: counter.External}}
	observe(&bytes, 0, sec(-900), 2311950201)
	observe(&bytes, 15, sec(5), 2457692378)

	// Where nobody says who counts, both are possible.
	var unknown counter.Tracker
	observe(&unknown, 0, sec(-900), 100)
	step, _ := unknown.Observe(counter.Point{Time: sec(15), Value: 130, Process: sec(5)})
	fmt.Println(step.Growth, step.Doubt&counter.Masked != 0)
	// Output:
	// 100: first 0
	// 130: reset 130
	// 2311950201: first 0
	// 2457692378: grew 145742177
	// 100: first 0
	// 30 [30, +Inf] true
}

// Summing first turns the restart of one instance into growth of all. Rate each instance, then add.
func Example_sumThenRate() {
	instances := [][]float64{{1000, 1010, 1020}, {3000, 3010, 2}}
	var sum counter.Tracker
	members := make([]counter.Tracker, len(instances))
	for i := range 3 {
		total := 0.0
		for j := range instances {
			total += instances[j][i]
			if _, err := members[j].Observe(counter.Point{Time: sec(10 * i), Value: instances[j][i]}); err != nil {
				panic(err)
			}
		}
		if _, err := sum.Observe(counter.Point{Time: sec(10 * i), Value: total}); err != nil {
			panic(err)
		}
	}
	fmt.Println("growth of the sum:", sum.Total())
	fmt.Println("sum of the growth:", members[0].Total()+members[1].Total())

	a, _ := members[0].Window(sec(0), sec(20))
	b, _ := members[1].Window(sec(0), sec(20))
	mean, _ := counter.MeanRate(a, b)
	now, _ := counter.RateNow(a, b)
	fmt.Println("per second:", mean.Value, now.Value)
	// Output:
	// growth of the sum: 1042
	// sum of the growth: 32
	// per second: 1.6 1.6
}

// Two instances answer in turn behind one address. Their start times tell them apart.
func Example_balancer() {
	starts := []time.Time{sec(7200), sec(3600)}
	trackers := map[time.Time]*counter.Tracker{}
	var first counter.Tracker
	for i, v := range []float64{1000, 500, 1010, 505, 1020, 510, 1030} {
		p := counter.Point{Time: sec(36000 + 60*i), Value: v, Process: starts[i%2]}
		if _, err := first.Observe(p); i == 1 {
			fmt.Println(errors.Is(err, counter.ErrProcess))
		}
		if trackers[p.Process] == nil {
			trackers[p.Process] = new(counter.Tracker)
		}
		if _, err := trackers[p.Process].Observe(p); err != nil {
			panic(err)
		}
	}
	fmt.Println(trackers[starts[0]].Total() + trackers[starts[1]].Total())
	// Output:
	// true
	// 40
}

// A series that begins while it is watched is counted from 0.
func Example_bornSeries() {
	old := counter.Tracker{Since: sec(60)}
	step, _ := old.Observe(counter.Point{Time: sec(75), Value: 7, Start: sec(30)})
	fmt.Println(step.Verdict == counter.First, step.Growth)

	oneClock := counter.Rules{ClockSkew: -1} // else it may have begun before 60
	young := counter.Tracker{Since: sec(60), Rules: oneClock}
	step, _ = young.Observe(counter.Point{Time: sec(75), Value: 7, Start: sec(70)})
	fmt.Println(step.Verdict == counter.Born, step.Growth, "in", step.To.Sub(step.From))
	// Output:
	// true 0 [0, 7]
	// true 7 in 5s
}

// A decrease too small for a restart, and what is read after a NaN.
func Example_tinyDecreaseAndGap() {
	var t counter.Tracker
	for i, v := range []float64{5_000_000, 4_999_999, 5_000_002, math.NaN(), 5_000_010} {
		step, err := t.Observe(counter.Point{Time: sec(15 * i), Value: v, Process: sec(-900)})
		if err != nil {
			panic(err)
		}
		switch step.Verdict {
		case counter.Jitter, counter.Grew, counter.Gap:
			fmt.Println(step.Verdict, step.Growth.Value)
		case counter.First, counter.Born, counter.Returned, counter.Reset:
		}
	}
	last, _ := t.Last()
	fmt.Printf("%.0f %.0f\n", t.Total(), last.Value)
	// Output:
	// jitter 0
	// grew 2
	// gap 0
	// grew 8
	// 10 5000010
}

// Callers that keep the points have them judged without a Tracker.
func ExampleRules() {
	rules := counter.Rules{Owner: counter.Process}
	points := []counter.Point{{Time: sec(0), Value: 100}, {Time: sec(15), Value: 130}, {Time: sec(30), Value: 20}}
	step := rules.Judge(points[1], points[2])
	fmt.Println(step.Verdict, step.Doubt&(counter.Unproven|counter.Guessed|counter.Glitch))
	grown, ok := rules.Increase(points)
	fmt.Println(grown.Value, ok)

	tolerant := counter.Rules{StartTolerance: 5 * time.Second, ClockSkew: time.Second} // two readings of one start may be 5 s apart
	before := counter.Point{Time: sec(0), Value: 100, Process: sec(-60)}
	step = tolerant.Judge(before, counter.Point{Time: sec(15), Value: 130, Process: sec(-56)})
	fmt.Println(step.Verdict, step.Growth)
	// Output:
	// reset unproven
	// 50 true
	// grew 30
}

// Late and conflicting points are refused, repeated ones answered as before.
func ExampleTracker() {
	t := counter.Tracker{Staleness: time.Minute}
	for _, p := range []counter.Point{
		{Time: sec(1), Value: 1}, {Time: sec(2), Value: 3}, {Time: sec(2), Value: 3}, {Time: sec(2), Value: 4}, {Time: sec(1), Value: 2},
	} {
		step, err := t.Observe(p)
		fmt.Println(step.Verdict, step.Growth.Value, errors.Is(err, counter.ErrConflict), errors.Is(err, counter.ErrLate))
	}
	t.Forget(sec(1))
	_, err := t.Window(sec(0), sec(2))
	fmt.Println(errors.Is(err, counter.ErrForgotten))
	t.Gone()
	// Output:
	// first 0 false false
	// grew 2 false false
	// grew 2 false false
	// first 0 true false
	// first 0 false true
	// true
}

// The steps of a window may begin before it.
func ExampleWindow() {
	var t counter.Tracker
	observe(&t, 0, sec(-900), 100, 130, 145)
	w, _ := t.Window(sec(10), sec(40))
	grown, _ := w.Increase()
	rate, _ := w.Rate()
	from, to := w.Covers()
	fmt.Println(grown.Value, rate.Value, from.Format(time.TimeOnly), to.Format(time.TimeOnly))
	// Output:
	// 100: first 0
	// 130: grew 30
	// 145: grew 15
	// 45 1.5 12:00:00 12:00:30
}

// The same points, as PromQL answers.
func ExampleRange() {
	points := []counter.Point{{Time: sec(35), Value: 50}, {Time: sec(50), Value: 60}}
	r := counter.Range{Start: sec(0), End: sec(60)}
	increase, _ := r.Increase(points)
	anchored, _ := r.AnchoredIncrease(points)
	irate, _ := r.Irate(points)
	fmt.Printf("%.2f %.2f %.2f\n", increase, anchored, irate)
	// Output:
	// 21.67 10.00 0.67
}
