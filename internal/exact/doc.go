// Package exact sums float64s without rounding, so that a total does not depend on the order, the grouping or the
// sharding of its parts, and rounds once, when the total is read.
//
// A [Sum] is n + w. The integer n takes every integral addition and is all there is for the counters of real systems;
// the wide part w, a fixed-point number of 32-bit limbs (Kulisch's accumulator, cut to the range of exponents really
// met), takes the rest and stays nil until the first of them. A [Vector] is a row of sums that costs 8 bytes each
// while all are integers.
//
// Compensated summation (Kahan, Neumaier) is not enough for totals that must be the same on any number of shards: it
// rounds each partial sum, and merging two rounded sums differs from the sum of the whole.
package exact
