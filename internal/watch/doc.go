// Package watch is the algebra by which watchers of the same instances combine what they know of counters' totals.
//
//	process by process, as one watcher follows it → State ⊔ States of others → totals by group
//
// A [State] is a set of facts in one normal form: where a process was met and left, by whom it was told anew, when it
// ended ([State.Tell]), and accounts of what processes counted together that ended before the horizon ([State.Fold]).
// [State.Join] is the union of two such sets: idempotent, commutative, associative. [State.Totals] counts every process
// once and is never above the truth. A total falls only when something was taken back, or what looked like two
// processes proved to be one. What apart folding gives up is counted: [Total.Lost], [Size]. No I/O, no clock; a State is
// not safe for concurrent use.
package watch
