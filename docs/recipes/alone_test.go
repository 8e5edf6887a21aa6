package recipes_test

import (
	"fmt"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
)

// One body, one series, one distribution: the packages below aggregate work
// without a fleet.
func Example_alone() {
	samples, err := parse.Samples(nil, []byte("# TYPE jobs_total counter\njobs_total{queue=\"mail\"} 130\n"))
	check(err)
	for _, s := range samples {
		fmt.Println(s.Labels, s.Family.Type, s.Value)
	}

	var jobs counter.Tracker // restarts between the second and the third reading
	for i, v := range []float64{100, 130, 20} {
		step, err := jobs.Observe(counter.Point{Time: at(15 * i), Value: v})
		check(err)
		fmt.Println(v, step.Verdict)
	}
	w, err := jobs.Window(at(0), at(30))
	check(err)
	grown, _ := w.Increase()
	fmt.Println("grown", grown)

	var all histogram.Distribution // two instances with different buckets
	bounds := [][]float64{{.1, .5, 1}, {.25, 2.5}}
	for i, slow := range []float64{.3, 2} {
		for range 90 {
			all.Observe(bounds[i], .05)
		}
		all.Observe(bounds[i], slow)
	}
	p99, _ := all.Quantile(.99)
	fmt.Println("p99", p99)
	// Output:
	// {__name__="jobs_total", queue="mail"} counter 130
	// 100 first
	// 130 grew
	// 20 reset
	// grown 50 [30, +Inf]
	// p99 0.249462 [0.1, 0.5]
}
