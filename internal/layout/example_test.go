package layout_test

import (
	"fmt"
	"math"

	"github.com/promfold/promfold/internal/layout"
)

var bounds = []float64{.1, .25, .5, 1, 2.5, 5}

func distribution(bounds []float64, cumulative ...float64) *layout.Distribution {
	lay, err := layout.NewLayout(bounds)
	if err != nil {
		panic(err)
	}
	var d layout.Distribution
	if err := d.Add(lay, cumulative, math.NaN()); err != nil {
		panic(err)
	}
	return &d
}

func value(d *layout.Distribution, q float64) float64 {
	e, ok, err := d.Quantile(q)
	if err != nil || !ok {
		panic("no answer")
	}
	return e.Value
}

// Instances with different buckets have a quantile together, and it is known how well.
func ExampleDistribution_Quantile() {
	fleet := distribution([]float64{.1, .5, 1}, 900, 1000, 1000, 1000)
	fleet.Merge(distribution([]float64{.25, 2.5}, 50, 90, 100))
	e, ok, err := fleet.Quantile(.95)
	if err != nil || !ok {
		return
	}
	fmt.Printf("%.3f of %v, in (%v, %v]\n", e.Value, e.N, e.Lo, e.Hi)
	// Output: 0.465 of 1100, in (0.1, 0.5]
}

// Why not the mean: of 10,000 fast requests on one instance and 100 slow ones on another.
func ExampleWorst() {
	a := distribution(bounds, 9990, 10000, 10000, 10000, 10000, 10000, 10000)
	b := distribution(bounds, 0, 1, 5, 20, 80, 100, 100)
	var fleet layout.Distribution
	fleet.Merge(a)
	fleet.Merge(b)

	// What max by (le) makes of them.
	most := distribution(bounds, 9990, 10000, 10000, 10000, 10000, 10000, 10000)

	fmt.Println("q      A       B       mean    weighted  merged  max by (le)")
	for _, q := range []float64{.5, .99, .999} {
		x, y := value(a, q), value(b, q)
		fmt.Printf("%-5v  %.4f  %.4f  %.4f  %.4f    %.4f  %.4f\n",
			q, x, y, (x+y)/2, (x*10000+y*100)/10100, value(&fleet, q), value(most, q))
	}
	worst, ok, err := layout.Worst(.99, []layout.Member{{Name: "A", Distribution: a}, {Name: "B", Distribution: b}})
	if err != nil || !ok {
		return
	}
	fmt.Printf("worst: %s with %.3f and %.1f%% of the requests\n", worst.Name, worst.Estimate.Value, 100*worst.Share)
	// Output:
	// q      A       B       mean    weighted  merged  max by (le)
	// 0.5    0.0501  1.7500  0.9000  0.0669    0.0506  0.0501
	// 0.99   0.0991  4.8750  2.4870  0.1464    0.2227  0.0991
	// 0.999  0.1000  4.9875  2.5438  0.1484    3.7375  0.1000
	// worst: B with 4.875 and 1.0% of the requests
}

// Why not max by (le): rows of a heatmap are observations, and add up; cumulative buckets do not.
func ExampleDistribution_Rows() {
	le := []float64{.1, 1, 10}
	fast := distribution(le, 100, 100, 100, 100)
	slow := distribution(le, 0, 0, 100, 100)
	fmt.Printf("p90: fast %.2f, slow %.2f, of max by (le) %.2f\n",
		value(fast, .9), value(slow, .9), value(distribution(le, 100, 100, 100, 100), .9))

	c := distribution(le, 90, 90, 100, 100)
	d := distribution(le, 0, 100, 100, 100)
	fmt.Printf("p99: C %.2f, D %.3f, of max by (le) %.2f\n",
		value(c, .99), value(d, .99), value(distribution(le, 90, 100, 100, 100), .99))

	fast.Merge(slow)
	for _, row := range fast.Rows(nil, nil) {
		fmt.Printf("(%v, %v] %v\n", row.Lower, row.Upper, row.Count)
	}
	// Output:
	// p90: fast 0.09, slow 9.10, of max by (le) 0.09
	// p99: C 9.10, D 0.991, of max by (le) 0.91
	// (0, 0.1] 100
	// (0.1, 1] 0
	// (1, 10] 100
	// (10, +Inf] 0
}

// An objective is a statement about buckets: exact at a bound, bounded elsewhere.
func ExampleDistribution_BudgetSpent() {
	d := distribution([]float64{.1, .3}, 990, 998, 1000)
	for _, threshold := range []float64{.3, .2} {
		e, ok, err := d.BudgetSpent(threshold, .999)
		if err != nil || !ok {
			return
		}
		fmt.Printf("%vs: %.0f budgets, between %.0f and %.0f\n", threshold, e.Value, e.Lo, e.Hi)
	}
	// Output:
	// 0.3s: 2 budgets, between 2 and 2
	// 0.2s: 6 budgets, between 2 and 10
}
