// Package judge holds the rules that say what happened between two readings of a counter.
//
// In come numbers: the points of a series, the start times of its process, and what the counters of one body did
// together. Out go decisions: whether the process restarted, and for each series a [Step] with its growth and bounds of
// the truth.
//
// Three limits are judgement, not proof. A rise of more than 16 times what the fastest step so far makes is not taken for
// growth that an older copy of the series had counted: no bound of a rate counts it ([Step.Seen]). A fall that does not
// exceed the largest step so far by more than a third may be that of two processes in turn: it takes back what that step
// made certain ([Step.Back]). And a sum of observations is no evidence of anything: it falls where one is negative.
//
// The package never keeps a series: callers hold the state and pass it in. It never reads the clock, never extrapolates,
// never fails, and the same evidence gives the same decision. Times are Unix milliseconds; 0 is an unknown start.
package judge
