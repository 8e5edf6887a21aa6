package histogram_test

import (
	"errors"
	"fmt"
	"math"

	"github.com/promfold/promfold/histogram"
)

// of returns the distribution of one histogram: the last count is that of all observations.
func of(bounds []float64, cumulative ...float64) *histogram.Distribution {
	var d histogram.Distribution
	n := len(bounds)
	err := d.Add(&histogram.Histogram{Bounds: bounds, Counts: cumulative[:n], Count: cumulative[n], Sum: math.NaN()})
	if err != nil {
		panic(err)
	}
	return &d
}

func value(d *histogram.Distribution, q float64) float64 {
	e, ok := d.Quantile(q)
	if !ok {
		panic("no answer")
	}
	return e.Value
}

// Instances with different buckets have a quantile together, and it is known how well.
func ExampleDistribution_Quantile() {
	fleet := of([]float64{.1, .5, 1}, 900, 1000, 1000, 1000)
	fleet.Merge(of([]float64{.25, 2.5}, 50, 90, 100))
	if e, ok := fleet.Quantile(.95); ok {
		fmt.Printf("%.3f of %v, in (%v, %v]\n", e.Value, fleet.Count(), e.Lo, e.Hi)
	}
	// Output: 0.465 of 1100, in (0.1, 0.5]
}

// Why not the mean: of 10,000 fast requests on one instance and 100 slow ones on another.
func ExampleDistribution_Merge() {
	bounds := []float64{.1, .25, .5, 1, 2.5, 5}
	a := of(bounds, 9990, 10000, 10000, 10000, 10000, 10000, 10000)
	b := of(bounds, 0, 1, 5, 20, 80, 100, 100)
	fleet := a.Clone()
	fleet.Merge(b)

	// What max by (le) makes of them.
	most := of(bounds, 9990, 10000, 10000, 10000, 10000, 10000, 10000)

	fmt.Println("q      A       B       mean    weighted  merged  max by (le)")
	for _, q := range []float64{.5, .99, .999} {
		x, y := value(a, q), value(b, q)
		fmt.Printf("%-5v  %.4f  %.4f  %.4f  %.4f    %.4f  %.4f\n",
			q, x, y, (x+y)/2, (x*10000+y*100)/10100, value(fleet, q), value(most, q))
	}
	// Output:
	// q      A       B       mean    weighted  merged  max by (le)
	// 0.5    0.0501  1.7500  0.9000  0.0669    0.0506  0.0501
	// 0.99   0.0991  4.8750  2.4870  0.1464    0.2227  0.0991
	// 0.999  0.1000  4.9875  2.5438  0.1484    3.7375  0.1000
}

// Why not max by (le): rows of a heatmap are observations and add up, cumulative buckets do not.
func ExampleDistribution_Rows() {
	le := []float64{.1, 1, 10}
	fast, slow := of(le, 100, 100, 100, 100), of(le, 0, 0, 100, 100)
	fmt.Printf("p90: fast %.2f, slow %.2f, of max by (le) %.2f\n",
		value(fast, .9), value(slow, .9), value(of(le, 100, 100, 100, 100), .9))

	c, d := of(le, 90, 90, 100, 100), of(le, 0, 100, 100, 100)
	fmt.Printf("p99: C %.2f, D %.3f, of max by (le) %.2f\n",
		value(c, .99), value(d, .99), value(of(le, 90, 100, 100, 100), .99))

	fast.Merge(slow)
	var rows []histogram.Row = fast.Rows()
	for _, row := range rows {
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

// An objective is a statement about a bound: exact where it is one of the buckets', else with an interval.
func ExampleDistribution_Over() {
	d := of([]float64{.1, .3}, 990, 998, 1000)
	for _, x := range []float64{.3, .2} {
		slow, ok := d.Over(x)
		fmt.Println(x, slow, ok)
	}
	between, ok := d.Share(.1, .3)
	fmt.Println(between, ok)
	// Output:
	// 0.3 0.002 true
	// 0.2 0.006 [0.002, 0.01] true
	// 0.008 true
}

// Two readings of one histogram, and a third one after it began anew.
func ExampleDistribution_AddGrowth() {
	reading := func(fast, all, sum float64) *histogram.Histogram {
		return &histogram.Histogram{Bounds: []float64{.1, 1}, Counts: []float64{fast, all}, Count: all, Sum: sum}
	}
	first, second, third := reading(900, 1000, 80), reading(930, 1050, 90), reading(3, 5, 1)
	var d histogram.Distribution
	for _, step := range [][2]*histogram.Histogram{{first, second}, {second, third}} {
		reset, err := d.AddGrowth(step[0], step[1], false)
		fmt.Println(d.Count(), reset, err)
	}
	sum, ok := d.Sum()
	fmt.Println(sum, ok)
	mean, ok := d.Mean()
	fmt.Println(mean, ok)
	d.Reset()
	fmt.Println(d.Count())
	// Output:
	// 50 false <nil>
	// 55 true <nil>
	// 11 true
	// 0.2 true
	// 0
}

// A program that measures itself, values of both signs.
func ExampleDistribution_Observe() {
	drift := histogram.Distribution{Signed: true}
	for _, seconds := range []float64{-.02, .004, .07, .3} {
		drift.Observe([]float64{.01, .1, 1}, seconds)
	}
	e, _ := drift.Quantile(.5)
	fmt.Println(e)
	// Output: 0.01 [-Inf, 0.01]
}

// Native histograms of different resolution, as one to expose.
func ExampleDistribution_Histogram() {
	var d histogram.Distribution
	for _, h := range []histogram.Histogram{
		{Exponential: true, Schema: 1, Positive: []histogram.Bucket{{Index: 1, Count: 3}, {Index: 2, Count: 1}}, Count: 4, Sum: 5.2},
		{Exponential: true, Schema: 0, Positive: []histogram.Bucket{{Index: 2, Count: 6}}, Count: 6, Sum: 18},
	} {
		if err := d.Add(&h); err != nil {
			fmt.Println(err)
		}
	}
	h, ok := d.Histogram()
	fmt.Println(h.Schema, h.Positive, h.Count, h.Sum, ok)
	// Output: 0 [{1 4} {2 6}] 10 23.2 true
}

// Counts that fall with the bound are of no observations: a page cut short, or a sum over instances with other buckets.
func ExampleHistogram_Validate() {
	h := histogram.Histogram{Bounds: []float64{.1, .25, .5}, Counts: []float64{900, 50, 1000}, Count: 1100}
	err := h.Validate()
	fmt.Println(err)
	fmt.Println(errors.Is(err, histogram.ErrInvalid))
	// Output:
	// not a histogram: count 50 of bucket 0.25 is less than the count 900 of bucket 0.1
	// true
}
