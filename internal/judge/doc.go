// Package judge holds the rules that say what happened between two readings of a counter.
//
// In come numbers: the points of a series, the start times of its process, and what the counters of one body did
// together. Out go decisions: whether the process restarted, and for each series a [Step] with its growth and bounds of
// the truth.
//
// The package never keeps a series: callers hold the state and pass it in. It never reads the clock, never extrapolates,
// never fails, and the same evidence gives the same decision. Times are Unix milliseconds; 0 is an unknown start.
package judge
