// Package roster says who is expected, who answered, and what is missing.
//
// In come facts about targets and instances: when an address was tried and how
// that ended, who is told to be there, who left, which lines a body lacks. Out
// go decisions: which instances are part of the present and how surely, who is
// missing, at which time a question is answered, what may be forgotten.
//
// Missing is not zero: an instance that failed is in the upper bound of an
// answer, and one that never answered leaves it open.
//
// Nothing here reads a clock, holds a lock or knows a metric's values. Times
// are Unix milliseconds.
package roster
