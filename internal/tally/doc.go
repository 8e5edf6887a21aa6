// Package tally adds up what instances counted in a window, group by group.
//
// In come shares: of each instance the rows of one view's table at both edges of the window, the final group of each
// column, what happened to its series, and for how long it was observed. Out go numbers: of each group its increase, its
// rates and its distribution with their bounds, of each member its part in them.
//
// Nothing here knows a fleet, decides who counts or which moment a question is about. A tally does not change once it is
// made, so answers that differ only in the time of the question share it; only its buckets are read when they are first
// asked for. The order of the shares changes no bit of a sum.
package tally
