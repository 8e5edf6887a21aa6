// Package histogram answers quantiles and shares of the histograms of many instances together, with bounds that hold
// for any mix of buckets.
//
//  1. A [Histogram] is one reading: classic buckets, exponential ones, or both. What cannot be a histogram is refused.
//  2. [Distribution.Add] and [Distribution.AddGrowth] take readings in. A histogram grows or is reset as one, all of its
//     buckets together. Judged bucket by bucket, a reset makes distributions that cannot be.
//  3. [Distribution.Merge] adds what was counted by the same buckets, exactly, and does nothing else. Neither the order
//     nor the grouping of instances shows in an answer.
//  4. [Distribution.Quantile], [Distribution.Share] and [Distribution.Rows] answer with a [promfold.Estimate]: a value,
//     and an interval that holds the truth.
//
// # Bounds
//
// A bucket gives the lower and the upper end of each observation in it. The observation of rank r lies between the r-th
// least of all lower ends and the r-th least of all upper ends, whatever the layouts, and nothing tighter is true. The
// layouts need not be made equal for that. Their common bounds, which one histogram to expose must have, can be nothing
// but +Inf.
//
// # Not the mean
//
// This package has no mean of quantiles. Instance A served 10,000 fast requests, B 100 slow ones (see the example of
// Distribution.Merge):
//
//	 q     A      B       mean   weighted mean  merged (true)  of max by (le)
//	.50   .0501  1.75     .900   .067           .0506          .0501
//	.99   .0991  4.875   2.487   .146           .2227          .0991
//	.999  .1000  4.9875  2.544   .148          3.7375          .1000
//
// # Not max by (le)
//
// The widely copied query behind heatmaps takes the greatest cumulative count at each bound. The result is a histogram
// of no observations. It shows the fast instance and hides the slow one (see the example of Distribution.Rows):
//
//	cumulative counts of two instances                   q    each       of max by (le)
//	.1: 100, 1: 100, 10: 100 and .1: 0, 1:   0, 10: 100  .90  .09, 9.1   .09
//	.1:  90, 1:  90, 10: 100 and .1: 0, 1: 100, 10: 100  .99  9.1, .991  .91, below both
//
// # Where PromQL answers otherwise
//
// On one layout an estimate is what PromQL's histogram_quantile and histogram_fraction return, to 2 units in the last
// place. It differs on purpose here:
//
//	input                                                PromQL   here        because
//	q=0 of 1: 0, 2: 5                                    NaN      1           the least observation has rank 1
//	q=.9 of native (.5, 1]: 90, (64, 128]: 10            64       1           the observation of rank ⌈qN⌉ = 90 is ≤ 1
//	q=.07 of 1: 7, 10: 7, 100: 100                       10       1           ⌈.07·100⌉ is 7, not 8: q is a decimal
//	q=1 of 1: 6e12, 2: 6e12+1                            1        2           no count is dropped, however small
//	q=.5 of 1: 5, 2: 3, +Inf: 9                          .9       an error    counts that fall with le are no histogram
//	q=.5 of le="1": 2, le="1.0": 2, +Inf: 4              .5       an error    the same bound twice
//	q=.5 of 1: 5, without +Inf                           NaN      from count  a missing +Inf is the count
//	q=.5 of 1: 4, 2: 4, values may be negative           .5       1, Lo −Inf  there is no floor
//	q=1 of 3 native observations and one NaN             NaN      last bound  Hi is +Inf
//	q=.9 of native observations of +Inf                  +Inf     last bound  the same
//	share of all of 4 native observations and one NaN    .8       1           a NaN is above all, as in classic buckets
//	q=.5 of native buckets of 6 and a count of 5         some     an error    there is no such histogram
//	q<0, q>1, q=NaN                                      ±Inf     no answer   there is no such quantile
//	share (0, 1] of a zero bucket [0, 0]: 1, (2, 4]: 3   .25      0           a 0 is not above 0
//	custom 1: 5, 2: 10 and custom 1.5: 5, 2.5: 10        +Inf     1.2         layouts are not intersected
//	q=.95 of .1: 900, .5: 1000, 1: 1000, +Inf: 1000
//	and .25: 50, 2.5: 90, +Inf: 100, summed by le        2.5      .465        layouts are not added up by le
//	growth of 1: 10, 2: 20 to 1: 25, 2: 30               15, 10   10, 10      increases do not fall with le; Hi is 25, 30
//
// The bucket of a classic histogram without a lower bound is at its upper bound for a quantile and below everything for
// a share, as in PromQL.
package histogram
